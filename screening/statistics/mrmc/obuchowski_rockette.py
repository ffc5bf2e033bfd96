"""Obuchowski and Rockette's analysis with Hillis' degrees of freedom.

References
----------
Obuchowski, Rockette 1995, Commun Stat Simul 24:285. Hillis et al. 2005, Stat Med 24:1579. Hillis 2007, Stat Med 26:596;
2014, Stat Med 33:330. Smith, Hillis 2020, Proc SPIE 11316.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import Direction, Floats, check_level, warn
from screening.statistics.mrmc.analysis import (
    Analysis,
    ReaderDifference,
    ReaderValue,
    TestDifference,
    TestMean,
    f_p_value,
    limits,
    ratio,
    t_p_value,
    t_quantile,
)
from screening.statistics.mrmc.covariance import covariance_matrix
from screening.statistics.mrmc.parts import Components as Components
from screening.statistics.mrmc.parts import Parts, components, gather
from screening.statistics.mrmc.study import Metric, figures_of_merit, prepare, warn_of_certainty


@dataclass(frozen=True, eq=False)
class ObuchowskiRockette:
    """Result of :func:`obuchowski_rockette`.

    ``figures`` (tests, readers), NaN where a reader did not use a test; ``covariance_matrix`` over the curves listed in
    ``cells`` as (test, reader). ``refused`` says why an analysis is missing (None).
    """

    figures: Floats
    cells: tuple[tuple[int, int], ...]
    covariance_matrix: Floats
    ms_t: float
    ms_r: float
    ms_tr: float
    components: Components
    rrrc: Analysis | None
    frrc: Analysis | None
    rrfc: Analysis | None
    refused: dict[str, str]
    metric: str
    covariance: str
    design: str
    level: float
    is_frrc_clipped: bool
    is_cut: bool
    n_tests: int
    n_readers: int
    n_cases: int
    n_diseased: int


def obuchowski_rockette(
    truth: ArrayLike,
    ratings: ArrayLike,
    *,
    metric: Metric = "auc",
    covariance: str = "jackknife",
    threshold: float | None = None,
    level: float = 0.95,
    clip_frrc: bool = False,
    cut: bool = True,
    direction: Direction = "<",
) -> ObuchowskiRockette:
    """Compare tests (modalities) read by several readers, or describe one test.

    Three analyses in one go: readers and cases random (RRRC), readers fixed (FRRC), cases fixed (RRFC).

    Parameters
    ----------
    truth : bool array of shape (cases,)
        True means diseased.
    ratings : float array of shape (tests, readers, cases)
        NaN where a case was not read. Fully crossed, cases nested in readers or in tests, readers nested in tests (all
        other tests of the reader NaN) and scattered missing readings are taken.
    metric : {"auc", "sensitivity", "specificity", "balanced_accuracy"} or callable
        A callable gets (truth, ratings) of one curve and returns a number; it is refitted without each case.
    covariance : {"jackknife", "delong", "unbiased"}
        Jackknife for every metric, in closed form but for a callable; the others for areas only (and DeLong's only when
        all curves hold the same cases).
    threshold : float, optional
        Makes calls (rating >= threshold) out of ratings for the three rates; otherwise these need ratings of 0 and 1.
    level : float in (0, 1)
    clip_frrc : bool
        Use max(cov2 - cov3, 0) in the FRRC denominator, as RJafroc does. The default is the exact variance of a mean
        difference of fixed readers (as MRMCaov and DBM).
    cut : bool
        Cut intervals of single figures to [0, 1] (as MRMCaov); those of differences never are. Ignored for a callable.
    direction : {"<", ">"}

    Returns
    -------
    ObuchowskiRockette

    Raises
    ------
    ValueError
        A study without a reader or a test, a curve with fewer than two diseased or healthy cases, readings missing so
        that no design fits, or a covariance the design cannot take.

    References
    ----------
    Obuchowski, Rockette 1995, Commun Stat Simul 24:285. Hillis 2007, Stat Med 26:596.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(5)
    >>> truth = np.repeat([False, True], 40)
    >>> ratings = rng.normal(size=80) + rng.normal(size=(2, 4, 80)) + truth * np.array([1.0, 3.0])[:, None, None]
    >>> result = obuchowski_rockette(truth, ratings)
    >>> result.design, result.rrrc.p_value < 0.01, result.rrrc.differences[0].difference < 0
    ('crossed', True, True)
    """
    study = prepare(truth, ratings, metric=metric, threshold=threshold, direction=direction)
    is_cut = cut and isinstance(metric, str)
    values, without = figures_of_merit(study)
    warn_of_certainty(values, without, [f"reader {reader} with test {test}" for test, reader in study.cells])
    matrix = covariance_matrix(study, without, covariance)
    parts = gather(study, values, matrix, level=check_level(level), is_cut=is_cut, is_clipped=clip_frrc)
    refused: dict[str, str] = {}
    analyses = {name: _attempt(parts, name, refused) for name in ("RRRC", "FRRC", "RRFC")}
    return ObuchowskiRockette(
        figures=parts.figures,
        cells=study.cells,
        covariance_matrix=matrix,
        ms_t=parts.ms_t,
        ms_r=parts.ms_r,
        ms_tr=parts.ms_tr,
        components=components(parts),
        rrrc=analyses["RRRC"],
        frrc=analyses["FRRC"],
        rrfc=analyses["RRFC"],
        refused=refused,
        metric=study.metric_name,
        covariance=covariance,
        design=study.design,
        level=level,
        is_frrc_clipped=clip_frrc,
        is_cut=is_cut,
        n_tests=study.n_tests,
        n_readers=study.n_readers,
        n_cases=study.truth.size,
        n_diseased=int(study.truth.sum()),
    )


def _attempt(parts: Parts, name: str, refused: dict[str, str]) -> Analysis | None:
    """One analysis, or the reason why there is none."""
    if name != "FRRC" and parts.readers_per_test.min() < 2:
        refused[name] = "Random readers need at least two readers with every test."
        return None
    if name == "FRRC" and parts.is_nested:
        refused[name] = (
            "Fixed readers cannot be compared between tests that no reader shares (readers nested in tests)."
        )
        return None
    return {"RRRC": _rrrc, "FRRC": _frrc, "RRFC": _rrfc}[name](parts)


def _rrrc(parts: Parts) -> Analysis:
    extra = max(parts.cov2 - parts.cov3, 0.0)
    return _random_readers(parts, "RRRC", extra, [max(_cov2(parts, test), 0.0) for test in range(len(parts.figures))])


def _rrfc(parts: Parts) -> Analysis:
    return _random_readers(parts, "RRFC", 0.0, [0.0] * len(parts.figures))


def _random_readers(parts: Parts, name: str, extra: float, cov2: list[float]) -> Analysis:
    """``extra`` is the case variance added to the readers' mean square, ``cov2`` that of each test alone."""
    tests = parts.figures.shape[0]
    per_test = parts.readers_per_test
    total = float(per_test.sum())
    if parts.is_nested:
        weight, square, df = (total - float((per_test**2).sum()) / total) / (tests - 1), parts.ms_r, total - tests
    else:
        weight, square, df = float(per_test[0]), parts.ms_tr, (tests - 1) * (per_test[0] - 1)
    denominator = square + weight * extra
    df2 = _satterthwaite(denominator, square, df)
    statistic = ratio(parts.ms_t, denominator) if tests > 1 else math.nan
    _warn_without_spread(denominator, tests)
    return Analysis(
        name=name,
        statistic_name="F",
        statistic=statistic,
        df1=tests - 1 if tests > 1 else math.nan,
        df2=df2,
        p_value=f_p_value(statistic, tests - 1, df2) if math.isfinite(statistic) else math.nan,
        denominator=denominator,
        differences=tuple(
            _test_difference(
                parts, pair, _random_se(parts, pair, square, extra), _pair_df(parts, pair, square, extra, df)
            )
            for pair in combinations(range(tests), 2)
        ),
        tests=tuple(_test_mean(parts, test, cov2[test], is_random=True) for test in range(tests)),
    )


