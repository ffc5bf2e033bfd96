"""The models beside the network, on features that any of them can tell apart."""

from pathlib import Path

import numpy as np
import pytest

from training.engine.classical import fit_classical
from training.engine.classical_recipe import CLASSICAL, STRENGTHS, ClassicalRecipe
from training.engine.linear import FLATTEST, LinearModel, TooFew, fit_linear, platt
from training.engine.recipe import RecipeError
from training.engine.results import Cancelled
from training.engine.splits import FoldPlan, plan_folds

N, D = 60, 12


@pytest.fixture
def faces():
    """(features, truth): a third of the features differs between the classes by two standard deviations."""
    draw = np.random.default_rng(5)
    truth = np.arange(N) % 2 == 0
    one = draw.normal(size=(N, D)) + np.where(truth, 2.0, 0.0)[:, None] * (np.arange(D) < D // 3)
    return np.stack([one, one + draw.normal(scale=0.1, size=one.shape)], axis=1), truth


@pytest.fixture
def plan(faces) -> FoldPlan:
    _, truth = faces
    return plan_folds(truth.tolist(), ["X" if gs else "" for gs in truth], list(range(N)), folds=5, seed=1)[0]


@pytest.fixture
def fit(faces, plan, tmp_path: Path):
    def fitted(kind: str = "gabor-linear", **changes):
        features, truth = faces
        given = {"recipe": CLASSICAL[kind], "features": features, "has_syndrome": truth, "groups": list(range(N)),
                 "plan": plan, "directory": tmp_path, "on_epoch": lambda report: None,
                 "should_stop": lambda: False}  # fmt: skip
        return fit_classical(**(given | changes))

    return fitted


@pytest.mark.parametrize("kind", list(CLASSICAL))
def test_every_kind_learns_a_plain_difference(fit, kind):
    result = fit(kind)
    assert result.metrics["auc"] > 0.9
    assert ((result.test_scores >= 0) & (result.test_scores <= 1)).all()
    assert result.metrics["strength"] in STRENGTHS[kind]
    assert result.heat_maps is None


def test_the_same_seed_gives_the_same_scores(fit):
    np.testing.assert_array_equal(fit().test_scores, fit().test_scores)


def test_no_face_of_the_test_part_reaches_the_model(fit, faces, plan):
    features, truth = faces
    wild, lie = features.copy(), truth.copy()
    wild[plan.test] = 1e6
    lie[plan.test] = ~lie[plan.test]
    honest, other = fit(), fit(features=wild, has_syndrome=lie)
    kept, changed = (LinearModel.load(result.weights_path) for result in (honest, other))
    np.testing.assert_array_equal(kept.weights, changed.weights)
    assert (honest.threshold, honest.scale) == (other.threshold, other.scale)
    np.testing.assert_array_equal(honest.validation_scores, other.validation_scores)


def test_the_validation_part_sets_threshold_and_temperature_and_nothing_else(fit, faces, plan):
    features, _ = faces
    shifted = features.copy()
    shifted[plan.validation] += 1.0
    honest = fit()
    np.testing.assert_array_equal(honest.test_scores, fit(features=shifted).test_scores)
    assert fit(features=shifted).threshold != honest.threshold


def test_a_stored_model_gives_the_same_scores(fit, faces, plan):
    features, _ = faces
    result = fit()
    np.testing.assert_array_equal(LinearModel.load(result.weights_path).scores(features[plan.test]), result.test_scores)


def test_a_request_to_stop_ends_the_selection(fit):
    answers = iter([False, False, True])
    with pytest.raises(Cancelled):
        fit(should_stop=lambda: next(answers))


def test_a_report_goes_out_before_the_test_part_is_scored(fit):
    reports = []
    result = fit(on_epoch=reports.append)
    assert reports == result.history
    assert {"epoch", "val_auc", "val_loss", "inner_auc", "seconds"} <= set(reports[0])


def test_faces_that_are_alike_never_stand_on_two_sides_of_an_inner_fold():
    """Pairs of twins with noise for features: only a model that saw the twin could tell the classes apart."""
    draw = np.random.default_rng(2)
    noise = np.repeat(draw.normal(size=(30, 1, 40)), 2, axis=0).repeat(2, axis=1)
    truth, twins = np.repeat(np.arange(30) % 2 == 0, 2), np.repeat(np.arange(30), 2)
    from sklearn.svm import SVC

    def best_inner_auc(groups):
        found = fit_linear(noise, truth, groups, classifier=SVC(kernel="linear"), strengths=(1.0,), inner_folds=3,
                           seed=1, should_stop=lambda: False)  # fmt: skip
        return found.inner_auc[1.0]

    assert best_inner_auc(np.arange(60)) > 0.75
    assert best_inner_auc(twins) < 0.65


def test_one_class_alone_in_the_training_part_is_refused(fit, faces):
    _, truth = faces
    with pytest.raises(TooFew, match="0 faces of one class"):
        fit(has_syndrome=np.zeros_like(truth))


def test_a_model_without_skill_is_never_turned_upside_down():
    truth = np.array([True, True, False, False])
    slope, _ = platt(truth, np.array([-2.0, -1.0, 1.0, 2.0]))
    assert 0 < slope <= FLATTEST


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "magic"}, "kind is 'magic': choose one of embedding-svm"),
        ({"inner_folds": 1}, "inner_folds is 1"),
        ({"seed": True}, "seed is True"),
        ({"calibration": "maybe"}, "calibration is 'maybe'"),
        ({"epochs": 3}, "unknown choice epochs"),
    ],
)
def test_a_recipe_that_cannot_be_fitted_is_refused_in_a_sentence(change, sentence):
    with pytest.raises(RecipeError, match=sentence):
        ClassicalRecipe.from_dict({**CLASSICAL["landmarks"].to_dict(), **change})


@pytest.mark.parametrize("kind", list(CLASSICAL))
def test_a_recipe_comes_back_from_its_dictionary_and_describes_itself(kind):
    recipe = CLASSICAL[kind]
    assert ClassicalRecipe.from_dict(recipe.to_dict()) == recipe
    told = dict(recipe.describe())
    assert {"Model", "Features", "Selection", "Folds"} <= set(told)
