"""One new photo against a finished run."""

import io
import sys
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from readerstudy.refusal import Refused
from training import services, work
from training.engine.results import FaceResult
from training.engine.scale import Scale
from training.models import NewPhoto, State, TrainingRun

pytestmark = pytest.mark.django_db
LANDMARKS = np.array([[80, 90], [144, 90], [112, 125], [88, 160], [136, 160]], float)


def picture(colour=(200, 150, 120)) -> bytes:
    data = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "name of the child"
    Image.new("RGB", (300, 300), colour).save(data, "JPEG", exif=exif)
    return data.getvalue()


@pytest.fixture
def finished(prepared, fit):
    for fold in prepared.folds.all():
        work.train_fold(fold_id=fold.pk)
    return TrainingRun.objects.get(pk=prepared.pk)


@pytest.fixture
def engine(monkeypatch):
    """One face on every photo; fold k says (k + 1) / 10, all thresholds are 0.5."""
    made = SimpleNamespace(face=FaceResult(status="ready", landmarks=LANDMARKS, faces_found=1))
    faces = SimpleNamespace(
        FaceFinder=lambda: SimpleNamespace(find=lambda image: made.face),
        align=lambda image, points: np.full((224, 224, 3), 9, np.uint8),
    )
    scored = iter(np.arange(1, 100) / 10)
    predict = SimpleNamespace(
        load_fold=lambda recipe, path: None, score=lambda model, crops, *, recipe: np.array([next(scored)])
    )
    monkeypatch.setitem(sys.modules, "training.engine.faces", faces)
    monkeypatch.setitem(sys.modules, "training.engine.predict", predict)
    return made


def submit(run, investigator, data=None):
    return services.submit_new_photo(run=run, data=data or picture(), created_by=investigator)


def test_every_folds_network_is_asked(finished, investigator, engine):
    photo = submit(finished, investigator)
    assert services.score_new_photo(pk=photo.pk)
    photo.refresh_from_db()
    assert photo.state == State.FINISHED
    assert [entry["score"] for entry in photo.scores] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    assert photo.crop
    assert not services.score_new_photo(pk=photo.pk)


def test_what_is_stored_carries_no_metadata(finished, investigator):
    with submit(finished, investigator).file.open() as stream:
        assert b"name of the child" not in stream.read()


def test_no_face_is_no_score(finished, investigator, engine):
    engine.face = FaceResult(status="review", reason="No face was found.")
    photo = submit(finished, investigator)
    services.score_new_photo(pk=photo.pk)
    photo.refresh_from_db()
    assert (photo.state, photo.problem, photo.scores) == (State.FAILED, "No face was found.", [])


def test_it_refuses_what_is_no_photo_and_runs_that_have_not_finished(finished, make_run, investigator):
    with pytest.raises(Refused, match="PDF"):
        submit(finished, investigator, b"%PDF-1.7 ...")
    with pytest.raises(Refused, match="finished run"):
        submit(make_run(), investigator)
    assert not NewPhoto.objects.exists()


def test_a_picture_of_the_runs_own_cohort_is_recognised(finished, investigator):
    with finished.cohort.photos.first().file.open() as stream:
        data = stream.read()
    from hashlib import sha256

    finished.cohort.photos.filter(pk=finished.cohort.photos.first().pk).update(sha256=sha256(data).hexdigest())
    assert submit(finished, investigator, data).is_known
    assert not submit(finished, investigator).is_known


def test_erasing_takes_the_files_along(finished, investigator, engine):
    photo = submit(finished, investigator)
    services.score_new_photo(pk=photo.pk)
    photo.refresh_from_db()
    file, crop = photo.file.name, photo.crop.name
    storage = photo.file.storage
    assert storage.exists(file)
    assert storage.exists(crop)
    services.requeue_stale(now=timezone.now() + timedelta(hours=23))
    assert NewPhoto.objects.exists()
    assert services.requeue_stale(now=timezone.now() + timedelta(hours=25))["erased new photos"] == 1
    assert not NewPhoto.objects.exists()
    assert not storage.exists(file)
    assert not storage.exists(crop)


