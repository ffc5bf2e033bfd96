"""Resampled ROC curves by counting: no curve is ever sorted again.

Only the distinct control values matter. A resample is fully described by the number of controls drawn at each distinct
control value and the number of cases drawn in the 2 m + 1 cells between and at those values; two cumulative sums then
give every operating point and the area. The result is exactly that of rebuilding the curve from the drawn rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from screening.statistics.checks import Bools, Floats, Ints

# Rows drawn at once: large enough to keep numpy busy, small enough to stay in the processor's cache.
CHUNK_ELEMENTS = 1 << 18


@dataclass(frozen=True, eq=False)
class Draw:
    """Resampled rows: indices of shape (replicates, rows drawn) into the rows of ``Sample``."""

    controls: Ints
    cases: Ints


@dataclass(frozen=True, eq=False)
class Counted:
    """Counts of many resampled curves; all arrays have one row per replicate.

    ``upto[:, j]`` controls lie below the j-th distinct control value (shape (r, m + 1)); ``above`` and ``from_here``
    (r, m) cases lie above it, and at or above it.
    """

    upto: Ints
    above: Ints
    from_here: Ints
    n_cases: Ints

    @property
    def n_controls(self) -> Ints:
        return self.upto[:, -1]

    def height_at(self, wanted: Floats) -> Floats:
        """Sensitivity where ``wanted`` (r, points) controls are called negative; as ``roc.sensitivity_at`` reads it."""
        r, m = self.above.shape
        row = np.arange(r)[:, None]
        # One search in one array: each replicate's cumulative counts are lifted above those of the one before.
        lift = row * (int(self.n_controls.max()) + 1)
        found = np.searchsorted((self.upto[:, 1:] + lift).ravel(), (wanted + lift).ravel(), "left").reshape(
            wanted.shape
        )
        j = np.minimum(found - row * m, m - 1)
        before, after = self.upto[row, j], self.upto[row, j + 1]
        start = self.from_here[row, j]
        share = (wanted - before) / np.maximum(after - before, 1)
        height = start + share * (self.above[row, j] - start)
        return np.where(wanted <= 0, 1.0, height / self.n_cases[:, None])

    def auc(self) -> Floats:
        """Area under each curve."""
        at_value = np.diff(self.upto, axis=1)
        twice = np.einsum("rm,rm->r", at_value, self.above + self.from_here)
        area: Floats = twice / (2.0 * self.n_controls * self.n_cases)
        return area

    def select(self, kept: Bools) -> Counted:
        """The replicates marked True."""
        if kept.all():
            return self
        return Counted(self.upto[kept], self.above[kept], self.from_here[kept], self.n_cases[kept])


class Counter:
    """Turns draws of controls and cases into counts for one score.

    Parameters
    ----------
    controls, cases : float arrays
        Scores of the rows that can be drawn. NaN marks a row of the other class (unstratified draws): not counted.
    """

    def __init__(self, controls: Floats, cases: Floats) -> None:
        values = np.unique(controls[~np.isnan(controls)])
        self.m = values.size
        self.control_cell = np.where(np.isnan(controls), self.m, np.searchsorted(values, controls, "left"))
        between = np.searchsorted(values, cases, "left") + np.searchsorted(values, cases, "right")
        self.case_cell = np.where(np.isnan(cases), 2 * self.m + 1, between)

    def count(self, draw: Draw) -> Counted:
        at_value = _tally(self.control_cell[draw.controls], self.m + 1)[:, : self.m]
        in_cell = _tally(self.case_cell[draw.cases], 2 * self.m + 2)[:, : 2 * self.m + 1]
        upto = np.zeros((at_value.shape[0], self.m + 1), dtype=np.int64)
        np.cumsum(at_value, axis=1, out=upto[:, 1:])
        below = np.cumsum(in_cell, axis=1)
        total = below[:, -1]
        return Counted(
            upto=upto, above=total[:, None] - below[:, 1::2], from_here=total[:, None] - below[:, 0:-1:2], n_cases=total
        )


@dataclass(frozen=True, eq=False)
class Sample:
    """The two classes' scores, and how their rows are drawn."""

    controls: Floats
    cases: Floats
    stratified: bool

    def counter(self) -> Counter:
        if self.stratified:
            return Counter(self.controls, self.cases)
        blank_controls, blank_cases = np.full(self.controls.shape, np.nan), np.full(self.cases.shape, np.nan)
        return Counter(np.concatenate([self.controls, blank_cases]), np.concatenate([blank_controls, self.cases]))

    def swapped(self) -> Sample:
        """The same curve with its axes exchanged: cases become controls and scores change sign."""
        return Sample(-self.cases, -self.controls, self.stratified)

    def draws(self, replicates: int, rng: np.random.Generator) -> Iterator[Draw]:
        """Draws in chunks of bounded memory. Unstratified draws may lack a class: see :func:`has_both`."""
        n0, n1 = self.controls.size, self.cases.size
        chunk = max(1, CHUNK_ELEMENTS // (n0 + n1))
        for start in range(0, replicates, chunk):
            r = min(chunk, replicates - start)
            if self.stratified:
                yield Draw(rng.integers(0, n0, (r, n0)), rng.integers(0, n1, (r, n1)))
            else:
                rows = rng.integers(0, n0 + n1, (r, n0 + n1))
                yield Draw(rows, rows)


def has_both(counted: Counted) -> Bools:
    """Replicates that hold both classes."""
    return (counted.n_controls > 0) & (counted.n_cases > 0)


def _tally(cells: Ints, n_cells: int) -> Ints:
    """Occurrences of each cell number in every row."""
    r = cells.shape[0]
    lifted = cells + (np.arange(r) * n_cells)[:, None]
    return np.bincount(lifted.ravel(), minlength=r * n_cells).reshape(r, n_cells)
