"""A linear classifier with nested selection: the training part teaches and chooses, nothing else is looked at.

The model ends as one weight a feature and is kept as plain numbers, so that a stored one can be read by any version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from training.engine.metrics import auc
from training.engine.results import Cancelled

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

FLATTEST = 1e-3
"""Smallest slope of the scores over the decision values: a model without skill must not be turned upside down."""


class TooFew(ValueError):
    """The training part is too small for a selection inside it; the message says so."""


@dataclass(frozen=True, kw_only=True)
class LinearModel:
    """`weights` (d,) and `bias` give the decision value; P(GS) is the logistic function of slope x value + offset."""

    weights: Floats
    bias: float
    slope: float
    offset: float

    def values(self, features: NDArray[np.floating]) -> Floats:
        """Decision values (n,) of (n, 2, d): mean of the face and its mirror image."""
        return np.asarray(features.astype(np.float64).mean(axis=1) @ self.weights + self.bias)

    def scores(self, features: NDArray[np.floating]) -> Floats:
        """P(GS) (n,) of (n, 2, d)."""
        return np.asarray(expit(self.slope * self.values(features) + self.offset))

    def save(self, path: Path) -> str:
        """Write beside and rename; the SHA-256 (hex) of the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".part-{path.name}")
        with part.open("wb") as file:
            np.savez(file, **asdict(self))
        part.replace(path)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    @classmethod
    def load(cls, path: Path) -> LinearModel:
        """The model of a finished fold."""
        with np.load(path, allow_pickle=False) as file:
            numbers = {name: float(file[name]) for name in ("bias", "slope", "offset")}
            return cls(weights=file["weights"], **numbers)


@dataclass(frozen=True, kw_only=True)
class Selected:
    """The model, the strength that was chosen, and the mean inner AUC of every strength that was tried."""

    model: LinearModel
    strength: float
    inner_auc: dict[float, float]


def fit_linear(
    features: NDArray[np.floating],
    has_syndrome: NDArray[np.bool_],
    groups: Sequence[int] | NDArray[np.int64],
    *,
    classifier: Any,
    strengths: Sequence[float],
    inner_folds: int,
    seed: int,
    should_stop: Callable[[], bool],
) -> Selected:
    """Standardise, choose C by the mean AUC of inner folds, fit on everything given, and set the scores' scale.

    `features` (n, 2, d) of the training part alone; a face and its mirror image are two examples, and both stay with
    their group in the inner folds. `classifier` is a linear scikit-learn classifier with a parameter C. The scale
    (Platt 1999) comes from the decision values that the inner folds give to faces they were not fitted on.
    """
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    rows = np.repeat(np.arange(len(features)), 2)
    examples, truth = features.reshape(len(rows), -1), np.asarray(has_syndrome)[rows]
    splits = _inner_splits(truth, np.asarray(groups)[rows], folds=inner_folds, seed=seed)

    def judged(estimator: Any, inner: Any, inner_truth: Any) -> float:
        if should_stop():
            raise Cancelled("the run was cancelled while its model was chosen")
        return auc(inner_truth, estimator.decision_function(inner))

    pipeline = Pipeline([("scale", StandardScaler()), ("classifier", classifier)])
    grid = {"classifier__C": list(strengths)}
    search = GridSearchCV(pipeline, grid, scoring=judged, cv=splits, error_score="raise").fit(examples, truth)
    slope, offset = platt(*_unseen(search.best_estimator_, examples, truth, splits, should_stop=should_stop))
    weights, bias = _folded(search.best_estimator_)
    inner = dict(zip(map(float, strengths), map(float, search.cv_results_["mean_test_score"]), strict=True))
    model = LinearModel(weights=weights, bias=bias, slope=slope, offset=offset)
    return Selected(model=model, strength=float(search.best_params_["classifier__C"]), inner_auc=inner)


def platt(has_syndrome: NDArray[np.bool_], values: Floats) -> tuple[float, float]:
    """Slope and offset of the logistic function with the smallest log loss on decision values (n,), Platt's targets.

    >>> slope, offset = platt(np.array([False, False, True, True]), np.array([-2.0, -1.0, 1.0, 2.0]))
    >>> slope > 0.1, abs(offset) < 1e-3
    (True, True)
    """
    truth = np.asarray(has_syndrome, bool)
    cases, controls = int(truth.sum()), int((~truth).sum())
    target = np.where(truth, (cases + 1) / (cases + 2), 1 / (controls + 2))
    unit = float(np.std(values)) or 1.0

    def log_loss(line: Floats) -> float:
        odds = line[0] * values / unit + line[1]
        return float(-(target * log_expit(odds) + (1 - target) * log_expit(-odds)).mean())

    found = minimize(log_loss, x0=[1.0, 0.0], method="L-BFGS-B", bounds=[(FLATTEST, None), (None, None)])
    return float(found.x[0]) / unit, float(found.x[1])


def _inner_splits(truth: NDArray[np.bool_], groups: Rows, *, folds: int, seed: int) -> list[tuple[Rows, Rows]]:
    from sklearn.model_selection import StratifiedGroupKFold

    fewest = min(len(set(groups[truth == value].tolist())) for value in (True, False))
    if fewest < 2:
        raise TooFew(
            f"the training part has {fewest} face{'' if fewest == 1 else 's'} of one class: a selection inside it "
            "needs at least two that are not alike"
        )
    cut = StratifiedGroupKFold(min(folds, fewest), shuffle=True, random_state=seed)
    splits = list(cut.split(np.zeros(len(truth)), truth, groups))
    whole = [(train, test) for train, test in splits if len(set(truth[train].tolist())) == 2]
    if not whole:
        raise TooFew("no inner fold of the training part holds both classes: faces that are alike stay together")
    return whole


def _unseen(
    pipeline: Any,
    examples: NDArray[np.floating],
    truth: NDArray[np.bool_],
    splits: Sequence[tuple[Rows, Rows]],
    *,
    should_stop: Callable[[], bool],
) -> tuple[NDArray[np.bool_], Floats]:
    """Truth and decision value of every example by the model of the inner folds that was not fitted on it."""
    from sklearn.base import clone

    values = []
    for train, test in splits:
        if should_stop():
            raise Cancelled("the run was cancelled while its scores were scaled")
        values.append(clone(pipeline).fit(examples[train], truth[train]).decision_function(examples[test]))
    return truth[np.concatenate([test for _, test in splits])], np.concatenate(values)


def _folded(pipeline: Any) -> tuple[Floats, float]:
    """Weights and bias for features as they come: the standardisation is folded into them."""
    scale, line = pipeline["scale"], pipeline["classifier"]
    weights = np.asarray(line.coef_, np.float64).ravel() / scale.scale_
    return weights, float(line.intercept_[0] - weights @ scale.mean_)
