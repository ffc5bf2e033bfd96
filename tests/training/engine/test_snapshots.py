"""Several networks of one training, joined into one, say the mean of what each says."""

from dataclasses import replace

import numpy as np
import pytest

from training.engine.layout import snapshot_epochs
from training.engine.recipe import PRESETS
from training.engine.splits import plan_folds

pytestmark = pytest.mark.slow
THREE = replace(PRESETS["smoke"], epochs=6, snapshots=3)
PICTURES = np.random.default_rng(3).random((5, 64, 64, 3), np.float32)


def drawn(recipe, seed: int):
    """A network of the recipe whose every weight, batch-norm statistics included, is drawn."""
    from training.engine.setup import fresh_model

    model, draw = fresh_model(recipe, seed=seed), np.random.default_rng(seed)
    model.set_weights(
        [value + draw.uniform(0.02, 0.1, value.shape) * (value.ndim == 1) for value in model.get_weights()]
    )
    return model


def log_odds(model):
    control, gs = np.asarray(model.predict_on_batch(PICTURES)["prob"], np.float64).T
    return np.log(gs) - np.log(control)


@pytest.mark.parametrize("changes", [{}, {"head": "paper", "width": 0.0625}, {"normalise": "local"}])
def test_the_joined_network_has_the_mean_of_the_logits(changes):
    from training.engine.snapshots import joined

    recipe = replace(THREE, input_size=64, **changes)
    parts = [drawn(recipe, seed) for seed in (1, 2, 3)]
    whole = joined(recipe, [part.get_weights() for part in parts])
    each = [log_odds(part) for part in parts]
    assert np.ptp(each, axis=0).min() > 1e-3
    np.testing.assert_allclose(log_odds(whole), np.mean(each, axis=0), atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(whole.predict_on_batch(PICTURES)["embedding"], axis=1), 1.0, atol=1e-5)


def test_a_fold_is_judged_and_stored_as_the_joined_network(easy, tmp_path):
    from training.engine.fit import fit_fold
    from training.engine.predict import load_fold, score

    crops, truth, diagnosis = easy
    plan = plan_folds(truth, diagnosis, range(40), seed=1)[0]
    given = {"crops": crops, "has_syndrome": truth, "diagnosis": diagnosis, "plan": plan}
    found = fit_fold(recipe=THREE, directory=tmp_path, **given)
    assert (found.epochs_run, found.best_epoch) == (6, None)
    stored = load_fold(THREE, found.weights_path)
    assert found.parameters == stored.count_params()
    np.testing.assert_allclose(score(stored, crops[plan.test], recipe=THREE), found.test_scores, atol=1e-6)
    alone = fit_fold(recipe=replace(THREE, snapshots=1, monitor="val_loss"), directory=tmp_path / "alone", **given)
    assert [report["val_loss"] for report in alone.history] == [report["val_loss"] for report in found.history]


def test_they_are_taken_from_the_second_half_and_the_end():
    assert snapshot_epochs(6, 3, schedule="cosine") == (3, 4, 6)
    assert snapshot_epochs(7, 2, schedule="constant") == (4, 7)
    assert [replace(THREE, epochs=epochs).networks for epochs in (1, 2, 3, 4, 5, 6)] == [1, 1, 1, 2, 2, 3]
    for epochs in range(4, 40):
        for snapshots in range(2, min(10, epochs // 2) + 1):
            found = snapshot_epochs(epochs, snapshots, schedule="constant")
            cycles = snapshot_epochs(epochs, snapshots, schedule="restarts")
            assert len(set(found)) == len(set(cycles)) == snapshots
            assert (found[0] >= epochs // 2, found[-1], cycles[-1]) == (True, epochs, epochs)


def test_a_training_that_breaks_off_before_the_last_of_them_is_refused(easy, tmp_path, monkeypatch):
    from training.engine.callbacks import Watch
    from training.engine.fit import TrainingError, fit_fold

    crops, truth, diagnosis = easy
    plan = plan_folds(truth, diagnosis, range(40), seed=1)[0]
    ended = Watch.on_epoch_end
    monkeypatch.setattr(
        Watch, "on_epoch_end", lambda self, epoch, logs: ended(self, epoch, {"loss": np.nan} if epoch == 4 else logs)
    )
    with pytest.raises(TrainingError, match="before the last network"):
        fit_fold(recipe=THREE, crops=crops, has_syndrome=truth, diagnosis=diagnosis, plan=plan, directory=tmp_path)


def test_the_rate_starts_anew_after_each_network_that_is_kept():
    from training.engine.setup import compile_model, fresh_model

    recipe = replace(THREE, schedule="restarts", learning_rate=0.01)
    model = fresh_model(recipe, seed=1)
    compile_model(model, recipe, steps=10)
    rates = np.array([float(model.optimizer._learning_rate(step)) for step in range(61)])
    assert recipe.kept_epochs == (2, 4, 6)
    np.testing.assert_allclose(
        rates[[0, 3, 20, 40]], [0.0, 0.005 * (1 + 0.98 * (np.cos(0.15 * np.pi) - 1) / 2), 0.01, 0.01], rtol=1e-4
    )
    assert (rates[[19, 39, 59]] < 0.0005).all()
    assert rates[60] == pytest.approx(0.0002)
    assert (np.diff(rates[20:40]) < 0).all()


def test_where_the_head_learns_first_its_own_stage_has_no_restart():
    from training.engine.setup import compile_model, fresh_model
    from training.engine.stages import stages

    recipe = replace(
        PRESETS["paper"], weights="a" * 64, input_size=64, head="gap", epochs=12, head_epochs=2, patience=0
    )
    recipe = replace(recipe, schedule="restarts", snapshots=3, learning_rate=0.01)
    model = fresh_model(recipe, seed=1)
    head, rest = stages(recipe)
    compile_model(model, recipe, steps=10, stage=head)
    assert float(model.optimizer._learning_rate(20)) == pytest.approx(0.0002)
    compile_model(model, recipe, steps=10, stage=rest)
    assert recipe.kept_epochs == (4, 8, 12)
    assert [float(model.optimizer._learning_rate(10 * (epoch - 2))) for epoch in (4, 8)] == pytest.approx(
        [0.001, 0.001]
    )
