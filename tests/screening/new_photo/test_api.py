"""One new photo through the API: the same doors, the same numbers."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from readerstudy.accounts.keys import make_key
from screening.new_photo import answer, question_of
from tests.screening.new_photo.conftest import picture
from training import services
from training.models import NewPhoto

pytestmark = pytest.mark.django_db
DOOR = "/api/v1/screen/"


@pytest.fixture
def api(investigator):
    _, text = make_key(user=investigator, name="A script", can_write=True)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {text}")
    return client


def wish(run, **more):
    return {"run": run.pk, "photo": SimpleUploadedFile("a.jpg", picture()), **more}


def test_from_the_photo_to_the_answer_and_away(api, finished, engine):
    sent_in = api.post(DOOR, wish(finished, age_months=20))
    assert sent_in.status_code == 202
    door = f"{DOOR}{sent_in.json()['token']}/"
    assert (sent_in.json()["state"], api.get(door).json()["answer"]) == ("queued", None)
    services.score_new_photo(pk=NewPhoto.objects.get().pk)
    told = api.get(door, {"prevalence": 0.05})
    assert told["Cache-Control"] == "private, no-store"
    photo = NewPhoto.objects.get()
    assert told.json()["answer"] == answer(question_of(photo), prevalence=0.05)
    assert told.json()["erased_at"]
    assert api.get(door, {"prevalence": 2}).status_code == 400
    assert [entry["token"] for entry in api.get(DOOR).json()] == [str(photo.token)]
    assert api.delete(door).status_code == 204
    assert api.get(door).status_code == 404
    assert api.get(DOOR).json() == []


def test_it_is_kept_with_a_statement_only(api, finished, engine):
    token = api.post(DOOR, wish(finished)).json()["token"]
    services.score_new_photo(pk=NewPhoto.objects.get().pk)
    assert api.post(f"{DOOR}{token}/keep/", {"consent": "ok"}, format="json").status_code == 400
    kept = api.post(f"{DOOR}{token}/keep/", {"consent": "both parents signed B"}, format="json").json()
    assert (kept["consent"], kept["erased_at"]) == ("both parents signed B", None)
    assert api.post(DOOR, wish(finished, consent="both parents signed B")).json()["kept_at"]


def test_bad_wishes_are_refused_in_a_sentence(api, finished, make_run):
    assert api.post(DOOR, {"run": finished.pk}).json()["photo"] == ["No file was submitted."]
    bad = wish(finished) | {"photo": SimpleUploadedFile("a.jpg", b"%PDF-1.7")}
    assert "PDF" in api.post(DOOR, bad).json()["detail"]
    assert "has not finished" in api.post(DOOR, wish(make_run())).json()["detail"]
    assert api.post(DOOR, wish(finished, age_months=-1)).status_code == 400
    assert not NewPhoto.objects.exists()


def test_strangers_and_other_roles(api, finished, submit, engine, neighbour, stranger, reader_user, coordinator):
    door = f"{DOOR}{submit(score=True).token}/"
    expected = {stranger: 404, reader_user: 403, coordinator: 403}
    expected[neighbour.memberships.get(role="investigator").user] = 404
    for user, status in expected.items():
        client = APIClient()
        client.force_authenticate(user)
        assert client.post(DOOR, wish(finished)).status_code == status
        assert client.get(door).status_code == 404
        assert client.delete(door).status_code == 404
        assert client.post(f"{door}keep/", {"consent": "both parents signed B"}, format="json").status_code == 404
    assert APIClient().get(DOOR).status_code in (401, 403)
    assert NewPhoto.objects.count() == 1


def test_a_run_of_imported_scores_is_refused_in_a_sentence(api, imported):
    refused = api.post(DOOR, wish(imported))
    assert refused.status_code == 400
    assert "was imported with its scores only" in refused.json()["detail"]
    assert not NewPhoto.objects.exists()