def _random_se(parts: Parts, pair: tuple[int, int], square: float, extra: float) -> float:
    inverse = float((1 / parts.readers_per_test[list(pair)]).sum())
    return math.sqrt(max(square * inverse + 2 * extra, 0.0))


def _pair_df(parts: Parts, pair: tuple[int, int], square: float, extra: float, df: float) -> float:
    inverse = float((1 / parts.readers_per_test[list(pair)]).sum())
    return _satterthwaite(square * inverse + 2 * extra, square * inverse, df)


def _satterthwaite(total: float, square: float, df: float) -> float:
    if square == 0 or (total > 0 and square / total < 1e-14):
        return math.inf
    return total**2 / (square**2 / df) if df > 0 else math.nan


def _frrc(parts: Parts) -> Analysis:
    tests, readers = parts.figures.shape
    gap = parts.cov2 - parts.cov3
    denominator = parts.var - parts.cov1 + (readers - 1) * (max(gap, 0.0) if parts.is_clipped else gap)
    has_tests = tests > 1
    if has_tests:
        _warn_without_spread(denominator, tests)
    statistic = ratio((tests - 1) * parts.ms_t, denominator) if has_tests and denominator > 0 else math.nan
    se = math.sqrt(2 * denominator / readers) if denominator > 0 else math.nan
    pairs = list(combinations(range(tests), 2))
    return Analysis(
        name="FRRC",
        statistic_name="chi_squared",
        statistic=statistic,
        df1=tests - 1 if has_tests else math.nan,
        df2=math.inf,
        p_value=f_p_value(statistic / (tests - 1), tests - 1, math.inf) if math.isfinite(statistic) else math.nan,
        denominator=denominator if has_tests else math.nan,
        differences=tuple(_test_difference(parts, pair, se, math.inf) for pair in pairs),
        tests=tuple(_test_mean(parts, test, max(_cov2(parts, test), 0.0), is_random=False) for test in range(tests)),
        reader_differences=tuple(_reader_difference(parts, r, pair) for r in range(readers) for pair in pairs),
        reader_values=tuple(_reader_value(parts, test, r) for test in range(tests) for r in range(readers)),
    )


