"""A network made ready for its first batch: built, given its first weights, and compiled with losses and optimiser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from training.engine.quiet import tf

# isort: split
import keras

from training.engine.data import Crops
from training.engine.losses import Triplet, WeightedCrossEntropy
from training.engine.machine import over_devices, precision_of, uses_xla
from training.engine.material import TrainingError
from training.engine.network import build
from training.engine.recipe import Recipe
from training.engine.restarts import Restarts
from training.engine.stages import Stage, stages


def fresh_model(recipe: Recipe, *, seed: int) -> Any:
    """The recipe's network as it is trained, with weights drawn from the seed."""
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(precision_of(recipe))
    if recipe.deterministic:
        tf.config.experimental.enable_op_determinism()
    try:
        with over_devices(recipe):
            return build(replace(recipe, snapshots=1))
    finally:
        keras.config.set_dtype_policy("float32")


def start_weights(model: Any, recipe: Recipe, weights_file: Path | str | None, faces: Crops) -> None:
    """Give the network the recipe's pretrained weights, its batch norms set from `faces`; none for a random start."""
    if recipe.weights == "random":
        return
    if weights_file is None:
        raise TrainingError(f"the recipe starts from the weights {recipe.weights[:12]}..., but no file was given")
    from training.engine.calibrate import calibrate
    from training.engine.weights import load_into, read_vgg_face

    weights = read_vgg_face(weights_file)
    if not weights.answers_to(recipe.weights):
        name, has, wants = Path(weights_file).name, weights.sha256[:12], recipe.weights[:12]
        raise TrainingError(f"{name} has SHA-256 {has}..., the recipe asks for {wants}...")
    load_into(model, weights)
    calibrate(model, faces, recipe=recipe)


def compile_model(
    model: Any, recipe: Recipe, *, steps: int, stage: Stage | None = None, weights_of: tuple[float, float] | None = None
) -> None:
    """Losses and a fresh optimiser for the epochs of `stage` (by default the first), of `steps` batches each.

    `weights_of` control and GS, where the recipe weighs the classes.
    """
    losses = {
        "prob": _cross_entropy(recipe, weights_of),
        "embedding": Triplet(margin=recipe.triplet_margin, mining=recipe.triplet_mining),
    }
    weights = {"prob": 1.0, "embedding": recipe.triplet_weight}
    xla = uses_xla(recipe, replicas=replicas_of(model))
    with model.distribute_strategy.scope():
        optimiser = _optimiser(recipe, stage or stages(recipe)[0], steps=steps)
        model.compile(optimiser, loss=losses, loss_weights=weights, jit_compile=xla)


def replicas_of(model: Any) -> int:
    """On how many devices a copy of the network is trained."""
    return int(model.distribute_strategy.num_replicas_in_sync)


def _cross_entropy(recipe: Recipe, weights_of: tuple[float, float] | None) -> Any:
    if weights_of is None:
        return keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing)
    return WeightedCrossEntropy(weights_of, label_smoothing=recipe.label_smoothing)


def _optimiser(recipe: Recipe, stage: Stage, *, steps: int) -> Any:
    highest = recipe.learning_rate * stage.rate
    rate: Any = highest
    if recipe.schedule == "cosine":
        total = stage.epochs * steps
        warm = min(2 * steps, total // 10)
        rate = keras.optimizers.schedules.CosineDecay(
            0.1 * highest, total - warm, warmup_target=highest, warmup_steps=warm
        )
    if recipe.schedule == "restarts":
        ends = [steps * (epoch - stage.first) for epoch in recipe.kept_epochs if stage.first < epoch <= stage.last]
        total = stage.epochs * steps
        rate = Restarts(highest, ends=ends or [total], warm=min(2 * steps, max(1, total // 10)))
    more: dict[str, Any] = {"weight_decay": recipe.weight_decay or None}
    if recipe.average_weights:
        more |= {"use_ema": True, "ema_momentum": recipe.average_weights}
    kinds = {"rmsprop": keras.optimizers.RMSprop, "adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}
    if recipe.optimiser == "sgd":
        more["momentum"] = 0.9
    return kinds[recipe.optimiser](learning_rate=rate, **more)
