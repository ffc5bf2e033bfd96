"""A straight line through one reader's session, and the mean of several readers' lines.

References
----------
MacKinnon, White 1985, J Econometrics 29:305 (HC3). Long, Ervin 2000, Am Stat 54:217. Matthews et al. 1990, BMJ 300:230
(one summary number a person, then a t interval over persons).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import as_floats, check_level, warn
from screening.statistics.mrmc.analysis import t_p_value, t_quantile


@dataclass(frozen=True)
class Trend:
    """``value`` is a slope, or a mean; ``p_value`` tests that it is 0. NaN where it is undefined."""

    value: float
    se: float
    df: float
    lower: float
    upper: float
    p_value: float
    level: float
    n: int
    method: str


def slope(x: ArrayLike, y: ArrayLike, *, level: float = 0.95) -> Trend:
    """Slope of y on x by least squares, with a standard error that allows unequal spread (HC3).

    With y of 0 and 1 it is the change of a share for each unit of x.

    Parameters
    ----------
    x, y : float arrays of shape (n,), at least three
    level : float in (0, 1)

    Returns
    -------
    Trend
        NaN limits where the values lie on one line; all NaN with fewer than three different places.

    Raises
    ------
    ValueError
        When x and y differ in length, hold a value that is not finite, or the level is no fraction.

    Examples
    --------
    >>> found = slope([0, 0.25, 0.5, 0.75, 1], [1.0, 1.5, 1.5, 2.5, 2.0])
    >>> round(found.value, 3), round(found.se, 3)
    (1.2, 0.696)
    """
    check_level(level)
    a, b = as_floats(x, "x"), as_floats(y, "y")
    if a.size != b.size:
        raise ValueError(f"x has {a.size} values but y has {b.size}.")
    method = "least squares, HC3"
    spread = float(((a - a.mean()) ** 2).sum()) if a.size else 0.0
    if a.size < 3 or spread < 1e-15:
        warn("A slope needs three values at different places: it is undefined (NaN).")
        return _undefined(math.nan, level, a.size, method)
    away = a - a.mean()
    value = float(away @ b) / spread
    rest = 1 - 1 / a.size - away**2 / spread
    error = b - b.mean() - value * away
    if np.any(rest < 1e-12) or np.all(np.abs(error) < 1e-12):
        warn("The values lie on one line: the slope has no interval (NaN).")
        return _undefined(value, level, a.size, method)
    se = math.sqrt(float((away**2 * (error / rest) ** 2).sum())) / spread
    return _with_t((value, se, a.size - 2.0), level=level, n=a.size, method=method)


def mean_over_readers(values: ArrayLike, *, level: float = 0.95) -> Trend:
    """Mean of one number a reader, with a t interval over the readers: what to expect of readers of this kind.

    Parameters
    ----------
    values : float array of shape (readers,), at least one
    level : float in (0, 1)

    Returns
    -------
    Trend
        Without an interval for one reader, or where all are equal.

    Raises
    ------
    ValueError
        When there is no reader, a value is not finite, or the level is no fraction.

    Examples
    --------
    >>> found = mean_over_readers([0.1, 0.3, 0.2])
    >>> round(found.value, 3), round(found.lower, 3), round(found.upper, 3)
    (0.2, -0.048, 0.448)
    """
    check_level(level)
    array = as_floats(values, "values")
    if not array.size:
        raise ValueError("There is no reader to average over.")
    value, method = float(array.mean()), "mean over readers, t interval"
    if array.size < 2 or np.ptp(array) < 1e-15:
        return _undefined(value, level, array.size, method)
    se = float(array.std(ddof=1)) / math.sqrt(array.size)
    return _with_t((value, se, array.size - 1.0), level=level, n=array.size, method=method)


def _with_t(found: tuple[float, float, float], *, level: float, n: int, method: str) -> Trend:
    value, se, df = found
    half = t_quantile(level, df) * se
    return Trend(value, se, df, value - half, value + half, t_p_value(value / se, df), level, n, method)


def _undefined(value: float, level: float, n: int, method: str) -> Trend:
    return Trend(value, math.nan, math.nan, math.nan, math.nan, math.nan, level, n, method)
