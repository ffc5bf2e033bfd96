"""The empirical ROC curve: vertices, areas, operating points. DeLong's method is re-exported from ``delong``.

Definitions follow pROC (Robin et al. 2011): one vertex per distinct score, so ties between the classes give a sloping
segment; thresholds lie midway between neighbouring scores; with ``direction="<"`` a case is called positive when
``score >= threshold``, with ``direction=">"`` when ``score <= threshold``. The direction is never guessed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import (
    Direction,
    Floats,
    as_floats,
    check_choice,
    check_direction,
    check_fractions,
    split,
    truth_and,
    warn,
)
from screening.statistics.delong import DelongCovariance as DelongCovariance
from screening.statistics.delong import DelongTest as DelongTest
from screening.statistics.delong import delong_covariance as delong_covariance
from screening.statistics.delong import delong_interval as delong_interval
from screening.statistics.delong import delong_test as delong_test
from screening.statistics.rates import Confusion, confusion
from screening.statistics.vertices import area_between, height_at, mann_whitney_share, vertices

Grid: TypeAlias = Sequence[float] | Floats

ROUNDING = 1e-12  # what sums of a few hundred trapezia may lose


@dataclass(frozen=True)
class RocCurve:
    """Vertices of an empirical ROC curve from (0, 0) to (1, 1) of the (1 - specificity, sensitivity) plane.

    ``thresholds`` starts infinite (nobody is called positive) and walks towards the other infinity.
    """

    thresholds: Floats
    sensitivity: Floats
    specificity: Floats
    auc: float
    n_cases: int
    n_controls: int
    direction: str


@dataclass(frozen=True)
class PartialAuc:
    """Area under a part of the curve. ``value`` is McClish's standardised area when ``corrected``."""

    value: float
    low: float
    high: float
    focus: str
    corrected: bool
    n_cases: int
    n_controls: int


@dataclass(frozen=True)
class BestThreshold:
    """The vertices (all ties) that are best by ``method``, with the value of the criterion there."""

    threshold: Floats
    sensitivity: Floats
    specificity: Floats
    criterion: float
    method: str
    cost: float
    prevalence: float


def roc_curve(truth: ArrayLike, score: ArrayLike, *, direction: Direction = "<") -> RocCurve:
    """Empirical ROC curve.

    Parameters
    ----------
    truth : bool array of shape (cases,)
        True means diseased; both classes must be present.
    score : float array of shape (cases,)
        Finite numbers.
    direction : {"<", ">"}
        "<": larger scores are more diseased.

    Returns
    -------
    RocCurve

    Raises
    ------
    ValueError
        One class only, NaN or infinite scores, or lengths that differ.

    References
    ----------
    Robin et al. 2011, BMC Bioinformatics 12:77.

    Examples
    --------
    >>> curve = roc_curve([False, False, True, True], [1, 4, 3, 8])
    >>> curve.thresholds.tolist()
    [inf, 6.0, 3.5, 2.0, -inf]
    >>> curve.sensitivity.tolist(), curve.specificity.tolist(), curve.auc
    ([0.0, 0.5, 0.5, 1.0, 1.0], [1.0, 1.0, 0.5, 0.5, 0.0], 0.75)
    """
    controls, cases = split(truth, score, direction)
    thresholds, tp, fp = vertices(controls, cases)
    return RocCurve(
        thresholds=thresholds if direction == "<" else -thresholds,
        sensitivity=tp / cases.size,
        specificity=(controls.size - fp) / controls.size,
        auc=mann_whitney_share(controls, cases),
        n_cases=cases.size,
        n_controls=controls.size,
        direction=direction,
    )


