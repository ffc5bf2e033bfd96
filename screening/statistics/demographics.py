"""Comparing the groups of a study's Table 1: contingency tables, t tests, Mann-Whitney.

References
----------
Yates 1934, J R Stat Soc Suppl 1:217. Welch 1947, Biometrika 34:28. Hong et al. 2021, Orphanet J Rare Dis
16:344, Table 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from screening.statistics.checks import Floats, Ints, as_floats, check_choice, check_count, check_level, warn

# Tables up to here are enumerated in well under a second.
MOST_TABLES = 2_000_000


@dataclass(frozen=True)
class ChiSquared:
    """Pearson's chi-squared test; the Yates values equal the plain ones beyond 2 x 2."""

    table: tuple[tuple[int, ...], ...]
    statistic: float
    df: int
    p_value: float
    yates_statistic: float
    yates_p_value: float
    smallest_expected: float


@dataclass(frozen=True)
class FisherExact:
    """Fisher's exact test; the odds ratio is the conditional maximum-likelihood one (2 x 2 only, else None)."""

    table: tuple[tuple[int, ...], ...]
    p_value: float
    odds_ratio: float | None
    lower: float | None
    upper: float | None
    level: float


@dataclass(frozen=True)
class TTest:
    """Two-sample t test of x - y; ``method`` is "student" (pooled variance) or "welch"."""

    method: str
    statistic: float
    df: float
    p_value: float
    difference: float
    lower: float
    upper: float
    level: float
    n_x: int
    n_y: int


@dataclass(frozen=True)
class MannWhitney:
    """Wilcoxon-Mann-Whitney; ``statistic`` counts pairs with x > y (ties one half), R's W."""

    statistic: float
    p_value: float
    method: str
    n_x: int
    n_y: int


def chi_squared(table: ArrayLike) -> ChiSquared:
    """Pearson's chi-squared test of independence, without and (2 x 2) with Yates' correction.

    Parameters
    ----------
    table : int array of shape (rows, columns), both at least 2
        Counts; a row or column without any count makes the test undefined and is refused.

    Returns
    -------
    ChiSquared

    Raises
    ------
    ValueError
        Counts that are not whole or negative, or an empty row or column.

    Examples
    --------
    The sexes in Table 1 of Hong et al. 2021, printed there as P < 0.05:

    >>> round(chi_squared([[125, 103], [119, 109]]).p_value, 3)
    0.573
    """
    counts = _table(table)
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
    gap = np.abs(counts - expected)
    df = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    plain = float(np.sum(gap**2 / expected))
    # As R does: the correction is at most the smallest departure, so it never overshoots.
    correction = min(0.5, float(gap.min())) if counts.shape == (2, 2) else 0.0
    yates = float(np.sum((gap - correction) ** 2 / expected))
    p_plain, p_yates = (float(stats.chi2.sf(value, df)) for value in (plain, yates))
    return ChiSquared(_rows(counts), plain, df, p_plain, yates, p_yates, float(expected.min()))


def fisher_exact(table: ArrayLike, *, level: float = 0.95) -> FisherExact:
    """Fisher's exact test of a table of any (small) size: all tables with the same margins are enumerated.

    Parameters
    ----------
    table : int array of shape (rows, columns)
    level : float in (0, 1)
        Of the odds ratio's interval.

    Returns
    -------
    FisherExact

    Raises
    ------
    ValueError
        When the margins admit more than two million tables.

    Examples
    --------
    >>> round(fisher_exact([[3, 7], [8, 2]]).p_value, 4)
    0.0698
    """
    counts = _table(table)
    check_level(level)
    if counts.shape != (2, 2):
        return FisherExact(_rows(counts), _enumerated_p(counts), None, None, None, level)
    ratio = stats.contingency.odds_ratio(counts, kind="conditional")
    interval = ratio.confidence_interval(level)
    p_value = float(stats.fisher_exact(counts)[1])
    return FisherExact(_rows(counts), p_value, float(ratio.statistic), float(interval.low), float(interval.high), level)


