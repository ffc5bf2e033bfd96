"""From the upload to the stored answer, and what is left of it afterwards."""

import os
import sys
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from tests.screening.new_photo.conftest import face
from training import services
from training.engine.results import FaceResult
from training.ensembles import refuse_lost_files
from training.models import NewPhoto, State
from training.services.screen import live_photos

pytestmark = pytest.mark.django_db


def files_below(root) -> set[str]:
    return {str(path.relative_to(root)) for path in Path(root).rglob("*") if path.is_file()}


def later(**span):
    return timezone.now() + timedelta(**span)


def test_every_folds_network_is_asked(submit, engine):
    photo = submit(score=True)
    assert photo.state == State.FINISHED
    assert [entry["score"] for entry in photo.scores] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    assert photo.crop
    assert photo.heat_map
    assert photo.face["box"] == [60.0, 50.0, 110.0, 150.0]
    assert photo.face["width"] == 300
    assert not services.score_new_photo(pk=photo.pk)


def test_what_is_stored_carries_no_metadata(submit):
    with submit().file.open() as stream:
        assert b"name of the child" not in stream.read()


def test_its_measures_stand_beside_those_of_the_runs_faces(submit, engine):
    measures = submit(score=True).surroundings["measures"]
    assert measures["eye_distance"] == {"value": 64.0, "reference": [64.0] * 20}
    assert measures["aside"]["value"] == 0.0
    assert len(measures["down"]["reference"]) == 20
    assert measures["sharpness"]["reference"] == []  # the cohort's faces were never measured


def test_each_network_places_it_among_the_faces_it_held_out(submit, engine, finished):
    found = submit(score=True).surroundings["neighbours"]
    assert [fold["fold"] for fold in found] == [0, 1, 2, 3, 4]
    for fold in found:
        held_out = finished.predictions.filter(fold__index=fold["fold"]).order_by("photo_id")
        first = finished.cohort.photos.order_by("id").first().pk
        angles = [40 + row.photo_id - first for row in held_out]
        assert fold["distance"] == pytest.approx(min(angles) - 9, abs=0.01)
        fellows = [min(abs(angle - other) for other in angles if other != angle) for angle in angles]
        assert fold["held_out"] == pytest.approx(sorted(fellows), abs=0.01)


def test_the_runs_own_faces_are_embedded_once(submit, engine, data_dir):
    submit(score=True)
    assert sorted(engine.embedded) == [1] * 5 + [4] * 5
    engine.embedded.clear()
    submit(score=True)
    assert engine.embedded == [1] * 5


def test_a_withdrawn_childs_point_goes_with_the_next_sweep(submit, engine, finished, data_dir):
    submit(score=True)
    folder = data_dir / "runs" / str(finished.pk)
    before = set(folder.glob("embedding-*.npy"))
    assert len(before) == 5
    assert services.requeue_stale()["dropped embeddings"] == 0
    row = finished.predictions.select_related("photo__subject", "fold").first()
    row.photo.subject.consent_withdrawn_at = timezone.now()
    row.photo.subject.save()
    assert services.requeue_stale()["dropped embeddings"] == 1
    (gone,) = before - set(folder.glob("embedding-*.npy"))
    assert gone.name.startswith(f"embedding-{row.fold.index}-")
    assert len(submit(score=True).surroundings["neighbours"][row.fold.index]["held_out"]) == 3


def test_an_embedding_that_fails_costs_the_figure_and_not_the_score(submit, engine, monkeypatch):
    def fail(model, crops, *, recipe):
        raise MemoryError

    monkeypatch.setitem(sys.modules, "training.engine.embedding", SimpleNamespace(embeddings=fail))
    photo = submit(score=True)
    assert (photo.state, len(photo.scores), photo.surroundings["neighbours"]) == (State.FINISHED, 5, [])


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (FaceResult(status="review", reason="No face was found."), "No face was found."),
        (face(faces_found=3), "3 faces were found: send a photo of one person."),
        (face(status="unusable", reason="The face is too small."), "The face is too small."),
    ],
)
def test_without_one_face_there_is_no_score_and_the_photo_goes_at_once(submit, engine, found, words, settings):
    engine.face = found
    photo = submit(score=True)
    assert (photo.state, photo.problem, photo.scores) == (State.FAILED, words, [])
    assert files_below(settings.MEDIA_ROOT / "screen") == set()


def test_it_refuses_what_is_no_photo_and_runs_that_have_not_finished(submit, make_run):
    with pytest.raises(Refused, match="PDF"):
        submit(b"%PDF-1.7 ...")
    with pytest.raises(Refused, match="larger than 30 MB"):
        submit(bytes(30_000_001))
    with pytest.raises(Refused, match="finished run"):
        submit(run=make_run())
    assert not NewPhoto.objects.exists()


