"""A trained network judged: threshold and scale from the validation part, then the test part, once."""

from __future__ import annotations

from typing import Any

from training.engine.heatmaps import heat_maps
from training.engine.material import Material
from training.engine.metrics import best_threshold, fold_metrics, probability_metrics
from training.engine.predict import score_store
from training.engine.scale import fit_scale


def judge(model: Any, given: Material) -> dict[str, Any]:
    """The fields of `FoldResult` that come from scores."""
    plan, recipe = given.plan, given.recipe
    validation_scores = score_store(model, given.faces(plan.validation), recipe=recipe)
    threshold = best_threshold(given.truth[plan.validation], validation_scores)
    scale = fit_scale(given.truth[plan.validation], validation_scores, method=recipe.calibration)
    test_scores = score_store(model, given.faces(plan.test), recipe=recipe)
    test_calibrated = scale.of(test_scores) if scale else None
    return {
        "fold": plan.index,
        "test": plan.test,
        "test_scores": test_scores,
        "validation": plan.validation,
        "validation_scores": validation_scores,
        "threshold": threshold,
        "scale": scale,
        "test_calibrated": test_calibrated,
        "metrics": fold_metrics(given.truth[plan.test], test_scores, threshold=threshold)
        | probability_metrics(given.truth[plan.test], test_scores if test_calibrated is None else test_calibrated),
        **_heat(model, given),
    }


def _heat(model: Any, given: Material) -> dict[str, Any]:
    if given.recipe.heat_maps == "none":
        return {"heat_maps": None, "heat_shares": None}
    heat = heat_maps(model, given.faces(given.plan.test), recipe=given.recipe, room=given.room)
    return {"heat_maps": heat.maps, "heat_shares": heat.shares}
