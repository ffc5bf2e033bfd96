"""A fold in the hands of one worker. Every write names the lease; once that is lost, nothing is written."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from readerstudy.audit.services import record
from training.engine.scale import Scale
from training.heat import HeatMap
from training.lease import Lease
from training.models import Fold, Prediction, State, TrainingRun
from training.services.runs import fail_run


@transaction.atomic
def claim_fold(*, fold_id: int, worker: str) -> Lease | None:
    """Take the waiting fold; None when somebody else has it or it is wanted no more.

    The epochs of a lost attempt stay on the page until ``take_up`` says from which the next one goes on.
    """
    now = timezone.now()
    claimed = Fold.objects.filter(pk=fold_id, state=State.QUEUED).update(
        state=State.RUNNING,
        worker=worker[:120],
        attempts=F("attempts") + 1,
        started_at=now,
        heartbeat_at=now,
    )
    if not claimed:
        return None
    fold = Fold.objects.get(pk=fold_id)
    return Lease(fold_id=fold.pk, run_id=fold.run_id, attempt=fold.attempts)


def is_held(lease: Lease) -> bool:
    """Whether the fold is still this worker's: not cancelled, not given to another."""
    return _mine(lease).exists()


def is_live(lease: Lease) -> bool:
    """Whether the fold still waits for a worker or is in the hands of one."""
    return Fold.objects.filter(pk=lease.fold_id, state__in=(State.QUEUED, State.RUNNING)).exists()


def has_ended(lease: Lease) -> bool:
    """Whether the fold has its scores from this very attempt."""
    return Fold.objects.filter(pk=lease.fold_id, state=State.FINISHED, attempts=lease.attempt).exists()


def take_up(lease: Lease, history: Sequence[Mapping[str, object]]) -> bool:
    """The fold goes on after the epochs of this history, which an earlier attempt trained; none: it starts anew."""
    return _touch(lease, timezone.now(), history=[plain(entry) for entry in history], epoch=len(history))


def beat(lease: Lease) -> bool:
    """Say that the worker lives; False when the lease is lost."""
    return _touch(lease, timezone.now())


def save_epoch(lease: Lease, report: Mapping[str, object]) -> bool:
    """Append one epoch's report to the fold's history; False when the lease is lost."""
    history = _mine(lease).values_list("history", flat=True).first()
    if history is None:
        return False
    entry = plain(report)
    epoch = entry.get("epoch", len(history) + 1)
    if history and history[-1] == entry:  # told again: the answer to the first time was lost
        return beat(lease)
    return _touch(lease, timezone.now(), history=[*history, entry], epoch=epoch, losses=0)


@transaction.atomic
def note_machine(lease: Lease, *, versions: Mapping[str, object]) -> None:
    """Keep what the run's first worker found on its machine."""
    TrainingRun.objects.filter(pk=lease.run_id, versions={}).update(versions=dict(versions))


@transaction.atomic
def store_scores(
    lease: Lease,
    *,
    scores: Mapping[int, float],
    metrics: Mapping[str, object],
    threshold: float,
    best_epoch: int | None,
    weights: str = "",
    scale: Scale | None = None,
    calibrated: Mapping[int, float] | None = None,
    maps: Mapping[int, HeatMap] | None = None,
    syndromes: Mapping[int, list[str]] | None = None,
) -> bool:
    """Write the held-out scores (photo id -> probability of GS) and end the fold; the last fold ends the run.

    False, and nothing written, when the lease is lost. The run's row is locked first, so that of two folds ending at
    the same moment exactly one is the last. Told again, it answers as before.
    """
    TrainingRun.objects.select_for_update().get(pk=lease.run_id)
    now = timezone.now()
    ended = _mine(lease).update(
        state=State.FINISHED,
        metrics=plain(metrics),
        threshold=threshold,
        temperature=scale and scale.temperature,
        offset=scale and scale.offset,
        best_epoch=best_epoch,
        weights=weights,
        finished_at=now,
        heartbeat_at=now,
    )
    if not ended:
        return has_ended(lease)
    _write_scores(lease.fold_id, scores, calibrated or {}, maps or {}, syndromes=syndromes or {})
    _finish_if_last(lease.run_id, now)
    return True


def _write_scores(
    fold_id: int,
    scores: Mapping[int, float],
    calibrated: Mapping[int, float],
    maps: Mapping[int, HeatMap],
    *,
    syndromes: Mapping[int, list[str]],
) -> None:
    rows = list(Prediction.objects.filter(fold_id=fold_id))
    strange = set(scores) - {row.photo_id for row in rows}
    if strange:
        raise ValueError(f"scores came for photos {sorted(strange)} that this fold does not hold out")
    scored = [row for row in rows if row.photo_id in scores]
    for row in scored:
        row.score = float(scores[row.photo_id])
        row.calibrated = calibrated.get(row.photo_id)
        row.syndromes = syndromes.get(row.photo_id)
        if heat := maps.get(row.photo_id):
            row.heat_map, row.heat_share = heat.name, heat.share
    fields = ["score", "calibrated", "heat_map", "heat_share", "syndromes"]
    Prediction.objects.bulk_update(scored, fields, batch_size=500)


def _finish_if_last(run_id: int, now: datetime) -> None:
    if Fold.objects.filter(run_id=run_id).exclude(state=State.FINISHED).exists():
        return
    if TrainingRun.objects.filter(pk=run_id, state=State.RUNNING).update(
        state=State.FINISHED, finished_at=now, heartbeat_at=now
    ):
        record("run.finished", target=f"run:{run_id}")


@transaction.atomic
def fail_fold(lease: Lease, *, problem: str) -> bool:
    """The fold cannot be trained: it fails with a reason, the run with it, and the other folds stop."""
    TrainingRun.objects.select_for_update().get(pk=lease.run_id)
    failed = _mine(lease).update(state=State.FAILED, problem=problem, finished_at=timezone.now())
    if failed:
        index = Fold.objects.values_list("index", flat=True).get(pk=lease.fold_id)
        fail_run(
            run_id=lease.run_id, problem=_("Fold %(index)s: %(problem)s") % {"index": index + 1, "problem": problem}
        )
    return bool(failed)


def _mine(lease: Lease):
    return Fold.objects.filter(pk=lease.fold_id, state=State.RUNNING, attempts=lease.attempt)


def _touch(lease: Lease, now: datetime, **fields: object) -> bool:
    held = bool(_mine(lease).update(heartbeat_at=now, **fields))
    if held:
        TrainingRun.objects.filter(pk=lease.run_id, state=State.RUNNING).update(heartbeat_at=now)
    return held


def plain(values: Mapping[str, object] | Sequence[object]) -> dict:
    """JSON-ready: numpy numbers become plain ones, and what is not a finite number becomes null."""
    return {key: _plain(value) for key, value in dict(values).items()}


def _plain(value: object) -> object:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
