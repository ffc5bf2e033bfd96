"""The vertices of an empirical ROC curve, its area and its heights, from the scores of the two classes."""

from __future__ import annotations

import numpy as np

from screening.statistics.checks import Floats, Ints

# A fraction times a count this close to a whole number IS that number: 3 * 0.05 must mean 3 of 20.
SNAP = 1e-9


def vertices(controls: Floats, cases: Floats) -> tuple[Floats, Ints, Ints]:
    """Descending thresholds with the true and false positives at each."""
    values, inverse = np.unique(np.concatenate([controls, cases]), return_inverse=True)
    at_control = np.bincount(inverse[: controls.size], minlength=values.size)
    at_case = np.bincount(inverse[controls.size :], minlength=values.size)
    with np.errstate(over="ignore"):
        middle = (values[:-1] + values[1:]) / 2
    middle = np.where(np.isfinite(middle), middle, values[:-1] / 2 + values[1:] / 2)
    # Between neighbouring floats the midpoint may round down onto the lower one, which would then be called positive.
    middle = np.where(middle <= values[:-1], values[1:], middle)
    thresholds = np.concatenate([[np.inf], middle[::-1], [-np.inf]])
    zero = np.zeros(1, dtype=np.int64)
    tp = np.concatenate([zero, np.cumsum(at_case[::-1])])
    fp = np.concatenate([zero, np.cumsum(at_control[::-1])])
    return thresholds, tp, fp


def mann_whitney_share(controls: Floats, cases: Floats) -> float:
    ordered = np.sort(controls)
    # Whole numbers throughout, one division at the end: no rounding on the way.
    twice = np.searchsorted(ordered, cases, "left").sum() + np.searchsorted(ordered, cases, "right").sum()
    return float(twice / (2 * controls.size * cases.size))


def height_at(controls: Floats, cases: Floats, specificity: Floats) -> Floats:
    """Sensitivity at each specificity; only the distinct control values matter."""
    values, counts = np.unique(controls, return_counts=True)
    ordered = np.sort(cases)
    above = cases.size - np.searchsorted(ordered, values, "right")
    from_here = cases.size - np.searchsorted(ordered, values, "left")
    upto = np.concatenate([[0], np.cumsum(counts)])
    wanted = snap(specificity * controls.size)
    j = np.maximum(np.searchsorted(upto, wanted, "left"), 1)
    share = (wanted - upto[j - 1]) / (upto[j] - upto[j - 1])
    height = from_here[j - 1] + share * (above[j - 1] - from_here[j - 1])
    return np.where(wanted == 0, 1.0, height / cases.size)


def snap(count: Floats) -> Floats:
    """Counts that are whole up to rounding, made whole."""
    whole = np.rint(count)
    return np.where(np.abs(count - whole) < SNAP, whole, count)


def area_between(x: Floats, y: Floats, *, low: float, high: float) -> float:
    """Area under the polyline (x ascending) between two abscissae; upright pieces have none."""
    left, right = np.clip(x[:-1], low, high), np.clip(x[1:], low, high)
    width = np.diff(x)
    slope = np.divide(np.diff(y), width, out=np.zeros_like(width), where=width > 0)
    middle = y[:-1] + slope * ((left + right) / 2 - x[:-1])
    return float(np.sum((right - left) * middle))
