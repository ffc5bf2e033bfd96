"""DeLong's covariance of empirical AUCs, its interval and its tests, in O(n log n).

References
----------
DeLong, DeLong, Clarke-Pearson 1988, Biometrics 44:837. Sun, Xu 2014, IEEE Signal Process Lett 21:1389.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from screening.statistics.checks import Direction, Floats, as_floats, as_numbers, check_choice, check_level, split, warn
from screening.statistics.intervals import normal_quantile
from screening.statistics.results import AucInterval


@dataclass(frozen=True)
class DelongCovariance:
    """AUCs (curves,) of curves on the same cases and their covariance matrix (curves, curves)."""

    auc: Floats
    covariance: Floats
    n_cases: int
    n_controls: int


@dataclass(frozen=True)
class DelongTest:
    """Test of AUC a = AUC b. ``df`` is None for the normal (paired) test; the interval is that of the difference."""

    auc_a: float
    auc_b: float
    difference: float
    se: float
    statistic: float
    df: float | None
    p_value: float
    lower: float
    upper: float
    covariance: float
    level: float
    paired: bool
    method: str


def delong_covariance(truth: ArrayLike, scores: ArrayLike, *, direction: Direction = "<") -> DelongCovariance:
    """AUCs of several scores of the same cases with their covariance matrix.

    Parameters
    ----------
    truth : bool array of shape (cases,)
    scores : float array of shape (curves, cases) or (cases,)
    direction : {"<", ">"}

    Returns
    -------
    DelongCovariance

    Raises
    ------
    ValueError
        Fewer than two cases or two controls.

    Examples
    --------
    >>> result = delong_covariance([False, False, True, True], [[1, 3, 2, 4], [1, 2, 1, 4]])
    >>> result.auc.tolist(), result.covariance.tolist()
    ([0.75, 0.625], [[0.125, 0.125], [0.125, 0.15625]])
    """
    rows = np.atleast_2d(as_numbers(scores, "scores"))
    if rows.ndim != 2:
        raise ValueError(f"scores must have the shape (curves, cases), not {rows.shape}.")
    parts = [placements(*split(truth, row, direction, name="scores")) for row in rows]
    v10 = np.stack([part[0] for part in parts])
    v01 = np.stack([part[1] for part in parts])
    areas, matrix = v10.mean(axis=1), _covariance(v10, v01)
    for place in np.flatnonzero(np.diag(matrix) == 0):
        warn(f"DeLong's variance is zero at AUC {areas[place]:g} (curve {place}): it says nothing.")
    return DelongCovariance(areas, matrix, v10.shape[1], v01.shape[1])


def delong_interval(
    truth: ArrayLike, score: ArrayLike, *, level: float = 0.95, scale: str = "auc", direction: Direction = "<"
) -> AucInterval:
    """Normal interval of the AUC, cut to [0, 1].

    With a perfect (or constant) score DeLong's variance is zero and says nothing: the limits are NaN, with a warning.

    Parameters
    ----------
    truth, score, direction
        As for :func:`screening.statistics.roc.roc_curve`.
    level : float in (0, 1)
    scale : {"auc", "logit"}
        "auc" is what pROC does. On the logit scale the interval is lopsided, as it should be near 1, and covers far
        better there (Pepe 2003, The Statistical Evaluation of Medical Tests, section 5.2.4).

    Returns
    -------
    AucInterval

    Raises
    ------
    ValueError
        One class only, fewer than two cases or controls, NaN or infinite scores.

    Examples
    --------
    >>> result = delong_interval([False, False, True, True], [1, 3, 2, 4], level=0.5)
    >>> result.value, round(result.lower, 4), round(result.upper, 4)
    (0.75, 0.5115, 0.9885)
    """
    z = normal_quantile(level)
    check_choice(scale, "scale", ("auc", "logit"))
    result = delong_covariance(truth, as_floats(score, "score"), direction=direction)
    value, se = float(result.auc[0]), math.sqrt(result.covariance[0, 0])
    # Where it is zero, delong_covariance has warned: there is no interval.
    lower, upper = _limits(value, z * se, scale) if se > 0 else (math.nan, math.nan)
    return AucInterval(
        value=value,
        lower=lower,
        upper=upper,
        median=value,
        se=se,
        level=level,
        method="delong" if scale == "auc" else "delong, logit scale",
        replicates=None,
        stratified=None,
        seed=None,
        n_cases=result.n_cases,
        n_controls=result.n_controls,
        direction=direction,
    )


def delong_test(
    truth: ArrayLike,
    score_a: ArrayLike,
    score_b: ArrayLike,
    *,
    truth_b: ArrayLike | None = None,
    level: float = 0.95,
    direction: Direction = "<",
    direction_b: Direction | None = None,
) -> DelongTest:
    """Test two AUCs: of the same cases (paired), or of other cases when ``truth_b`` is given.

    Paired: normal test of the difference. Unpaired: t with Satterthwaite's degrees of freedom, as pROC does.

    Parameters
    ----------
    truth, score_a
        Shape (cases,).
    score_b
        Shape (cases,), or that of ``truth_b``.
    truth_b : bool array, optional
        Truth of the second sample; its presence makes the test unpaired.
    level : float in (0, 1)
    direction, direction_b : {"<", ">"}
        ``direction_b`` is that of the second score when it differs.

    Returns
    -------
    DelongTest
        Statistic, p value and limits are NaN, with a warning, where the difference has zero variance.

    Raises
    ------
    ValueError
        As :func:`delong_interval`.

    Examples
    --------
    >>> test = delong_test([False] * 3 + [True] * 3, [1, 3, 2, 2, 4, 5], [2, 3, 4, 1, 4, 5])
    >>> round(test.difference, 4), round(test.p_value, 3)
    (0.2222, 0.228)
    """
    part_a = placements(*split(truth, score_a, direction, name="score_a"))
    second = truth if truth_b is None else truth_b
    part_b = placements(*split(second, score_b, direction_b or direction, name="score_b"))
    check_level(level)
    if truth_b is None:
        covariance = _covariance(np.stack([part_a[0], part_b[0]]), np.stack([part_a[1], part_b[1]]))
        return _test(part_a, part_b, covariance, df=None, level=level)
    v1, v2 = (float(_covariance(part[0][None], part[1][None])[0, 0]) for part in (part_a, part_b))
    n1, n2 = (part[0].size + part[1].size for part in (part_a, part_b))
    spread = v1**2 / (n1 - 1) + v2**2 / (n2 - 1)
    df = (v1 + v2) ** 2 / spread if spread > 0 else math.nan
    return _test(part_a, part_b, np.diag([v1, v2]), df=df, level=level)


def _limits(value: float, half: float, scale: str) -> tuple[float, float]:
    if scale == "auc" or not 0 < value < 1:
        return max(value - half, 0.0), min(value + half, 1.0)
    width = half / (value * (1 - value))
    return float(special.expit(special.logit(value) - width)), float(special.expit(special.logit(value) + width))


def placements(controls: Floats, cases: Floats) -> tuple[Floats, Floats]:
    """Per case the share of controls below it, per control the share of cases above it; ties count one half."""
    low, high = np.sort(controls), np.sort(cases)
    below = (np.searchsorted(low, cases, "left") + np.searchsorted(low, cases, "right")) / (2 * low.size)
    upto = (np.searchsorted(high, controls, "left") + np.searchsorted(high, controls, "right")) / (2 * high.size)
    return below, 1 - upto


def _covariance(v10: Floats, v01: Floats) -> Floats:
    if v10.shape[1] < 2 or v01.shape[1] < 2:
        raise ValueError("DeLong's variance needs at least two cases and two controls.")
    total: Floats = np.atleast_2d(np.cov(v10)) / v10.shape[1] + np.atleast_2d(np.cov(v01)) / v01.shape[1]
    return total


def _test(
    a: tuple[Floats, Floats], b: tuple[Floats, Floats], covariance: Floats, *, df: float | None, level: float
) -> DelongTest:
    auc_a, auc_b = float(a[0].mean()), float(b[0].mean())
    difference = auc_a - auc_b
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    # Identical curves leave a variance of rounding size; it is zero.
    se = math.sqrt(variance) if variance > 1e-15 else 0.0
    if se > 0 and not np.diag(covariance).all():
        warn("One AUC has zero variance by DeLong (a perfect or constant score): the test takes it as known exactly.")
    statistic, p_value, half = math.nan, math.nan, math.nan
    if se == 0:
        warn("The difference of the two AUCs has zero variance: no test and no interval (NaN).")
    elif df is None:
        statistic = difference / se
        p_value, half = float(2 * special.ndtr(-abs(statistic))), normal_quantile(level) * se
    else:
        statistic = difference / se
        p_value = float(2 * stats.t.sf(abs(statistic), df))
        half = float(stats.t.ppf(0.5 + level / 2, df)) * se
    return DelongTest(
        auc_a=auc_a,
        auc_b=auc_b,
        difference=difference,
        se=se,
        statistic=statistic,
        df=df,
        p_value=p_value,
        lower=difference - half,
        upper=difference + half,
        covariance=float(covariance[0, 1]),
        level=level,
        paired=df is None,
        method="delong",
    )
