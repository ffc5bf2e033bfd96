"""Batch norm after pretrained convolutions: set from data so that the pretrained features survive.

With gamma = sqrt(var + eps) and beta = mean of the convolution's own output, a batch norm passes its input through
unchanged. All statistics come from one pass over the training part only.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import training.engine.quiet  # noqa: F401 (loads TensorFlow in silence)

# isort: split
import keras
from keras import ops

from training.engine.data import Crops, view
from training.engine.recipe import Recipe

BATCH = 8


def calibrate(model: Any, store: Crops, *, recipe: Recipe) -> None:
    """Set every batch norm after a convolution of the trunk from the faces (n, s, s, 3)."""
    norms = [layer for layer in model.layers if layer.name.startswith("block") and layer.name.endswith("_bn")]
    for norm in norms:  # pass through while measuring
        norm.gamma.assign(ops.ones_like(norm.gamma) * np.sqrt(1.0 + norm.epsilon))
        norm.beta.assign(ops.zeros_like(norm.beta))
        norm.moving_mean.assign(ops.zeros_like(norm.moving_mean))
        norm.moving_variance.assign(ops.ones_like(norm.moving_variance))
    for norm, (mean, variance) in zip(norms, _moments(model, norms, store, recipe), strict=True):
        norm.moving_mean.assign(mean)
        norm.moving_variance.assign(variance)
        norm.beta.assign(mean)
        norm.gamma.assign(np.sqrt(variance + norm.epsilon))


def _moments(model: Any, norms: list[Any], store: Crops, recipe: Recipe) -> list[tuple[Any, Any]]:
    """Mean and variance (channels,) of each batch norm's input over all faces and places."""
    outputs = []
    for norm in norms:
        x = ops.cast(norm.input, "float32")
        outputs += [ops.mean(x, axis=(1, 2)), ops.mean(ops.square(x), axis=(1, 2))]
    meter = keras.Model(model.input, outputs)
    sums: list[Any] = [0.0] * len(outputs)
    for start in range(0, len(store), BATCH):
        images = np.stack([view(image, recipe) for image in store[start : start + BATCH]])
        for k, values in enumerate(meter.predict_on_batch(images)):
            sums[k] = sums[k] + np.asarray(values, np.float64).sum(axis=0)
    means, squares = ([total / len(store) for total in sums[first::2]] for first in (0, 1))
    return [(mean, np.maximum(square - mean**2, 0.0)) for mean, square in zip(means, squares, strict=True)]
