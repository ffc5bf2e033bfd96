"""Bootstrap intervals of the rates at fixed thresholds (re-exported from ``bootstrap``)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import (
    Direction,
    Floats,
    Seed,
    as_numbers,
    check_count,
    check_level,
    generator,
    split,
    warn,
)
from screening.statistics.replicates import threshold_counts
from screening.statistics.resampling import Sample


@dataclass(frozen=True, eq=False)
class IntervalSeries:
    """A quantity at each threshold: estimate, percentile limits, median of the replicates."""

    estimate: Floats
    lower: Floats
    median: Floats
    upper: Floats


@dataclass(frozen=True, eq=False)
class ThresholdIntervals:
    """Bootstrap intervals of the rates at fixed thresholds. Undefined replicates are left out quantity by quantity."""

    thresholds: Floats
    sensitivity: IntervalSeries
    specificity: IntervalSeries
    accuracy: IntervalSeries
    precision: IntervalSeries
    npv: IntervalSeries
    youden: IntervalSeries
    level: float
    replicates: int
    stratified: bool
    seed: int | None
    n_cases: int
    n_controls: int
    direction: str


def threshold_intervals(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    thresholds: ArrayLike,
    replicates: int = 2000,
    level: float = 0.95,
    stratified: bool = True,
    seed: Seed,
    direction: Direction = "<",
) -> ThresholdIntervals:
    """Bootstrap intervals of sensitivity, specificity, accuracy, precision, NPV and Youden's index at thresholds.

    Parameters
    ----------
    thresholds : float array of shape (thresholds,)
        In the unit of the score; held fixed while both classes vary.

    The other parameters are those of :func:`~screening.statistics.bootstrap.roc_band`. Replicates in which a quantity
    is undefined (precision without a positive call) are left out of that quantity, as pROC's ``ci.coords`` does; where
    none is left the limits are NaN.

    Returns
    -------
    ThresholdIntervals

    Raises
    ------
    ValueError
        As :func:`~screening.statistics.bootstrap.roc_band`, or a threshold that is NaN.

    Examples
    --------
    >>> result = threshold_intervals([False] * 4 + [True] * 4, [1, 2, 3, 6, 4, 5, 7, 8], thresholds=[5], seed=1)
    >>> result.sensitivity.estimate.tolist(), result.specificity.estimate.tolist()
    ([0.75], [0.75])
    """
    check_level(level)
    check_count(replicates, "replicates", least=2)
    controls, cases = split(truth, score, direction)
    at = np.atleast_1d(as_numbers(thresholds, "thresholds"))
    if at.ndim != 1 or np.isnan(at).any():
        raise ValueError("thresholds must be a vector of numbers without NaN.")
    rng, kept_seed = generator(seed)
    cut = at if direction == "<" else -at
    tp, fp, n1, n0 = threshold_counts(Sample(controls, cases, stratified), cut, replicates, rng=rng)
    point = [np.sum(group[:, None] >= cut, axis=0)[None] for group in (cases, controls)]
    estimates = _quantities(point[0], point[1], np.array([[cases.size]]), np.array([[controls.size]]))
    drawn = _quantities(tp, fp, n1, n0)
    _warn_without_width(estimates["sensitivity"][0], estimates["specificity"][0], at)
    return ThresholdIntervals(
        thresholds=at,
        **{name: _series(estimates[name][0], drawn[name], level) for name in drawn},
        level=level,
        replicates=tp.shape[0],
        stratified=stratified,
        seed=kept_seed,
        n_cases=cases.size,
        n_controls=controls.size,
        direction=direction,
    )


def _warn_without_width(sensitivity: Floats, specificity: Floats, at: Floats) -> None:
    """Resamples of cases that are all right (or all wrong) do not vary; thresholds beyond all scores are meant so."""
    is_inner = (sensitivity + specificity != 1) | ((sensitivity > 0) & (sensitivity < 1))
    for share, name in ((sensitivity, "sensitivity"), (specificity, "specificity")):
        flat = at[is_inner & ((share == 0) | (share == 1))]
        if flat.size:
            shown = ", ".join(f"{value:g}" for value in flat[:3])
            warn(f"At threshold {shown} every resample has the same {name}: its interval has no width, use wilson.")


def _quantities(tp: Floats, fp: Floats, n1: Floats, n0: Floats) -> dict[str, Floats]:
    tn, fn = n0 - fp, n1 - tp
    with np.errstate(invalid="ignore"):
        return {
            "sensitivity": tp / n1,
            "specificity": tn / n0,
            "accuracy": (tp + tn) / (n0 + n1),
            "precision": np.divide(tp, tp + fp, out=np.full(tp.shape, np.nan), where=tp + fp > 0),
            "npv": np.divide(tn, tn + fn, out=np.full(tn.shape, np.nan), where=tn + fn > 0),
            "youden": tp / n1 + tn / n0 - 1,
        }


def _series(estimate: Floats, drawn: Floats, level: float) -> IntervalSeries:
    tail = (1 - level) / 2
    limits = np.full((3, drawn.shape[1]), np.nan)
    for column in range(drawn.shape[1]):
        defined = drawn[~np.isnan(drawn[:, column]), column]
        if defined.size:
            limits[:, column] = np.quantile(defined, [tail, 0.5, 1 - tail])
    return IntervalSeries(estimate, limits[0], limits[1], limits[2])
