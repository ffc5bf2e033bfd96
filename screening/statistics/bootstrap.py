"""Percentile bootstrap of the ROC curve: bands, areas, thresholds and tests.

As in pROC: the classes are resampled separately unless ``stratified=False``; limits are plain percentiles of the
replicates (numpy's default quantile); the direction is never chosen anew. A band is POINTWISE; the simultaneous one
stands beside it and is named so.

References
----------
Robin et al. 2011, BMC Bioinformatics 12:77. Carpenter, Bithell 2000, Stat Med 19:1141. Montiel Olea, Plagborg-Moller
2019, J Appl Econom 34:1 (sup-t bands). Anscombe 1948, Biometrika 35:246 (arcsine scale).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from screening.statistics.checks import (
    Direction,
    Floats,
    Seed,
    check_choice,
    check_count,
    check_fractions,
    check_level,
    generator,
    split,
    warn,
)
from screening.statistics.replicates import area_replicates, curve_replicates, paired_replicates
from screening.statistics.resampling import Sample
from screening.statistics.results import AucInterval
from screening.statistics.roc import auc as point_auc
from screening.statistics.roc import sensitivity_at, specificity_at
from screening.statistics.thresholds import IntervalSeries as IntervalSeries
from screening.statistics.thresholds import ThresholdIntervals as ThresholdIntervals
from screening.statistics.thresholds import threshold_intervals as threshold_intervals


@dataclass(frozen=True, eq=False)
class Band:
    """Bootstrap band of a ROC curve over a grid of specificities (or sensitivities).

    Arrays have the shape of ``grid``. With ``at="specificity"`` they hold sensitivities, with ``at="sensitivity"``
    specificities. ``estimate`` is the curve itself, ``median`` that of the replicates, ``se`` their SD. ``lower`` and
    ``upper`` hold pointwise: the chance that the whole true curve lies between them is well under ``level``. That is
    what ``simultaneous_lower`` and ``simultaneous_upper`` are for (over this grid). ``replicates`` counts those used.
    """

    at: str
    grid: Floats
    estimate: Floats
    lower: Floats
    median: Floats
    upper: Floats
    se: Floats
    simultaneous_lower: Floats
    simultaneous_upper: Floats
    level: float
    replicates: int
    stratified: bool
    seed: int | None
    n_cases: int
    n_controls: int
    direction: str
    method: str


@dataclass(frozen=True)
class BootstrapTest:
    """Paired test of two scores by the bootstrap SD of the difference (a minus b)."""

    compare: str
    at: float | None
    value_a: float
    value_b: float
    difference: float
    se: float
    statistic: float
    p_value: float
    lower: float
    upper: float
    level: float
    replicates: int
    stratified: bool
    seed: int | None
    method: str


def roc_band(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    grid: ArrayLike,
    at: str = "specificity",
    replicates: int = 2000,
    level: float = 0.95,
    stratified: bool = True,
    seed: Seed,
    direction: Direction = "<",
) -> Band:
    """Bootstrap band of the curve at given specificities or sensitivities.

    Parameters
    ----------
    truth : bool array of shape (cases,)
    score : float array of shape (cases,)
    grid : array of fractions from 0 to 1
        Specificities for ``at="specificity"``, sensitivities for ``at="sensitivity"``.
    at : {"specificity", "sensitivity"}
    replicates : int
        2000 by default; 200 (Hong et al. 2021) leave the third decimal to chance.
    level : float in (0, 1)
    stratified : bool
        Resample diseased and healthy cases separately. Otherwise resamples without both classes are dropped with a
        warning.
    seed : int or numpy.random.Generator
        The same seed gives the same band.
    direction : {"<", ">"}

    Returns
    -------
    Band

    Raises
    ------
    ValueError
        One class only, NaN or infinite scores, a grid outside 0 to 1, or too few replicates.

    References
    ----------
    Robin et al. 2011, BMC Bioinformatics 12:77. Montiel Olea, Plagborg-Moller 2019, J Appl Econom 34:1.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> truth = np.repeat([False, True], 50)
    >>> band = roc_band(truth, rng.normal(truth, 1), grid=[0.5, 0.9], seed=7)
    >>> bool(np.all(band.lower <= band.estimate) and np.all(band.estimate <= band.upper))
    True
    """
    check_choice(at, "at", ("specificity", "sensitivity"))
    check_level(level)
    check_count(replicates, "replicates", least=2)
    controls, cases = split(truth, score, direction)
    fractions = check_fractions(grid, "grid")
    rng, kept_seed = generator(seed)
    sample = Sample(controls, cases, stratified)
    heights = curve_replicates(sample if at == "specificity" else sample.swapped(), fractions, replicates, rng=rng)
    read = sensitivity_at if at == "specificity" else specificity_at
    estimate: Floats = np.asarray(read(truth, score, fractions, direction=direction))
    ordered = np.sort(heights.T, axis=1)
    if _has_no_width(heights, fractions):
        warn("Every resample gives the same curve: the band has no width and says nothing.")
    tail = (1 - level) / 2
    pointwise = _quantile(ordered, tail), _quantile(ordered, 1 - tail)
    n = cases.size if at == "specificity" else controls.size
    outer = _simultaneous(estimate, heights, pointwise, n=n, level=level)
    # Where nobody is called negative every curve is at 1: nothing to be uncertain about.
    outer[:, fractions == 0] = 1.0
    return Band(
        at=at,
        grid=fractions,
        estimate=estimate,
        lower=pointwise[0],
        median=_quantile(ordered, 0.5),
        upper=pointwise[1],
        se=ordered.std(axis=1, ddof=1),
        simultaneous_lower=outer[0],
        simultaneous_upper=outer[1],
        level=level,
        replicates=heights.shape[0],
        stratified=stratified,
        seed=kept_seed,
        n_cases=cases.size,
        n_controls=controls.size,
        direction=direction,
        method="percentile bootstrap, pointwise; simultaneous limits by sup-t on the arcsine scale",
    )


def auc_interval(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    replicates: int = 2000,
    level: float = 0.95,
    stratified: bool = True,
    seed: Seed,
    direction: Direction = "<",
) -> AucInterval:
    """Percentile bootstrap interval of the AUC.

    Parameters
    ----------
    truth, score, replicates, level, stratified, seed, direction
        As for :func:`roc_band`.

    Returns
    -------
    AucInterval

    Raises
    ------
    ValueError
        One class only, NaN or infinite scores, or lengths that differ.

    Examples
    --------
    >>> result = auc_interval([False] * 4 + [True] * 4, [1, 2, 3, 6, 4, 5, 7, 8], seed=1)
    >>> result.value, result.upper, result.method
    (0.875, 1.0, 'percentile bootstrap')
    """
    check_level(level)
    check_count(replicates, "replicates", least=2)
    controls, cases = split(truth, score, direction)
    rng, kept_seed = generator(seed)
    sample = Sample(controls, cases, stratified)
    areas = area_replicates(sample, replicates, rng=rng)
    if areas.min() == areas.max():
        warn("Every resample has the same AUC: the interval has no width and says nothing.")
    tail = (1 - level) / 2
    lower, median, upper = np.quantile(areas, [tail, 0.5, 1 - tail])
    return AucInterval(
        value=point_auc(truth, score, direction=direction),
        lower=float(lower),
        upper=float(upper),
        median=float(median),
        se=float(areas.std(ddof=1)),
        level=level,
        method="percentile bootstrap",
        replicates=areas.size,
        stratified=stratified,
        seed=kept_seed,
        n_cases=cases.size,
        n_controls=controls.size,
        direction=direction,
    )


def auc_test(
    truth: ArrayLike,
    score_a: ArrayLike,
    score_b: ArrayLike,
    *,
    compare: str = "auc",
    at: float | None = None,
    replicates: int = 2000,
    level: float = 0.95,
    stratified: bool = True,
    seed: Seed,
    direction: Direction = "<",
) -> BootstrapTest:
    """Paired bootstrap test of two scores of the same cases: z = difference / SD of its replicates.

    Parameters
    ----------
    truth, score_a, score_b : arrays of shape (cases,)
    compare : {"auc", "sensitivity", "specificity"}
        "sensitivity" compares the sensitivities at specificity ``at`` (pROC: ``method="specificity"``), "specificity"
        the specificities at sensitivity ``at``.
    at : float in [0, 1]
        Needed unless ``compare="auc"``.

    The other parameters are those of :func:`roc_band`; the same resampled rows serve both scores. ``lower`` and
    ``upper`` are percentiles of the difference.

    Returns
    -------
    BootstrapTest
        Statistic and p value are NaN, with a warning, where the difference never varies.

    Raises
    ------
    ValueError
        As :func:`roc_band`, or ``at`` given when it has no meaning.

    Examples
    --------
    >>> truth = [False] * 4 + [True] * 4
    >>> test = auc_test(truth, [1, 2, 3, 6, 4, 5, 7, 8], [2, 1, 6, 3, 4, 8, 7, 5], seed=1)
    >>> test.difference, test.compare
    (0.0, 'auc')
    """
    check_choice(compare, "compare", ("auc", "sensitivity", "specificity"))
    check_level(level)
    check_count(replicates, "replicates", least=2)
    if (at is None) != (compare == "auc"):
        raise ValueError("at is the fixed specificity or sensitivity: give it exactly when compare is not 'auc'.")
    samples = [
        Sample(*split(truth, score, direction, name=name), stratified)
        for score, name in ((score_a, "score_a"), (score_b, "score_b"))
    ]
    if compare == "specificity":
        samples = [sample.swapped() for sample in samples]
    rng, kept_seed = generator(seed)
    fractions = None if at is None else check_fractions(at, "at")
    drawn = paired_replicates(samples, fractions, replicates, rng=rng)
    difference = drawn[0] - drawn[1]
    for name, values in zip(("score_a", "score_b"), drawn, strict=True):
        if values.min() == values.max():
            warn(f"{name} gives the same value in every resample: the test takes it as known exactly.")
    value_a, value_b = (_point(truth, score, compare, at=at, direction=direction) for score in (score_a, score_b))
    se = float(difference.std(ddof=1))
    if se == 0:
        warn("The difference does not vary between resamples: no test (NaN).")
    statistic = (value_a - value_b) / se if se > 0 else float("nan")
    tail = (1 - level) / 2
    lower, upper = np.quantile(difference, [tail, 1 - tail])
    return BootstrapTest(
        compare=compare,
        at=at,
        value_a=value_a,
        value_b=value_b,
        difference=value_a - value_b,
        se=se,
        statistic=statistic,
        p_value=float(2 * special.ndtr(-abs(statistic))),
        lower=float(lower),
        upper=float(upper),
        level=level,
        replicates=difference.size,
        stratified=stratified,
        seed=kept_seed,
        method="paired bootstrap, normal test by the SD of the replicates",
    )


def _point(truth: ArrayLike, score: ArrayLike, compare: str, *, at: float | None, direction: Direction) -> float:
    if compare == "auc" or at is None:
        return point_auc(truth, score, direction=direction)
    read = sensitivity_at if compare == "sensitivity" else specificity_at
    return float(read(truth, score, at, direction=direction))


def _has_no_width(heights: Floats, fractions: Floats) -> bool:
    """Whether no resample moves the curve anywhere; at the fixed corner (0, 1) none ever does."""
    inner = heights[:, fractions > 0]
    return bool(inner.size and np.all(inner == inner[0]))


def _quantile(ordered: Floats, share: float) -> Floats:
    """numpy's "linear" (R's type 7) quantile of rows that are sorted already."""
    place = share * (ordered.shape[1] - 1)
    low = int(np.floor(place))
    high = min(low + 1, ordered.shape[1] - 1)
    value: Floats = ordered[:, low] + (place - low) * (ordered[:, high] - ordered[:, low])
    return value


def _simultaneous(estimate: Floats, drawn: Floats, pointwise: tuple[Floats, Floats], *, n: int, level: float) -> Floats:
    """Sup-t band on the arcsine scale: estimate +- c SE, with c from the largest deviation of each resampled curve.

    On Anscombe's scale a share of n has the standard error 1 / (2 sqrt(n)) whatever it is. That is the least SE used:
    where the curve touches 0 or 1 resamples do not vary, and percentiles would promise certainty. ``n`` is the size of
    the class whose share is read; ``drawn`` is (replicates, points). The pointwise limits are never left outside.
    """
    centre, deviation = _arcsine(estimate, n), _arcsine(drawn, n)
    se = np.maximum(deviation.std(axis=0, ddof=1), 0.5 / np.sqrt(n))
    c = np.quantile(np.max(np.abs(deviation - centre) / se, axis=1), level)
    low, high = _from_arcsine(centre - c * se, n), _from_arcsine(centre + c * se, n)
    return np.stack([np.minimum(low, pointwise[0]), np.maximum(high, pointwise[1])])


def _arcsine(share: Floats, n: int) -> Floats:
    scaled: Floats = np.arcsin(np.sqrt((share * n + 0.375) / (n + 0.75)))
    return scaled


def _from_arcsine(scaled: Floats, n: int) -> Floats:
    share: Floats = (np.sin(np.clip(scaled, 0, np.pi / 2)) ** 2 * (n + 0.75) - 0.375) / n
    return np.clip(share, 0.0, 1.0)
