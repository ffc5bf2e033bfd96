"""A coordinator plays the reader's pages: the real ones, on drawn faces, and nothing of it stays."""

from datetime import timedelta

import pytest
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from readerstudy.reading.models import Call, Exposure, ReadingSession
from readerstudy.reading.selectors import places_of
from readerstudy.studies.access import cohorts_of, studies_of
from readerstudy.studies.models import Aid, Case, Cohort, Photo, Study
from readerstudy.studies.services.previews import make_preview

pytestmark = pytest.mark.django_db
API = "/api/v1/reading"


@pytest.fixture
def desk(client, coordinator):
    client.force_login(coordinator)
    return client


def preview_of(desk, study) -> Study:
    answer = desk.post(f"/read/{study.pk}/preview/")
    preview = Study.objects.get(preview_of=study)
    assert answer.url == f"/read/{preview.pk}/"
    return preview


def post(desk, path: str, **body):
    return desk.post(f"{API}/{path}/", body, content_type="application/json")


def play(desk, session: ReadingSession) -> None:
    """Everything the page does, in the order it does it."""
    place = post(desk, f"sessions/{session.token}/start").json()
    while place["state"] == "trial":
        trial = place["trial"]
        path = f"trials/{trial['token']}"
        assert desk.get(trial["photo"]).status_code == 200
        assert post(desk, f"{path}/start", key="k").status_code == 201
        assert post(desk, f"{path}/exposure", end="complete", onset_ms=1.0, offset_ms=9.0).status_code == 200
        call = {"is_gs": True, "confidence": 3, "idempotency_key": f"call-{trial['token'][:20]}"}
        answer = post(desk, f"{path}/call", **call).json()
        if answer["state"] == "reconsidering":
            assert 0 < post(desk, f"{path}/aid").json()["probability"] < 1
            assert (
                post(desk, f"{path}/call", **call | {"idempotency_key": "b" + call["idempotency_key"]}).status_code
                == 201
            )
        place = post(desk, f"sessions/{session.token}/next").json()
    assert place["state"] == "finished"


def test_from_consent_to_the_end_and_then_nothing_is_left(make_study, coordinator, investigator, reader_user, desk):
    study = make_study(
        coordinator, investigator, reader_user, name="Real", practice=2, design="sequential", asks_syndrome=True
    )
    trail = AuditEvent.objects.count()
    preview = preview_of(desk, study)
    assert preview.cases.filter(is_practice=False).count() == 6
    page = desk.get(f"/read/{preview.pk}/")
    assert page.status_code == 200
    desk.post(f"/read/{preview.pk}/consent/", {"agree": "yes", "version": page.context["consent_version"]})
    reader = preview.readers.get()
    practice, main = reader.sessions.order_by("-is_practice")
    post(desk, f"sessions/{main.token}/device", device={"refresh_hz": 60})
    assert desk.get(f"/read/{preview.pk}/session/").context["page"]["is_preview"] is True
    play(desk, practice)
    play(desk, main)
    assert desk.get(f"/read/{preview.pk}/done/").status_code == 200
    assert Call.objects.count() == 2 + 2 * 6
    files = [aid.heat_map.name for aid in Aid.objects.all()]
    storage = Aid.objects.first().heat_map.storage
    assert desk.post(f"/read/{preview.pk}/preview/end/").url == f"/studies/{study.pk}/"
    assert not Study.objects.filter(preview_of__isnull=False).exists()
    assert not Call.objects.exists()
    assert not Exposure.objects.exists()
    assert not any(storage.exists(name) for name in files)
    assert AuditEvent.objects.count() == trail, "a preview leaves no trail"
    assert study.readers.count() == 1
    assert Case.objects.count() == 12


def test_a_preview_and_its_faces_stand_in_no_list(study, desk, coordinator):
    preview = preview_of(desk, study)
    assert list(studies_of(coordinator, "coordinator")) == [study]
    assert list(cohorts_of(coordinator, "coordinator")) == [study.cohort]
    assert places_of(coordinator) == []
    assert desk.get("/").url == "/studies/"
    assert desk.get(f"/studies/{preview.pk}/").status_code == 403
    assert preview.cohort.is_preview


