"""Several tests looked at together: adjusted p values.

References
----------
Holm 1979, Scand J Stat 6:65. Hochberg 1988, Biometrika 75:800. Benjamini, Hochberg 1995, J R Stat Soc B 57:289.
Benjamini, Yekutieli 2001, Ann Stat 29:1165.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import Floats, Ints, as_numbers, warn


@dataclass(frozen=True)
class Adjusted:
    """Adjusted p values in the order given. ``n`` counts the p values that entered (NaN ones do not)."""

    method: str
    p_values: Floats
    adjusted: Floats
    n: int


def holm(p_values: ArrayLike) -> Adjusted:
    """Holm's step-down adjustment (family-wise error, no assumption on dependence), monotone and capped at 1.

    Parameters
    ----------
    p_values : array of shape (tests,), fractions from 0 to 1
        A NaN (an undefined test) stays NaN, does not count, and is warned about.

    Returns
    -------
    Adjusted

    Raises
    ------
    ValueError
        No p value at all, or one outside 0 to 1.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).adjusted.tolist()
    [0.03, 0.06, 0.06]
    """
    return _adjust("holm", p_values, lambda p: _step_down(p, np.arange(p.size, 0, -1)))


def hochberg(p_values: ArrayLike) -> Adjusted:
    """Hochberg's step-up adjustment (independent or positively dependent tests).

    Parameters
    ----------
    p_values : array of shape (tests,), fractions from 0 to 1
        A NaN (an undefined test) stays NaN, does not count, and is warned about.

    Returns
    -------
    Adjusted

    Raises
    ------
    ValueError
        No p value at all, or one outside 0 to 1.

    Examples
    --------
    >>> hochberg([0.01, 0.04, 0.03]).adjusted.tolist()
    [0.03, 0.04, 0.04]
    """
    return _adjust("hochberg", p_values, lambda p: _step_up(p, np.arange(p.size, 0, -1)))


def bonferroni(p_values: ArrayLike) -> Adjusted:
    """Every p value times the number of tests, capped at 1.

    Parameters
    ----------
    p_values : array of shape (tests,), fractions from 0 to 1
        A NaN (an undefined test) stays NaN, does not count, and is warned about.

    Returns
    -------
    Adjusted

    Raises
    ------
    ValueError
        No p value at all, or one outside 0 to 1.

    Examples
    --------
    >>> bonferroni([0.01, 0.5]).adjusted.tolist()
    [0.02, 1.0]
    """
    return _adjust("bonferroni", p_values, lambda p: p * p.size)


def benjamini_hochberg(p_values: ArrayLike) -> Adjusted:
    """Benjamini and Hochberg's false discovery rate.

    Parameters
    ----------
    p_values : array of shape (tests,), fractions from 0 to 1
        A NaN (an undefined test) stays NaN, does not count, and is warned about.

    Returns
    -------
    Adjusted

    Raises
    ------
    ValueError
        No p value at all, or one outside 0 to 1.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04]).adjusted.tolist()
    [0.02, 0.04]
    """
    return _adjust("benjamini_hochberg", p_values, lambda p: _step_up(p, p.size / np.arange(1, p.size + 1)))


def benjamini_yekutieli(p_values: ArrayLike) -> Adjusted:
    """Benjamini and Yekutieli's false discovery rate under any dependence.

    Parameters
    ----------
    p_values : array of shape (tests,), fractions from 0 to 1
        A NaN (an undefined test) stays NaN, does not count, and is warned about.

    Returns
    -------
    Adjusted

    Raises
    ------
    ValueError
        No p value at all, or one outside 0 to 1.

    Examples
    --------
    >>> benjamini_yekutieli([0.01, 0.04]).adjusted.tolist()
    [0.03, 0.06]
    """

    def adjust(p: Floats) -> Floats:
        ranks = np.arange(1, p.size + 1)
        return _step_up(p, np.sum(1 / ranks) * p.size / ranks)

    return _adjust("benjamini_yekutieli", p_values, adjust)


def _adjust(method: str, p_values: ArrayLike, sorted_rule: Callable[[Floats], Floats]) -> Adjusted:
    """Apply a rule for ascending p values, back in the given order."""
    raw = as_numbers(p_values, "p_values")
    if raw.ndim != 1 or raw.size == 0:
        raise ValueError("p_values must be a vector with at least one p value.")
    defined = ~np.isnan(raw)
    if np.any((raw[defined] < 0) | (raw[defined] > 1)):
        raise ValueError("p values must lie between 0 and 1.")
    if not defined.all():
        warn(f"{int((~defined).sum())} undefined p value(s) stay NaN and do not count as tests.")
    adjusted = np.full(raw.shape, np.nan)
    kept = raw[defined]
    order = np.argsort(kept, kind="stable")
    back = np.empty(kept.shape)
    back[order] = np.minimum(sorted_rule(kept[order]), 1.0)
    adjusted[defined] = back
    return Adjusted(method, raw, adjusted, int(kept.size))


def _step_down(p: Floats, factor: Floats | Ints) -> Floats:
    return np.maximum.accumulate(p * factor)


def _step_up(p: Floats, factor: Floats | Ints) -> Floats:
    return np.minimum.accumulate((p * factor)[::-1])[::-1]
