"""Do scores mean what they say? Brier score, calibration error, reliability curve, calibration slope.

References
----------
Brier 1950, Mon Weather Rev 78:1. Murphy 1973, J Appl Meteorol 12:595. Cox 1958, Biometrika 45:562. Guo et al. 2017,
ICML (expected calibration error). Van Calster et al. 2019, BMC Med 17:230.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import (
    Bools,
    Floats,
    Seed,
    as_floats,
    check_choice,
    check_count,
    check_level,
    generator,
    truth_and,
    warn,
)
from screening.statistics.intervals import normal_quantile, proportion
from screening.statistics.results import Estimate

# Newton's method on two parameters either converges in a dozen steps or the classes are separated.
MOST_STEPS = 50


@dataclass(frozen=True)
class Brier:
    """Mean squared error of probabilities, 0 is best; ``skill`` is 1 - score / score of the prevalence.

    score = reliability - resolution + uncertainty holds exactly over the groups of equal probabilities.
    """

    score: float
    skill: float
    reliability: float
    resolution: float
    uncertainty: float
    n: int


@dataclass(frozen=True)
class ReliabilityBin:
    """Cases whose probability lies in [low, high): mean probability, share of diseased with interval."""

    low: float
    high: float
    n: int
    predicted: float
    observed: Estimate


@dataclass(frozen=True)
class Reliability:
    """Reliability curve (bins without cases are left out) with expected and maximal calibration error."""

    bins: tuple[ReliabilityBin, ...]
    expected_error: float
    maximal_error: float
    strategy: str
    level: float
    n: int


@dataclass(frozen=True)
class CalibrationLine:
    """Logistic recalibration of the truth on logit(probability).

    A slope below 1 means scores too extreme. ``intercept`` is that of the slope's model, ``in_the_large`` the one with
    the slope held at 1: above 0, the disease is commoner than the scores say.
    """

    slope: Estimate
    intercept: Estimate
    in_the_large: Estimate
    n: int


def brier_score(truth: ArrayLike, probability: ArrayLike) -> Brier:
    """Brier score with Murphy's decomposition.

    Parameters
    ----------
    truth : bool array of shape (cases,)
        Both classes present.
    probability : float array of shape (cases,), from 0 to 1
        Probability of disease.

    Returns
    -------
    Brier

    Raises
    ------
    ValueError
        One class only, or probabilities outside 0 to 1.

    Examples
    --------
    >>> round(brier_score([False, True, True, False], [0.1, 0.9, 0.8, 0.3]).score, 4)
    0.0375
    """
    positive, p = _probabilities(truth, probability)
    score = float(np.mean((p - positive) ** 2))
    prevalence = float(positive.mean())
    values, group = np.unique(p, return_inverse=True)
    counts = np.bincount(group)
    observed = np.bincount(group, weights=positive) / counts
    reliability = float(np.sum(counts * (values - observed) ** 2) / p.size)
    resolution = float(np.sum(counts * (observed - prevalence) ** 2) / p.size)
    uncertainty = prevalence * (1 - prevalence)
    return Brier(score, 1 - score / uncertainty, reliability, resolution, uncertainty, p.size)


def reliability_curve(
    truth: ArrayLike,
    probability: ArrayLike,
    *,
    bins: int = 10,
    strategy: str = "uniform",
    level: float = 0.95,
    interval: str = "wilson",
) -> Reliability:
    """Observed share of diseased against predicted probability, with intervals, and the calibration errors.

    Parameters
    ----------
    truth, probability
        As for :func:`brier_score`.
    bins : int
    strategy : {"uniform", "quantile"}
        Bins of equal width, or of (as far as ties allow) equal numbers of cases.
    level : float in (0, 1)
    interval : str
        One of ``screening.statistics.intervals.METHODS``.

    Returns
    -------
    Reliability

    Raises
    ------
    ValueError
        One class only, probabilities outside 0 to 1, or an unknown strategy.

    Examples
    --------
    >>> curve = reliability_curve([False, True, True, False], [0.1, 0.9, 0.8, 0.3], bins=2)
    >>> [(one.n, round(one.predicted, 2), one.observed.value) for one in curve.bins], round(curve.expected_error, 3)
    ([(2, 0.2, 0.0), (2, 0.85, 1.0)], 0.175)
    """
    positive, p = _probabilities(truth, probability)
    check_count(bins, "bins", least=1)
    check_level(level)
    check_choice(strategy, "strategy", ("uniform", "quantile"))
    edges = np.linspace(0, 1, bins + 1)
    if strategy == "quantile":
        edges = np.unique(np.concatenate([[0.0], np.quantile(p, edges[1:-1]), [1.0]]))
    place = np.clip(np.searchsorted(edges, p, "right") - 1, 0, edges.size - 2)
    found = tuple(
        _bin(positive[place == b], p[place == b], (edges[b], edges[b + 1]), level=level, interval=interval)
        for b in np.unique(place)
    )
    gaps = np.array([abs(one.predicted - one.observed.value) for one in found])
    weights = np.array([one.n for one in found]) / p.size
    return Reliability(found, float(weights @ gaps), float(gaps.max()), strategy, level, p.size)


def expected_calibration_error(
    truth: ArrayLike,
    probability: ArrayLike,
    *,
    bins: int = 10,
    strategy: str = "uniform",
    level: float = 0.95,
    replicates: int = 2000,
    seed: Seed,
) -> Estimate:
    """Mean gap between predicted and observed over bins, with a percentile bootstrap interval.

    The estimate is biased upwards in small samples: even perfect scores show gaps of chance size in every bin.

    Parameters
    ----------
    truth, probability, bins, strategy, level
        As for :func:`reliability_curve`; the bins are those of the sample in every replicate.
    replicates : int
    seed : int or numpy.random.Generator

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        As :func:`reliability_curve`.

    Examples
    --------
    >>> error = expected_calibration_error([False, True, True, False], [0.1, 0.9, 0.8, 0.3], bins=2, seed=1)
    >>> round(error.value, 3)
    0.175
    """
    positive, p = _probabilities(truth, probability)
    check_count(replicates, "replicates", least=2)
    curve = reliability_curve(positive, p, bins=bins, strategy=strategy, level=level)
    rng, _ = generator(seed)
    starts = np.array([one.low for one in curve.bins])
    place = np.clip(np.searchsorted(starts, p, "right") - 1, 0, starts.size - 1)
    gap = p - positive
    drawn = np.empty(replicates)
    for i in range(replicates):
        rows = rng.integers(0, p.size, p.size)
        drawn[i] = np.abs(np.bincount(place[rows], weights=gap[rows])).sum() / p.size
    if drawn.min() == drawn.max():
        warn("Every resample has the same calibration error: the interval has no width and says nothing.")
    tail = (1 - level) / 2
    lower, upper = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(curve.expected_error, float(lower), float(upper), level, "percentile bootstrap")


def calibration_line(truth: ArrayLike, probability: ArrayLike, *, level: float = 0.95) -> CalibrationLine:
    """Calibration slope and intercept by logistic regression, Wald intervals.

    Parameters
    ----------
    truth : bool array of shape (cases,)
    probability : float array of shape (cases,), strictly between 0 and 1
        Scores of exactly 0 or 1 have no logit and are refused.
    level : float in (0, 1)

    Returns
    -------
    CalibrationLine
        NaN with a warning where the classes are separated by the score (the slope is infinite).

    Raises
    ------
    ValueError
        Probabilities of exactly 0 or 1, all equal, or one class only.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(2)
    >>> p = rng.uniform(0.02, 0.98, 4000)
    >>> line = calibration_line(rng.random(4000) < p, p)
    >>> line.slope.lower < 1 < line.slope.upper, line.in_the_large.lower < 0 < line.in_the_large.upper
    (True, True)
    """
    positive, p = _probabilities(truth, probability)
    check_level(level)
    if p.min() <= 0 or p.max() >= 1:
        raise ValueError("A probability of exactly 0 or 1 has no logit: move such scores inwards, for example by 1e-6.")
    logit = np.log(p) - np.log1p(-p)
    if np.ptp(logit) == 0:
        raise ValueError("All probabilities are equal: there is no slope.")
    ones = np.ones_like(logit)
    both = _logistic(np.stack([ones, logit], axis=1), positive, np.zeros_like(logit), level=level)
    alone = _logistic(ones[:, None], positive, logit, level=level)
    return CalibrationLine(slope=both[1], intercept=both[0], in_the_large=alone[0], n=p.size)


def _probabilities(truth: ArrayLike, probability: ArrayLike) -> tuple[Bools, Floats]:
    p = as_floats(probability, "probability")
    if p.size and (p.min() < 0 or p.max() > 1):
        raise ValueError(
            "probability must lie between 0 and 1: scores on another scale cannot be calibrated as they are."
        )
    return truth_and(truth, p, "probability"), p


def _bin(positive: Bools, p: Floats, edges: tuple[float, float], *, level: float, interval: str) -> ReliabilityBin:
    observed = proportion(int(positive.sum()), positive.size, level=level, method=interval)
    return ReliabilityBin(float(edges[0]), float(edges[1]), positive.size, float(p.mean()), observed)


def _logistic(design: Floats, positive: Bools, offset: Floats, *, level: float) -> list[Estimate]:
    """Maximum likelihood by Newton's method with Wald intervals."""
    beta = np.zeros(design.shape[1])
    z = normal_quantile(level)
    for _ in range(MOST_STEPS):
        mean = 1 / (1 + np.exp(-np.clip(design @ beta + offset, -700, 700)))
        information = design.T @ (design * (mean * (1 - mean))[:, None])
        if np.linalg.cond(information) > 1e12:
            break
        step = np.linalg.solve(information, design.T @ (positive - mean))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            se = np.sqrt(np.diag(np.linalg.inv(information)))
            return [
                Estimate(float(b), float(b - z * s), float(b + z * s), level, "logistic regression, Wald")
                for b, s in zip(beta, se, strict=True)
            ]
    warn("The score separates the classes: the calibration slope is infinite, its estimate undefined (NaN).")
    return [Estimate(math.nan, math.nan, math.nan, level, "logistic regression, Wald") for _ in beta]
