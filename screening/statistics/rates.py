"""The fourfold table of a reader (or of a model at a threshold) and the rates made from it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import Floats, as_bools, as_floats, check_count, check_level, truth_and, warn
from screening.statistics.intervals import proportion
from screening.statistics.results import Estimate


@dataclass(frozen=True)
class Confusion:
    """Counts of calls against the truth; whole numbers, none negative."""

    tp: int
    fn: int
    tn: int
    fp: int

    def __post_init__(self) -> None:
        for name in ("tp", "fn", "tn", "fp"):
            object.__setattr__(self, name, check_count(getattr(self, name), name))

    @property
    def n_cases(self) -> int:
        """Diseased cases."""
        return self.tp + self.fn

    @property
    def n_controls(self) -> int:
        """Healthy cases."""
        return self.tn + self.fp

    @property
    def n(self) -> int:
        return self.n_cases + self.n_controls

    @property
    def sensitivity(self) -> float:
        return self.tp / self.n_cases if self.n_cases else math.nan

    @property
    def specificity(self) -> float:
        return self.tn / self.n_controls if self.n_controls else math.nan


@dataclass(frozen=True)
class Rates:
    """Rates of one fourfold table, each with its interval and NaN where undefined."""

    confusion: Confusion
    accuracy: Estimate
    sensitivity: Estimate
    specificity: Estimate
    precision: Estimate
    npv: Estimate
    f1: Estimate
    balanced_accuracy: Estimate
    youden: Estimate


@dataclass(frozen=True)
class FoldSummary:
    """Mean and sample standard deviation (n - 1) over folds. A spread, not a confidence interval."""

    values: tuple[float, ...]
    mean: float
    sd: float
    n: int

    def __iter__(self) -> Iterator[float]:
        """Unpacks as ``mean, sd``."""
        return iter((self.mean, self.sd))


def confusion(truth: ArrayLike, call: ArrayLike) -> Confusion:
    """Count the calls of one reader.

    Parameters
    ----------
    truth, call : bool arrays of shape (cases,)
        True means diseased. A missing call is refused: it cannot be counted.

    Returns
    -------
    Confusion

    Raises
    ------
    ValueError
        When the lengths differ, a class is absent or a value is neither true nor false.

    Examples
    --------
    >>> confusion([1, 1, 0, 0, 0], [1, 0, 0, 0, 1])
    Confusion(tp=1, fn=1, tn=2, fp=1)
    """
    positive_call = as_bools(call, "call")
    positive = truth_and(truth, positive_call, "call")
    tp, fp = int(np.sum(positive & positive_call)), int(np.sum(~positive & positive_call))
    return Confusion(tp=tp, fn=int(positive.sum()) - tp, tn=int((~positive).sum()) - fp, fp=fp)


def rates(confusion: Confusion, level: float = 0.95, interval: str = "wilson") -> Rates:
    """Accuracy, sensitivity, specificity, precision, NPV, F1, balanced accuracy and Youden's index.

    The five proportions carry the interval asked for. F1 = 2 J / (1 + J) rises with the proportion
    J = tp / (tp + fp + fn), so its limits are those of J transformed. Balanced accuracy and Youden's index are sums of
    two independent proportions: Newcombe's square-and-add of their limits (MOVER).

    Parameters
    ----------
    confusion : Confusion
    level : float in (0, 1)
    interval : {"wilson", "wilson_continuity", "clopper_pearson", "agresti_coull", "jeffreys", "wald"}

    Returns
    -------
    Rates

    Raises
    ------
    ValueError
        An empty table, or an unknown interval.

    References
    ----------
    Newcombe 1998, Stat Med 17:873. Zou, Donner 2008, Stat Med 27:1693.

    Examples
    --------
    >>> table = rates(Confusion(tp=200, fn=28, tn=164, fp=64))
    >>> round(table.f1.value, 4), round(table.sensitivity.lower, 4)
    (0.813, 0.8282)
    """
    c = confusion
    if c.n == 0:
        raise ValueError("The table is empty: no call was counted.")

    def share(count: int, n: int, name: str) -> Estimate:
        if n:
            return proportion(count, n, level=level, method=interval)
        warn(f"{name} is undefined: no case to divide by.")
        return Estimate(math.nan, math.nan, math.nan, check_level(level), interval)

    sensitivity = share(c.tp, c.n_cases, "Sensitivity")
    specificity = share(c.tn, c.n_controls, "Specificity")
    youden = _sum_less_one(sensitivity, specificity)
    return Rates(
        confusion=c,
        accuracy=share(c.tp + c.tn, c.n, "Accuracy"),
        sensitivity=sensitivity,
        specificity=specificity,
        precision=share(c.tp, c.tp + c.fp, "Precision (no positive call)"),
        npv=share(c.tn, c.tn + c.fn, "Negative predictive value (no negative call)"),
        f1=_f1(share(c.tp, c.tp + c.fp + c.fn, "F1")),
        balanced_accuracy=_map(youden, lambda value: (value + 1) / 2, youden.method),
        youden=youden,
    )


def fold_summary(values: ArrayLike) -> FoldSummary:
    """Mean and sample SD (divisor n - 1) over folds, as in the rows "mean +- SD" of Hong et al. 2021, Table 2.

    Parameters
    ----------
    values : array of shape (folds,), at least two

    Returns
    -------
    FoldSummary

    Raises
    ------
    ValueError
        Fewer than two folds, or values that are not finite.

    Examples
    --------
    >>> mean, sd = fold_summary([0.5, 0.7])
    >>> round(mean, 3), round(sd, 4)
    (0.6, 0.1414)
    """
    array: Floats = as_floats(values, "values")
    if array.size < 2:
        raise ValueError("A standard deviation over folds needs at least two folds.")
    return FoldSummary(tuple(array.tolist()), float(array.mean()), float(array.std(ddof=1)), array.size)


def _f1(jaccard: Estimate) -> Estimate:
    return _map(jaccard, lambda value: 2 * value / (1 + value), f"{jaccard.method} of tp/(tp+fp+fn), transformed")


def _map(estimate: Estimate, transform: Callable[[float], float], method: str) -> Estimate:
    values = [transform(value) for value in (estimate.value, estimate.lower, estimate.upper)]
    return Estimate(values[0], values[1], values[2], estimate.level, method)


def _sum_less_one(a: Estimate, b: Estimate) -> Estimate:
    value = a.value + b.value - 1
    lower = value - math.hypot(a.value - a.lower, b.value - b.lower)
    upper = value + math.hypot(a.upper - a.value, b.upper - b.value)
    return Estimate(value, lower, upper, a.level, f"square-and-add of {a.method}")
