"""What held-out scores look like, as plain numbers for figures and tables: ROC curve, calls, calibration, histogram.

Whether two curves differ, and intervals of areas, are the statistics package's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score, roc_curve

from training.engine.metrics import probability_metrics

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Vertices of an empirical ROC curve from (0, 0) to (1, 1), and the area under it."""

    false_positive: list[float]
    sensitivity: list[float]
    auc: float


@dataclass(frozen=True, kw_only=True)
class Calls:
    """Counts of calls at a threshold. A rate without cases is None."""

    tp: int
    fn: int
    fp: int
    tn: int

    @property
    def n(self) -> int:
        return self.tp + self.fn + self.fp + self.tn

    def rates(self) -> dict[str, float | None]:
        return {
            "accuracy": _share(self.tp + self.tn, self.n),
            "sensitivity": _share(self.tp, self.tp + self.fn),
            "specificity": _share(self.tn, self.tn + self.fp),
            "precision": _share(self.tp, self.tp + self.fp),
            "f1": _share(2 * self.tp, 2 * self.tp + self.fp + self.fn),
        }


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Faces whose probability lies in [low, high): mean probability, share of GS with its 95 % Wilson interval."""

    low: float
    high: float
    n: int
    predicted: float
    observed: float
    lower: float
    upper: float


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Reliability diagram (bins without faces are left out), expected calibration error, Brier score, log loss."""

    bins: list[Bin]
    expected_error: float
    brier: float
    log_loss: float


def roc(truth: Bools, scores: Floats) -> Curve | None:
    """None where only one class is present: there is no curve.

    >>> roc(np.array([False, False, True, True]), np.array([0.1, 0.4, 0.3, 0.8])).auc
    0.75
    """
    if truth.all() or not truth.any():
        return None
    false_positive, sensitivity, _ = roc_curve(truth, scores)
    return Curve(
        false_positive=false_positive.tolist(),
        sensitivity=sensitivity.tolist(),
        auc=float(roc_auc_score(truth, scores)),
    )


def calls(truth: Bools, called: Bools) -> Calls:
    """Truth and calls (n,) as counts.

    >>> calls(np.array([True, True, False]), np.array([True, False, False]))
    Calls(tp=1, fn=1, fp=0, tn=1)
    """
    return Calls(
        tp=int(np.sum(truth & called)),
        fn=int(np.sum(truth & ~called)),
        fp=int(np.sum(~truth & called)),
        tn=int(np.sum(~truth & ~called)),
    )


def calibration(truth: Bools, probabilities: Floats, *, bins: int = 10) -> Calibration | None:
    """Do probabilities of GS (n,) mean what they say? Bins of equal width (Guo et al. 2017); None without a face.

    >>> found = calibration(np.array([False, True, True, False]), np.array([0.1, 0.9, 0.8, 0.3]), bins=2)
    >>> [(part.n, round(part.predicted, 2), part.observed) for part in found.bins], round(found.expected_error, 3)
    ([(2, 0.2, 0.0), (2, 0.85, 1.0)], 0.175)
    """
    if not len(truth):
        return None
    place = np.minimum((np.asarray(probabilities) * bins).astype(int), bins - 1)
    found = [
        _bin(truth[place == b], probabilities[place == b], low=b / bins, high=(b + 1) / bins) for b in np.unique(place)
    ]
    gap = sum(part.n * abs(part.predicted - part.observed) for part in found) / len(truth)
    return Calibration(bins=found, expected_error=float(gap), **probability_metrics(truth, probabilities))


def histogram(scores: Floats, *, bins: int = 20) -> list[int]:
    """Faces in each of `bins` equal parts of 0..1.

    >>> histogram(np.array([0.0, 0.2, 0.99, 1.0]), bins=4)
    [2, 0, 0, 2]
    """
    counts: list[int] = np.histogram(scores, bins=bins, range=(0.0, 1.0))[0].tolist()
    return counts


def _bin(truth: Sequence[bool] | Bools, probabilities: Floats, *, low: float, high: float) -> Bin:
    cases = int(np.sum(truth))
    interval = binomtest(cases, len(truth)).proportion_ci(method="wilson")
    return Bin(
        low=float(low),
        high=float(high),
        n=len(truth),
        predicted=float(np.mean(probabilities)),
        observed=cases / len(truth),
        lower=float(interval.low),
        upper=float(interval.high),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
