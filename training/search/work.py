"""Training one trial in this process: claim, load, train, judge on the validation part. Nothing else of a cohort
reaches it: the photos of the fold's test part are not even read."""

import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from django.utils.translation import gettext_noop as _
from numpy.typing import NDArray

from readerstudy.studies.models import Photo
from training import stores, work
from training.beat import heartbeat, stop_when_lost
from training.engine.moves import room_of
from training.engine.recipe import Recipe
from training.engine.results import Cancelled
from training.patience import is_away, patiently
from training.pictures import trainable_photos
from training.search import trials
from training.search.grid import recipe_at
from training.search.lease import TrialLease, directory_of
from training.search.models import Search, SearchTrial
from training.search.results import grid_of
from training.weights import find_weights

log = logging.getLogger(__name__)


def train_trial(*, trial_id: int) -> str:
    """Train the trial if this process wins its claim. What became of it, in one word.

    `taken` (by another worker, or no longer waiting), `finished`, `stopped` (cancelled or lost) or `failed`.
    """
    lease = patiently(lambda: trials.claim_trial(trial_id=trial_id, worker=work.worker_name()))
    if lease is None:
        return "taken"
    try:
        with heartbeat(lambda: trials.beat(lease), every=work.BEAT_SECONDS, name=f"trial {trial_id}"):
            outcome = patiently(lambda: _train(lease))
    except Cancelled:
        outcome = "stopped"
    except Exception as error:
        if is_away(error):  # for longer than anybody waits: the trial falls silent and is taken up by the next worker
            raise
        log.exception("Trial %s failed.", trial_id)
        problem = work.readable(error)
        patiently(lambda: trials.fail_trial(lease, problem=problem))
        outcome = "failed"
    patiently(lambda: _tidy(lease))
    return outcome


def _train(lease: TrialLease) -> str:
    from training.engine.machine import versions
    from training.engine.search import validate_fold

    trial = SearchTrial.objects.select_related("search__cohort").get(pk=lease.trial_id)
    trials.note_machine(lease, versions=versions())
    photos = _photos_of(trial)

    def epoch_ended(report: Any) -> None:
        if not patiently(lambda: trials.save_epoch(lease, epoch=int(report["epoch"]))):
            raise Cancelled("the trial is no longer this worker's")

    part, recipe = trial.search.parts[trial.fold], recipe_of(trial)
    result = validate_fold(
        recipe=recipe,
        crops=_faces(photos, recipe, directory_of(lease)),
        room=room_of(recipe),
        has_syndrome=np.array([photo.subject.has_syndrome for photo in photos]),
        diagnosis=[photo.subject.diagnosis for photo in photos],
        train=_rows_of(part["train"], photos),
        validation=_rows_of(part["validation"], photos),
        fold=trial.fold,
        directory=directory_of(lease),
        weights_file=_weights_of(trial.search),
        on_epoch=epoch_ended,
        should_stop=stop_when_lost(lambda: trials.is_held(lease), every=work.LOOK_SECONDS),
        earlier=[directory_of(replace(lease, attempt=attempt)) for attempt in range(1, lease.attempt)],
    )
    stored = patiently(
        lambda: trials.store_result(
            lease,
            val_auc=result.auc,
            val_loss=result.loss,
            best_epoch=result.best_epoch,
            epochs_run=result.epochs_run,
            seconds=result.seconds,
        )
    )
    return "finished" if stored else "stopped"


def _faces(photos: list[Photo], recipe: Recipe, directory: Path) -> NDArray[np.uint8]:
    """Mapped from a file without a name, so that a large cohort does not fill the memory and a crash leaves nothing."""
    from training.engine import store

    path = directory / "faces.npy"
    stores.write_faces(path, photos, recipe)
    faces = store.read(path)
    path.unlink()
    return faces


def recipe_of(trial: SearchTrial) -> Recipe:
    """The recipe of the trial's point."""
    return recipe_at(Recipe.from_dict(trial.search.recipe), grid_of(trial.search)[trial.point])


def _weights_of(search: Search) -> Path | None:
    if not search.weights_name:
        return None
    file = find_weights(search.weights_name, search.weights_sha256)
    if file is None:
        raise work.CannotTrain(
            _(
                "the weights file %(weights_name)s is gone or has changed since the search was made (its "
                "SHA-256 differs): put the original back or start a new search."
            )
            % {"weights_name": search.weights_name}
        )
    return file


def _photos_of(trial: SearchTrial) -> list[Photo]:
    """Photos of the trial's two parts that may still be used, in a fixed order."""
    part = trial.search.parts[trial.fold]
    wanted = trainable_photos(trial.search.cohort).filter(pk__in=[*part["train"], *part["validation"]])
    return list(wanted.select_related("subject", "face").order_by("subject__code", "id"))


def _rows_of(ids: list[int], photos: list[Photo]) -> np.ndarray:
    row = {photo.pk: number for number, photo in enumerate(photos)}
    return np.array(sorted(row[pk] for pk in ids if pk in row), dtype=np.int64)


def _tidy(lease: TrialLease) -> None:
    """Nothing of an ended trial stays. One that only left this worker's hands keeps its checkpoint for the next."""
    if trials.is_live(lease):
        return
    for attempt in range(1, lease.attempt + 1):
        shutil.rmtree(directory_of(replace(lease, attempt=attempt)), ignore_errors=True)
