"""What is held out never teaches: not through the picture store, the batches, the batch norms or the weights."""

import hashlib
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from training.engine.data import BatchPlan, load, shrink
from training.engine.recipe import PRESETS
from training.engine.splits import plan_folds

RECIPE = replace(PRESETS["smoke"], epochs=1, batch_size=8, deterministic=True)


@pytest.fixture(scope="module")
def plans(easy):
    _, truth, diagnosis = easy
    return plan_folds(truth, diagnosis, range(40), seed=1)


@pytest.fixture(params=range(5), ids="fold {}".format)
def plan(plans, request):
    return plans[request.param]


def spoilt(crops, plan):
    """The same crops with noise for every face that is not of the training part."""
    other = crops.copy()
    held_out = np.concatenate([plan.test, plan.validation])
    other[held_out] = np.random.default_rng(9).integers(0, 256, other[held_out].shape, dtype=np.uint8)
    return other


def test_a_row_of_the_picture_store_comes_from_its_own_photo_alone(easy, plan):
    crops = easy[0]
    clean, other = shrink(crops, RECIPE), shrink(spoilt(crops, plan), RECIPE)
    assert clean.shape[1] < crops.shape[1]
    np.testing.assert_array_equal(clean[plan.train], other[plan.train])
    assert (clean[plan.test] != other[plan.test]).any(axis=(1, 2, 3)).all()


@pytest.mark.parametrize("balanced", [True, False])
def test_no_batch_of_any_epoch_holds_a_held_out_photo(easy, plan, balanced):
    crops, truth, diagnosis = easy
    recipe = replace(RECIPE, balanced=balanced)
    batches = BatchPlan(plan.train, has_syndrome=truth.tolist(), diagnosis=diagnosis, recipe=recipe, seed=1)
    seen = {int(row) for epoch in range(20) for rows in batches.batches(epoch) for row in rows}
    assert seen == set(plan.train.tolist())
    store, other = shrink(crops, recipe), shrink(spoilt(crops, plan), recipe)
    rows = batches.batches(0)[0]
    clean, again = (load(batches, faces, epoch=0, rows=rows, batch=0) for faces in (store, other))
    np.testing.assert_array_equal(clean.images, again.images)
    np.testing.assert_array_equal(clean.group, again.group)


@pytest.fixture
def fitted(tmp_path):
    """Train a fold and read back every weight of its best epoch, batch norm's moving statistics among them."""
    from training.engine.fit import fit_fold
    from training.engine.predict import load_fold

    def fit(crops, truth, diagnosis, plan, *, recipe=RECIPE, where, **more):
        result = fit_fold(
            recipe=recipe, crops=crops, has_syndrome=truth, diagnosis=diagnosis, plan=plan, directory=tmp_path / where,
            **more,
        )  # fmt: skip
        return result, load_fold(recipe, result.weights_path).get_weights()

    return fit


def assert_same(one, two):
    assert len(one) == len(two)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_pictures_truths_and_syndromes_of_held_out_photos_change_no_weight(easy, plans, fitted):
    crops, truth, diagnosis = easy
    plan = plans[2]
    other_truth, other_diagnosis = truth.copy(), list(diagnosis)
    for part in (plan.test, plan.validation):
        # Turned about within the part, so that both classes stay and threshold and AUC can be had.
        other_truth[part] = ~truth[part]
        for row in part.tolist():
            other_diagnosis[row] = "another" if other_truth[row] else ""
    result, clean = fitted(crops, truth, diagnosis, plan, where="clean")
    other, weights = fitted(spoilt(crops, plan), other_truth, other_diagnosis, plan, where="spoilt")
    assert result.history[0]["loss"] == other.history[0]["loss"]
    assert result.history[0]["val_loss"] != other.history[0]["val_loss"]
    assert_same(clean, weights)


