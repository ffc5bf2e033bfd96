"""Which rows make which batch, and how each picture of it is moved: all a function of (seed, epoch, batch)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.engine.moves import Move, draw_moves
from training.engine.recipe import Recipe

Indices = NDArray[np.int64]


class BatchPlan:
    """Which rows make batch b of epoch e. Every training row of the larger class is seen once an epoch.

    Balanced batches hold as many GS as controls; GS come in pairs of one syndrome where there are two, so that the
    triplet loss finds partners. `group` is the syndrome where the batch holds at least two of it, else the class.
    """

    def __init__(
        self, rows: Indices, *, has_syndrome: Sequence[bool], diagnosis: Sequence[str], recipe: Recipe, seed: int
    ) -> None:
        self.rows = np.asarray(rows, np.int64)
        self.truth = np.asarray(has_syndrome, dtype=bool)
        names = {
            name: code
            for code, name in enumerate(
                sorted({str(name) for name, gs in zip(diagnosis, self.truth, strict=True) if gs}), start=2
            )
        }
        self.syndrome = np.array(
            [names[str(name)] if gs else 0 for name, gs in zip(diagnosis, self.truth, strict=True)]
        )
        self.recipe = recipe
        self.seed = seed
        classes = self.truth[self.rows]
        larger = max(int(classes.sum()), int((~classes).sum()))
        self.size = min(recipe.batch_size, len(self.rows))
        self.count = max(1, round((2 * larger if recipe.balanced else len(self.rows)) / self.size))

    def batches(self, epoch: int) -> list[Indices]:
        """The rows of each batch of an epoch."""
        draw = np.random.default_rng([self.seed, epoch])
        if not self.recipe.balanced:
            return np.array_split(draw.permutation(self.rows), self.count)
        half = self.size // 2
        cases = _repeat(self._paired(draw), half * self.count, draw)
        controls = _repeat(draw.permutation(self.rows[~self.truth[self.rows]]), half * self.count, draw)
        return [
            np.concatenate([cases[k * half : (k + 1) * half], controls[k * half : (k + 1) * half]])
            for k in range(self.count)
        ]

    def groups(self, rows: Indices) -> Indices:
        """Labels for the triplet loss: 0 control, 1 any syndrome, 2.. one syndrome with a partner in the batch."""
        labels = self.syndrome[rows]
        values, counts = np.unique(labels, return_counts=True)
        single = np.isin(labels, values[counts < 2]) & (labels > 0)
        return np.where(single, 1, labels)

    def _paired(self, draw: np.random.Generator) -> Indices:
        cases = draw.permutation(self.rows[self.truth[self.rows]])
        by_syndrome = cases[np.argsort(self.syndrome[cases], kind="stable")]
        codes = self.syndrome[by_syndrome]
        pairs, start = [], 0
        while start < len(by_syndrome):
            stop = start + 2 if start + 1 < len(codes) and codes[start] == codes[start + 1] else start + 1
            pairs.append(by_syndrome[start:stop])
            start = stop
        return np.concatenate([pairs[k] for k in draw.permutation(len(pairs))])


def _repeat(rows: Indices, length: int, draw: np.random.Generator) -> Indices:
    """The rows, then again in other orders, until there are enough."""
    parts = [rows]
    while sum(map(len, parts)) < length:
        parts.append(draw.permutation(rows))
    return np.concatenate(parts)[:length]


def taking_turns(rows: Indices, truth: NDArray[np.bool_]) -> Indices:
    """The rows of a batch reordered: two GS, two controls, two GS ..., so that any piece of it holds both.

    >>> taking_turns(np.arange(8), np.arange(8) < 4).tolist()
    [0, 1, 4, 5, 2, 3, 6, 7]
    """
    place = np.empty(len(rows))
    for is_gs, first in ((True, 0.0), (False, 0.5)):
        mine = np.flatnonzero(truth[rows] == is_gs)
        place[mine] = np.arange(len(mine)) // 2 + first
    return np.asarray(rows[np.argsort(place, kind="stable")])


def fold_seed(recipe: Recipe, fold: int) -> int:
    """The seed of a fold's weights, batches and moves."""
    return recipe.seed * 100 + fold


def moves(plan: BatchPlan, *, epoch: int, batch: int, count: int) -> list[Move]:
    """The moves of a batch's `count` pictures in their order; the same (seed, epoch, batch) gives the same moves."""
    draw = np.random.default_rng([plan.seed, epoch, batch, 1])
    return draw_moves(plan.recipe, draw, count=count)
