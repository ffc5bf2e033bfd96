"""One new photo on the pages: who may send it in, what the answer says, and what becomes of it."""

import re

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from readerstudy.studies.models import Reader, Study
from screening import statistics
from screening.new_photo import answer, question_of
from tests.screening.new_photo.conftest import picture
from training import services
from training.engine.scale import Scale
from training.models import NewPhoto

pytestmark = pytest.mark.django_db
READ = ("screened", "screened_state", "screened_photo", "screened_face", "screened_heat")
WRITE = ("screened_keep", "screened_erase")


def url(name: str, photo: NewPhoto) -> str:
    return reverse(f"screening:{name}", args=[photo.token])


def words(response) -> str:
    text = re.sub(r"<[^>]+>", " ", response.content.decode()).replace("&nbsp;", " ").replace("\u00a0", " ")
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def page(client, investigator):
    client.force_login(investigator)
    return client


def test_the_way_through_the_pages(page, finished, engine):
    desk = reverse("screening:screen")
    assert "For research only, not a diagnosis" in words(page.get(desk))
    form = {"run": finished.pk, "photo": SimpleUploadedFile("a.jpg", picture()), "age_years": "2,5"}
    assert page.post(desk, form | {"age_years": "old"}).status_code == 400
    form["photo"] = SimpleUploadedFile("a.jpg", picture())
    sent_in = page.post(desk, form | {"age_years": "1.5"})
    photo = NewPhoto.objects.get()
    assert photo.age_months == 18
    assert sent_in.url == url("screened", photo)
    assert "The worker looks at the photo" in words(page.get(sent_in.url))
    services.score_new_photo(pk=photo.pk)
    told = words(page.get(sent_in.url))
    assert "For research only, not a diagnosis" in told
    assert "1 of 5 networks call it GS" in told
    for name, kind in (("photo.jpg", "image/jpeg"), ("face.png", "image/png"), ("heat.png", "image/png")):
        found = page.get(f"{sent_in.url}{name}")
        assert (found.status_code, found["Content-Type"], found["Cache-Control"]) == (200, kind, "private, no-store")
    assert page.get(url("screened_state", photo)).json() == {"is_ended": True}
    page.post(url("screened_erase", photo))
    assert page.get(sent_in.url).status_code == 404


def test_calibrated_probabilities_stand_with_the_raw_scores_beside(page, submit, engine):
    photo = submit(score=True)
    expected = Scale(temperature=2.0).of(np.array([0.1, 0.2, 0.3, 0.4, 0.5]))
    body = page.get(url("screened", photo)).content.decode()
    assert f"<b>{expected.mean():.2f}</b><span>calibrated probability of GS, mean of 5 networks" in body
    assert "the mean of the raw scores is 0.30" in body
    assert f'<td class="number">{expected[0]:.3f}</td><td class="number">0.100</td>' in body


def test_without_temperatures_it_shows_raw_scores_only(page, finished, submit, engine):
    finished.folds.filter(index=3).update(temperature=None)
    photo = submit(score=True)
    for scores in (photo.scores, [{k: v for k, v in entry.items() if k != "calibrated"} for entry in photo.scores]):
        NewPhoto.objects.update(scores=scores)
        body = page.get(url("screened", photo)).content.decode()
        assert "<b>0.30</b><span>mean raw score for GS, 0 to 1, not calibrated" in body
        assert "Probability" not in body


def test_the_numbers_are_those_of_the_statistics_library(page, finished, submit, engine):
    photo = submit(score=True)
    rows = list(finished.predictions.values_list("photo__subject__has_syndrome", "score", "calibrated"))
    counted = statistics.confusion([row[0] for row in rows], [row[1] >= 0.5 for row in rows])
    mean = Scale(temperature=2.0).of(np.array([0.1, 0.2, 0.3, 0.4, 0.5])).mean()
    gs = [row[2] for row in rows if row[0]]
    lower = statistics.wilson(sum(value < mean for value in gs), len(gs))
    carried = statistics.at_prevalence(counted.tp, counted.fn, counted.tn, counted.fp, prevalence=0.05)
    told = words(page.get(url("screened", photo), {"prevalence": "5"}))
    sensitivity = statistics.wilson(counted.tp, counted.n_cases)

    def percent(value: float) -> str:
        return f"{100 * value:.1f} %"

    assert f"{percent(lower.value)} of 10 faces with a syndrome scored lower" in told
    assert f"(95 % {percent(lower.lower)} to {percent(lower.upper)})" in told
    for one in (sensitivity, carried.ppv, carried.npv):
        value, lower, upper = (float(np.ravel(part)[0]) for part in (one.value, one.lower, one.upper))
        assert f"{percent(value)} {percent(lower)} to {percent(upper)}" in told


def test_a_wrong_prevalence_is_named_and_the_usual_one_taken(page, submit, engine):
    told = words(page.get(url("screened", submit(score=True)), {"prevalence": "0"}))
    assert "greater than or equal to 0.001. Reckoned with 1 %." in told