def test_a_photo_whose_worker_was_lost_is_sent_again(finished, investigator, sent, django_capture_on_commit_callbacks):
    photo = submit(finished, investigator)
    NewPhoto.objects.update(state=State.RUNNING)
    sent.clear()
    with django_capture_on_commit_callbacks(execute=True):
        services.requeue_stale(now=timezone.now() + timedelta(minutes=6))
    assert sent == [("training.score_new_photo", (photo.pk,))]


def test_the_way_through_the_pages(client, finished, investigator, engine):
    client.force_login(investigator)
    desk = reverse("training:screen")
    assert "not for diagnosis" in client.get(desk).content.decode()
    sent_in = client.post(desk, {"run": finished.pk, "photo": SimpleUploadedFile("a.jpg", picture())})
    photo = NewPhoto.objects.get()
    assert sent_in.url == reverse("training:screened", args=[photo.token])
    assert "The worker looks at the photo" in client.get(sent_in.url).content.decode()
    services.score_new_photo(pk=photo.pk)
    page = client.get(sent_in.url).content.decode()
    assert "not for diagnosis" in page
    assert "1 of 5" in page
    assert "0.30" in page
    face = client.get(reverse("training:screened_face", args=[photo.token]))
    assert (face.status_code, face["Cache-Control"]) == (200, "no-store")
    assert client.get(reverse("training:screened_state", args=[photo.token])).json() == {"is_ended": True}
    client.post(reverse("training:screened_erase", args=[photo.token]))
    assert client.get(sent_in.url).status_code == 404


def test_a_file_that_is_no_photo_comes_back_with_the_reason(client, finished, investigator):
    client.force_login(investigator)
    form = {"run": finished.pk, "photo": SimpleUploadedFile("a.jpg", b"%PDF-1.7")}
    answer = client.post(reverse("training:screen"), form)
    assert answer.status_code == 400
    assert "Not a photo but a PDF file" in answer.content.decode()


def test_nobody_else_sees_a_photo(client, finished, investigator, request, neighbour):
    photo = submit(finished, investigator)
    others = [request.getfixturevalue(name) for name in ("coordinator", "reader_user", "stranger")]
    for user in [*others, neighbour.memberships.get(role="investigator").user]:
        client.force_login(user)
        for name in ("screened", "screened_state", "screened_face"):
            assert client.get(reverse(f"training:{name}", args=[photo.token])).status_code == 404
        assert client.post(reverse("training:screened_erase", args=[photo.token])).status_code == 404
    for user, status in zip(others, (403, 403, 404), strict=True):
        client.force_login(user)
        assert client.get(reverse("training:screen")).status_code == status


def test_the_page_shows_calibrated_probabilities_with_the_raw_scores_beside(client, finished, investigator, engine):
    photo = submit(finished, investigator)
    services.score_new_photo(pk=photo.pk)
    photo.refresh_from_db()
    expected = Scale(temperature=2.0).of(np.arange(1, 6) / 10)
    assert [entry["calibrated"] for entry in photo.scores] == pytest.approx(expected.tolist())
    client.force_login(investigator)
    page = client.get(reverse("training:screened", args=[photo.token])).content.decode()
    assert f"<b>{expected.mean():.2f}</b><span>calibrated probability of GS, mean of 5 networks" in page
    assert "the mean of the raw scores is 0.30" in page
    assert f'<td class="number">{expected[0]:.3f}</td><td class="number">0.100</td>' in page


def test_a_photo_scored_without_temperatures_shows_raw_scores_only(client, finished, investigator, engine):
    finished.folds.filter(index=3).update(temperature=None)
    photo = submit(finished, investigator)
    services.score_new_photo(pk=photo.pk)
    photo.refresh_from_db()
    client.force_login(investigator)
    address = reverse("training:screened", args=[photo.token])
    for scores in (photo.scores, [{k: v for k, v in entry.items() if k != "calibrated"} for entry in photo.scores]):
        NewPhoto.objects.update(scores=scores)
        page = client.get(address).content.decode()
        assert "<b>0.30</b><span>mean raw score for GS, 0 to 1, not calibrated" in page
        assert "Probability" not in page
