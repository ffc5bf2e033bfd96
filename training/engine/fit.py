"""Train one fold: the training part teaches, the validation part chooses, the test part is scored once at the end."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import training.engine.quiet  # noqa: F401 (loads TensorFlow in silence)

# isort: split
import keras

from training.engine import checkpoint
from training.engine.callbacks import Watch
from training.engine.checkpoint import Checkpoint
from training.engine.data import Crops
from training.engine.feed import Feed
from training.engine.judge import judge
from training.engine.material import Material, TrainingError, material
from training.engine.network import freeze
from training.engine.recipe import Recipe
from training.engine.results import Cancelled, FoldResult
from training.engine.setup import compile_model, fresh_model, replicas_of, start_weights
from training.engine.splits import FoldPlan
from training.engine.stages import stages

__all__ = ["Cancelled", "TrainingError", "fit_fold"]

OnEpoch = Callable[[dict[str, float]], None]
ShouldStop = Callable[[], bool]
OnStart = Callable[[list[dict[str, float]]], None]


def fit_fold(
    *,
    recipe: Recipe,
    crops: Crops,
    has_syndrome: Sequence[bool] | NDArray[np.bool_],
    diagnosis: Sequence[str],
    plan: FoldPlan,
    directory: Path | str,
    room: float = 1.0,
    weights_file: Path | str | None = None,
    on_epoch: OnEpoch | None = None,
    should_stop: ShouldStop | None = None,
    earlier: Sequence[Path] = (),
    on_start: OnStart | None = None,
) -> FoldResult:
    """Train on `plan.train`, choose epoch and threshold on `plan.validation`, score `plan.test`.

    `crops` (n, S, S, 3) uint8 are aligned faces, one a row of the plan, in memory or mapped from a file
    (`training.engine.store`); each spans `room` sides of the aligned crop (`moves.room_of`). The weights of the best
    epoch, or of the network that joins the recipe's snapshots, go to `directory/fold-<index>.weights.h5`. `on_epoch`
    gets a dictionary after each epoch; `should_stop` is asked before each batch and ends the training with `Cancelled`.
    The same arguments give the same result on the same machine.

    A checkpoint is kept in `directory` after each epoch and removed at the end. One of the same training, there or in
    the directories of `earlier` attempts, is taken up. `on_start` is told the history that the training starts from.
    """
    started, directory = time.monotonic(), Path(directory)
    given = material(recipe=recipe, crops=crops, has_syndrome=has_syndrome, diagnosis=diagnosis, plan=plan, room=room)
    model, watch = train_network(
        given,
        directory=directory,
        weights_file=weights_file,
        on_epoch=on_epoch,
        should_stop=should_stop,
        earlier=earlier,
        on_start=on_start,
    )
    scores = judge(model, given)
    path, digest = _save(model, directory, plan.index)
    checkpoint.remove(directory, fold=plan.index)
    return FoldResult(
        **scores,
        history=watch.history,
        best_epoch=watch.best_epoch,
        epochs_run=len(watch.history),
        parameters=int(model.count_params()),
        seconds=time.monotonic() - started,
        weights_path=path,
        weights_sha256=digest,
    )


def train_network(
    given: Material,
    *,
    directory: Path,
    weights_file: Path | str | None = None,
    on_epoch: OnEpoch | None = None,
    should_stop: ShouldStop | None = None,
    earlier: Sequence[Path] = (),
    on_start: OnStart | None = None,
) -> tuple[Any, Watch]:
    """The network of the epoch that did best on the validation part, and what was watched; no test face is looked at.

    The arguments are those of `fit_fold`. The checkpoint stays in `directory` for the caller to remove.
    """
    recipe, plan = given.recipe, given.plan
    labels = [*given.truth, *given.diagnosis]
    key = checkpoint.key_of(recipe, plan, store=given.store, labels=labels, start=recipe.weights)
    begun = checkpoint.load([directory, *earlier], fold=plan.index, key=key)
    watch = Watch(
        recipe=recipe,
        store=given.faces(plan.validation),
        truth=given.truth[plan.validation],
        on_epoch=on_epoch or (lambda report: None),
        should_stop=should_stop or (lambda: False),
        on_checkpoint=lambda state: checkpoint.save(state, directory, fold=plan.index),
        key=key,
    )
    return _trained(given, watch, begun=begun, weights_file=weights_file, on_start=on_start), watch


def _trained(
    given: Material,
    watch: Watch,
    *,
    begun: Checkpoint | None,
    weights_file: Path | str | None,
    on_start: OnStart | None,
) -> Any:
    """The network of the best epoch, or the one that joins the recipe's snapshots."""
    recipe = given.recipe
    model = fresh_model(recipe, seed=given.seed)
    if begun is None:
        start_weights(model, recipe, weights_file, given.faces(given.plan.train))
    if on_start:
        on_start(begun.history if begun else [])
    if begun:
        watch.resume(begun)
    if begun is None or not begun.is_over:
        _train(model, watch, given, begun=begun)
    if watch.best is None:
        raise TrainingError("the loss is not a number from the first epoch on: lower the learning rate")
    return watch.result(model)


def _train(model: Any, watch: Watch, given: Material, *, begun: Checkpoint | None) -> None:
    """All stages, or what a training taken up still lacks of them."""
    batches, done = given.batches(), begun.epoch if begun else 0
    for stage in stages(given.recipe):
        if done >= stage.last:
            continue
        freeze(model, train_from=stage.train_from)
        compile_model(model, given.recipe, steps=batches.count, stage=stage, weights_of=given.class_weights)
        if begun:
            begun.put_into(model, with_optimiser=done > stage.first)
            begun = None
        feed = Feed(batches, given.store, epoch=done, replicas=replicas_of(model))
        model.fit(feed, initial_epoch=done, epochs=stage.last, verbose=0, shuffle=False, callbacks=[watch])
        if model.stop_training:
            return
        done = stage.last


def _save(model: Any, directory: Path, fold: int) -> tuple[Path, str]:
    """Written beside and renamed, so that a file with this name is always whole; without the optimiser's averages."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"fold-{fold}.weights.h5"
    part = directory / f".fold-{fold}.part.weights.h5"
    keras.Model(model.input, model.output).save_weights(part)
    part.replace(path)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()