def test_what_lies_outside_is_said_first(submit, engine):
    engine.face = type(engine.face)(**(vars(engine.face) | {"eye_distance": 41.0, "reason": "The face is too dark."}))
    found = answer(question_of(submit(score=True, age_months=200)))
    said = " | ".join(found["warnings"])
    assert "The child is of another age than those the run saw (16.7 years, theirs 1.0 to 2.6;" in said
    assert "0 of 20 faces lie as far out" in said
    assert "The face is smaller on the picture than those the run saw (41 px, theirs 64 to 64;" in said
    assert "To the networks it lies further from the faces they were tried on" in said
    assert "a person look at this photo: The face is too dark." in said


def test_a_face_of_the_cohorts_kind_raises_no_warning(submit, engine):
    engine.red = 50
    found = answer(question_of(submit(score=True, age_months=20)))
    assert found["warnings"] == []
    assert {row["name"]: row["verdict"] for row in found["familiarity"]} == {
        "age": "usual", "eye_distance": "usual", "aside": "usual", "down": "usual", "distance": "usual",
    }  # fmt: skip


def test_a_run_on_phantoms_says_so(finished, submit, engine):
    type(finished.cohort).objects.filter(pk=finished.cohort_id).update(kind="phantom")
    photo = NewPhoto.objects.select_related("run__cohort").get(pk=submit(score=True).pk)
    assert any("never seen a human face" in warning for warning in answer(question_of(photo))["warnings"])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"%PDF-1.7", "Not a photo but a PDF file"),
        (b"", "The file is empty"),
        (bytes(30_000_001), "larger than 30 MB"),
    ],
)
def test_a_file_that_is_no_photo_comes_back_with_the_reason(page, finished, data, reason):
    form = {"run": finished.pk, "photo": SimpleUploadedFile("a.jpg", data)}
    refused = page.post(reverse("screening:screen"), form)
    assert refused.status_code == 400
    assert reason in words(refused)
    assert not NewPhoto.objects.exists()


def test_keeping_asks_for_the_consent(page, submit, engine):
    photo = submit(score=True)
    for form in ({}, {"consent": "both parents signed form B"}, {"consent": "ok", "is_stated": "on"}):
        assert page.post(url("screened_keep", photo), form).status_code == 400
    assert (
        page.post(url("screened_keep", photo), {"consent": "both parents signed B", "is_stated": "on"}).status_code
        == 302
    )
    assert "both parents signed B" in words(page.get(reverse("screening:screen")))
    assert "until you erase it" in words(page.get(url("screened", photo)))


def test_nobody_else_sees_a_photo(client, submit, engine, request, neighbour):
    photo = submit(score=True)
    others = [request.getfixturevalue(name) for name in ("coordinator", "reader_user", "stranger")]
    for user in [*others, neighbour.memberships.get(role="investigator").user]:
        client.force_login(user)
        assert {client.get(url(name, photo)).status_code for name in READ} == {404}
        assert {client.post(url(name, photo)).status_code for name in WRITE} == {404}
    for user, status in zip(others, (403, 403, 404), strict=True):
        client.force_login(user)
        assert client.get(reverse("screening:screen")).status_code == status
    client.logout()
    assert client.get(reverse("screening:screen")).status_code == 302


def test_the_run_of_another_cohort_is_no_choice(page, finished, engine, client, neighbour):
    client.force_login(neighbour.memberships.get(role="investigator").user)
    form = {"run": finished.pk, "photo": SimpleUploadedFile("a.jpg", picture())}
    assert client.post(reverse("screening:screen"), form).status_code == 400
    assert not NewPhoto.objects.exists()


def test_an_investigator_who_reads_faces_of_the_cohort_elsewhere_is_refused(
    page, finished, submit, engine, investigator
):
    photo = submit(score=True)
    again = Study.objects.create(cohort=finished.cohort, name="Again", created_by=investigator)
    Reader.objects.create(study=again, user=investigator, code="SP 9")
    assert {page.get(url(name, photo)).status_code for name in READ} == {403}
    form = {"run": finished.pk, "photo": SimpleUploadedFile("a.jpg", picture())}
    assert page.post(reverse("screening:screen"), form).status_code in (400, 403)
    assert "No run to ask" in words(page.get(reverse("screening:screen")))
    assert NewPhoto.objects.count() == 1


def test_it_is_gone_when_its_time_is_over_even_before_the_sweep(page, submit, engine):
    photo = submit(score=True)
    NewPhoto.objects.update(ended_at=timezone.now() - timezone.timedelta(minutes=31))
    assert {page.get(url(name, photo)).status_code for name in READ} == {404}
    assert "None. Photos are seen by whoever sent them in" in words(page.get(reverse("screening:screen")))


def test_a_run_of_imported_scores_is_not_offered_and_refused_in_a_sentence(page, finished, imported):
    desk = reverse("screening:screen")
    offered = re.findall(r'<option value="(\d+)"', page.get(desk, {"run": imported.pk}).content.decode())
    assert offered == [str(finished.pk)]
    refused = page.post(desk, {"run": imported.pk, "photo": SimpleUploadedFile("a.jpg", picture())})
    assert refused.status_code == 400
    assert "trained here: of imported scores no network is there" in words(refused)
    assert f"{desk}?run=" not in page.get(reverse("training:run", args=[imported.pk])).content.decode()
    assert f"{desk}?run={finished.pk}" in page.get(reverse("training:run", args=[finished.pk])).content.decode()
    finished.delete()
    assert "A run of imported scores has no networks" in words(page.get(desk))
    assert not NewPhoto.objects.exists()
