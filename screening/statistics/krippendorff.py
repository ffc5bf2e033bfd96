"""Krippendorff's alpha (re-exported from ``agreement``).

References
----------
Krippendorff 2004, Content Analysis.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import Floats, Ints, Seed, as_numbers, check_choice
from screening.statistics.coefficients import Kappa, undefined, with_bootstrap


def krippendorff_alpha(
    ratings: ArrayLike,
    metric: str = "nominal",
    *,
    pairs: str = "irr",
    level: float = 0.95,
    replicates: int = 0,
    seed: Seed | None = None,
) -> Kappa:
    """Krippendorff's alpha; readings may be missing.

    Parameters
    ----------
    ratings : float array of shape (readers, cases)
        NaN where a reader did not read. Cases with fewer than two readings are left out, by definition.
    metric : {"nominal", "ordinal", "interval", "ratio"}
    pairs : {"irr", "krippendorff"}
        By definition ("krippendorff") a case's pairs of readings weigh 1 / (readings - 1). R's irr 0.84.1, which the
        reference values of this package come from and most published alphas too, leaves that weight out when no reading
        is missing; "irr" does the same. The two are one with two readers or with missing readings, and differ by less
        than 1 / (number of readings) otherwise: irr's is the smaller. ``method`` of the result says which was taken.
    level, replicates, seed
        As for :func:`~screening.statistics.agreement.fleiss_kappa`.

    Returns
    -------
    Kappa
        Without a test: z and p are NaN.

    Raises
    ------
    ValueError
        Infinite ratings, fewer than two readers, or no case that two of them read.

    Examples
    --------
    >>> import numpy as np
    >>> round(krippendorff_alpha([[1, 2, 3, np.nan], [1, 2, 4, 1], [1, 2, 3, 1]], "ordinal").value, 4)
    0.979
    >>> calls = [[1, 1, 0, 0, 1], [1, 1, 0, 1, 1], [1, 0, 0, 0, 1]]
    >>> [round(krippendorff_alpha(calls, pairs=pairs).value, 4) for pairs in ("irr", "krippendorff")]
    [0.463, 0.4815]
    """
    check_choice(metric, "metric", ("nominal", "ordinal", "interval", "ratio"))
    check_choice(pairs, "pairs", ("krippendorff", "irr"))
    values = as_numbers(ratings, "ratings")
    if values.ndim != 2 or values.shape[0] < 2 or np.isinf(values).any():
        raise ValueError("ratings must have the shape (readers, cases) with at least two readers and finite numbers.")
    levels = np.unique(values[~np.isnan(values)])
    counts = np.stack([(values == one).sum(axis=0) for one in levels], axis=1).reshape(values.shape[1], levels.size)
    counts = counts[counts.sum(axis=1) >= 2]
    if not counts.size:
        raise ValueError("No case was read by two readers: there is no agreement to measure.")
    # With two readers the weight is 1 either way.
    is_weighted = pairs == "krippendorff" or values.shape[0] == 2 or bool(np.isnan(values).any())
    return with_bootstrap(
        counts,
        (_alpha(counts, levels, metric, is_weighted=is_weighted), math.nan, math.nan),
        lambda drawn: _alpha(drawn, levels, metric, is_weighted=is_weighted),
        method=f"krippendorff_alpha, {metric}" + (", unweighted pairs as in irr 0.84.1" if not is_weighted else ""),
        level=level,
        replicates=replicates,
        seed=seed,
        n_readers=values.shape[0],
    )


def _alpha(counts: Ints, levels: Floats, metric: str, *, is_weighted: bool) -> float:
    """From the coincidence matrix: 1 - observed / expected disagreement."""
    per_case = counts.sum(axis=1, keepdims=True)
    weighted = counts / (per_case - 1 if is_weighted else 1)
    coincidence = counts.T @ weighted - np.diag(weighted.sum(axis=0))
    totals = coincidence.sum(axis=0)
    distance = _squared_distance(totals, levels, metric)
    expected = float((np.outer(totals, totals) * distance).sum())
    if expected <= 0:
        return undefined()
    return float(1 - (totals.sum() - 1) * (coincidence * distance).sum() / expected)


def _squared_distance(totals: Floats, levels: Floats, metric: str) -> Floats:
    if metric == "nominal":
        return 1 - np.eye(levels.size)
    if metric == "ordinal":
        middle = np.cumsum(totals) - totals / 2
        return (middle[:, None] - middle) ** 2
    gap = levels[:, None] - levels
    if metric == "interval":
        return gap**2
    total = levels[:, None] + levels
    return np.divide(gap, total, out=np.zeros_like(gap), where=total != 0) ** 2