def test_lost_weights_are_named(submit, finished, engine, monkeypatch):
    monkeypatch.setattr("training.services.screen.refuse_lost_files", refuse_lost_files)
    photo = submit(score=True)
    assert photo.state == State.FAILED
    assert "The weights of fold 1, 2, 3, 4, 5 are not in the data directory" in photo.problem


def test_a_picture_of_the_runs_own_cohort_is_recognised(submit, finished):
    with finished.cohort.photos.first().file.open() as stream:
        data = stream.read()
    finished.cohort.photos.filter(pk=finished.cohort.photos.first().pk).update(sha256=sha256(data).hexdigest())
    assert submit(data).is_known
    assert not submit().is_known


def test_nothing_of_it_is_left_half_an_hour_after_the_answer(submit, engine, settings):
    before = files_below(settings.MEDIA_ROOT)
    photo = submit(score=True)
    assert len(files_below(settings.MEDIA_ROOT) - before) == 3
    assert services.requeue_stale(now=later(minutes=29))["erased new photos"] == 0
    assert live_photos(later(minutes=29)).exists()
    assert not live_photos(later(minutes=31)).exists()
    assert services.requeue_stale(now=later(minutes=31))["erased new photos"] == 1
    assert not NewPhoto.objects.exists()
    assert files_below(settings.MEDIA_ROOT) == before
    event = AuditEvent.objects.get(action="photo.erased")
    assert (event.actor, event.detail) == ("system", {"photo": str(photo.token), "was_kept": False})


def test_the_queue_carries_a_number_only_and_no_result(submit, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        photo = submit()
    assert sent == [("training.score_new_photo", (photo.pk,))]
    assert django_settings.CELERY_TASK_IGNORE_RESULT
    assert not hasattr(django_settings, "CELERY_RESULT_BACKEND")


def test_one_that_waits_is_not_erased_before_its_answer(submit):
    submit()
    services.requeue_stale(now=later(hours=23))
    assert NewPhoto.objects.exists()
    services.requeue_stale(now=later(hours=25))
    assert not NewPhoto.objects.exists()


def test_one_erased_while_the_networks_look_leaves_no_file(submit, engine, monkeypatch, settings):
    from training import looks

    photo, before = submit(), files_below(settings.MEDIA_ROOT)
    real = looks.look

    def look(*args):
        found = real(*args)
        services.erase_new_photo(photo=NewPhoto.objects.get(pk=photo.pk))
        return found

    monkeypatch.setattr("training.services.screen.look", look)
    assert not services.score_new_photo(pk=photo.pk)
    assert files_below(settings.MEDIA_ROOT) == {name for name in before if not name.startswith("screen" + os.sep)}


def test_one_that_is_kept_stays_until_it_is_erased(submit, engine, investigator, settings):
    before = files_below(settings.MEDIA_ROOT)
    photo = submit(score=True)
    services.keep_new_photo(photo=photo, consent="both parents  signed form B")
    assert photo.consent == "both parents signed form B"
    services.requeue_stale(now=later(days=400))
    assert live_photos(later(days=400)).get() == photo
    services.erase_new_photo(photo=NewPhoto.objects.get(), by=investigator)
    assert files_below(settings.MEDIA_ROOT) == before
    told = list(AuditEvent.objects.filter(action__startswith="photo.").values_list("action", "actor"))
    assert told == [(f"photo.{word}", f"user:{investigator.pk}") for word in ("screened", "kept", "erased")]


def test_it_can_be_kept_from_the_start(submit, engine):
    assert submit(score=True, consent="both parents signed form B").kept_at


def test_keeping_needs_a_statement_and_something_to_keep(submit, engine, monkeypatch):
    photo = submit(score=True)
    with pytest.raises(Refused, match="whose consent"):
        services.keep_new_photo(photo=photo, consent="   ok   ")
    with pytest.raises(IntegrityError), transaction.atomic():
        NewPhoto.objects.update(kept_at=timezone.now())
    NewPhoto.objects.update(ended_at=later(minutes=-31))
    with pytest.raises(Refused, match="nothing to keep"):
        services.keep_new_photo(photo=photo, consent="both parents signed form B")


def test_a_photo_whose_worker_was_lost_is_sent_again(submit, sent, django_capture_on_commit_callbacks):
    photo = submit()
    NewPhoto.objects.update(state=State.RUNNING)
    sent.clear()
    with django_capture_on_commit_callbacks(execute=True):
        services.requeue_stale(now=later(minutes=6))
    assert sent == [("training.score_new_photo", (photo.pk,))]