def t_test(x: ArrayLike, y: ArrayLike, *, method: str = "student", level: float = 0.95) -> TTest:
    """Two-sample t test from raw data.

    Parameters
    ----------
    x, y : float arrays, at least two values each
    method : {"student", "welch"}
        Pooled variance, or each group's own.
    level : float in (0, 1)

    Returns
    -------
    TTest

    Raises
    ------
    ValueError
        Fewer than two values in a group, or no variation in either.

    Examples
    --------
    >>> round(t_test([5.1, 4.9, 6.2], [6.8, 7.1, 5.9]).p_value, 3)
    0.091
    """
    a, b = as_floats(x, "x"), as_floats(y, "y")
    if a.size < 2 or b.size < 2:
        raise ValueError("A t test needs at least two values in each group.")
    return _t_test((a.mean(), a.std(ddof=1), a.size), (b.mean(), b.std(ddof=1), b.size), method=method, level=level)


def t_test_from_summary(
    mean_x: float,
    sd_x: float,
    n_x: int,
    *,
    mean_y: float,
    sd_y: float,
    n_y: int,
    method: str = "student",
    level: float = 0.95,
) -> TTest:
    """Two-sample t test from printed means, sample SDs and sizes.

    Parameters
    ----------
    mean_x, sd_x, n_x, mean_y, sd_y, n_y : float, float, int
        Each group's mean, sample SD (divisor n - 1) and size (at least two).
    method, level
        As for :func:`t_test`.

    Returns
    -------
    TTest

    Raises
    ------
    ValueError
        A negative SD, a size below two, or no variation in either group.

    Examples
    --------
    The ages in Table 1 of Hong et al. 2021, printed there as P < 0.05:

    >>> round(t_test_from_summary(36.85, 42.33, 228, mean_y=37.28, sd_y=40.77, n_y=228).p_value, 3)
    0.912
    """
    x = (mean_x, sd_x, check_count(n_x, "n_x", least=2))
    y = (mean_y, sd_y, check_count(n_y, "n_y", least=2))
    if not all(math.isfinite(value) for value in (*x, *y)) or min(sd_x, sd_y) < 0:
        raise ValueError("Means and SDs must be finite numbers, and no SD may be negative.")
    return _t_test(x, y, method=method, level=level)


def mann_whitney(x: ArrayLike, y: ArrayLike, *, exact: bool = False) -> MannWhitney:
    """Wilcoxon-Mann-Whitney test: normal with continuity and tie correction, or exact (no ties).

    Parameters
    ----------
    x, y : float arrays
    exact : bool
        The permutation distribution instead of the normal one.

    Returns
    -------
    MannWhitney
        p is NaN, with a warning, when all values are equal.

    Raises
    ------
    ValueError
        An empty group, or ties with ``exact``.

    Examples
    --------
    >>> result = mann_whitney([5.1, 4.9, 6.2, 5.7, 6.0, 5.5], [6.8, 7.1, 5.9, 6.6, 7.4])
    >>> result.statistic, round(result.p_value, 4)
    (2.0, 0.0225)
    """
    a, b = as_floats(x, "x"), as_floats(y, "y")
    if not a.size or not b.size:
        raise ValueError("Both groups need at least one value.")
    both = np.concatenate([a, b])
    if exact and np.unique(both).size < both.size:
        raise ValueError("The exact Mann-Whitney test is not defined with tied values.")
    method = "exact" if exact else "asymptotic"
    if np.all(both == both[0]):
        warn("All values are equal: the Mann-Whitney test is undefined (NaN).")
        return MannWhitney(a.size * b.size / 2, math.nan, method, a.size, b.size)
    result = stats.mannwhitneyu(a, b, alternative="two-sided", method=method, use_continuity=True)
    return MannWhitney(float(result.statistic), float(result.pvalue), method, a.size, b.size)


