"""A learning rate that falls along a cosine and starts anew, so that each cycle ends in another good network.

Loshchilov and Hutter 2017 (SGDR), as Huang et al. 2017 use it for the networks that are averaged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import training.engine.quiet  # noqa: F401 (loads TensorFlow in silence)

# isort: split
import keras
from keras import ops

FLOOR = 0.02
"""What is left of the rate at the end of a cycle."""


class Restarts(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # keras has no types
    """Cycles that end before the steps `ends`; the first `warm` steps rise from nothing."""

    def __init__(self, highest: float, *, ends: Sequence[int], warm: int) -> None:
        super().__init__()
        self.highest, self.ends, self.warm = highest, list(ends), warm

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32")
        part = ops.cast(step >= self.ends[-1], "float32")
        for start, end in zip([0, *self.ends], self.ends, strict=False):
            within = ops.cast(ops.logical_and(step >= start, step < end), "float32")
            part += within * (step - start) / (end - start)
        rising = ops.minimum(1.0, step / self.warm)
        return self.highest * rising * (FLOOR + (1 - FLOOR) * 0.5 * (1 + ops.cos(math.pi * part)))

    def get_config(self) -> dict[str, Any]:
        return {"highest": self.highest, "ends": self.ends, "warm": self.warm}
