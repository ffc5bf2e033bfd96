"""Train one fold: the training part teaches, the validation part chooses, the test part is scored once at the end."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.engine.quiet import tf

# isort: split
import keras

from training.engine import checkpoint
from training.engine.callbacks import Watch
from training.engine.checkpoint import Checkpoint
from training.engine.data import BatchPlan, Images, load, shrink
from training.engine.heatmaps import heat_maps
from training.engine.losses import Triplet
from training.engine.metrics import best_threshold, fold_metrics, probability_metrics
from training.engine.network import build, freeze
from training.engine.predict import score_store
from training.engine.recipe import Recipe
from training.engine.results import Cancelled, FoldResult
from training.engine.splits import FoldPlan
from training.engine.temperature import calibrated, fit_temperature

__all__ = ["Cancelled", "TrainingError", "fit_fold"]

OnEpoch = Callable[[dict[str, float]], None]
ShouldStop = Callable[[], bool]
OnStart = Callable[[list[dict[str, float]]], None]


class TrainingError(RuntimeError):
    """Training cannot start or went wrong; the message is for the investigator."""


def fit_fold(
    *,
    recipe: Recipe,
    crops: Images,
    has_syndrome: Sequence[bool] | NDArray[np.bool_],
    diagnosis: Sequence[str],
    plan: FoldPlan,
    directory: Path | str,
    weights_file: Path | str | None = None,
    on_epoch: OnEpoch | None = None,
    should_stop: ShouldStop | None = None,
    earlier: Sequence[Path] = (),
    on_start: OnStart | None = None,
) -> FoldResult:
    """Train on `plan.train`, choose epoch and threshold on `plan.validation`, score `plan.test`.

    `crops` (n, S, S, 3) uint8 are aligned faces, one a row of the plan. The best epoch's weights go to
    `directory/fold-<index>.weights.h5`. `on_epoch` gets a dictionary after each epoch; `should_stop` is asked before
    each batch and ends the training with `Cancelled`. The same arguments give the same result on the same machine.

    A checkpoint is kept in `directory` after each epoch and removed at the end. One of the same training, there or in
    the directories of `earlier` attempts, is taken up. `on_start` is told the history that the training starts from.
    """
    started = time.monotonic()
    truth = np.asarray(has_syndrome, dtype=bool)
    _refuse_other_input(crops, truth, diagnosis, plan)
    model = _fresh_model(recipe, fold=plan.index)
    store = shrink(crops, recipe)
    key = checkpoint.key_of(recipe, plan, store=store, labels=[*truth, *diagnosis], start=recipe.weights)
    directory = Path(directory)
    begun = checkpoint.load([directory, *earlier], fold=plan.index, key=key)
    if begun is None:
        _start_weights(model, recipe, weights_file, store[plan.train])
    freeze(model, train_from=recipe.train_from)
    batches = BatchPlan(
        plan.train, has_syndrome=truth.tolist(), diagnosis=diagnosis, recipe=recipe, seed=recipe.seed * 100 + plan.index
    )
    _compile(model, recipe, steps=batches.count)
    watch = Watch(
        recipe=recipe,
        store=store[plan.validation],
        truth=truth[plan.validation],
        on_epoch=on_epoch or (lambda report: None),
        should_stop=should_stop or (lambda: False),
        on_checkpoint=lambda state: checkpoint.save(state, directory, fold=plan.index),
        key=key,
    )
    _train(model, watch, Feed(batches, store, epoch=begun.epoch if begun else 0), begun=begun, on_start=on_start)
    if watch.best is None:
        raise TrainingError("the loss is not a number from the first epoch on: lower the learning rate")
    watch.restore(model)
    validation_scores = score_store(model, store[plan.validation], recipe=recipe)
    threshold = best_threshold(truth[plan.validation], validation_scores)
    temperature = None if recipe.calibration == "none" else fit_temperature(truth[plan.validation], validation_scores)
    test_scores = score_store(model, store[plan.test], recipe=recipe)
    test_calibrated = None if temperature is None else calibrated(test_scores, temperature=temperature)
    heat = None if recipe.heat_maps == "none" else heat_maps(model, store[plan.test], recipe=recipe)
    path, digest = _save(model, directory, plan.index)
    checkpoint.remove(directory, fold=plan.index)
    return FoldResult(
        fold=plan.index,
        test=plan.test,
        test_scores=test_scores,
        validation=plan.validation,
        validation_scores=validation_scores,
        history=watch.history,
        best_epoch=watch.best.epoch,
        threshold=threshold,
        temperature=temperature,
        test_calibrated=test_calibrated,
        heat_maps=heat.maps if heat else None,
        heat_shares=heat.shares if heat else None,
        metrics=fold_metrics(truth[plan.test], test_scores, threshold=threshold)
        | probability_metrics(truth[plan.test], test_scores if test_calibrated is None else test_calibrated),
        epochs_run=len(watch.history),
        parameters=int(model.count_params()),
        seconds=time.monotonic() - started,
        weights_path=path,
        weights_sha256=digest,
    )


def _train(model: Any, watch: Watch, feed: Feed, *, begun: Checkpoint | None, on_start: OnStart | None) -> None:
    """All epochs, or those that a training taken up still lacks."""
    if on_start:
        on_start(begun.history if begun else [])
    if begun:
        begun.put_into(model)
        watch.resume(begun)
        if begun.is_over or begun.epoch >= watch.recipe.epochs:
            return
    model.fit(
        feed,
        initial_epoch=begun.epoch if begun else 0,
        epochs=watch.recipe.epochs,
        verbose=0,
        shuffle=False,
        callbacks=[watch],
    )


class Feed(keras.utils.PyDataset):  # type: ignore[misc]  # keras has no types
    """Batches of one epoch after the other for `fit`, which makes them in a thread of its own while a step runs.

    Each batch is a function of (seed, epoch, batch), so it does not matter when it is made.
    """

    def __init__(self, plan: BatchPlan, store: Images, *, epoch: int = 0) -> None:
        super().__init__(workers=0)
        self._plan, self._store, self._epoch = plan, store, epoch
        self._rows = plan.batches(epoch)

    def __len__(self) -> int:
        return self._plan.count

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], dict[str, Any]]:
        batch = load(self._plan, self._store, epoch=self._epoch, rows=self._rows[index], batch=index)
        targets = {"prob": np.eye(2, dtype=np.float32)[batch.is_gs], "embedding": batch.group.astype(np.int32)}
        return batch.images, targets

    def on_epoch_end(self) -> None:
        """Draw the next epoch's order."""
        self._epoch += 1
        self._rows = self._plan.batches(self._epoch)


