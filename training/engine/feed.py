"""Batches for Keras' `fit`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import training.engine.quiet  # noqa: F401 (loads TensorFlow in silence)

# isort: split
import keras

from training.engine.batches import BatchPlan, taking_turns
from training.engine.data import Crops, load


class Feed(keras.utils.PyDataset):  # type: ignore[misc]  # keras has no types
    """Batches of one epoch after the other for `fit`, which makes them in a thread of its own while a step runs.

    Each batch is a function of (seed, epoch, batch), so it does not matter when it is made. For several replicas the
    two classes take turns, pair by pair, because each replica gets a piece of the batch.
    """

    def __init__(self, plan: BatchPlan, store: Crops, *, epoch: int = 0, replicas: int = 1) -> None:
        super().__init__(workers=0)
        self._plan, self._store, self._epoch, self._replicas = plan, store, epoch, replicas
        self._rows = plan.batches(epoch)

    def __len__(self) -> int:
        return self._plan.count

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], dict[str, Any]]:
        rows = self._rows[index] if self._replicas == 1 else taking_turns(self._rows[index], self._plan.truth)
        batch = load(self._plan, self._store, epoch=self._epoch, rows=rows, batch=index)
        targets = {"prob": np.eye(2, dtype=np.float32)[batch.is_gs], "embedding": batch.group.astype(np.int32)}
        return batch.images, targets

    def on_epoch_end(self) -> None:
        """Draw the next epoch's order."""
        self._epoch += 1
        self._rows = self._plan.batches(self._epoch)
