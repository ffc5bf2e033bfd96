"""One recipe on one fold, judged on the validation part: what a search for a recipe may know of a fold."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.engine import checkpoint
from training.engine.data import Crops
from training.engine.fit import train_network
from training.engine.material import TrainingError, material
from training.engine.recipe import Recipe
from training.engine.splits import FoldPlan

Rows = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Validated:
    """AUC and loss (cross-entropy) of the network that the recipe ends with, on the validation part."""

    auc: float
    loss: float
    best_epoch: int | None
    epochs_run: int
    seconds: float


def validate_fold(
    *,
    recipe: Recipe,
    crops: Crops,
    has_syndrome: Sequence[bool] | NDArray[np.bool_],
    diagnosis: Sequence[str],
    train: Rows,
    validation: Rows,
    fold: int,
    directory: Path | str,
    room: float = 1.0,
    weights_file: Path | str | None = None,
    on_epoch: Callable[[dict[str, float]], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    earlier: Sequence[Path] = (),
) -> Validated:
    """Train on the rows `train`, judge on the rows `validation`; the training is that of `fit_fold` on this fold.

    `crops` (n, S, S, 3) hold these two parts and nothing else: faces of a test part are refused, so that a search
    cannot look at them. No weights are kept. The other arguments are those of `fit_fold`.
    """
    started, directory = time.monotonic(), Path(directory)
    _refuse_more_than_two_parts(len(crops), train, validation)
    plan = FoldPlan(index=fold, train=train, validation=validation, test=np.empty(0, np.int64))
    given = material(recipe=recipe, crops=crops, has_syndrome=has_syndrome, diagnosis=diagnosis, plan=plan, room=room)
    model, watch = train_network(
        given,
        directory=directory,
        weights_file=weights_file,
        on_epoch=on_epoch,
        should_stop=should_stop,
        earlier=earlier,
    )
    checkpoint.remove(directory, fold=fold)
    loss, area, _ = watch.figures_of(model)
    return Validated(
        auc=area,
        loss=loss,
        best_epoch=watch.best_epoch,
        epochs_run=len(watch.history),
        seconds=time.monotonic() - started,
    )


def _refuse_more_than_two_parts(faces: int, train: Rows, validation: Rows) -> None:
    known = np.union1d(train, validation)
    if len(known) != faces:
        raise TrainingError(
            f"{faces} faces came for {len(known)} of training and validation: a search must not be given others"
        )
    if not len(train) or not len(validation):
        raise TrainingError("a training or a validation part without a face cannot judge a recipe")
