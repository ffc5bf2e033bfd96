"""The database goes away, or the disk is full, while a fold trains: it waits for the one and says the other."""

import errno

import numpy as np
import pytest
from django.db import OperationalError

from training import services, work
from training.engine import checkpoint
from training.lease import Lease
from training.models import Fold, State
from training.patience import patiently
from training.services import folds

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """Within a test's transaction the connection stays as it is, and nobody sleeps."""
    from types import SimpleNamespace

    stand_in = SimpleNamespace(in_atomic_block=False, close=lambda: None)
    monkeypatch.setattr("training.patience.connection", stand_in)
    monkeypatch.setattr("training.beat.connection", stand_in)
    monkeypatch.setattr("training.patience.FIRST_WAIT_S", 0.001)


def away_for(n: int, then):
    """Fails so many times as it does while PostgreSQL is started anew."""
    asked = []

    def ask(*given, **named):
        asked.append(given)
        if len(asked) <= n:
            raise OperationalError("server closed the connection unexpectedly")
        return then(*given, **named)

    return ask


@pytest.mark.parametrize("name", ["claim_fold", "save_epoch", "store_scores", "note_machine", "take_up"])
def test_a_fold_waits_for_a_database_that_is_started_anew(prepared, fit, monkeypatch, name):
    monkeypatch.setattr(folds, name, away_for(3, getattr(folds, name)))
    fold = prepared.folds.first()
    assert work.train_fold(fold_id=fold.pk) == "finished"
    fold.refresh_from_db()
    assert (fold.state, fold.attempts, len(fold.history)) == (State.FINISHED, 1, 1)
    assert not fold.predictions.filter(score__isnull=True).exists()


def test_the_question_whether_to_stop_goes_on_without_the_database():
    from training.beat import stop_when_lost

    should_stop = stop_when_lost(away_for(2, lambda: False), every=0)
    assert [should_stop() for _ in range(3)] == [False, False, True]


def test_scores_whose_answer_was_lost_are_stored_once_and_their_files_stay(prepared, fit, monkeypatch):
    store, told = folds.store_scores, []

    def lost(*given, **named):
        told.append(store(*given, **named))
        if len(told) == 1:
            raise OperationalError("the answer to COMMIT did not arrive")
        return told[-1]

    monkeypatch.setattr(folds, "store_scores", lost)
    fold = prepared.folds.first()
    assert work.train_fold(fold_id=fold.pk) == "finished"
    fold.refresh_from_db()
    assert (fold.state, told) == (State.FINISHED, [True, True])
    assert work.directory_of(Lease(fold_id=fold.pk, run_id=fold.run_id, attempt=1)).is_dir()


def test_an_epoch_told_twice_stands_once(prepared):
    lease = services.claim_fold(fold_id=prepared.folds.first().pk, worker="w")
    for _ in range(2):
        assert services.save_epoch(lease, {"epoch": 1, "loss": 0.5})
    assert len(Fold.objects.get(pk=lease.fold_id).history) == 1


def test_patience_ends_and_other_errors_are_no_matter_of_patience():
    with pytest.raises(OperationalError):
        patiently(away_for(1000, lambda: None), longest=0.01)
    with pytest.raises(ValueError, match="ours"):
        patiently(lambda: (_ for _ in ()).throw(ValueError("ours")))


@pytest.mark.parametrize(
    ("number", "sentence"), [(errno.ENOSPC, "The site's disk is full"), (errno.EROFS, "The site may not write")]
)
def test_a_disk_that_takes_no_checkpoint_fails_the_run_with_a_sentence_and_keeps_no_file(
    prepared, fit, data_dir, number, sentence
):
    def stop(given):
        (given["directory"] / ".part-1-fold-0.epoch-1.npz").write_bytes(b"half")
        raise OSError(number, "trouble")

    fit.hook = stop
    assert work.train_fold(fold_id=prepared.folds.first().pk) == "failed"
    prepared.refresh_from_db()
    assert prepared.state == State.FAILED
    assert prepared.problem.startswith(f"Fold 1: {sentence}")
    assert "start the run again" in prepared.problem
    assert not [path for path in (data_dir / "runs").rglob("*") if path.is_file()]


def test_a_checkpoint_that_found_no_room_leaves_the_one_before_it_whole(tmp_path, monkeypatch):
    best = checkpoint.Best(epoch=1, value=0.5, weights=[np.zeros(3)])
    state = {"key": "k", "variables": [np.ones(3)], "optimiser": [], "best": best, "is_over": False}
    checkpoint.save(checkpoint.Checkpoint(epoch=1, history=[{"epoch": 1}], **state), tmp_path, fold=0)

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(np, "savez", full)
        with pytest.raises(OSError, match="No space"):
            checkpoint.save(checkpoint.Checkpoint(epoch=2, history=[{}, {}], **state), tmp_path, fold=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fold-0.best-1.npz", "fold-0.epoch-1.npz"]
    assert checkpoint.load([tmp_path], fold=0, key="k").epoch == 1
