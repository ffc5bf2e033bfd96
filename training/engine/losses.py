"""Triplet loss with the hardest triplets of each batch, on unit vectors, in backend-neutral operations."""

from __future__ import annotations

from typing import Any

import training.engine.quiet  # noqa: F401 (loads TensorFlow in silence)

# isort: split
import keras
from keras import ops


class Triplet(keras.losses.Loss):  # type: ignore[misc]  # keras has no types
    """Hermans et al. 2017 (batch-hard) and Schroff et al. 2015 (semi-hard).

    For each picture: the farthest of the same label should be closer than a picture of another label, by `margin`.
    `batch-hard` takes the closest other; `semi-hard` the closest other that is farther than the same, else the
    farthest other. A picture without a partner or without an opponent in the batch counts as zero.
    """

    def __init__(
        self, *, margin: float, mining: str = "batch-hard", reduction: str = "sum_over_batch_size", **more: Any
    ):
        super().__init__(name="triplet", reduction=reduction, **more)
        self.margin = margin
        self.mining = mining

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Labels (n,) or (n, 1) and unit vectors (n, e) -> loss of each picture (n,)."""
        labels = ops.reshape(y_true, (-1,))
        distance = pairwise_distance(ops.cast(y_pred, "float32"))
        same = ops.equal(labels[:, None], labels[None, :])
        partner = ops.logical_and(same, ops.logical_not(ops.eye(ops.shape(labels)[0], dtype="bool")))
        farthest_same = ops.max(ops.where(partner, distance, -1.0), axis=1)
        other = ops.logical_not(same)
        closest_other = ops.min(ops.where(other, distance, 1e3), axis=1)
        if self.mining == "semi-hard":
            beyond = ops.logical_and(other, distance > farthest_same[:, None])
            closest_beyond = ops.min(ops.where(beyond, distance, 1e3), axis=1)
            farthest_other = ops.max(ops.where(other, distance, -1.0), axis=1)
            closest_other = ops.where(ops.any(beyond, axis=1), closest_beyond, farthest_other)
        loss = ops.relu(farthest_same - closest_other + self.margin)
        counts = ops.logical_and(ops.any(partner, axis=1), ops.any(other, axis=1))
        return ops.where(counts, loss, ops.zeros_like(loss))

    def get_config(self) -> dict[str, Any]:
        """For Keras' serialisation."""
        return {**super().get_config(), "margin": self.margin, "mining": self.mining}


def pairwise_distance(vectors: Any) -> Any:
    """Euclidean distances (n, n); the tiny floor keeps the gradient of the root finite at zero."""
    squares = ops.sum(ops.square(vectors), axis=1)
    squared = squares[:, None] + squares[None, :] - 2.0 * ops.matmul(vectors, ops.transpose(vectors))
    return ops.sqrt(ops.maximum(squared, 1e-12))


class WeightedCrossEntropy(keras.losses.CategoricalCrossentropy):  # type: ignore[misc]  # keras has no types
    """Cross-entropy in which a picture counts as much as its class: (weight of controls, weight of GS)."""

    def __init__(self, weights: tuple[float, float], **more: Any):
        super().__init__(**more)
        self.weights = tuple(weights)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """(n,) from one-hot (n, 2) and probabilities (n, 2)."""
        weights = ops.convert_to_tensor(self.weights, dtype=y_pred.dtype)
        return super().call(y_true, y_pred) * ops.sum(ops.cast(y_true, y_pred.dtype) * weights, axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "weights": self.weights}
