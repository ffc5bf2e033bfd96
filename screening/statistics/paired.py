"""Reader and model on the same cases: McNemar's tests and the paired case bootstrap.

References
----------
McNemar 1947, Psychometrika 12:153. Fagerland, Lydersen, Laake 2013, BMC Med Res Methodol 13:91 (mid-p). Efron,
Tibshirani 1993, An Introduction to the Bootstrap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from screening.statistics.checks import (
    Bools,
    Direction,
    Floats,
    Seed,
    as_bools,
    as_floats,
    check_count,
    check_direction,
    check_level,
    generator,
    truth_and,
    warn,
)
from screening.statistics.paired_ordered import differences
from screening.statistics.rates import confusion
from screening.statistics.replicates import report_dropped
from screening.statistics.resampling import Counter, Draw, Sample, has_both
from screening.statistics.roc import sensitivity_at, specificity_at


@dataclass(frozen=True)
class McNemar:
    """Test of the discordant pairs ``b`` and ``c``. ``exact_p`` is the one for reports; all are two-sided.

    Without discordant pairs the exact p values are 1 and the chi-squared ones undefined (NaN).
    """

    b: int
    c: int
    exact_p: float
    mid_p: float
    chi_squared: float
    chi_squared_p: float
    chi_squared_corrected: float
    chi_squared_corrected_p: float


@dataclass(frozen=True)
class McNemarCalls:
    """Model against reader on diseased, on healthy and on all cases.

    In each, ``b`` counts cases that the model has right and the reader wrong, ``c`` the reverse.
    """

    sensitivity: McNemar
    specificity: McNemar
    accuracy: McNemar


@dataclass(frozen=True)
class Difference:
    """Model minus reader for one coordinate, the other one held at the reader's value.

    ``lower``, ``median``, ``upper`` are percentiles of the resampled difference, ``se`` their SD. ``p_value`` is
    two-sided: twice the smaller share of replicates on either side of zero, those at zero counted on both, with one
    added to numerator and denominator. ``is_noninferior`` (lower > -margin) and ``is_superior`` (lower > 0) are None
    without a margin.
    """

    model: float
    reader: float
    difference: float
    lower: float
    median: float
    upper: float
    se: float
    p_value: float
    is_noninferior: bool | None
    is_superior: bool | None


@dataclass(frozen=True)
class ReaderVsModel:
    """Paired comparison at the reader's own operating point, both ways."""

    reader_sensitivity: float
    reader_specificity: float
    sensitivity: Difference
    specificity: Difference
    margin: float | None
    level: float
    replicates: int
    stratified: bool
    seed: int | None
    n_cases: int
    n_controls: int
    method: str


@dataclass(frozen=True)
class NonInferiority:
    """Whether a difference's interval clears the margin. Larger differences are better."""

    difference: float
    lower: float
    upper: float
    margin: float
    level: float
    is_noninferior: bool
    is_superior: bool


def mcnemar(b: int, c: int) -> McNemar:
    """McNemar's test of paired calls: exact, mid-p, chi-squared with and without correction.

    Parameters
    ----------
    b, c : int
        Pairs that are discordant one way and the other way.

    Returns
    -------
    McNemar
        Without discordant pairs the chi-squared tests are NaN, with a warning.

    Raises
    ------
    ValueError
        Counts that are negative or not whole.

    Examples
    --------
    >>> test = mcnemar(5, 15)
    >>> round(test.exact_p, 4), round(test.mid_p, 4), test.chi_squared
    (0.0414, 0.0266, 5.0)
    """
    b, c = check_count(b, "b"), check_count(c, "c")
    n, low = b + c, min(b, c)
    if n == 0:
        warn("There is no discordant pair: McNemar's chi-squared tests are undefined (NaN), the exact p value is 1.")
        return McNemar(0, 0, 1.0, 1.0, math.nan, math.nan, math.nan, math.nan)
    exact = min(1.0, 2 * float(stats.binom.cdf(low, n, 0.5)))
    # From the uncapped tail: with b = c, exact - pmf would fall short of 1 by the capped part.
    mid = min(1.0, 2 * float(stats.binom.cdf(low, n, 0.5)) - float(stats.binom.pmf(low, n, 0.5)))
    plain = (b - c) ** 2 / n
    # R's continuity correction never turns the sign of the difference.
    corrected = max(abs(b - c) - 1, 0) ** 2 / n
    return McNemar(b, c, exact, mid, plain, _chi_p(plain), corrected, _chi_p(corrected))