def test_another_preview_takes_the_place_of_the_last_and_old_ones_go(study, neighbour, coordinator):
    first = make_preview(study=study, by=coordinator)
    second = make_preview(study=study, by=coordinator)
    assert not Study.objects.filter(pk=first.pk).exists()
    Study.objects.filter(pk=second.pk).update(created_at=timezone.now() - timedelta(days=2))
    third = make_preview(study=neighbour, by=neighbour.created_by)
    assert list(Study.objects.filter(preview_of__isnull=False)) == [third]
    assert Cohort.objects.filter(is_preview=True).count() == 1
    assert Photo.objects.filter(cohort__is_preview=True).count() == 8


def test_only_the_studys_coordinators_have_one(study, client, investigator, reader_user, stranger, neighbour):
    for user, status in ((investigator, 403), (reader_user, 403), (stranger, 404), (neighbour.created_by, 404)):
        client.force_login(user)
        assert client.post(f"/read/{study.pk}/preview/").status_code == status
    client.force_login(reader_user)
    assert client.post(f"/read/{study.pk}/preview/end/").status_code == 404
    assert not Study.objects.filter(preview_of__isnull=False).exists()
    assert study.readers.exists()


def test_the_rules_are_the_studys_own(make_study, coordinator, investigator, reader_user):
    study = make_study(
        coordinator, investigator, reader_user, name="Rules", exposure_ms=700, undo_ms=3000, design="crossover"
    )
    rules = make_preview(study=study, by=coordinator).protocols.get()
    assert (rules.exposure_ms, rules.undo_ms, rules.design) == (700, 3000, "crossover")
    assert (rules.washout_days, rules.block_length) == (0, 3)


FORM = {
    "name": "",
    "description": "Faces",
    "consent_text": "I agree to this one.",
    "instructions": "Look closely.",
    "exposure": "2.5",
    "confidence": "hundred",
    "block_length": "0",
    "repeats_percent": "0",
    "practice_pass_percent": "0",
    "washout_days": "28",
    "tolerance_ms": "100",
    "incident_policy": "answer",
    "design": "unaided",
    "sides": "gs_left",
    "parts": "3",
    "practice": "4",
}


def test_a_study_that_is_still_a_form_can_be_tried(desk, coordinator):
    """With the rules and words as typed, and nothing is left of it but the form in the other tab."""
    trail = AuditEvent.objects.count()
    answer = desk.post("/read/preview/", FORM)
    preview = Study.objects.get()
    assert answer.url == f"/read/{preview.pk}/"
    page = desk.get(answer.url)
    assert "I agree to this one." in page.content.decode()
    assert "of a new study" in page.content.decode()
    rules = preview.protocols.get()
    assert (rules.exposure_ms, rules.confidence, rules.sides, rules.parts) == (2500, "hundred", "gs_left", 1)
    assert preview.cases.filter(is_practice=True).count() == 2
    desk.post(f"/read/{preview.pk}/consent/", {"agree": "yes", "version": page.context["consent_version"]})
    over = desk.post(f"/read/{preview.pk}/preview/end/", follow=True)
    assert "What you typed is still open" in over.content.decode()
    assert not Study.objects.exists()
    assert AuditEvent.objects.count() == trail
    assert places_of(coordinator) == []


def test_trying_again_takes_the_place_of_the_last_try(desk):
    desk.post("/read/preview/", FORM)
    desk.post("/read/preview/", FORM | {"exposure": "3"})
    assert Study.objects.get().protocols.get().exposure_ms == 3000


def test_a_form_that_cannot_be_played_says_why(desk):
    answer = desk.post("/read/preview/", FORM | {"exposure": "0"})
    assert answer.status_code == 400
    assert "A face is shown for (seconds)" in answer.content.decode()
    assert not Study.objects.exists()


def test_only_who_may_make_studies_tries_a_form(client, stranger, reader_user, coordinator):
    assert client.post("/read/preview/", FORM).status_code == 302
    for user in (stranger, reader_user):
        client.force_login(user)
        assert client.post("/read/preview/", FORM).status_code == 403
    client.force_login(coordinator)
    assert client.get("/read/preview/").status_code == 405
    assert not Study.objects.exists()
