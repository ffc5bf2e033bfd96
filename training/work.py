"""Training one fold in this process: claim, load, fit, store. Called by the Celery task and by ``manage.py train``."""

import logging
import os
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext_noop as _

from readerstudy.studies.models import Photo
from readerstudy.trouble import trouble_of
from training import heat
from training.beat import heartbeat, stop_when_lost
from training.engine.moves import room_of
from training.engine.recipe import Recipe
from training.engine.results import Cancelled, FoldResult
from training.engine.splits import FoldPlan
from training.lease import Lease
from training.models import Fold, Kind, TrainingRun
from training.patience import is_away, patiently
from training.pictures import photos_of
from training.services import folds
from training.stores import drop_store, faces_of
from training.weights import files_of, find_weights
from training.work_kinds import fit_other, ranked_by_network

log = logging.getLogger(__name__)

BEAT_SECONDS = 15.0  # an epoch may take many minutes; the reaper takes a fold away after 90 s of silence
LOOK_SECONDS = 1.0  # how often the training loop asks the database whether it is still wanted

Report = Mapping[str, Any]


class CannotTrain(Exception):
    """The fold cannot be trained; the message is the sentence for the run's page."""


def train_fold(*, fold_id: int, on_epoch: Callable[[Fold, Report], None] | None = None) -> str:
    """Train the fold if this process wins its claim. What became of it, in one word.

    `taken` (by another worker, or no longer waiting), `finished`, `stopped` (cancelled or lost) or `failed`.
    """
    lease = patiently(lambda: folds.claim_fold(fold_id=fold_id, worker=worker_name()))
    if lease is None:
        return "taken"
    try:
        with heartbeat(lambda: folds.beat(lease), every=BEAT_SECONDS, name=f"fold {fold_id}"):
            # Begun again after the database was away, it takes up the checkpoint of its last epoch.
            outcome = patiently(lambda: _train(lease, on_epoch=on_epoch))
    except Cancelled:
        outcome = "stopped"
    except Exception as error:
        if is_away(error):  # for longer than anybody waits: the fold falls silent and is taken up by the next worker
            raise
        log.exception("Fold %s failed.", fold_id)
        problem = readable(error)
        patiently(lambda: folds.fail_fold(lease, problem=problem))
        outcome = "failed"
    patiently(lambda: _tidy(lease, keep=outcome == "finished" or folds.has_ended(lease)))
    patiently(lambda: drop_store(lease.run_id))
    return outcome


def _tidy(lease: Lease, *, keep: bool) -> None:
    """No orphan files: what earlier attempts left goes, and this one's too when its scores do not count.

    A fold that only left this worker's hands is taken up by the next from the checkpoint, so that stays; whoever ends
    the fold tidies for all.
    """
    if not keep and folds.is_live(lease):
        heat.remove_folder(heat.folder_of(lease))
        return
    for attempt in range(1, lease.attempt + (not keep)):
        shutil.rmtree(directory_of(replace(lease, attempt=attempt)), ignore_errors=True)
        heat.remove_folder(heat.folder_of(replace(lease, attempt=attempt)))


def _train(lease: Lease, *, on_epoch: Callable[[Fold, Report], None] | None) -> str:
    from training.engine.machine import versions

    fold = Fold.objects.select_related("run__source").get(pk=lease.fold_id)
    folds.note_machine(lease, versions=versions())
    photos = photos_of(fold.run)

    def epoch_ended(report: Report) -> None:
        if not patiently(lambda: folds.save_epoch(lease, report)):
            raise Cancelled("the fold is no longer this worker's")
        if on_epoch:
            on_epoch(fold, report)

    plan = plan_of(fold, photos)
    should_stop = stop_when_lost(lambda: folds.is_held(lease), every=LOOK_SECONDS)
    if fold.run.kind != Kind.NETWORK:
        folds.take_up(lease, [])
        fitted, syndromes = fit_other(
            fold, photos, plan=plan, directory=_made(directory_of(lease)), on_epoch=epoch_ended, should_stop=should_stop
        )
        return "finished" if _store(lease, fitted, photos, syndromes) else "stopped"
    from training.engine.fit import fit_fold

    recipe = Recipe.from_dict(fold.run.recipe)
    result = fit_fold(
        recipe=recipe,
        crops=faces_of(fold.run, photos),
        room=room_of(recipe),
        has_syndrome=np.array([photo.subject.has_syndrome for photo in photos]),
        diagnosis=[photo.subject.diagnosis for photo in photos],
        plan=plan,
        directory=_made(directory_of(lease)),
        weights_file=_weights_of(fold.run),
        on_epoch=epoch_ended,
        should_stop=should_stop,
        earlier=[directory_of(replace(lease, attempt=attempt)) for attempt in range(1, lease.attempt)],
        on_start=lambda history: folds.take_up(lease, history),
    )
    syndromes = ranked_by_network(fold, result, photos, plan=plan, should_stop=should_stop)
    return "finished" if _store(lease, result, photos, syndromes) else "stopped"


