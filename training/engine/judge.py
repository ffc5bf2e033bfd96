"""A trained network judged: threshold and temperature from the validation part, then the test part, once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.engine.heatmaps import heat_maps
from training.engine.material import Material
from training.engine.metrics import best_threshold, fold_metrics, probability_metrics
from training.engine.predict import score_store
from training.engine.temperature import calibrated, fit_temperature


def judge(model: Any, given: Material) -> dict[str, Any]:
    """The fields of `FoldResult` that come from scores."""
    plan, recipe = given.plan, given.recipe
    validation_scores = score_store(model, given.faces(plan.validation), recipe=recipe)
    threshold = best_threshold(given.truth[plan.validation], validation_scores)
    temperature = _temperature(given, validation_scores)
    test_scores = score_store(model, given.faces(plan.test), recipe=recipe)
    test_calibrated = None if temperature is None else calibrated(test_scores, temperature=temperature)
    return {
        "fold": plan.index,
        "test": plan.test,
        "test_scores": test_scores,
        "validation": plan.validation,
        "validation_scores": validation_scores,
        "threshold": threshold,
        "temperature": temperature,
        "test_calibrated": test_calibrated,
        "metrics": fold_metrics(given.truth[plan.test], test_scores, threshold=threshold)
        | probability_metrics(given.truth[plan.test], test_scores if test_calibrated is None else test_calibrated),
        **_heat(model, given),
    }


def _temperature(given: Material, scores: NDArray[np.float64]) -> float | None:
    if given.recipe.calibration == "none":
        return None
    return fit_temperature(given.truth[given.plan.validation], scores)


def _heat(model: Any, given: Material) -> dict[str, Any]:
    if given.recipe.heat_maps == "none":
        return {"heat_maps": None, "heat_shares": None}
    heat = heat_maps(model, given.faces(given.plan.test), recipe=given.recipe, room=given.room)
    return {"heat_maps": heat.maps, "heat_shares": heat.shares}