def _refuse_other_input(crops: Images, truth: NDArray[np.bool_], diagnosis: Sequence[str], plan: FoldPlan) -> None:
    if crops.ndim != 4 or crops.shape[1] != crops.shape[2] or crops.shape[3] != 3 or crops.dtype != np.uint8:
        raise TrainingError(f"crops must be 8-bit (n, S, S, 3), not {crops.dtype} of shape {crops.shape}")
    if not len(crops) == len(truth) == len(diagnosis):
        raise TrainingError(f"{len(crops)} crops, {len(truth)} truths and {len(diagnosis)} diagnoses do not match")
    shared = set(plan.train.tolist()) & (set(plan.test.tolist()) | set(plan.validation.tolist()))
    if shared or set(plan.test.tolist()) & set(plan.validation.tolist()):
        raise TrainingError(f"fold {plan.index}: its parts share photos, so its scores would mean nothing")


def _fresh_model(recipe: Recipe, *, fold: int) -> Any:
    keras.utils.set_random_seed(recipe.seed * 100 + fold)
    keras.config.set_dtype_policy(recipe.precision)
    if recipe.deterministic:
        tf.config.experimental.enable_op_determinism()
    try:
        return build(recipe)
    finally:
        keras.config.set_dtype_policy("float32")


def _start_weights(model: Any, recipe: Recipe, weights_file: Path | str | None, faces: Images) -> None:
    if recipe.weights == "random":
        return
    if weights_file is None:
        raise TrainingError(f"the recipe starts from the weights {recipe.weights[:12]}..., but no file was given")
    from training.engine.calibrate import calibrate
    from training.engine.weights import load_into, read_vgg_face

    weights = read_vgg_face(weights_file)
    if weights.sha256 != recipe.weights:
        name, has, wants = Path(weights_file).name, weights.sha256[:12], recipe.weights[:12]
        raise TrainingError(f"{name} has SHA-256 {has}..., the recipe asks for {wants}...")
    load_into(model, weights)
    calibrate(model, faces, recipe=recipe)


def _compile(model: Any, recipe: Recipe, *, steps: int) -> None:
    losses = {
        "prob": keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        "embedding": Triplet(margin=recipe.triplet_margin, mining=recipe.triplet_mining),
    }
    weights = {"prob": 1.0, "embedding": recipe.triplet_weight}
    model.compile(_optimiser(recipe, steps), loss=losses, loss_weights=weights, jit_compile=False)


def _optimiser(recipe: Recipe, steps: int) -> Any:
    rate: Any = recipe.learning_rate
    if recipe.schedule == "cosine":
        total = recipe.epochs * steps
        warm = min(2 * steps, total // 10)
        rate = keras.optimizers.schedules.CosineDecay(
            0.1 * recipe.learning_rate, total - warm, warmup_target=recipe.learning_rate, warmup_steps=warm
        )
    more: dict[str, Any] = {"weight_decay": recipe.weight_decay or None}
    if recipe.average_weights:
        more |= {"use_ema": True, "ema_momentum": recipe.average_weights}
    kinds = {"rmsprop": keras.optimizers.RMSprop, "adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}
    if recipe.optimiser == "sgd":
        more["momentum"] = 0.9
    return kinds[recipe.optimiser](learning_rate=rate, **more)


def _save(model: Any, directory: Path, fold: int) -> tuple[Path, str]:
    """Written beside and renamed, so that a file with this name is always whole."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"fold-{fold}.weights.h5"
    part = directory / f".fold-{fold}.part.weights.h5"
    model.save_weights(part)
    part.replace(path)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()
