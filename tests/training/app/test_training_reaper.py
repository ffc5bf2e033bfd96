"""What a lost worker or message left behind is sent again, and not for ever."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from readerstudy.studies.models import Photo
from training import services, work
from training.models import Fold, State, TrainingRun
from training.services import reaper

pytestmark = pytest.mark.django_db


@pytest.fixture
def sweep(sent, django_capture_on_commit_callbacks):
    def run(**later):
        sent.clear()
        with django_capture_on_commit_callbacks(execute=True):
            return services.requeue_stale(now=timezone.now() + timedelta(**later))

    return run


def test_a_living_worker_keeps_its_fold(prepared, sweep, sent):
    services.claim_fold(fold_id=prepared.folds.first().pk, worker="w")
    assert sweep(seconds=30)["lost folds"] == 0
    assert sent == []


def test_a_lost_workers_fold_waits_again(prepared, sweep, sent):
    fold = prepared.folds.first()
    lease = services.claim_fold(fold_id=fold.pk, worker="w")
    services.save_epoch(lease, {"epoch": 1, "loss": 1.0})
    Fold.objects.exclude(pk=fold.pk).delete()
    assert sweep(seconds=100)["lost folds"] == 1
    fold.refresh_from_db()
    assert (fold.state, fold.epoch) == (State.QUEUED, 1)
    assert ("training.train_fold", (fold.pk,)) in sent
    assert services.claim_fold(fold_id=fold.pk, worker="next").attempt == 2


def test_a_fold_lost_three_times_fails_its_run(prepared, sweep):
    fold = prepared.folds.first()
    services.claim_fold(fold_id=fold.pk, worker="w")
    Fold.objects.filter(pk=fold.pk).update(losses=2)
    sweep(seconds=100)
    fold.refresh_from_db()
    prepared.refresh_from_db()
    assert (fold.state, prepared.state) == (State.FAILED, State.FAILED)
    assert "worker was lost 3 times in a row" in prepared.problem
    assert prepared.folds.filter(state=State.CANCELLED).count() == 4


def test_losses_with_an_epoch_in_between_do_not_add_up(prepared, sweep):
    """A fold that gets on each time comes to its end, however often a machine is switched off under it."""
    fold = prepared.folds.first()
    for attempt in range(1, 6):
        lease = services.claim_fold(fold_id=fold.pk, worker=f"w{attempt}")
        services.save_epoch(lease, {"epoch": attempt, "loss": 1.0})
        assert sweep(seconds=100)["lost folds"] == 1
    fold.refresh_from_db()
    prepared.refresh_from_db()
    assert (fold.state, fold.losses, prepared.state) == (State.QUEUED, 1, State.RUNNING)


def test_what_a_worker_left_that_was_killed_while_tidying_up_goes_with_the_next_sweep(prepared, fit, sweep, data_dir):
    fold = prepared.folds.first()
    first = services.claim_fold(fold_id=fold.pk, worker="killed")
    Fold.objects.filter(pk=fold.pk).update(state=State.QUEUED)
    work.train_fold(fold_id=fold.pk)
    left = work.directory_of(first)
    left.mkdir(parents=True)
    (left / "fold-0.epoch-3.npz").write_bytes(b"x")
    assert sweep(seconds=5)["dropped leftovers"] == 1
    assert not left.exists()
    assert work.directory_of(replace(first, attempt=2)).exists()


def test_waiting_folds_whose_message_was_lost_are_sent_once_more(prepared, sweep, sent):
    assert sweep(seconds=30)["waiting folds"] == 0
    assert sweep(seconds=61)["waiting folds"] == 5
    assert len(sent) == 5
    assert sweep(seconds=62)["waiting folds"] == 0


def test_folds_in_line_behind_a_busy_worker_are_left_alone(prepared, sweep):
    services.claim_fold(fold_id=prepared.folds.first().pk, worker="w")
    assert sweep(seconds=80)["waiting folds"] == 0
    Fold.objects.filter(state=State.RUNNING).update(heartbeat_at=timezone.now() + timedelta(minutes=11))
    assert sweep(minutes=11)["waiting folds"] == 4


def test_a_run_that_nobody_prepared_is_sent_again(make_run, sweep, sent):
    run = make_run(wake=False)
    assert sweep(seconds=30)["waiting runs"] == 0
    assert sweep(seconds=61)["waiting runs"] == 1
    assert sent == [("training.prepare", (run.pk,))]


def test_ended_runs_are_left_in_peace(prepared, investigator, sweep, sent):
    services.cancel_run(run=TrainingRun.objects.get(pk=prepared.pk), by=investigator)
    sweep(hours=5)
    assert sent == []


def test_photos_that_no_face_finder_took_are_sent_again_in_pieces(cohort, sweep, sent, monkeypatch):
    monkeypatch.setattr(reaper, "FACES_PER_MESSAGE", 2)
    ids = list(cohort.photos.order_by("id").values_list("pk", flat=True)[:3])
    Photo.objects.filter(pk__in=ids).update(status=Photo.Status.IMPORTED, face_queued_at=timezone.now())
    assert sweep(minutes=5)["waiting photos"] == 0
    assert sweep(minutes=16)["waiting photos"] == 3
    assert sent == [("training.find_faces", (ids[:2],)), ("training.find_faces", (ids[2:],))]
    assert sweep(minutes=17)["waiting photos"] == 0