def mcnemar_calls(truth: ArrayLike, model_call: ArrayLike, reader_call: ArrayLike) -> McNemarCalls:
    """McNemar's tests of the model at a PRE-SPECIFIED threshold against a reader, case by case.

    Parameters
    ----------
    truth, model_call, reader_call : bool arrays of shape (cases,)

    Returns
    -------
    McNemarCalls

    Raises
    ------
    ValueError
        Missing calls, one class only, or lengths that differ.

    Examples
    --------
    >>> result = mcnemar_calls([1, 1, 0, 0], model_call=[1, 1, 0, 1], reader_call=[1, 0, 0, 0])
    >>> result.sensitivity.b, result.sensitivity.c, result.specificity.b, result.specificity.c
    (1, 0, 0, 1)
    """
    model, reader = as_bools(model_call, "model_call"), as_bools(reader_call, "reader_call")
    positive = truth_and(truth, model, "model_call")
    truth_and(positive, reader, "reader_call")
    model_only = (model == positive) & (reader != positive)
    reader_only = (model != positive) & (reader == positive)

    def over(cases: Bools) -> McNemar:
        return mcnemar(int(np.sum(model_only & cases)), int(np.sum(reader_only & cases)))

    return McNemarCalls(over(positive), over(~positive), over(np.ones_like(positive)))


def reader_vs_model(
    truth: ArrayLike,
    score: ArrayLike,
    call: ArrayLike,
    *,
    replicates: int = 2000,
    level: float = 0.95,
    margin: float | None = None,
    stratified: bool = True,
    seed: Seed,
    direction: Direction = "<",
) -> ReaderVsModel:
    """Model sensitivity at the reader's specificity minus the reader's sensitivity, and the mirror image.

    Cases are resampled with the model's score and the reader's call together, so both the reader's own sampling error
    and the pairing enter. In each resample the curve is read at the reader's specificity in THAT resample.

    Parameters
    ----------
    truth : bool array of shape (cases,)
    score : float array of shape (cases,)
        The model's.
    call : bool array of shape (cases,)
        The reader's; a case the reader did not call has to be left out of all three.
    replicates : int
    level : float in (0, 1)
    margin : float >= 0, optional
        Non-inferiority margin for the difference: the model is non-inferior when the lower limit exceeds -margin.
    stratified : bool
    seed : int or numpy.random.Generator
    direction : {"<", ">"}

    Returns
    -------
    ReaderVsModel

    Raises
    ------
    ValueError
        Missing calls, one class only, NaN or infinite scores, or a margin outside 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(3)
    >>> truth = np.repeat([True, False], 60)
    >>> call = rng.random(120) < np.where(truth, 0.7, 0.3)
    >>> result = reader_vs_model(truth, rng.normal(2.0 * truth), call, seed=1)
    >>> result.sensitivity.lower > 0
    True
    """
    check_level(level)
    check_count(replicates, "replicates", least=2)
    if margin is not None and not 0 <= margin < 1:
        raise ValueError("margin is a difference of two rates: give a number from 0 to 1 (0.05 for five points).")
    values, positive_call = as_floats(score, "score"), as_bools(call, "call")
    positive = truth_and(truth, values, "score")
    truth_and(positive, positive_call, "call")
    if check_direction(direction) == ">":
        values = -values
    table = confusion(positive, positive_call)
    if positive_call.all() or not positive_call.any():
        warn("The reader gave the same call to every case: the point lies in a corner of the ROC square.")
    rng, kept_seed = generator(seed)
    drawn = _paired_draws(positive, values, positive_call, replicates=replicates, stratified=stratified, rng=rng)
    se, sp = table.sensitivity, table.specificity
    model_se = float(sensitivity_at(positive, values, sp))
    model_sp = float(specificity_at(positive, values, se))
    return ReaderVsModel(
        reader_sensitivity=se,
        reader_specificity=sp,
        sensitivity=_difference((model_se, se), drawn[0], level=level, margin=margin),
        specificity=_difference((model_sp, sp), drawn[1], level=level, margin=margin),
        margin=margin,
        level=level,
        replicates=drawn[0].size,
        stratified=stratified,
        seed=kept_seed,
        n_cases=table.n_cases,
        n_controls=table.n_controls,
        method="paired case bootstrap, percentile interval",
    )


