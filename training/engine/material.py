"""What one fold is trained on: the recipe, the pictures, the truth, and which rows teach, choose and are held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.engine.batches import BatchPlan, fold_seed
from training.engine.data import Crops, shrink
from training.engine.moves import inside
from training.engine.recipe import Recipe
from training.engine.splits import FoldPlan
from training.engine.store import Part


class TrainingError(RuntimeError):
    """Training cannot start or went wrong; the message is for the investigator."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """`store` (n, s, s, 3), `truth` (n,) and `diagnosis` (n) go by the rows of `plan`.

    The pictures span `room` sides of the aligned crop; `recipe` is the one by which they are to be looked at.
    """

    recipe: Recipe
    plan: FoldPlan
    store: Crops
    truth: NDArray[np.bool_]
    diagnosis: Sequence[str]
    room: float = 1.0

    @property
    def seed(self) -> int:
        return fold_seed(self.recipe, self.plan.index)

    @property
    def class_weights(self) -> tuple[float, float] | None:
        """What a control and a GS of the training part count, on average 1; None where both count 1."""
        if self.recipe.class_weights == "none":
            return None
        cases = int(self.truth[self.plan.train].sum())
        n = len(self.plan.train)
        return n / (2 * (n - cases)), n / (2 * cases)

    def faces(self, rows: NDArray[np.int64]) -> Part:
        """The pictures of these rows."""
        return Part(self.store, rows)

    def batches(self) -> BatchPlan:
        """The batches of the training part."""
        return BatchPlan(
            self.plan.train,
            has_syndrome=self.truth.tolist(),
            diagnosis=self.diagnosis,
            recipe=self.recipe,
            seed=self.seed,
        )


def material(
    *,
    recipe: Recipe,
    crops: Crops,
    has_syndrome: Sequence[bool] | NDArray[np.bool_],
    diagnosis: Any,
    plan: FoldPlan,
    room: float = 1.0,
) -> Material:
    """The checked material of a fold; refuses crops, labels and plans that do not belong together."""
    truth = np.asarray(has_syndrome, dtype=bool)
    _refuse_other_crops(crops)
    if not len(crops) == len(truth) == len(diagnosis):
        raise TrainingError(f"{len(crops)} crops, {len(truth)} truths and {len(diagnosis)} diagnoses do not match")
    _refuse_overlap(plan)
    look = inside(recipe, room=room)
    return Material(recipe=look, plan=plan, store=shrink(crops, look), truth=truth, diagnosis=diagnosis, room=room)


def _refuse_other_crops(crops: Any) -> None:
    shape = crops.shape
    if len(shape) != 4 or shape[1] != shape[2] or shape[3] != 3 or crops.dtype != np.uint8:
        raise TrainingError(f"crops must be 8-bit (n, S, S, 3), not {crops.dtype} of shape {shape}")


def _refuse_overlap(plan: FoldPlan) -> None:
    train, validation, test = (set(part.tolist()) for part in (plan.train, plan.validation, plan.test))
    if train & (test | validation) or test & validation:
        raise TrainingError(f"fold {plan.index}: its parts share photos, so its scores would mean nothing")