def _table(table: ArrayLike) -> Ints:
    given = np.asarray(table)
    if given.ndim != 2 or min(given.shape) < 2:
        raise ValueError(f"A contingency table needs at least two rows and two columns, not the shape {given.shape}.")
    counts = given.astype(np.int64)
    if np.any(counts != given) or counts.min() < 0:
        raise ValueError("A contingency table holds whole counts that are not negative.")
    if not counts.sum(axis=0).all() or not counts.sum(axis=1).all():
        raise ValueError("A row or a column of the table is empty: leave it out.")
    return counts


def _rows(counts: Ints) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(value) for value in row) for row in counts)


def _t_test(x: tuple[Any, Any, int], y: tuple[Any, Any, int], *, method: str, level: float) -> TTest:
    check_choice(method, "method", ("student", "welch"))
    check_level(level)
    (mean_x, sd_x, n_x), (mean_y, sd_y, n_y) = x, y
    vx, vy = float(sd_x) ** 2 / n_x, float(sd_y) ** 2 / n_y
    if vx + vy == 0:
        raise ValueError("Neither group varies: a t test is undefined.")
    if method == "student":
        df = float(n_x + n_y - 2)
        pooled = ((n_x - 1) * float(sd_x) ** 2 + (n_y - 1) * float(sd_y) ** 2) / df
        se = math.sqrt(pooled * (1 / n_x + 1 / n_y))
    else:
        df = (vx + vy) ** 2 / (vx**2 / (n_x - 1) + vy**2 / (n_y - 1))
        se = math.sqrt(vx + vy)
    difference = float(mean_x) - float(mean_y)
    half = float(stats.t.ppf(0.5 + level / 2, df)) * se
    p_value = float(2 * stats.t.sf(abs(difference) / se, df))
    return TTest(
        method, difference / se, df, p_value, difference, difference - half, difference + half, level, n_x, n_y
    )


def _enumerated_p(counts: Ints) -> float:
    """Sum of the probabilities of all tables that are no likelier than the one seen (R's relative tolerance)."""
    rows = counts.sum(axis=1)
    constant = float(special.gammaln(rows + 1).sum() + special.gammaln(counts.sum(axis=0) + 1).sum())
    constant -= float(special.gammaln(counts.sum() + 1))
    seen = -float(special.gammaln(counts + 1).sum())
    logs = np.fromiter(_log_weights(rows, tuple(int(v) for v in counts.sum(axis=0))), dtype=np.float64)
    weights: Floats = np.exp(logs + constant)
    return float(min(1.0, weights[logs <= seen + 1e-7].sum()))


def _log_weights(rows: Ints, columns: tuple[int, ...]) -> Iterator[float]:
    """Minus the log factorials of every table with these margins, column by column."""
    log_factorial = special.gammaln(np.arange(int(rows.sum()) + 1) + 1.0)
    stack: list[tuple[int, tuple[int, ...], float]] = [(0, tuple(int(v) for v in rows), 0.0)]
    produced = 0
    while stack:
        place, left, weight = stack.pop()
        if place == len(columns) - 1:
            produced += 1
            if produced > MOST_TABLES:
                raise ValueError("The margins admit more than two million tables: use chi_squared.")
            yield weight - float(sum(log_factorial[v] for v in left))
            continue
        for column in _compositions(columns[place], left):
            rest = tuple(a - b for a, b in zip(left, column, strict=True))
            stack.append((place + 1, rest, weight - float(sum(log_factorial[v] for v in column))))


def _compositions(total: int, most: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """All ways to put ``total`` into cells that hold at most ``most``."""
    if len(most) == 1:
        if total <= most[0]:
            yield (total,)
        return
    for first in range(max(0, total - sum(most[1:])), min(total, most[0]) + 1):
        for rest in _compositions(total - first, most[1:]):
            yield (first, *rest)
