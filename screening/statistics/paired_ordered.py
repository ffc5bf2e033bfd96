"""Resampled differences between a curve's height and a reader's own rate, without drawing what is not looked at.

Per replicate only three things matter: how many drawn controls the reader called negative, the control value of that
rank among those drawn, and how the drawn cases fall above and below it and into the reader's two calls. The rank is
found by splitting the sorted values in halves and drawing how many fall into each (binomial, the two calls apart): the
cost grows with the logarithm of the number of cases, and the result has exactly the distribution of drawing all rows.

References
----------
Devroye 1986, Non-Uniform Random Variate Generation, chapter V.3.
"""

from __future__ import annotations

import numpy as np

from screening.statistics.checks import Bools, Floats, Ints


def differences(
    controls: Floats, cases: Floats, flags: tuple[Bools, Bools], replicates: int, *, rng: np.random.Generator
) -> Floats:
    """Height of stratified resamples at the reader's own rate, less the reader's rate in the other class.

    Parameters
    ----------
    controls, cases : float arrays
    flags : two bool arrays
        Controls that count towards the rate at which the curve is read (for sensitivity: called negative), and cases
        that count towards the rate it is held against (called positive).
    replicates : int

    Returns
    -------
    float array of shape (replicates,)
    """
    values, place = np.unique(controls, return_inverse=True)
    wanted = rng.binomial(controls.size, flags[0].mean(), replicates)
    counting = _cumulated(place[flags[0]], values.size), _cumulated(place[~flags[0]], values.size)
    cell, share = _rank(wanted, controls.size, counting, rng=rng)
    height, rate = _fall(values, cell, share, cases, flags[1], rng=rng)
    result: Floats = np.where(wanted == 0, 1.0, height) - rate
    return result


def _cumulated(places: Ints, size: int) -> Ints:
    return np.concatenate([[0], np.cumsum(np.bincount(places, minlength=size))])


def _rank(wanted: Ints, n: int, counting: tuple[Ints, Ints], *, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """The distinct value of rank ``wanted`` in each resample, and where in its tied draws that rank lies (0..1].

    ``counting`` are the numbers of rows below each distinct value, of the two kinds of rows; ``wanted`` of the ``n``
    draws are of the first kind.
    """
    low, high = np.zeros_like(wanted), np.full_like(wanted, counting[0].size - 1)
    drawn = [wanted, n - wanted]
    rank = wanted.copy()
    for _ in range(int(np.ceil(np.log2(max(counting[0].size - 1, 2))))):
        middle = (low + high) // 2
        left = [
            rng.binomial(count, _part(rows[middle] - rows[low], rows[high] - rows[low]))
            for count, rows in zip(drawn, counting, strict=True)
        ]
        both = left[0] + left[1]
        is_left = rank <= both
        low, high = np.where(is_left, low, middle), np.where(is_left, middle, high)
        rank = np.where(is_left, rank, rank - both)
        drawn = [np.where(is_left, part, count - part) for part, count in zip(left, drawn, strict=True)]
    return low, rank / np.maximum(drawn[0] + drawn[1], 1)


def _fall(
    values: Floats, cell: Ints, share: Floats, cases: Floats, flag: Bools, *, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Of the resampled cases: the height of the curve in each ``cell``, and the share of flagged ones."""
    order = np.argsort(cases, kind="stable")
    ordered, flagged = cases[order], np.concatenate([[0], np.cumsum(flag[order])])
    below, upto = (np.searchsorted(ordered, values, side)[cell] for side in ("left", "right"))
    edges = [np.zeros_like(below), below, upto, np.full_like(below, cases.size)]
    above = rng.binomial(cases.size, (cases.size - upto) / cases.size)
    tied = rng.binomial(cases.size - above, _part(upto - below, upto))
    hits = sum(
        rng.binomial(count, _part(flagged[end] - flagged[start], end - start))
        for count, start, end in zip((cases.size - above - tied, tied, above), edges[:-1], edges[1:], strict=True)
    )
    height: Floats = (above + (1 - share) * tied) / cases.size
    return height, np.asarray(hits / cases.size)


def _part(some: Ints, all_of_them: Ints) -> Floats:
    """A share; 0 where there are none to share."""
    shares: Floats = some / np.maximum(all_of_them, 1)
    return shares
