"""Head first and deeper layers later; classes that weigh differently."""

from dataclasses import replace

import numpy as np
import pytest

from training.engine.recipe import PRESETS, Recipe, RecipeError
from training.engine.splits import plan_folds
from training.engine.stages import stages

SMALL = replace(PRESETS["smoke"], batch_size=8, epochs=4, heat_maps="none")


def test_without_a_head_start_there_is_one_stage():
    (only,) = stages(Recipe(epochs=7))
    assert (only.first, only.last, only.train_from, only.rate) == (0, 7, "all", 1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"head_epochs": 2}, "layers from a random start"),
        ({"head_epochs": 2, "weights": "a" * 64, "train_from": "head"}, "thaws nothing"),
        ({"head_epochs": 30, "weights": "a" * 64}, "less than epochs"),
        ({"class_weights": "balanced"}, "hold both classes equally already"),
    ],
)
def test_what_cannot_be_is_refused(changes, message):
    with pytest.raises(RecipeError, match=message):
        Recipe(**changes)


def test_the_pages_tell_both_stages():
    told = dict(Recipe(weights="a" * 64, head_epochs=3, train_from="block4").describe())
    assert told["Trained layers"].startswith("for 3 epochs the head alone; then blocks 1 to 3 stay as they are")
    assert "0.1 of the learning rate" in told["Trained layers"]


@pytest.mark.slow
def test_thawing_gives_back_what_freezing_took():
    from training.engine.network import build, freeze

    model = build(SMALL)
    freeze(model, train_from="head")
    frozen = [layer.name for layer in model.layers if not layer.trainable]
    assert "block5_conv3" in frozen
    freeze(model, train_from="block5")
    assert {layer.name[:6] for layer in model.layers if not layer.trainable} == {f"block{k}" for k in range(1, 5)}
    freeze(model, train_from="all")
    assert all(layer.trainable for layer in model.layers)


@pytest.mark.slow
def test_a_picture_of_the_rarer_class_counts_more():
    import keras

    from training.engine.losses import WeightedCrossEntropy

    truth, said = np.array([[1.0, 0], [1, 0], [0, 1]]), np.array([[0.8, 0.2], [0.6, 0.4], [0.3, 0.7]])
    plain = np.asarray(keras.losses.CategoricalCrossentropy(label_smoothing=0.1, reduction=None)(truth, said))
    weighted = WeightedCrossEntropy((0.75, 1.5), label_smoothing=0.1, reduction=None)
    np.testing.assert_allclose(np.asarray(weighted(truth, said)), plain * [0.75, 0.75, 1.5], rtol=1e-6)
    again = WeightedCrossEntropy.from_config(weighted.get_config())
    np.testing.assert_allclose(np.asarray(again(truth, said)), np.asarray(weighted(truth, said)))


@pytest.fixture
def staged(easy, tmp_path, monkeypatch):
    """Trains with a head start from weights that stand for pretrained ones: the fold's own random start."""
    from training.engine import fit

    monkeypatch.setattr(fit, "start_weights", lambda *_: None)
    crops, truth, diagnosis = easy
    plan = plan_folds(truth, diagnosis, range(40), seed=1)[0]
    recipe = replace(SMALL, head_epochs=2)

    def run(where, **more):
        given = {"crops": crops, "has_syndrome": truth, "diagnosis": diagnosis, "plan": plan}
        return fit.fit_fold(recipe=recipe, directory=tmp_path / where, **given, **more)

    return run


@pytest.fixture
def unpretrained(monkeypatch):
    """Lets a recipe name weights although the small network fits none."""
    import training.engine.checks as checks

    monkeypatch.setattr(checks, "_weights", lambda recipe: [])
    monkeypatch.setattr(checks, "_stages", lambda recipe: [])


@pytest.mark.slow
def test_the_head_learns_first_and_then_all_at_a_lower_rate(unpretrained, staged):
    from training.engine.results import Cancelled

    whole = staged("whole")
    rates = [report["learning_rate"] for report in whole.history]
    assert rates == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4])
    for epoch in (2, 3, 4):  # in the first stage, at the border, in the second
        asked = iter(range(10_000))
        stop = (epoch - 1) * 3 + 1
        with pytest.raises(Cancelled):
            staged(f"lost-{epoch}", should_stop=lambda asked=asked, stop=stop: next(asked) >= stop)
        again = staged(f"lost-{epoch}")
        np.testing.assert_array_equal(again.test_scores, whole.test_scores)
        assert [report["val_loss"] for report in again.history] == [report["val_loss"] for report in whole.history]


@pytest.mark.slow
def test_frozen_layers_stay_as_they_were_while_the_head_learns(unpretrained, staged, monkeypatch):
    from training.engine import fit

    seen, train = [], fit.freeze

    def freeze(model, *, train_from):
        seen.append((train_from, [np.asarray(weight) for weight in model.get_layer("block5_conv3").weights]))
        train(model, train_from=train_from)

    monkeypatch.setattr(fit, "freeze", freeze)
    staged("run")
    assert [stage for stage, _ in seen] == ["head", "all"]
    for before, after in zip(seen[0][1], seen[1][1], strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.slow
def test_weighed_classes_train(easy, tmp_path):
    from training.engine.fit import fit_fold

    crops, truth, diagnosis = easy
    plan = plan_folds(truth, diagnosis, range(40), seed=1)[0]
    given = {"crops": crops, "has_syndrome": truth, "diagnosis": diagnosis, "plan": plan}
    recipe = replace(SMALL, epochs=1, balanced=False, class_weights="balanced")
    weighed = fit_fold(recipe=recipe, directory=tmp_path / "a", **given)
    assert np.isfinite(weighed.history[0]["loss"])