def non_inferiority(
    difference: float, lower: float, upper: float, *, margin: float, level: float = 0.95
) -> NonInferiority:
    """Read a confidence interval of a difference (new minus old, larger is better) against a margin.

    With a two-sided interval of level 0.95 this is a one-sided test at 0.025.

    Parameters
    ----------
    difference, lower, upper : float
        An estimate with its interval.
    margin : float >= 0
    level : float in (0, 1)
        Of the interval; it goes on record.

    Returns
    -------
    NonInferiority

    Raises
    ------
    ValueError
        A negative margin, or limits in the wrong order.

    References
    ----------
    Piaggio et al. 2012, JAMA 308:2594 (CONSORT).

    Examples
    --------
    >>> result = non_inferiority(0.01, -0.03, 0.05, margin=0.05)
    >>> result.is_noninferior, result.is_superior
    (True, False)
    """
    check_level(level)
    if margin < 0 or not lower <= upper:
        raise ValueError("margin must not be negative and lower must not exceed upper.")
    return NonInferiority(difference, lower, upper, margin, level, lower > -margin, lower > 0)


def _chi_p(statistic: float) -> float:
    return float(stats.chi2.sf(statistic, 1))


def _paired_draws(
    truth: Bools, score: Floats, call: Bools, *, replicates: int, stratified: bool, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Resampled differences of sensitivity and of specificity; of each its own resamples where stratified."""
    controls, cases = score[~truth], score[truth]
    if stratified:
        upright = differences(controls, cases, (~call[~truth], call[truth]), replicates, rng=rng)
        return upright, differences(-cases, -controls, (call[truth], ~call[~truth]), replicates, rng=rng)
    return counted_draws(truth, score, call, replicates=replicates, stratified=False, rng=rng)


def counted_draws(
    truth: Bools, score: Floats, call: Bools, *, replicates: int, stratified: bool, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """The same by drawing and counting all rows, which an unstratified resample (class sizes vary) needs."""
    sample = Sample(score[~truth], score[truth], stratified)
    flags = [call[~truth], call[truth]]
    if not stratified:
        # As the sample's rows: controls first; the other class's rows carry no call of this class.
        flags = [np.r_[flags[0], np.ones(truth.sum(), bool)], np.r_[np.zeros((~truth).sum(), bool), flags[1]]]
    upright, lying = sample.counter(), sample.swapped().counter()
    parts = [_compare(upright, lying, draw, flags) for draw in sample.draws(replicates, rng)]
    joined = np.concatenate(parts, axis=1)
    report_dropped(replicates - joined.shape[1], replicates)
    return joined[0], joined[1]


def _compare(upright: Counter, lying: Counter, draw: Draw, flags: list[Bools]) -> Floats:
    counted, mirrored = upright.count(draw), lying.count(Draw(draw.cases, draw.controls))
    kept = has_both(counted)
    n0, n1 = counted.n_controls[kept], counted.n_cases[kept]
    tn = (~flags[0])[draw.controls].sum(axis=1)[kept]
    tp = flags[1][draw.cases].sum(axis=1)[kept]
    return np.stack(
        [
            counted.select(kept).height_at(tn[:, None].astype(np.float64))[:, 0] - tp / n1,
            mirrored.select(kept).height_at(tp[:, None].astype(np.float64))[:, 0] - tn / n0,
        ]
    )


def _difference(values: tuple[float, float], drawn: Floats, *, level: float, margin: float | None) -> Difference:
    # Differences of lattice values: rounding must not turn an exact tie into a small loss or gain.
    drawn = np.where(np.abs(drawn) < 1e-12, 0.0, drawn)
    if drawn.min() == drawn.max():
        warn("The difference does not vary between resamples: its interval has no width and says nothing.")
    tail = (1 - level) / 2
    lower, median, upper = (float(limit) for limit in np.quantile(drawn, [tail, 0.5, 1 - tail]))
    fewer = min(int(np.sum(drawn <= 0)), int(np.sum(drawn >= 0)))
    return Difference(
        model=values[0],
        reader=values[1],
        difference=values[0] - values[1],
        lower=lower,
        median=median,
        upper=upper,
        se=float(drawn.std(ddof=1)),
        p_value=min(1.0, 2 * (fewer + 1) / (drawn.size + 1)),
        is_noninferior=None if margin is None else lower > -margin,
        is_superior=None if margin is None else lower > 0,
    )
