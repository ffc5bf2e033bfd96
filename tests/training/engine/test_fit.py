from dataclasses import replace

import numpy as np
import pytest

from training.engine.recipe import PRESETS
from training.engine.results import Cancelled
from training.engine.splits import plan_folds

pytestmark = pytest.mark.slow

RECIPE = replace(PRESETS["smoke"], epochs=8, learning_rate=3e-3, batch_size=8, rotation=0.0, dropout=0.2)


@pytest.fixture(scope="module")
def plans(easy):
    _, truth, diagnosis = easy
    return plan_folds(truth, diagnosis, range(40), seed=1)


@pytest.fixture
def train(easy, plans, tmp_path):
    from training.engine.fit import fit_fold

    crops, truth, diagnosis = easy

    def run(recipe=RECIPE, fold=0, where="run", **more):
        more = {"crops": crops, "has_syndrome": truth, "diagnosis": diagnosis} | more
        return fit_fold(recipe=recipe, plan=plans[fold], directory=tmp_path / where, **more)

    return run


def test_it_learns_what_can_be_learnt_and_reports_every_epoch(train, easy, plans):
    from training.engine.predict import load_fold, score

    reports = []
    result = train(on_epoch=reports.append)
    assert result.metrics["auc"] > 0.9
    assert [report["epoch"] for report in reports] == list(range(1, 9))
    assert reports == result.history
    assert result.epochs_run == 8
    assert result.best_epoch == min(reports, key=lambda report: report["val_loss"])["epoch"]
    np.testing.assert_array_equal(result.test, plans[0].test)
    assert len(result.test_scores) == len(plans[0].test)
    assert len(result.weights_sha256) == 64
    assert result.to_dict()["metrics"]["auc"] == result.metrics["auc"]
    again = score(load_fold(RECIPE, result.weights_path), easy[0][plans[0].test], recipe=RECIPE)
    np.testing.assert_allclose(again, result.test_scores, atol=1e-5)
    assert [path.name for path in result.weights_path.parent.iterdir()] == ["fold-0.weights.h5"]


def test_the_same_seed_gives_the_same_scores_and_another_seed_others(train):
    short = replace(RECIPE, epochs=2, deterministic=True)
    first, same, other = train(short), train(short, where="again"), train(replace(short, seed=5))
    np.testing.assert_array_equal(first.test_scores, same.test_scores)
    assert not np.allclose(first.test_scores, other.test_scores)


def test_the_test_and_validation_parts_never_reach_the_training(train, easy, plans):
    """Rubbish in the pictures and truths that are held out changes no weight."""
    crops, truth, _ = easy
    short = replace(RECIPE, epochs=1, deterministic=True)
    spoilt_crops, spoilt_truth = crops.copy(), truth.copy()
    spoilt_crops[plans[0].test] = 255
    spoilt_truth[plans[0].test] = ~spoilt_truth[plans[0].test]
    clean = train(short)
    spoilt = train(short, where="spoilt", crops=spoilt_crops, has_syndrome=spoilt_truth)
    np.testing.assert_array_equal(clean.validation_scores, spoilt.validation_scores)
    assert clean.threshold == spoilt.threshold
    assert clean.history[0]["val_loss"] == spoilt.history[0]["val_loss"]


def test_cancelling_stops_at_the_next_batch_and_leaves_no_file(train, tmp_path):
    asked = []

    def stop():
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(Cancelled):
        train(should_stop=stop)
    assert len(asked) == 4
    assert not list(tmp_path.rglob("*.h5"))


def test_the_best_epoch_may_follow_the_auc_of_three_epochs_the_later_of_equals(train):
    result = train(replace(RECIPE, epochs=6, monitor="val_auc"))
    areas = [report["val_auc"] for report in result.history]
    smooth = [np.mean(areas[max(0, k - 2) : k + 1]) for k in range(6)]
    assert result.best_epoch == 6 - int(np.argmax(smooth[::-1]))


def test_early_stopping_waits_for_the_patience_only(train):
    result = train(replace(RECIPE, epochs=30, patience=2, learning_rate=1e-8))
    assert result.epochs_run < 30
    assert result.epochs_run == result.best_epoch + 2


def test_every_optimiser_schedule_and_average_trains(train):
    for changes in (
        {"optimiser": "adam", "schedule": "cosine"},
        {"optimiser": "sgd", "average_weights": 0.9},
        {"triplet_weight": 0.0, "balanced": False, "head": "paper", "weight_decay": 1e-4},
    ):
        result = train(replace(RECIPE, epochs=2, **changes))
        assert np.isfinite(result.test_scores).all()


def test_a_loss_that_is_no_number_is_told_in_a_sentence(train, monkeypatch):
    import keras

    from training.engine import fit, setup

    class Broken(setup.Triplet):
        def call(self, y_true, y_pred):
            return super().call(y_true, y_pred) * keras.ops.log(-1.0)

    monkeypatch.setattr(setup, "Triplet", Broken)
    with pytest.raises(fit.TrainingError, match="lower the learning rate"):
        train()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"crops": np.zeros((40, 64, 64, 3), np.float32)}, "8-bit"),
        ({"crops": np.zeros((40, 64, 32, 3), np.uint8)}, "shape"),
        ({"crops": np.zeros((39, 64, 64, 3), np.uint8)}, "39 crops, 40 truths"),
    ],
)
def test_it_refuses_other_input(train, more, message):
    from training.engine.fit import TrainingError

    with pytest.raises(TrainingError, match=message):
        train(**more)


def test_it_refuses_a_plan_whose_parts_overlap(easy, plans, tmp_path):
    from training.engine.fit import TrainingError, fit_fold

    crops, truth, diagnosis = easy
    leak = replace(plans[0], train=np.arange(40))
    with pytest.raises(TrainingError, match="parts share photos"):
        fit_fold(recipe=RECIPE, crops=crops, has_syndrome=truth, diagnosis=diagnosis, plan=leak, directory=tmp_path)


def test_a_recipe_with_weights_needs_the_file(train):
    from training.engine.fit import TrainingError

    recipe = replace(PRESETS["paper"], head="gap", input_size=32, weights="a" * 64)
    with pytest.raises(TrainingError, match="no file was given"):
        train(recipe)


def test_a_lost_weights_file_is_told_with_a_way_out(tmp_path):
    from training.engine.predict import load_fold

    with pytest.raises(FileNotFoundError, match="train the run again"):
        load_fold(RECIPE, tmp_path / "gone.weights.h5")


def test_the_machine_says_what_it_is():
    from training.engine.machine import versions

    found = versions()
    assert {"python", "keras", "numpy", "processor", "cores", "accelerators"} <= set(found)
    assert all(isinstance(value, str) and value for value in found.values())
