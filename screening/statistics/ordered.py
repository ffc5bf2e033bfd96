"""Heights of resampled curves at a few specificities, without resampling what is not looked at.

At specificity k / n0 only the control of rank ceil(k) in the resample matters, and then how many resampled cases lie
above it. Two exact routes:

* small classes: draw row numbers, sort them, and find ranks by sorting thresholds in among them (SIMD sorts of small
  integers cost less than counting);
* large classes: draw only the needed order statistics (uniform order statistics are ratios of gamma sums) and the
  needed counts (binomial, given the order statistics). The cost does not depend on the number of cases.

References
----------
Devroye 1986, Non-Uniform Random Variate Generation, chapter V.3 (order statistics) and X.4 (binomial splitting).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from screening.statistics.checks import Bools, Floats, Ints

# Up to this many rows in a class sorting all of them is faster than drawing binomial counts.
SORTED_ROWS = 450
# Random numbers held at once: their arrays stay in the cache and are not given back to the system each time.
CHUNK = 1 << 16


class OrderedCurves:
    """Draws heights of stratified resamples of one curve at given specificities.

    Parameters
    ----------
    controls, cases : float arrays
    wanted : float array, ascending
        Numbers of controls called negative (whole up to rounding, made whole), one per point.
    """

    def __init__(self, controls: Floats, cases: Floats, wanted: Floats) -> None:
        values, counts = np.unique(controls, return_counts=True)
        ordered = np.sort(cases)
        self.n0, self.n1 = controls.size, cases.size
        self.start = np.concatenate([[0], np.cumsum(counts)])
        self.cell_of_row = np.repeat(np.arange(values.size), counts)
        self.below = np.searchsorted(ordered, values, "left")
        self.upto = np.searchsorted(ordered, values, "right")
        self.has_ties = bool(np.any(self.below != self.upto))
        self.wanted = wanted
        self.is_inner = wanted > 0
        self.k = wanted[self.is_inner]
        self.rank = np.ceil(self.k).astype(np.int64)
        self.is_whole = bool(np.all(self.k == self.rank))

    def heights(self, replicates: int, rng: np.random.Generator) -> Floats:
        """Sensitivities of shape (replicates, points)."""
        out = np.ones((replicates, self.wanted.size))
        if not self.k.size:
            return out
        rows = max(self.k.size, *(n for n in (self.n0, self.n1) if n <= SORTED_ROWS), 1)
        chunk = max(1, CHUNK // rows)
        for first in range(0, replicates, chunk):
            r = min(chunk, replicates - first)
            cell, before, after = self._controls(r, rng)
            out[first : first + r, self.is_inner] = self._read(cell, before, after, self._cases(cell, r, rng))
        return out

    def heights_of(self, controls: Ints, cases: Ints) -> Floats:
        """Heights of given draws (rows of the sorted classes), by sorting: shape (replicates, points)."""
        out = np.ones((controls.shape[0], self.wanted.size))
        cell, before, after = self._sorted_controls(controls.astype(np.uint32))
        out[:, self.is_inner] = self._read(cell, before, after, self._sorted_cases(cell, cases.astype(np.uint32)))
        return out

    def _read(self, cell: Ints, before: Ints | None, after: Ints | None, counts: tuple[Ints, Ints]) -> Floats:
        """Interpolate between the neighbouring vertices, as ``roc.sensitivity_at`` does."""
        from_here, above = counts
        if before is None or after is None:
            return above / self.n1
        share = (self.k - before) / (after - before)
        height: Floats = (from_here + share * (above - from_here)) / self.n1
        return height

    def _controls(self, r: int, rng: np.random.Generator) -> tuple[Ints, Ints | None, Ints | None]:
        """For every point the distinct control value of its rank, and the numbers of controls below and up to it."""
        if self.n0 <= SORTED_ROWS:
            return self._sorted_controls(rng.integers(0, self.n0, (r, self.n0), dtype=np.uint32))
        return self._spaced_controls(r, rng)

    def _cases(self, cell: Ints, r: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Numbers of resampled cases at or above the value of ``cell``, and above it."""
        if self.n1 <= SORTED_ROWS:
            return self._sorted_cases(cell, rng.integers(0, self.n1, (r, self.n1), dtype=np.uint32))
        return self._split_cases(cell, rng)

    def _sorted_controls(self, rows: NDArray[np.uint32]) -> tuple[Ints, Ints | None, Ints | None]:
        ordered = np.sort(rows, axis=1)
        cell = self.cell_of_row[ordered[:, self.rank - 1]]
        if self.is_whole:
            return cell, None, None
        return cell, *_count_below_both(rows, cell, self.start[:-1], self.start[1:])

    def _sorted_cases(self, cell: Ints, rows: NDArray[np.uint32]) -> tuple[Ints, Ints]:
        if not self.has_ties or self.is_whole:
            above = self.n1 - _count_below(rows, self.upto[cell])
            return above, above
        below, upto = _count_below_both(rows, cell, self.below, self.upto)
        return self.n1 - below, self.n1 - upto

    def _spaced_controls(self, r: int, rng: np.random.Generator) -> tuple[Ints, Ints | None, Ints | None]:
        """Uniform order statistics on [0, n0) at distinct ranks; row = integer part."""
        ranks, column = np.unique(self.rank, return_inverse=True)
        steps = np.diff(np.concatenate([[0], ranks, [self.n0 + 1]])).astype(np.float64)
        sums = np.cumsum(rng.standard_gamma(np.broadcast_to(steps, (r, steps.size))), axis=1)
        at = sums[:, :-1] * (self.n0 / sums[:, -1:])
        # Rounding may reach the open end.
        cell = self.cell_of_row[np.minimum(at.astype(np.int64), self.n0 - 1)]
        if self.is_whole:
            return cell[:, column], None, None
        before, after = self._fill_gaps(at, cell, ranks, rng)
        return cell[:, column], before[:, column], after[:, column]

    def _fill_gaps(self, at: Floats, cell: Ints, ranks: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Numbers of resampled controls below the start and below the end of every chosen cell.

        Given the chosen order statistics, those between two neighbours are uniform in the gap: binomial counts tell how
        many still belong to the cell on its left and how many already to the cell on its right.
        """
        r = at.shape[0]
        low, high = self.start[cell], self.start[cell + 1]
        zeros = np.zeros((r, 1))
        # Gap i runs from at[i - 1] to at[i]; the part of the cell on its left ends at left_end[i].
        left_end = np.concatenate([zeros, high], axis=1)
        edges = np.concatenate([zeros, at, np.full((r, 1), float(self.n0))], axis=1)
        inside = np.diff(np.concatenate([[0], ranks, [self.n0 + 1]])) - 1
        is_same = np.concatenate([np.zeros((r, 1), bool), cell[:, 1:] == cell[:, :-1], np.zeros((r, 1), bool)], axis=1)
        share = np.where(is_same, 0.0, (left_end - edges[:, :-1]) / np.diff(edges, axis=1))
        share[:, 0] = 0.0
        left = rng.binomial(np.broadcast_to(inside, share.shape), np.clip(share, 0, 1))
        start = np.where(is_same, 0.0, left_end)[:, :-1]
        share = np.where(is_same[:, :-1], 0.0, (at - low) / np.maximum(at - start, 1e-300))
        right = rng.binomial(inside[:-1] - left[:, :-1], np.clip(share, 0, 1))
        before, after = ranks - 1 - right, ranks + left[:, 1:]
        # Points in one cell share its two counts: the first one's start, the last one's end.
        for i in range(1, ranks.size):
            before[:, i] = np.where(is_same[:, i], before[:, i - 1], before[:, i])
        for i in range(ranks.size - 1, 0, -1):
            after[:, i - 1] = np.where(is_same[:, i], after[:, i], after[:, i - 1])
        return before, after

    def _split_cases(self, cell: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Binomial splitting from the top: of the cases above one value, how many lie above the next."""
        r, points = cell.shape
        at_or_above, above = self.n1 - self.below, self.n1 - self.upto
        from_here, higher = np.empty((r, points), np.int64), np.empty((r, points), np.int64)
        left, remaining = np.full(r, self.n1), np.full(r, self.n1)
        for i in range(points):
            here = cell[:, i]
            if self.has_ties and not self.is_whole:
                got, size = _split(left, at_or_above[here], remaining, rng)
                from_here[:, i] = got
                higher[:, i], _ = _split(got, above[here], size, rng)
            else:
                higher[:, i], _ = _split(left, above[here], remaining, rng)
                from_here[:, i] = higher[:, i]
            if i:
                is_same = here == cell[:, i - 1]
                from_here[is_same, i], higher[is_same, i] = from_here[is_same, i - 1], higher[is_same, i - 1]
            left, remaining = higher[:, i], above[here]
        return from_here, higher


def _split(count: Ints, part: Ints, whole: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Of ``count`` draws from ``whole`` rows, those that fall on ``part`` of them."""
    # A repeated cell is set right by the caller; its ratio must only not exceed 1.
    share = np.minimum(part / np.maximum(whole, 1), 1.0)
    return rng.binomial(count, share), part


def _count_below_both(rows: NDArray[np.uint32], cell: Ints, low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """Drawn rows below the start and below the end of each cell, in one go.

    Points in one cell share both bounds, and a cell's start is never below the end of the one before it: in ascending
    order a cell's first point has its start first, its last point its end last.
    """
    r, points = cell.shape
    thresholds = np.sort(np.concatenate([low[cell], high[cell]], axis=1), axis=1)
    counts = _count_below(rows, thresholds)
    column = np.broadcast_to(np.arange(points), (r, points))
    is_new = np.ones((r, points + 1), dtype=bool)
    is_new[:, 1:-1] = cell[:, 1:] != cell[:, :-1]
    first = np.maximum.accumulate(np.where(is_new[:, :-1], column, 0), axis=1)
    last = np.minimum.accumulate(np.where(is_new[:, 1:], column, points)[:, ::-1], axis=1)[:, ::-1]
    row = np.arange(r)[:, None]
    return counts[row, 2 * first], counts[row, 2 * last + 1]


def _count_below(rows: NDArray[np.uint32], thresholds: Ints) -> Ints:
    """For every replicate and threshold (ascending along a row): how many drawn rows are smaller.

    Thresholds become even and rows odd numbers; after sorting both together a threshold's place, less the thresholds
    before it, is the count.
    """
    r, points = thresholds.shape
    keys = np.empty((r, rows.shape[1] + points), np.uint32)
    np.multiply(rows, 2, out=keys[:, points:])
    keys[:, points:] += 1
    keys[:, :points] = 2 * thresholds
    keys.sort(axis=1)
    is_threshold: Bools = (keys & 1) == 0
    place = np.flatnonzero(is_threshold).reshape(r, points)
    counts: Ints = place - (np.arange(r) * keys.shape[1])[:, None] - np.arange(points)
    return counts
