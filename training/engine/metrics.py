"""Figures of one fold, by scikit-learn. Comparing readers with the model is the statistics package's business."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, roc_auc_score, roc_curve

Floats = NDArray[np.float64]


def auc(has_syndrome: Sequence[bool] | NDArray[np.bool_], scores: Floats) -> float:
    """Area under the ROC curve; 0.5 where only one class is present, because nothing can be told apart."""
    truth = np.asarray(has_syndrome, bool)
    return 0.5 if truth.all() or not truth.any() else float(roc_auc_score(truth, scores))


def best_threshold(has_syndrome: Sequence[bool] | NDArray[np.bool_], scores: Floats) -> float:
    """Youden's threshold: largest sensitivity + specificity - 1; in the middle of the gap it falls into.

    >>> best_threshold([False, False, True, True], np.array([0.1, 0.2, 0.6, 0.9]))
    0.4
    """
    truth = np.asarray(has_syndrome, bool)
    if truth.all() or not truth.any():
        return 0.5
    false_positive, true_positive, thresholds = roc_curve(truth, scores, drop_intermediate=False)
    upper = min(float(thresholds[int(np.argmax(true_positive - false_positive))]), float(np.max(scores)))
    below = scores[scores < upper]
    return (upper + float(below.max())) / 2 if len(below) else upper


def fold_metrics(
    has_syndrome: Sequence[bool] | NDArray[np.bool_], scores: Floats, *, threshold: float
) -> dict[str, float]:
    """Counts and rates at the threshold (GS where the score reaches it) and the AUC; 0 where a rate has no cases."""
    truth = np.asarray(has_syndrome, bool)
    called = np.asarray(scores) >= threshold
    tn, fp, fn, tp = (int(count) for count in confusion_matrix(truth, called, labels=[False, True]).ravel())
    return {
        "auc": auc(truth, scores),
        "accuracy": _share(tp + tn, len(truth)),
        "sensitivity": _share(tp, tp + fn),
        "specificity": _share(tn, tn + fp),
        "precision": _share(tp, tp + fp),
        "f1": _share(2 * tp, 2 * tp + fp + fn),
        "tp": tp,
        "fp": fp,
        "tn": tn,
        "fn": fn,
    }


def probability_metrics(has_syndrome: Sequence[bool] | NDArray[np.bool_], probabilities: Floats) -> dict[str, float]:
    """Brier score and log loss of probabilities of GS (n,): smaller is better, 0.25 and 0.693 are a coin's."""
    truth = np.asarray(has_syndrome, bool)
    chance = np.clip(np.where(truth, probabilities, 1 - np.asarray(probabilities)), 1e-7, 1.0)
    return {"brier": float(((1 - chance) ** 2).mean()), "log_loss": float(-np.log(chance).mean())}


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
