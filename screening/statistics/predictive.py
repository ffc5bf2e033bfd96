"""What a positive and a negative call mean at a prevalence that is not the sample's.

References
----------
Mercaldo, Lau, Zhou 2007, Stat Med 26:2170 (logit intervals; the adjusted ones where a rate is 0 or 1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from screening.statistics.checks import check_level
from screening.statistics.intervals import normal_quantile
from screening.statistics.rates import Confusion
from screening.statistics.results import Estimate


@dataclass(frozen=True)
class PredictiveValues:
    """``ppv``: share of the diseased among positive calls; ``npv``: share of the healthy among negative calls."""

    prevalence: float
    ppv: Estimate
    npv: Estimate


def predictive_values(confusion: Confusion, prevalence: float, *, level: float = 0.95) -> PredictiveValues:
    """Predictive values by Bayes' rule from sensitivity and specificity, as in a case-control sample.

    The prevalence is taken for known: the intervals hold the sampling error of the two rates only. They are made on the
    logit scale; where a rate is 0 or 1 its variance is that of the rate with z**2/2 successes and failures added.

    Parameters
    ----------
    confusion : Confusion
        Both classes must be there.
    prevalence : float in (0, 1)
    level : float in (0, 1)

    Returns
    -------
    PredictiveValues
        A value that is undefined (no such call can occur) is NaN, with NaN limits.

    Raises
    ------
    ValueError
        A prevalence that is not between 0 and 1, or a class without cases.

    Examples
    --------
    >>> found = predictive_values(Confusion(tp=200, fn=28, tn=164, fp=64), 0.01)
    >>> round(found.ppv.value, 4), round(found.npv.value, 4)
    (0.0306, 0.9983)
    """
    if not (math.isfinite(prevalence) and 0 < prevalence < 1):
        raise ValueError(f"prevalence must lie between 0 and 1, not {prevalence}.")
    if not (confusion.n_cases and confusion.n_controls):
        raise ValueError("Predictive values need cases and controls.")
    odds = prevalence / (1 - prevalence)
    sensitivity, specificity = confusion.sensitivity, confusion.specificity
    z = normal_quantile(check_level(level))
    raised = _smoothed(confusion, z)
    return PredictiveValues(
        prevalence=prevalence,
        ppv=_value(
            (odds * sensitivity, 1 - specificity),
            (odds * raised.sensitivity, 1 - raised.specificity),
            (_miss(raised.tp, raised.n_cases), _miss(raised.fp, raised.n_controls)),
            z=z,
            level=level,
        ),
        npv=_value(
            (specificity, odds * (1 - sensitivity)),
            (raised.specificity, odds * (1 - raised.sensitivity)),
            (_miss(raised.tn, raised.n_controls), _miss(raised.fn, raised.n_cases)),
            z=z,
            level=level,
        ),
    )


@dataclass(frozen=True)
class _Counts:
    """Counts that need not be whole."""

    tp: float
    fn: float
    tn: float
    fp: float

    @property
    def n_cases(self) -> float:
        return self.tp + self.fn

    @property
    def n_controls(self) -> float:
        return self.tn + self.fp

    @property
    def sensitivity(self) -> float:
        return self.tp / self.n_cases

    @property
    def specificity(self) -> float:
        return self.tn / self.n_controls


def _smoothed(c: Confusion, z: float) -> _Counts:
    """The counts; those of a class with a rate of 0 or 1 with z**2/2 added to both."""
    cases = z * z / 2 if 0 in (c.tp, c.fn) else 0.0
    controls = z * z / 2 if 0 in (c.tn, c.fp) else 0.0
    return _Counts(tp=c.tp + cases, fn=c.fn + cases, tn=c.tn + controls, fp=c.fp + controls)


def _miss(count: float, n: float) -> float:
    """The variance of the logarithm of a proportion."""
    return (1 - count / n) / count


def _value(
    parts: tuple[float, float],
    smoothed: tuple[float, float],
    variances: tuple[float, float],
    *,
    z: float,
    level: float,
) -> Estimate:
    """``for / (for + against)`` with limits around the logarithm of ``for / against`` of the smoothed parts."""
    method = "logit (Mercaldo, Lau, Zhou)"
    if sum(parts) == 0:
        return Estimate(math.nan, math.nan, math.nan, level, method)
    value = parts[0] / sum(parts)
    middle, half = math.log(smoothed[0] / smoothed[1]), z * math.sqrt(sum(variances))
    lower, upper = (1 / (1 + math.exp(-limit)) for limit in (middle - half, middle + half))
    return Estimate(value, min(lower, value), max(upper, value), level, method)
