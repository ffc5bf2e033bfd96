"""One fold of a model beside the network, by scikit-learn, under the network's rules for threshold and calibration."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.engine.classical_recipe import LANDMARKS, STRENGTHS, ClassicalRecipe
from training.engine.linear import LinearModel, fit_linear
from training.engine.metrics import auc, best_threshold, fold_metrics, probability_metrics
from training.engine.results import FoldResult
from training.engine.scale import fit_scale
from training.engine.splits import FoldPlan


def fit_classical(
    *,
    recipe: ClassicalRecipe,
    features: NDArray[np.floating],
    has_syndrome: Sequence[bool] | NDArray[np.bool_],
    groups: Sequence[int],
    plan: FoldPlan,
    directory: Path,
    on_epoch: Callable[[dict[str, float]], None],
    should_stop: Callable[[], bool],
) -> FoldResult:
    """Fit on `plan.train`, choose threshold and scale on `plan.validation`, score `plan.test`.

    `features` (n, 2, d): each face and its mirror image, one face a row of the plan. `groups` (n,): rows of one number
    stay together in the inner folds. The same arguments give the same result.
    """
    started = time.monotonic()
    truth = np.asarray(has_syndrome, bool)
    seed = recipe.seed * 100 + plan.index
    found = fit_linear(
        features[plan.train],
        truth[plan.train],
        np.asarray(groups)[plan.train],
        classifier=_classifier(recipe, seed),
        strengths=STRENGTHS[recipe.kind],
        inner_folds=recipe.inner_folds,
        seed=seed,
        should_stop=should_stop,
    )
    validation = found.model.scores(features[plan.validation])
    report = _report(truth[plan.validation], validation, inner_auc=max(found.inner_auc.values()), started=started)
    on_epoch(report)
    path = directory / f"fold-{plan.index}.linear.npz"
    digest = found.model.save(path)
    test = found.model.scores(features[plan.test])
    threshold = best_threshold(truth[plan.validation], validation)
    scale = fit_scale(truth[plan.validation], validation, method=recipe.calibration)
    calibrated = scale.of(test) if scale else None
    return FoldResult(
        fold=plan.index,
        test=plan.test,
        test_scores=test,
        validation=plan.validation,
        validation_scores=validation,
        history=[report],
        best_epoch=1,
        threshold=threshold,
        scale=scale,
        test_calibrated=calibrated,
        heat_maps=None,
        heat_shares=None,
        metrics=fold_metrics(truth[plan.test], test, threshold=threshold)
        | probability_metrics(truth[plan.test], test if calibrated is None else calibrated)
        | {"strength": found.strength, "inner_auc": max(found.inner_auc.values())},
        epochs_run=1,
        parameters=_parameters(found.model),
        seconds=time.monotonic() - started,
        weights_path=path,
        weights_sha256=digest,
    )


def _classifier(recipe: ClassicalRecipe, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC

    if recipe.kind == LANDMARKS:
        return LogisticRegression(class_weight="balanced", max_iter=2000, random_state=seed)
    return SVC(kernel="linear", class_weight="balanced", random_state=seed)


def _report(truth: NDArray[np.bool_], scores: Any, *, inner_auc: float, started: float) -> dict[str, float]:
    """What a network reports after an epoch, of the validation part."""
    return {
        "epoch": 1,
        "epochs": 1,
        "inner_auc": inner_auc,
        "val_loss": probability_metrics(truth, scores)["log_loss"],
        "val_auc": auc(truth, scores),
        "val_accuracy": float(((scores >= 0.5) == truth).mean()),
        "best_epoch": 1,
        "seconds": time.monotonic() - started,
    }


def _parameters(model: LinearModel) -> int:
    """Weights, bias, slope and offset."""
    return len(model.weights) + 3
