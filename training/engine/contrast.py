"""Local contrast: what a face is drawn with, without the light that falls on it."""

from __future__ import annotations

from typing import Any

import numpy as np

import training.engine.quiet  # noqa: F401 (loads TensorFlow in silence)

# isort: split
import keras
from keras import ops

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in the grey of ITU-R BT.601."""

RADIUS = 0.107
"""SD of the Gaussian neighbourhood as a share of the picture's side; in a crop of 0.75 about a quarter of the eyes'
distance."""

FLOOR = 9e-4
"""Variance added to that of the neighbourhood, values 0 to 1: noise on smooth skin is not blown up."""

LIMIT = 2.8
"""Neighbourhood SDs at which values are cut off."""


@keras.saving.register_keras_serializable(package="readerstudy")
class LocalContrast(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    """Grey value less the mean of its neighbourhood, over that neighbourhood's SD (Jarrett et al. 2009, section 2.1).

    (n, S, S, 3) in 0..1 -> (n, S, S, 3), three alike. Skin tone, exposure and soft shadows go, edges and folds stay.
    """

    def build(self, shape: Any) -> None:
        """The Gaussian's weights and, for the borders, how much of it lies inside the picture."""
        side = int(shape[1])
        sigma = RADIUS * side
        reach = min(int(np.ceil(2.5 * sigma)), side - 1)
        weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
        self._kernel = (weights / weights.sum()).astype(np.float32)
        inside = np.convolve(np.ones(side), self._kernel, mode="full")[reach : reach + side]
        self._inside = np.outer(inside, inside)[None, :, :, None].astype(np.float32)

    def call(self, images: Any) -> Any:
        """As the class says."""
        grey = ops.sum(ops.cast(images, "float32") * np.array(LUMINANCE, np.float32), axis=-1, keepdims=True)
        deviation = grey - self._smooth(grey)
        spread = ops.sqrt(self._smooth(ops.square(deviation)) + FLOOR)
        cut = ops.clip(deviation / spread, -LIMIT, LIMIT)
        return ops.cast(ops.repeat(cut, 3, axis=-1), self.compute_dtype)

    def _smooth(self, grey: Any) -> Any:
        down = ops.conv(grey, self._kernel[:, None, None, None], padding="same")
        return ops.conv(down, self._kernel[None, :, None, None], padding="same") / self._inside

    def compute_output_shape(self, shape: Any) -> Any:
        """Unchanged."""
        return shape
