"""Confidence intervals of one proportion.

All take ``count`` successes among ``n`` and return an :class:`~screening.statistics.results.Estimate`. With n = 0 the
proportion is undefined: NaN with a :class:`~screening.statistics.checks.StatisticsWarning`.

References
----------
Brown, Cai, DasGupta 2001, Statistical Science 16:101. Wilson 1927, J Am Stat Assoc 22:209. Clopper, Pearson 1934,
Biometrika 26:404. Agresti, Coull 1998, Am Stat 52:119. Newcombe 1998, Stat Med 17:857.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from screening.statistics.checks import Floats, check_choice, check_count, check_level, warn
from screening.statistics.results import Estimate

METHODS = ("wilson", "wilson_continuity", "clopper_pearson", "agresti_coull", "jeffreys", "wald")


def wilson(count: int, n: int, *, level: float = 0.95, continuity: bool = False) -> Estimate:
    """Wilson's score interval, by default without continuity correction.

    Parameters
    ----------
    count, n : int
        Successes and trials, 0 <= count <= n.
    level : float in (0, 1)
    continuity : bool
        Apply the continuity correction of Newcombe's method 4.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        Counts that are not whole, negative, or more successes than trials.

    Examples
    --------
    >>> interval = wilson(200, 228)
    >>> round(interval.lower, 4), round(interval.upper, 4)
    (0.8282, 0.9137)
    """
    return _interval(_wilson_continuity if continuity else _wilson, (count, n), level=level)


def wilson_limits(count: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson's limits of many proportions at once. See :func:`wilson`.

    Parameters
    ----------
    count, n : whole numbers, or arrays of them that broadcast
        Successes and trials, 0 <= count <= n.
    level : float in (0, 1)

    Returns
    -------
    (lower, upper), arrays of one shape; NaN where ``n`` is 0

    Raises
    ------
    ValueError
        A count below 0 or above its n, or a level that is none.

    Examples
    --------
    >>> lower, upper = wilson_limits([0, 200], [228, 228])
    >>> lower.round(4).tolist(), upper.round(4).tolist()
    ([0.0, 0.8282], [0.0166, 0.9137])
    """
    z = normal_quantile(level)
    counts, totals = np.broadcast_arrays(np.asarray(count, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if np.any(counts < 0) or np.any(counts > totals):
        raise ValueError("Every count must lie between 0 and its n.")
    with np.errstate(invalid="ignore", divide="ignore"):
        p, inflated = counts / totals, 1 + z * z / totals
        centre = (p + z * z / (2 * totals)) / inflated
        half = z * np.sqrt(p * (1 - p) / totals + z * z / (4 * totals * totals)) / inflated
    lower, upper = np.where(counts == 0, 0.0, centre - half), np.where(counts == totals, 1.0, centre + half)
    return np.where(totals > 0, lower, np.nan), np.where(totals > 0, upper, np.nan)


def clopper_pearson(count: int, n: int, *, level: float = 0.95) -> Estimate:
    """Exact interval from beta quantiles, closed at 0 and n.

    Parameters
    ----------
    count, n : int
        Successes and trials, 0 <= count <= n.
    level : float in (0, 1)

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        Counts that are not whole, negative, or more successes than trials.

    Examples
    --------
    >>> round(clopper_pearson(0, 20).upper, 6)
    0.168433
    """
    return _interval(_clopper_pearson, (count, n), level=level)


def agresti_coull(count: int, n: int, *, level: float = 0.95) -> Estimate:
    """Agresti and Coull's adjusted Wald interval, not cut to [0, 1].

    Parameters
    ----------
    count, n : int
        Successes and trials, 0 <= count <= n.
    level : float in (0, 1)

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        Counts that are not whole, negative, or more successes than trials.

    Examples
    --------
    >>> round(agresti_coull(200, 228).lower, 6)
    0.827787
    """
    return _interval(_agresti_coull, (count, n), level=level)


def jeffreys(count: int, n: int, *, level: float = 0.95) -> Estimate:
    """Equal-tailed interval of the Beta(1/2, 1/2) prior, closed at 0 and n.

    Parameters
    ----------
    count, n : int
        Successes and trials, 0 <= count <= n.
    level : float in (0, 1)

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        Counts that are not whole, negative, or more successes than trials.

    Examples
    --------
    >>> round(jeffreys(200, 228).lower, 6)
    0.829906
    """
    return _interval(_jeffreys, (count, n), level=level)


def wald(count: int, n: int, *, level: float = 0.95) -> Estimate:
    """The textbook normal interval, not cut to [0, 1]; for comparison only, its coverage is poor.

    Parameters
    ----------
    count, n : int
        Successes and trials, 0 <= count <= n.
    level : float in (0, 1)

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        Counts that are not whole, negative, or more successes than trials.

    Examples
    --------
    >>> round(wald(200, 228).lower, 6)
    0.83459
    """
    return _interval(_wald, (count, n), level=level)


def proportion(count: int, n: int, *, level: float = 0.95, method: str = "wilson") -> Estimate:
    """The interval called ``method`` (one of ``METHODS``).

    Examples
    --------
    >>> proportion(5, 10, method="wald").method
    'wald'
    """
    return _interval(_BY_NAME[check_choice(method, "interval", METHODS)], (count, n), level=level)


def normal_quantile(level: float) -> float:
    """The two-sided normal quantile of a confidence level: 1.96 for 0.95."""
    return float(special.ndtri(0.5 + check_level(level) / 2))


def _interval(
    limits: Callable[[int, int, float], tuple[float, float]], counts: tuple[int, int], *, level: float
) -> Estimate:
    count, n = check_count(counts[0], "count"), check_count(counts[1], "n")
    if count > n:
        raise ValueError(f"count ({count}) must not be larger than n ({n}).")
    method = limits.__name__.strip("_")
    if n == 0:
        warn("A proportion of no cases at all is undefined: NaN.")
        return Estimate(math.nan, math.nan, math.nan, check_level(level), method)
    lower, upper = limits(count, n, check_level(level))
    return Estimate(count / n, float(lower), float(upper), level, method)


def _wilson(count: int, n: int, level: float) -> tuple[float, float]:
    z = normal_quantile(level)
    p = count / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return (0.0 if count == 0 else centre - half), (1.0 if count == n else centre + half)


def _wilson_continuity(count: int, n: int, level: float) -> tuple[float, float]:
    """As R's prop.test: the correction never exceeds the distance from one half."""
    z = normal_quantile(level)
    p = count / n
    correction = min(0.5, abs(count - n / 2))
    shift = z * z / (2 * n)

    def limit(sign: int) -> float:
        centre = p + sign * correction / n
        root = z * math.sqrt(max(centre * (1 - centre), 0.0) / n + z * z / (4 * n * n))
        return (centre + shift + sign * root) / (1 + z * z / n)

    return (0.0 if count == 0 else max(limit(-1), 0.0)), (1.0 if count == n else min(limit(1), 1.0))


def _clopper_pearson(count: int, n: int, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    lower = 0.0 if count == 0 else special.betaincinv(count, n - count + 1, tail)
    upper = 1.0 if count == n else special.betainccinv(count + 1, n - count, tail)
    return lower, upper


def _agresti_coull(count: int, n: int, level: float) -> tuple[float, float]:
    z = normal_quantile(level)
    total = n + z * z
    p = (count + z * z / 2) / total
    half = z * math.sqrt(p * (1 - p) / total)
    return p - half, p + half


def _jeffreys(count: int, n: int, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    lower = 0.0 if count == 0 else special.betaincinv(count + 0.5, n - count + 0.5, tail)
    upper = 1.0 if count == n else special.betainccinv(count + 0.5, n - count + 0.5, tail)
    return lower, upper


def _wald(count: int, n: int, level: float) -> tuple[float, float]:
    p = count / n
    half = normal_quantile(level) * math.sqrt(p * (1 - p) / n)
    return p - half, p + half


_BY_NAME: dict[str, Callable[[int, int, float], tuple[float, float]]] = {
    "wilson": _wilson,
    "wilson_continuity": _wilson_continuity,
    "clopper_pearson": _clopper_pearson,
    "agresti_coull": _agresti_coull,
    "jeffreys": _jeffreys,
    "wald": _wald,
}
