"""Claims, leases and the end of a run, with a stand-in for the fit."""

import threading

import pytest
from django.db import close_old_connections, connection
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from readerstudy.studies.models import Photo
from training import services, work
from training.models import Fold, State, TrainingRun
from training.services import folds as fold_services

pytestmark = pytest.mark.django_db


def test_one_of_two_claims_wins(prepared):
    fold = prepared.folds.first()
    first = services.claim_fold(fold_id=fold.pk, worker="a")
    assert services.claim_fold(fold_id=fold.pk, worker="b") is None
    fold.refresh_from_db()
    assert (first.attempt, fold.worker, fold.state) == (1, "a", State.RUNNING)


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_gets_the_fold(prepared):
    fold, won, gate = prepared.folds.first(), [], threading.Barrier(6)

    def claim(name):
        close_old_connections()
        gate.wait()
        if services.claim_fold(fold_id=fold.pk, worker=name):
            won.append(name)
        connection.close()

    threads = [threading.Thread(target=claim, args=(str(i),)) for i in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(won) == 1


@pytest.mark.django_db(transaction=True)
def test_folds_that_end_at_the_same_moment_finish_the_run_once(prepared):
    leases = [services.claim_fold(fold_id=fold.pk, worker="w") for fold in prepared.folds.all()]
    gate = threading.Barrier(len(leases))

    def end(lease):
        close_old_connections()
        gate.wait()
        _end(lease)
        connection.close()

    threads = [threading.Thread(target=end, args=(lease,)) for lease in leases]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    prepared.refresh_from_db()
    assert prepared.state == State.FINISHED
    assert AuditEvent.objects.filter(action="run.finished").count() == 1


def test_the_run_goes_on_until_its_last_fold_ends(prepared):
    leases = [services.claim_fold(fold_id=fold.pk, worker="w") for fold in prepared.folds.all()]
    for lease in leases[:-1]:
        assert _end(lease)
        prepared.refresh_from_db()
        assert prepared.state == State.RUNNING
    _end(leases[-1])
    prepared.refresh_from_db()
    assert prepared.state == State.FINISHED
    assert not prepared.predictions.filter(score__isnull=True).exists()


def test_scores_of_photos_that_the_fold_does_not_hold_out_are_refused(prepared):
    fold = prepared.folds.first()
    lease = services.claim_fold(fold_id=fold.pk, worker="w")
    with pytest.raises(ValueError, match="does not hold out"):
        services.store_scores(lease, scores={fold.train_photos[0]: 0.5}, metrics={}, threshold=0.5, best_epoch=1)
    fold.refresh_from_db()
    assert fold.state == State.RUNNING


def test_a_worker_that_lost_its_lease_writes_nothing(prepared):
    fold = prepared.folds.first()
    old = services.claim_fold(fold_id=fold.pk, worker="slow")
    Fold.objects.filter(pk=fold.pk).update(state=State.QUEUED)
    new = services.claim_fold(fold_id=fold.pk, worker="quick")
    assert not fold_services.is_held(old)
    assert not services.beat(old)
    assert not services.save_epoch(old, {"epoch": 9, "loss": 1.0})
    assert not _end(old)
    assert not services.fail_fold(old, problem="late")
    fold.refresh_from_db()
    assert (fold.state, fold.epoch, fold.history, fold.worker) == (State.RUNNING, 0, [], "quick")
    assert _end(new)


def test_an_epoch_is_kept_with_the_heartbeat_and_without_what_is_no_number(prepared):
    fold = prepared.folds.first()
    lease = services.claim_fold(fold_id=fold.pk, worker="w")
    long_ago = timezone.now() - timezone.timedelta(hours=1)
    Fold.objects.filter(pk=fold.pk).update(heartbeat_at=long_ago)
    assert services.save_epoch(lease, {"epoch": 1, "loss": 0.5, "val_auc": float("nan")})
    assert services.save_epoch(lease, {"epoch": 2, "loss": 0.4, "val_auc": 0.7})
    fold.refresh_from_db()
    assert fold.history == [{"epoch": 1, "loss": 0.5, "val_auc": None}, {"epoch": 2, "loss": 0.4, "val_auc": 0.7}]
    assert fold.epoch == 2
    assert fold.heartbeat_at > long_ago


def test_training_a_fold_hands_the_engine_its_split_and_keeps_what_comes_back(prepared, fit):
    fold = prepared.folds.get(index=2)
    assert work.train_fold(fold_id=fold.pk) == "finished"
    given = fit.seen[0]
    photos = list(Photo.objects.filter(cohort=prepared.cohort).order_by("subject__code"))
    assert given["crops"].shape == (20, 37, 37, 3)
    assert [photos[row].pk for row in given["plan"].train] == sorted(fold.train_photos)
    assert [bool(photo.subject.has_syndrome) for photo in photos] == given["has_syndrome"].tolist()
    fold.refresh_from_db()
    prepared.refresh_from_db()
    assert (fold.state, fold.best_epoch, fold.threshold) == (State.FINISHED, 1, 0.5)
    assert fold.metrics["auc"] == pytest.approx(0.7)
    assert fold.history[0]["loss"] == 0.7
    assert fold.weights == f"runs/{prepared.pk}/{fold.pk}-1/fold-2.weights.h5"
    assert prepared.versions == {"keras": "3", "machine": "test bench"}


def test_a_fold_somebody_else_has_is_left_alone(prepared, fit):
    fold = prepared.folds.first()
    services.claim_fold(fold_id=fold.pk, worker="other")
    assert work.train_fold(fold_id=fold.pk) == "taken"
    assert fit.seen == []


def test_an_error_fails_the_fold_and_the_run_and_stops_the_rest(prepared, fit):
    def explode(given):
        raise ValueError("loss is not a number in epoch 3")

    fit.hook = explode
    fold = prepared.folds.first()
    assert work.train_fold(fold_id=fold.pk) == "failed"
    prepared.refresh_from_db()
    assert prepared.state == State.FAILED
    assert prepared.problem == "Fold 1: loss is not a number in epoch 3"
    states = list(prepared.folds.values_list("state", flat=True))
    assert states == [State.FAILED] + [State.CANCELLED] * 4
    assert not work.directory_of(services.folds.Lease(fold_id=fold.pk, run_id=prepared.pk, attempt=1)).exists()


def test_running_out_of_memory_is_said_in_words(prepared, fit):
    def explode(given):
        raise MemoryError

    fit.hook = explode
    work.train_fold(fold_id=prepared.folds.first().pk)
    prepared.refresh_from_db()
    assert "ran out of memory" in prepared.problem


def test_cancelling_reaches_the_training_loop(prepared, fit, investigator, monkeypatch):
    from training.engine.results import Cancelled

    monkeypatch.setattr(work, "LOOK_SECONDS", 0.0)
    asked = []

    def cancel_meanwhile(given):
        asked.append(given["should_stop"]())
        services.cancel_run(run=TrainingRun.objects.get(pk=prepared.pk), by=investigator)
        asked.append(given["should_stop"]())
        raise Cancelled

    fit.hook = cancel_meanwhile
    fold = prepared.folds.first()
    assert work.train_fold(fold_id=fold.pk) == "stopped"
    assert asked == [False, True]
    fold.refresh_from_db()
    assert (fold.state, fold.problem) == (State.CANCELLED, "")
    assert not prepared.predictions.filter(score__isnull=False).exists()


def test_a_fit_that_ends_after_the_cancel_stores_nothing(prepared, fit, investigator):
    fit.hook = lambda given: services.cancel_run(run=TrainingRun.objects.get(pk=prepared.pk), by=investigator)
    assert work.train_fold(fold_id=prepared.folds.first().pk) == "stopped"
    assert not prepared.predictions.filter(score__isnull=False).exists()


def test_a_child_whose_consent_was_withdrawn_since_the_split_is_left_out(prepared, fit):
    fold = prepared.folds.first()
    gone = fold.predictions.first().photo
    gone.subject.consent_withdrawn_at = timezone.now()
    gone.subject.save()
    for each in prepared.folds.all():
        assert work.train_fold(fold_id=each.pk) == "finished"
    assert all(len(given["crops"]) == 19 for given in fit.seen)
    prepared.refresh_from_db()
    assert prepared.state == State.FINISHED
    assert list(prepared.predictions.filter(score__isnull=True).values_list("photo_id", flat=True)) == [gone.pk]


def test_only_the_files_of_a_result_that_counts_stay(prepared, fit, investigator, data_dir):
    def keep_weights(given):
        (given["directory"] / f"fold-{given['plan'].index}.weights.h5").write_bytes(b"w")

    fit.hook = keep_weights
    first, second = prepared.folds.all()[:2]
    leftover = data_dir / "runs" / str(prepared.pk) / f"{first.pk}-1"
    leftover.mkdir(parents=True)  # of a worker that was killed
    Fold.objects.filter(pk=first.pk).update(attempts=1)
    work.train_fold(fold_id=first.pk)
    first.refresh_from_db()
    assert (data_dir / first.weights).read_bytes() == b"w"
    assert not leftover.exists()

    def keep_and_cancel(given):
        keep_weights(given)
        services.cancel_run(run=TrainingRun.objects.get(pk=prepared.pk), by=investigator)

    fit.hook = keep_and_cancel
    assert work.train_fold(fold_id=second.pk) == "stopped"
    assert not list((data_dir / "runs").rglob(f"{second.pk}-*"))


def test_cancelling_takes_the_weights_of_trained_folds_along(
    prepared, fit, investigator, data_dir, django_capture_on_commit_callbacks
):
    fold = prepared.folds.first()
    work.train_fold(fold_id=fold.pk)
    (data_dir / "runs" / str(prepared.pk)).mkdir(parents=True, exist_ok=True)
    with django_capture_on_commit_callbacks(execute=True):
        services.cancel_run(run=TrainingRun.objects.get(pk=prepared.pk), by=investigator)
    fold.refresh_from_db()
    assert (fold.state, fold.weights) == (State.FINISHED, "")
    assert not (data_dir / "runs" / str(prepared.pk)).exists()


def test_weights_that_changed_since_are_refused(make_run, fit, data_dir):
    from training.engine.recipe import PRESETS

    (data_dir / "weights").mkdir()
    file = data_dir / "weights" / "vgg.h5"
    file.write_bytes(b"abc")
    run = make_run(recipe=PRESETS["paper"], weights_name="vgg.h5")
    services.prepare_run(run_id=run.pk)
    file.write_bytes(b"other")
    work.train_fold(fold_id=run.folds.first().pk)
    run.refresh_from_db()
    assert "has changed since the run was made" in run.problem


def test_a_lost_fold_is_taken_up_from_the_files_of_its_earlier_attempt(prepared, fit, data_dir):
    """The first worker is killed after two epochs; the second is shown its directory, and the page goes on."""
    fold = prepared.folds.first()
    lost = services.claim_fold(fold_id=fold.pk, worker="lost")
    for epoch in (1, 2, 3):
        services.save_epoch(lost, {"epoch": epoch, "loss": 1.0})
    work.directory_of(lost).mkdir(parents=True)
    Fold.objects.filter(pk=fold.pk).update(state=State.QUEUED)
    fit.history = [{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": 1.0}]
    assert work.train_fold(fold_id=fold.pk) == "finished"
    assert fit.seen[0]["earlier"] == [work.directory_of(lost)]
    fold.refresh_from_db()
    assert [entry["epoch"] for entry in fold.history] == [1, 2, 1]
    assert fold.attempts == 2
    assert not work.directory_of(lost).exists()


def test_without_a_checkpoint_a_lost_fold_starts_anew_on_the_page_too(prepared, fit):
    fold = prepared.folds.first()
    services.save_epoch(services.claim_fold(fold_id=fold.pk, worker="lost"), {"epoch": 1, "loss": 9.0})
    Fold.objects.filter(pk=fold.pk).update(state=State.QUEUED)
    assert work.train_fold(fold_id=fold.pk) == "finished"
    fold.refresh_from_db()
    assert [entry["loss"] for entry in fold.history] == [0.7]


def test_a_worker_that_lost_its_fold_leaves_the_checkpoint_to_the_next(prepared, fit, data_dir):
    fold = prepared.folds.first()

    def lose(given):
        (given["directory"] / "fold-0.epoch-1.npz").write_bytes(b"state")
        Fold.objects.filter(pk=fold.pk).update(state=State.QUEUED)
        given["on_epoch"]({"epoch": 2, "loss": 0.5})
        pytest.fail("trained on without the fold")

    fit.hook = lose
    assert work.train_fold(fold_id=fold.pk) == "stopped"
    kept = data_dir / "runs" / str(prepared.pk) / f"{fold.pk}-1" / "fold-0.epoch-1.npz"
    assert kept.exists()
    fit.hook = None
    assert work.train_fold(fold_id=fold.pk) == "finished"
    assert not kept.exists()


@pytest.mark.django_db(transaction=True)
def test_the_heart_beats_while_an_epoch_lasts(prepared, fit, monkeypatch):
    monkeypatch.setattr(work, "BEAT_SECONDS", 0.05)
    fold = prepared.folds.first()
    beaten = threading.Event()
    real = fold_services.beat

    def heard(lease):
        beaten.set()
        return real(lease)

    monkeypatch.setattr(fold_services, "beat", heard)
    fit.hook = lambda given: beaten.wait(10) or pytest.fail("no heartbeat in 10 s")
    assert work.train_fold(fold_id=fold.pk) == "finished"


def _end(lease):
    ids = Fold.objects.get(pk=lease.fold_id).predictions.values_list("photo_id", flat=True)
    return services.store_scores(
        lease, scores=dict.fromkeys(ids, 0.25), metrics={"auc": 0.75}, threshold=0.5, best_epoch=1
    )