def _test_difference(parts: Parts, pair: tuple[int, int], se: float, df: float) -> TestDifference:
    means = np.nanmean(parts.figures[list(pair)], axis=1)
    difference = float(means[0] - means[1])
    statistic, p_value, half = _t_test(difference, se, df, parts.level)
    return TestDifference(
        pair[0], pair[1], difference, se, df, statistic, p_value, difference - half, difference + half
    )


def _t_test(difference: float, se: float, df: float, level: float) -> tuple[float, float, float]:
    if not se > 0:
        return math.nan, math.nan, math.nan
    return difference / se, t_p_value(difference / se, df), t_quantile(level, df) * se


def _test_mean(parts: Parts, test: int, cov2: float, *, is_random: bool) -> TestMean:
    row = parts.figures[test][parts.used[test]]
    n, value = row.size, float(row.mean())
    own = parts.test_of == test
    var = float(np.diag(parts.matrix)[own].mean())
    ms_r = float(row.var(ddof=1)) if n > 1 else math.nan
    if is_random:
        total = ms_r + n * cov2
        se, df = math.sqrt(total / n), _satterthwaite(total, ms_r, n - 1)
    else:
        se, df = math.sqrt(max(var + (n - 1) * cov2, 0.0) / n), math.inf
    lower, upper = limits(value, t_quantile(parts.level, df) * se, is_cut=parts.is_cut)
    return TestMean(test, value, ms_r, var, _cov2(parts, test), se, df, lower, upper)


def _cov2(parts: Parts, test: int) -> float:
    """Mean covariance of two readers with this test, as it is (it may be negative)."""
    own = parts.test_of == test
    block = parts.matrix[np.ix_(own, own)]
    n = block.shape[0]
    return float((block.sum() - np.trace(block)) / (n * (n - 1))) if n > 1 else 0.0


def _reader_difference(parts: Parts, reader: int, pair: tuple[int, int]) -> ReaderDifference:
    """With that reader's own variance and covariance: sqrt(2 (Var_j - Cov1_j))."""
    own = parts.reader_of == reader
    block = parts.matrix[np.ix_(own, own)]
    n = block.shape[0]
    variance = 2 * (float(np.trace(block)) / n - float(block.sum() - np.trace(block)) / (n * (n - 1)))
    se = math.sqrt(max(variance, 0.0))
    difference = float(parts.figures[pair[0], reader] - parts.figures[pair[1], reader])
    statistic, p_value, half = _t_test(difference, se, math.inf, parts.level)
    return ReaderDifference(
        reader, pair[0], pair[1], difference, se, math.inf, statistic, p_value, difference - half, difference + half
    )


def _reader_value(parts: Parts, test: int, reader: int) -> ReaderValue:
    place = int(np.flatnonzero((parts.test_of == test) & (parts.reader_of == reader))[0])
    value, se = float(parts.figures[test, reader]), math.sqrt(max(float(parts.matrix[place, place]), 0.0))
    lower, upper = limits(value, t_quantile(parts.level, math.inf) * se, is_cut=parts.is_cut)
    return ReaderValue(test, reader, value, se, lower, upper)


def _warn_without_spread(denominator: float, tests: int) -> None:
    if tests > 1 and not denominator > 0:
        warn("The variance of a difference between tests is not positive: no test of them (NaN).")