@pytest.mark.slow
def test_a_single_training_photo_does_change_the_weights(easy, plans, fitted):
    """The guard above can see: what teaches leaves its trace."""
    crops, truth, diagnosis = easy
    other = crops.copy()
    other[plans[2].train[0]] = 255 - other[plans[2].train[0]]
    _, clean = fitted(crops, truth, diagnosis, plans[2], where="clean")
    _, weights = fitted(other, truth, diagnosis, plans[2], where="other")
    assert any((a != b).any() for a, b in zip(clean, weights, strict=True))


@pytest.mark.slow
def test_the_batch_norms_are_calibrated_on_the_training_part_alone(easy, plans, tmp_path, monkeypatch):
    """What reaches the calibration after pretrained weights is the training part: every photo of it, and no other."""
    from training.engine import calibrate as calibration
    from training.engine import fit, weights

    class Seen(Exception):
        pass

    def calibrate(model, faces, *, recipe):
        raise Seen(faces)

    crops, truth, diagnosis = easy
    digest = hashlib.sha256(b"pretrained").hexdigest()
    plan, recipe = plans[1], replace(PRESETS["paper"], head="gap", input_size=32, weights=digest)
    monkeypatch.setattr(
        weights, "read_vgg_face", lambda path: SimpleNamespace(answers_to=lambda sha256: sha256 == digest)
    )
    monkeypatch.setattr(weights, "load_into", lambda model, weights: None)
    monkeypatch.setattr(calibration, "calibrate", calibrate)
    with pytest.raises(Seen) as reached:
        fit.fit_fold(
            recipe=recipe, crops=crops, has_syndrome=truth, diagnosis=diagnosis, plan=plan, directory=tmp_path,
            weights_file="pretrained",
        )  # fmt: skip
    np.testing.assert_array_equal(reached.value.args[0], shrink(crops, recipe)[plan.train])


@pytest.mark.slow
def test_a_calibrated_network_is_the_same_whatever_the_held_out_photos_show(easy, plans):
    import keras

    from training.engine.calibrate import calibrate
    from training.engine.network import build

    def calibrated(crops):
        keras.utils.set_random_seed(1)
        model = build(RECIPE)
        calibrate(model, shrink(crops, RECIPE)[plans[1].train], recipe=RECIPE)
        return model.get_weights()

    crops = easy[0]
    clean = calibrated(crops)
    assert_same(clean, calibrated(spoilt(crops, plans[1])))
    darker = crops.copy()
    darker[plans[1].train[0]] //= 2
    assert any((a != b).any() for a, b in zip(clean, calibrated(darker), strict=True))


@pytest.mark.parametrize("method", ["platt", "temperature"])
def test_the_scale_and_the_threshold_are_those_of_the_validation_part_whatever_the_test_part_shows(
    easy, plans, monkeypatch, method
):
    """The judge with a stand-in for the network that scores by brightness: test faces and truths turned about change
    the test scores and nothing that was chosen."""
    from training.engine import judge as judging
    from training.engine.material import material

    crops, truth, diagnosis = easy
    plan, recipe = plans[3], replace(RECIPE, calibration=method, heat_maps="none")
    monkeypatch.setattr(
        judging, "score_store", lambda model, faces, *, recipe: np.asarray(faces).mean(axis=(1, 2, 3)) / 255
    )

    def judged(crops, truth):
        given = material(recipe=recipe, crops=crops, has_syndrome=truth, diagnosis=diagnosis, plan=plan)
        return judging.judge(None, given)

    other, other_truth = crops.copy(), truth.copy()
    other[plan.test], other_truth[plan.test] = 255 - crops[plan.test], ~truth[plan.test]
    clean, again = judged(crops, truth), judged(other, other_truth)
    assert (clean["scale"], clean["threshold"]) == (again["scale"], again["threshold"])
    assert (clean["test_scores"] != again["test_scores"]).any()
    other_truth[plan.validation] = ~truth[plan.validation]
    assert judged(crops, other_truth)["scale"] != clean["scale"]
