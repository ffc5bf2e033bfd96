"""A network made ready for its first batch: built, given its first weights, and compiled with losses and optimiser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from training.engine.quiet import tf

# isort: split
import keras

from training.engine.data import Crops
from training.engine.losses import Triplet
from training.engine.machine import over_devices, uses_xla
from training.engine.material import TrainingError
from training.engine.network import build
from training.engine.recipe import Recipe


def fresh_model(recipe: Recipe, *, seed: int) -> Any:
    """The recipe's network with weights drawn from the seed."""
    keras.utils.set_random_seed(seed)
    keras.config.set_dtype_policy(recipe.precision)
    if recipe.deterministic:
        tf.config.experimental.enable_op_determinism()
    try:
        with over_devices(recipe):
            return build(recipe)
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


def compile_model(model: Any, recipe: Recipe, *, steps: int) -> None:
    """Losses and optimiser for epochs of `steps` batches."""
    losses = {
        "prob": keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        "embedding": Triplet(margin=recipe.triplet_margin, mining=recipe.triplet_mining),
    }
    weights = {"prob": 1.0, "embedding": recipe.triplet_weight}
    xla = uses_xla(recipe, replicas=replicas_of(model))
    with model.distribute_strategy.scope():
        model.compile(_optimiser(recipe, steps), loss=losses, loss_weights=weights, jit_compile=xla)


def replicas_of(model: Any) -> int:
    """On how many devices a copy of the network is trained."""
    return int(model.distribute_strategy.num_replicas_in_sync)


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
