"""The mean that pretrained weights expect to be taken off, kept in the network beside the weights it belongs to."""

from __future__ import annotations

from typing import Any

from training.engine.quiet import tf  # noqa: F401 (loads TensorFlow in silence)

# isort: split
import keras
import numpy as np
from keras import ops

from training.engine.weights import VGG_FACE_MEAN


class InputMean(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    """RGB in 0..1 (n, S, S, 3) -> RGB in 0..255 minus `mean` (3,), which is saved and restored with the weights."""

    def build(self, input_shape: Any) -> None:
        """Start with the mean of VGG-Face; `load_into` sets that of the weights' source."""
        self.mean = self.add_weight(name="mean", shape=(3,), initializer="zeros", trainable=False)
        self.mean.assign(np.array(VGG_FACE_MEAN, np.float32))

    def call(self, image: Any) -> Any:
        return ops.multiply(image, 255.0) - self.mean

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def load_own_variables(self, store: Any) -> None:
        """Files of folds trained before the mean was kept have none: theirs was VGG-Face's."""
        if "0" in store:
            super().load_own_variables(store)