def auc(truth: ArrayLike, score: ArrayLike, *, direction: Direction = "<") -> float:
    """Area under the empirical curve = Mann-Whitney probability, ties counted one half.

    Parameters
    ----------
    truth, score, direction
        As for :func:`roc_curve`.

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        One class only, NaN or infinite scores, or lengths that differ.

    Examples
    --------
    >>> auc([False, False, True, True], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    return mann_whitney_share(*split(truth, score, direction))


def partial_auc(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    low: float = 0.9,
    high: float = 1.0,
    focus: str = "specificity",
    corrected: bool = False,
    direction: Direction = "<",
) -> PartialAuc:
    """Area under the part of the curve where ``focus`` lies between ``low`` and ``high``.

    Parameters
    ----------
    truth, score, direction
        As for :func:`roc_curve`.
    low, high : float, 0 <= low < high <= 1
    focus : {"specificity", "sensitivity"}
        The coordinate the bounds are for; the area is that of the other one over it.
    corrected : bool
        McClish's correction: 0.5 for the diagonal, 1 for a perfect curve, NaN (with a warning) under the diagonal.

    Returns
    -------
    PartialAuc

    Raises
    ------
    ValueError
        As :func:`roc_curve`, or bounds that are not 0 <= low < high <= 1.

    References
    ----------
    McClish 1989, Med Decis Making 9:190.

    Examples
    --------
    >>> partial_auc([False, False, True, True], [0.1, 0.4, 0.35, 0.8], low=0.5).value
    0.25
    """
    check_choice(focus, "focus", ("specificity", "sensitivity"))
    if not 0 <= low < high <= 1:
        raise ValueError(f"The bounds must be 0 <= low < high <= 1, not {low!r} and {high!r}.")
    curve = roc_curve(truth, score, direction=direction)
    ascending = (curve.specificity[::-1], curve.sensitivity[::-1])
    x, y = ascending if focus == "specificity" else (curve.sensitivity, curve.specificity)
    area = area_between(x, y, low=low, high=high)
    if corrected:
        width = high - low
        least = width - (high**2 - low**2) / 2
        if area < least - ROUNDING:
            warn("The partial area lies under the diagonal: McClish's correction is undefined (NaN).")
            area = math.nan
        else:  # on the diagonal, up to rounding, it is exactly one half
            area = (1 + max(area - least, 0.0) / (width - least)) / 2
    return PartialAuc(area, low, high, focus, corrected, curve.n_cases, curve.n_controls)


@overload
def sensitivity_at(truth: ArrayLike, score: ArrayLike, specificity: float, *, direction: Direction = "<") -> float: ...
@overload
def sensitivity_at(truth: ArrayLike, score: ArrayLike, specificity: Grid, *, direction: Direction = "<") -> Floats: ...
def sensitivity_at(
    truth: ArrayLike, score: ArrayLike, specificity: float | Grid, *, direction: Direction = "<"
) -> float | Floats:
    """Sensitivity of the curve at a given specificity, as pROC's ``coords`` reads it.

    A specificity that some vertex has exactly (within 1e-9 of a whole count) gives the highest sensitivity at it;
    otherwise the neighbouring vertices are joined by a straight line.

    Parameters
    ----------
    truth, score, direction
        As for :func:`roc_curve`.
    specificity : float in [0, 1], or array of them

    Returns
    -------
    float, or array of the shape of ``specificity``

    Raises
    ------
    ValueError
        As :func:`roc_curve`, or fractions outside 0 to 1.

    Examples
    --------
    >>> sensitivity_at([False, False, True, True], [0.1, 0.4, 0.35, 0.8], 0.5)
    1.0
    """
    controls, cases = split(truth, score, direction)
    values = height_at(controls, cases, check_fractions(specificity, "specificity"))
    return float(values[0]) if np.ndim(specificity) == 0 else values


@overload
def specificity_at(truth: ArrayLike, score: ArrayLike, sensitivity: float, *, direction: Direction = "<") -> float: ...
@overload
def specificity_at(truth: ArrayLike, score: ArrayLike, sensitivity: Grid, *, direction: Direction = "<") -> Floats: ...
def specificity_at(
    truth: ArrayLike, score: ArrayLike, sensitivity: float | Grid, *, direction: Direction = "<"
) -> float | Floats:
    """Specificity of the curve at a given sensitivity: :func:`sensitivity_at` with the classes' parts exchanged.

    Parameters
    ----------
    truth, score, direction
        As for :func:`roc_curve`.
    sensitivity : float in [0, 1], or array of them

    Returns
    -------
    float, or array of the shape of ``sensitivity``

    Raises
    ------
    ValueError
        As :func:`roc_curve`, or fractions outside 0 to 1.

    Examples
    --------
    >>> specificity_at([False, False, True, True], [0.1, 0.4, 0.35, 0.8], [0.5, 1.0]).tolist()
    [1.0, 0.5]
    """
    controls, cases = split(truth, score, direction)
    values = height_at(-cases, -controls, check_fractions(sensitivity, "sensitivity"))
    return float(values[0]) if np.ndim(sensitivity) == 0 else values


def rates_at_threshold(
    truth: ArrayLike, score: ArrayLike, threshold: float, *, direction: Direction = "<"
) -> Confusion:
    """The fourfold table at a threshold given by the user; infinite ones are taken.

    Parameters
    ----------
    truth, score, direction
        As for :func:`roc_curve`.
    threshold : float
        Called positive at or above it (below it with ">").

    Returns
    -------
    Confusion

    Raises
    ------
    ValueError
        As :func:`roc_curve`, or a threshold that is NaN.

    Examples
    --------
    >>> rates_at_threshold([False, False, True, True], [0.1, 0.4, 0.35, 0.8], 0.4)
    Confusion(tp=1, fn=1, tn=1, fp=1)
    """
    if np.isnan(threshold):
        raise ValueError("threshold is NaN: give the number at which a score becomes a positive call.")
    values = as_floats(score, "score")
    truth_and(truth, values, "score")
    return confusion(truth, values >= threshold if check_direction(direction) == "<" else values <= threshold)


def best_threshold(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    method: str = "youden",
    cost: float = 1.0,
    prevalence: float = 0.5,
    tolerance: float = 0.0,
    direction: Direction = "<",
) -> BestThreshold:
    """The operating point that is best by Youden's index or nearest to the top left corner.

    With r = (1 - prevalence) / (cost * prevalence), "youden" maximises sensitivity + r * specificity and
    "closest_topleft" minimises (1 - sensitivity)^2 + r * (1 - specificity)^2. The same data choose and describe the
    point: its rates are optimistic.

    Parameters
    ----------
    truth, score, direction
        As for :func:`roc_curve`.
    method : {"youden", "closest_topleft"}
    cost : float > 0
        Cost of a false negative relative to a false positive.
    prevalence : float in (0, 1)
    tolerance : float >= 0
        Vertices this close to the best value count as tied with it. 0 compares the floating-point sums, as pROC does;
        1e-12 also finds ties that rounding hides (193/228 + 212/228 against 199/228 + 206/228).

    Returns
    -------
    BestThreshold
        All tied vertices.

    Raises
    ------
    ValueError
        As :func:`roc_curve`, or a cost, prevalence or tolerance out of range.

    References
    ----------
    Youden 1950, Cancer 3:32. Perkins, Schisterman 2006, Am J Epidemiol 163:670.

    Examples
    --------
    >>> best_threshold([False, False, True, True], [0.1, 0.3, 0.35, 0.8]).sensitivity.tolist()
    [1.0]
    """
    check_choice(method, "method", ("youden", "closest_topleft"))
    if not cost > 0 or not 0 < prevalence < 1 or not tolerance >= 0:
        raise ValueError("cost must be positive, prevalence lie between 0 and 1 and tolerance not be negative.")
    curve = roc_curve(truth, score, direction=direction)
    weight = (1 - prevalence) / (cost * prevalence)
    if method == "youden":
        criterion = curve.sensitivity + weight * curve.specificity
        best = float(criterion.max())
    else:
        criterion = (1 - curve.sensitivity) ** 2 + weight * (1 - curve.specificity) ** 2
        best = float(criterion.min())
    tied = np.abs(criterion - best) <= tolerance
    return BestThreshold(
        curve.thresholds[tied], curve.sensitivity[tied], curve.specificity[tied], best, method, cost, prevalence
    )