def plan_of(fold: Fold, photos: list[Photo]) -> FoldPlan:
    """The stored split of the fold as rows of ``photos``."""
    row = {photo.pk: number for number, photo in enumerate(photos)}
    test = fold.predictions.values_list("photo_id", flat=True)

    def rows(ids: Any) -> np.ndarray:
        return np.array(sorted(row[pk] for pk in ids if pk in row), dtype=np.int64)

    return FoldPlan(
        index=fold.index, train=rows(fold.train_photos), validation=rows(fold.validation_photos), test=rows(test)
    )


def _weights_of(run: TrainingRun) -> Path | None:
    if not run.weights_name:
        return None
    file = find_weights(run.weights_name, run.weights_sha256)
    if file is None:
        raise CannotTrain(
            _(
                "the weights file %(weights_name)s is gone or has changed since the run was made (its "
                "SHA-256 differs): put the original back or start a new run."
            )
            % {"weights_name": run.weights_name}
        )
    return file


def _store(lease: Lease, result: FoldResult, photos: list[Photo], syndromes: Mapping[int, list[str]]) -> bool:
    held_out = [photos[row] for row in np.asarray(result.test).tolist()]
    maps = {}
    if result.heat_maps is not None:
        maps = heat.save_maps(lease, held_out, result.heat_maps, result.heat_shares)
    facts = {key: getattr(result, key) for key in ("parameters", "seconds", "weights_sha256")}
    told = partial(
        folds.store_scores,
        lease,
        scores=_by_photo(held_out, result.test_scores),
        calibrated={} if result.test_calibrated is None else _by_photo(held_out, result.test_calibrated),
        scale=result.scale,
        maps=maps,
        syndromes=syndromes,
        metrics={**result.metrics, **facts},
        threshold=float(result.threshold),
        best_epoch=result.best_epoch,
        weights=str(Path(result.weights_path).relative_to(settings.DATA_DIR)),
    )
    return patiently(told)


def _by_photo(photos: list[Photo], values: Any) -> dict[int, float]:
    return {photo.pk: value for photo, value in zip(photos, np.asarray(values, dtype=float).tolist(), strict=True)}


def directory_of(lease: Lease) -> Path:
    """Where the attempt keeps its weights; an attempt never meets the files of another."""
    return files_of(lease.run_id) / f"{lease.fold_id}-{lease.attempt}"


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def worker_name() -> str:
    return f"{platform.node()}:{os.getpid()}"


def readable(error: Exception) -> str:
    """One sentence for the page; the traceback stands in the worker's log."""
    if trouble := trouble_of(error):
        return _("%(sentence)s Then start the run again.") % {"sentence": trouble.sentence}
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return _("the machine ran out of memory: choose a smaller batch, input size or width.")
    if isinstance(error, ImportError):
        return _("the worker lacks a library (%(error)s): install the worker's packages with make setup.") % {
            "error": error
        }
    message = " ".join(str(error).split())[:400] or type(error).__name__
    is_ours = isinstance(error, ValueError) or type(error).__module__.startswith("training.")
    return (
        message
        if is_ours
        else _("%(name)s: %(message)s (the worker's log says where)")
        % {"name": type(error).__name__, "message": message}
    )
