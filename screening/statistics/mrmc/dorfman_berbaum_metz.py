"""Dorfman, Berbaum and Metz' analysis of jackknife pseudovalues. Same F as Obuchowski-Rockette with the jackknife.

References
----------
Dorfman, Berbaum, Metz 1992, Invest Radiol 27:723. Hillis et al. 2005, Stat Med 24:1579. Hillis 2007, Stat Med 26:596.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import Direction, Floats, check_level, warn
from screening.statistics.mrmc.analysis import (
    Analysis,
    ReaderDifference,
    TestDifference,
    TestMean,
    f_p_value,
    limits,
    ratio,
    t_p_value,
    t_quantile,
)
from screening.statistics.mrmc.study import Metric, figures_of_merit, prepare, warn_of_certainty

# Effects of the three-way table: the axes (test, reader, case) over which each varies.
EFFECTS = {"T": (0,), "R": (1,), "C": (2,), "TR": (0, 1), "TC": (0, 2), "RC": (1, 2), "TRC": (0, 1, 2)}


@dataclass(frozen=True)
class Effect:
    """One row of the analysis of variance."""

    sum_of_squares: float
    df: int
    mean_square: float


@dataclass(frozen=True)
class PseudovalueComponents:
    """Variance components of the pseudovalues; they may be negative and are given as they are."""

    var_r: float
    var_c: float
    var_tr: float
    var_tc: float
    var_rc: float
    var_error: float


@dataclass(frozen=True, eq=False)
class DorfmanBerbaumMetz:
    """Result of :func:`dorfman_berbaum_metz`.

    ``anova`` has the rows T, R, C, TR, TC, RC, TRC. Per test the mean squares of its own reader-by-case table, per
    reader those of its own test-by-case table, are in ``per_test`` (R, C, RC) and ``per_reader`` (T, C, TC): arrays of
    shape (tests, 3) and (readers, 3).
    """

    figures: Floats
    anova: dict[str, Effect]
    components: PseudovalueComponents
    per_test: Floats
    per_reader: Floats
    rrrc: Analysis
    frrc: Analysis
    rrfc: Analysis
    metric: str
    level: float
    is_cut: bool
    n_tests: int
    n_readers: int
    n_cases: int


def dorfman_berbaum_metz(
    truth: ArrayLike,
    ratings: ArrayLike,
    *,
    metric: Metric = "auc",
    threshold: float | None = None,
    level: float = 0.95,
    cut: bool = True,
    direction: Direction = "<",
) -> DorfmanBerbaumMetz:
    """Analysis of variance of jackknife pseudovalues of a fully crossed study.

    Parameters
    ----------
    truth : bool array of shape (cases,)
    ratings : float array of shape (tests, readers, cases)
        Complete; at least two tests and two readers.
    metric, threshold, level, cut, direction
        As for :func:`screening.statistics.mrmc.obuchowski_rockette`.

    Returns
    -------
    DorfmanBerbaumMetz

    Raises
    ------
    ValueError
        A design that is not fully crossed: pseudovalues need every reading.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(5)
    >>> truth = np.repeat([False, True], 40)
    >>> ratings = rng.normal(size=80) + rng.normal(size=(2, 4, 80)) + truth * np.array([1.0, 3.0])[:, None, None]
    >>> dorfman_berbaum_metz(truth, ratings).rrrc.p_value < 0.01
    True
    """
    study = prepare(truth, ratings, metric=metric, threshold=threshold, direction=direction)
    if study.design != "crossed" or study.n_tests < 2 or study.n_readers < 2:
        raise ValueError(
            f"Pseudovalues need a fully crossed study of at least two tests and two readers, not {study.design} with "
            f"{study.n_tests} and {study.n_readers}: use obuchowski_rockette."
        )
    check_level(level)
    values, without = figures_of_merit(study)
    warn_of_certainty(values, without, [f"reader {reader} with test {test}" for test, reader in study.cells])
    k = without.shape[0]
    pseudo = (k * values - (k - 1) * without).T.reshape(study.n_tests, study.n_readers, k)
    table = anova(pseudo)
    model = _Model(
        pseudo, {name: effect.mean_square for name, effect in table.items()}, level, cut and not callable(metric)
    )
    return DorfmanBerbaumMetz(
        figures=values.reshape(study.n_tests, study.n_readers),
        anova=table,
        components=_components(model),
        per_test=np.array([_two_way(own) for own in pseudo]),
        per_reader=np.array([_two_way(pseudo[:, reader]) for reader in range(study.n_readers)]),
        rrrc=_rrrc(model),
        frrc=_frrc(model),
        rrfc=_rrfc(model),
        metric=study.metric_name,
        level=level,
        is_cut=model.is_cut,
        n_tests=study.n_tests,
        n_readers=study.n_readers,
        n_cases=k,
    )


@dataclass(frozen=True, eq=False)
class _Model:
    pseudo: Floats
    ms: dict[str, float]
    level: float
    is_cut: bool


def anova(pseudo: Floats) -> dict[str, Effect]:
    """Three-way analysis of variance without replication of an array (tests, readers, cases)."""
    effects: dict[str, Effect] = {}
    for name, axes in EFFECTS.items():
        part = np.zeros_like(pseudo)
        # Inclusion and exclusion over the means on all subsets of the effect's axes.
        for kept in product([False, True], repeat=len(axes)):
            varying = {axis for axis, keep in zip(axes, kept, strict=True) if keep}
            sign = (-1) ** (len(axes) - len(varying))
            part += sign * pseudo.mean(axis=tuple({0, 1, 2} - varying), keepdims=True)
        df = math.prod(pseudo.shape[axis] - 1 for axis in axes)
        square = float((part**2).sum())
        effects[name] = Effect(square, df, square / df)
    return effects


def _two_way(table: Floats) -> tuple[float, float, float]:
    """Mean squares of rows, columns and their interaction."""
    rows, columns, grand = table.mean(axis=1), table.mean(axis=0), table.mean()
    n_rows, n_columns = table.shape
    rest = table - rows[:, None] - columns + grand
    return (
        n_columns * float(((rows - grand) ** 2).sum()) / (n_rows - 1),
        n_rows * float(((columns - grand) ** 2).sum()) / (n_columns - 1),
        float((rest**2).sum()) / ((n_rows - 1) * (n_columns - 1)),
    )


def _components(model: _Model) -> PseudovalueComponents:
    i, j, k = model.pseudo.shape
    ms = model.ms
    error = ms["TRC"]
    return PseudovalueComponents(
        var_r=(ms["R"] - ms["TR"] - ms["RC"] + error) / (i * k),
        var_c=(ms["C"] - ms["TC"] - ms["RC"] + error) / (i * j),
        var_tr=(ms["TR"] - error) / k,
        var_tc=(ms["TC"] - error) / j,
        var_rc=(ms["RC"] - error) / i,
        var_error=error,
    )


def _rrrc(model: _Model) -> Analysis:
    i, j, _ = model.pseudo.shape
    ms = model.ms
    denominator = ms["TR"] + max(ms["TC"] - ms["TRC"], 0.0)
    df = ratio(denominator**2, ms["TR"] ** 2 / ((i - 1) * (j - 1)))
    means = []
    for test, own in enumerate(model.pseudo):
        reader, case, rest = _two_way(own)
        total = reader + max(case - rest, 0.0)
        means.append(_mean(model, test, total, ratio(total**2, reader**2 / (j - 1))))
    return _analysis(model, "RRRC", denominator, df, tuple(means))


def _rrfc(model: _Model) -> Analysis:
    i, j, _ = model.pseudo.shape
    means = tuple(_mean(model, test, _two_way(own)[0], j - 1) for test, own in enumerate(model.pseudo))
    return _analysis(model, "RRFC", model.ms["TR"], (i - 1) * (j - 1), means)


def _frrc(model: _Model) -> Analysis:
    i, j, k = model.pseudo.shape
    means = tuple(_mean(model, test, _two_way(own)[1], k - 1) for test, own in enumerate(model.pseudo))
    df = (i - 1) * (k - 1)
    readers = []
    # RJafroc gives a single reader's comparison K - 1 degrees of freedom, whatever the number of tests.
    for reader in range(j):
        own = model.pseudo[:, reader]
        square, of_test = _two_way(own)[2], own.mean(axis=1)
        for a, b in combinations(range(i), 2):
            found = _difference(model, float(of_test[a] - of_test[b]), math.sqrt(2 * square / k), k - 1)
            readers.append(ReaderDifference(reader, a, b, *found))
    return _analysis(model, "FRRC", model.ms["TC"], df, means, tuple(readers))


def _analysis(
    model: _Model,
    name: str,
    denominator: float,
    df: float,
    tests: tuple[TestMean, ...],
    reader_differences: tuple[ReaderDifference, ...] = (),
) -> Analysis:
    i, j, k = model.pseudo.shape
    if not denominator > 0:
        warn("The variance of a difference between tests is not positive: no test of them (NaN).")
    statistic = ratio(model.ms["T"], denominator)
    se = math.sqrt(max(2 * denominator / (j * k), 0.0))
    of_test = model.pseudo.mean(axis=(1, 2))
    return Analysis(
        name=name,
        statistic_name="F",
        statistic=statistic,
        df1=i - 1,
        df2=df,
        p_value=f_p_value(statistic, i - 1, df) if math.isfinite(statistic) else math.nan,
        denominator=denominator,
        differences=tuple(
            TestDifference(a, b, *_difference(model, float(of_test[a] - of_test[b]), se, df))
            for a, b in combinations(range(i), 2)
        ),
        tests=tests,
        reader_differences=reader_differences,
    )


def _difference(model: _Model, value: float, se: float, df: float) -> tuple[float, ...]:
    """Difference, SE, df, t, p and limits."""
    if not se > 0:
        return value, se, df, math.nan, math.nan, math.nan, math.nan
    half = t_quantile(model.level, df) * se
    return value, se, df, value / se, t_p_value(value / se, df), value - half, value + half


def _mean(model: _Model, test: int, square: float, df: float) -> TestMean:
    """``square`` is the mean square that carries the variance of the mean over readers and cases."""
    own = model.pseudo[test]
    value, se = float(own.mean()), math.sqrt(max(square, 0.0) / own.size)
    lower, upper = limits(value, t_quantile(model.level, df) * se, is_cut=model.is_cut)
    reader, case, rest = _two_way(own)
    # In the scale of the figures of merit: mean squares of pseudovalues are K times those of Obuchowski and Rockette.
    k = own.shape[1]
    cov2 = (case - rest) / (own.shape[0] * k)
    return TestMean(test, value, reader / k, (rest / k) + cov2, cov2, se, df, lower, upper)
