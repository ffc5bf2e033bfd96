"""What a test would do where the disease is rarer than in the study: predictive values, numbers to screen.

Sensitivity and specificity are taken over from the study; the prevalence is given, not estimated, and carries no error.
Everything works on arrays of fourfold tables, so that all thresholds of a score are one call.

References
----------
Simel, Samsa, Matchar 1991, J Clin Epidemiol 44:763 (likelihood ratios). Mercaldo, Lau, Zhou 2007, Stat Med 26:2170
(predictive values of a case-control study: the same variance on the logit scale). Haldane 1956, Ann Hum Genet 20:309.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import Direction, Floats, Ints, check_level, split
from screening.statistics.intervals import normal_quantile, wilson_limits
from screening.statistics.roc import roc_curve

PER = 100_000  # children in whom expected numbers are told


@dataclass(frozen=True, eq=False)
class Series:
    """One quantity at each table, with limits; NaN where undefined, infinite where it has no bound."""

    value: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True, eq=False)
class OperatingPoints:
    """Every distinct way in which a score can be cut, from "everybody positive" to "nobody".

    ``values`` are the distinct scores in ascending order: a threshold t calls the cases positive that point k does,
    where k is the number of ``values`` below t. ``thresholds[k]`` is the midpoint that stands for all such t.
    """

    thresholds: Floats
    values: Floats
    tp: Ints
    fn: Ints
    tn: Ints
    fp: Ints
    sensitivity: Series
    specificity: Series
    level: float


@dataclass(frozen=True, eq=False)
class AtPrevalence:
    """The same tables carried over to a prevalence.

    ``needed_to_screen`` children are screened for each affected one found; ``alarms_per_found`` healthy ones are called
    positive for each affected one found. ``found``, ``missed``, ``alarms`` and ``cleared`` are expected numbers among
    ``per`` children.
    """

    prevalence: float
    per: int
    positive_ratio: Series
    negative_ratio: Series
    ppv: Series
    npv: Series
    needed_to_screen: Series
    alarms_per_found: Series
    found: Floats
    missed: Floats
    alarms: Floats
    cleared: Floats
    level: float


def operating_points(
    truth: ArrayLike, score: ArrayLike, *, level: float = 0.95, direction: Direction = "<"
) -> OperatingPoints:
    """Counts, sensitivity and specificity (Wilson's intervals) at every distinct threshold, ascending.

    Parameters
    ----------
    truth : bool array of shape (cases,)
    score : float array of shape (cases,)
    level : float in (0, 1)
    direction : {"<", ">"}

    Returns
    -------
    OperatingPoints

    Raises
    ------
    ValueError
        One class only, NaN or infinite scores, lengths that differ, or a level that is none.

    Examples
    --------
    >>> points = operating_points([False, False, True, True], [1, 4, 3, 8])
    >>> points.thresholds.tolist(), points.tp.tolist(), points.fp.tolist()
    ([-inf, 2.0, 3.5, 6.0, inf], [2, 2, 1, 1, 0], [2, 1, 1, 0, 0])
    """
    controls, cases = split(truth, score, direction)
    curve = roc_curve(truth, score, direction=direction)
    n1, n0 = curve.n_cases, curve.n_controls
    tp = np.rint(curve.sensitivity * n1).astype(np.int64)[::-1]
    tn = np.rint(curve.specificity * n0).astype(np.int64)[::-1]
    return OperatingPoints(
        thresholds=curve.thresholds[::-1],
        values=np.unique(np.concatenate([controls, cases])),
        tp=tp,
        fn=n1 - tp,
        tn=tn,
        fp=n0 - tn,
        sensitivity=Series(tp / n1, *wilson_limits(tp, n1, level=level)),
        specificity=Series(tn / n0, *wilson_limits(tn, n0, level=level)),
        level=level,
    )


def at_prevalence(
    tp: ArrayLike, fn: ArrayLike, tn: ArrayLike, fp: ArrayLike, *, prevalence: float, level: float = 0.95
) -> AtPrevalence:
    """Likelihood ratios, predictive values and numbers to screen of one or many fourfold tables.

    Limits of the likelihood ratios are on the log scale; those of the predictive values follow by Bayes' rule. Where a
    count that enters is 0, one half is added to each of the four counts for the limits, and the limit beyond the
    estimate stays open.

    Parameters
    ----------
    tp, fn, tn, fp : whole numbers, or arrays of them of one shape
        At least one diseased and one healthy case each.
    prevalence : float in (0, 1)
        Where the test is to be used.
    level : float in (0, 1)

    Returns
    -------
    AtPrevalence
        Its arrays have one entry a table, also for a single one.

    Raises
    ------
    ValueError
        A table without a diseased or a healthy case, a count below 0, a prevalence or level outside (0, 1).

    Examples
    --------
    >>> rare = at_prevalence(200, 28, 200, 28, prevalence=0.001)
    >>> round(float(rare.ppv.value[0]), 4), round(float(rare.npv.value[0]), 5)
    (0.0071, 0.99986)
    >>> round(float(rare.needed_to_screen.value[0]))
    1140
    """
    check_level(level)
    if not 0 < prevalence < 1:
        raise ValueError(f"prevalence must lie between 0 and 1, for example 0.001, not {prevalence!r}.")
    counts = [np.atleast_1d(np.asarray(part, dtype=np.float64)) for part in (tp, fn, tn, fp)]
    a, b, c, d = np.broadcast_arrays(*counts)
    if min(part.min() for part in (a, b, c, d)) < 0 or not np.all((a + b > 0) & (c + d > 0)):
        raise ValueError("Every table needs counts of 0 and more, with a diseased and a healthy case at least.")
    prior = prevalence / (1 - prevalence)
    positive = _ratio(a, b, d, c, level=level)
    negative = _ratio(b, a, c, d, level=level)
    sensitivity, specificity = a / (a + b), c / (c + d)
    limits = wilson_limits(a, a + b, level=level)
    with np.errstate(divide="ignore"):
        needed = Series(*(1 / (prevalence * rate) for rate in (sensitivity, limits[1], limits[0])))
        per_found = Series(*(1 / (prior * ratio) for ratio in (positive.value, positive.upper, positive.lower)))
    return AtPrevalence(
        prevalence=prevalence,
        per=PER,
        positive_ratio=positive,
        negative_ratio=negative,
        ppv=Series(*(_share(prior * ratio) for ratio in (positive.value, positive.lower, positive.upper))),
        npv=Series(*(1 - _share(prior * ratio) for ratio in (negative.value, negative.upper, negative.lower))),
        needed_to_screen=needed,
        alarms_per_found=per_found,
        found=PER * prevalence * sensitivity,
        missed=PER * prevalence * (1 - sensitivity),
        alarms=PER * (1 - prevalence) * (1 - specificity),
        cleared=PER * (1 - prevalence) * specificity,
        level=level,
    )


def _ratio(a: Floats, b: Floats, c: Floats, d: Floats, *, level: float) -> Series:
    """(a / (a + b)) / (c / (c + d)) with limits on the log scale."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (a / (a + b)) / (c / (c + d))
    half = np.where((a == 0) | (c == 0), 0.5, 0.0)
    a, b, c, d = a + half, b + half, c + half, d + half
    centre = np.log(a / (a + b)) - np.log(c / (c + d))
    spread = normal_quantile(level) * np.sqrt(np.maximum(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d), 0.0))
    lower = np.where(value == 0, 0.0, np.exp(centre - spread))
    upper = np.where(np.isinf(value), np.inf, np.exp(centre + spread))
    unknown = np.isnan(value)
    return Series(value, np.where(unknown, np.nan, lower), np.where(unknown, np.nan, upper))


def _share(odds: Floats) -> Floats:
    """Odds as a share; infinite odds are 1."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(odds), 1.0, odds / (1 + odds))
