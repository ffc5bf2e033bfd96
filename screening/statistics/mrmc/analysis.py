"""What an MRMC analysis reports, and the small distributions it needs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import special

from screening.statistics.intervals import normal_quantile

# Beyond this a t distribution is the normal one to more digits than a float has.
NORMAL_DF = 1e9


@dataclass(frozen=True)
class TestDifference:
    """Mean over readers of test a minus that of test b. ``df`` is infinite for a normal test."""

    test_a: int
    test_b: int
    difference: float
    se: float
    df: float
    statistic: float
    p_value: float
    lower: float
    upper: float

    __test__ = False  # not a test case, whatever pytest makes of its name


@dataclass(frozen=True)
class TestMean:
    """Mean over readers of one test, from that test's data only."""

    test: int
    value: float
    ms_r: float
    var: float
    cov2: float
    se: float
    df: float
    lower: float
    upper: float

    __test__ = False


@dataclass(frozen=True)
class ReaderDifference:
    """Test a minus test b of one reader (fixed readers)."""

    reader: int
    test_a: int
    test_b: int
    difference: float
    se: float
    df: float
    statistic: float
    p_value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class ReaderValue:
    """One reader's figure of merit with one test (fixed readers)."""

    test: int
    reader: int
    value: float
    se: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Analysis:
    """One way of generalising: RRRC to readers and cases, FRRC to cases only, RRFC to readers only.

    ``statistic`` is an F (``df2`` finite) or, for fixed readers, a chi-squared value (``df2`` infinite). With one test
    there is nothing to compare: statistic, df and p value are NaN and ``differences`` is empty.
    """

    name: str
    statistic_name: str
    statistic: float
    df1: float
    df2: float
    p_value: float
    denominator: float
    differences: tuple[TestDifference, ...]
    tests: tuple[TestMean, ...]
    reader_differences: tuple[ReaderDifference, ...] = ()
    reader_values: tuple[ReaderValue, ...] = ()


def t_quantile(level: float, df: float) -> float:
    """Two-sided quantile of Student's t."""
    if df > NORMAL_DF or math.isnan(df):
        return normal_quantile(level)
    return float(special.stdtrit(df, 0.5 + level / 2))


def t_p_value(statistic: float, df: float) -> float:
    """Two-sided p value of Student's t."""
    if df > NORMAL_DF:
        return float(2 * special.ndtr(-abs(statistic)))
    return float(2 * special.stdtr(df, -abs(statistic)))


def f_p_value(statistic: float, df1: float, df2: float) -> float:
    """Upper tail of F; of chi-squared over df1 when df2 is infinite."""
    if df2 > NORMAL_DF:
        return float(special.chdtrc(df1, df1 * statistic))
    return float(special.fdtrc(df1, df2, statistic))


def ratio(numerator: float, denominator: float) -> float:
    """A quotient that is NaN or infinite where it has to be, without an exception."""
    if denominator == 0:
        return math.nan if numerator == 0 else math.copysign(math.inf, numerator)
    return numerator / denominator


def limits(value: float, half: float, *, is_cut: bool) -> tuple[float, float]:
    """A symmetric interval, cut to [0, 1] when the figure of merit lives there."""
    low, high = value - half, value + half
    return (max(low, 0.0), min(high, 1.0)) if is_cut else (low, high)
