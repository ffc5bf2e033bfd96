from dataclasses import replace

import pytest

from training.engine.recipe import PRESETS, Recipe, RecipeError
from training.engine.words import network_sentence


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_survives_the_way_through_a_dictionary(name):
    recipe = PRESETS[name]
    assert Recipe.from_dict(recipe.to_dict()) == recipe
    assert recipe.name == name


def test_an_unknown_choice_is_refused_by_name():
    with pytest.raises(RecipeError, match="unknown choice drop_out"):
        Recipe.from_dict({"drop_out": 0.5})


@pytest.mark.parametrize(
    ("choice", "value", "message"),
    [
        ("dropout", 1.5, "dropout is 1.5: it must lie between 0 and 0.9"),
        ("input_size", 16, "input_size is 16"),
        ("epochs", 2.5, "epochs is 2.5: it must be a whole number"),
        ("epochs", True, "epochs is True: it must be a number"),
        ("learning_rate", float("nan"), "learning_rate is nan"),
        ("head", "big", "choose one of paper, gap"),
        ("flip", "yes", "flip is 'yes': it must be true or false"),
        ("weights", "vgg.h5", "SHA-256"),
        ("folds", 2, "folds is 2"),
        ("name", " ", "name is empty"),
    ],
)
def test_a_choice_out_of_range_is_refused_with_its_range(choice, value, message):
    with pytest.raises(RecipeError, match=message):
        Recipe.from_dict({choice: value})


def test_all_problems_are_told_at_once():
    with pytest.raises(RecipeError, match=r"dropout.*epochs"):
        Recipe(epochs=0, dropout=-1.0)


def test_vgg_face_weights_fit_the_full_network_only():
    with pytest.raises(RecipeError, match="full width"):
        replace(PRESETS["smoke"], weights="a" * 64)
    with pytest.raises(RecipeError, match="224 pixels"):
        replace(PRESETS["paper"], weights="a" * 64, input_size=192)
    with pytest.raises(RecipeError, match="bring their own mean"):
        replace(PRESETS["paper"], weights="a" * 64, normalise="picture")


def test_networks_to_be_averaged_want_the_training_to_go_to_its_end():
    with pytest.raises(RecipeError, match=r"snapshots is 3: .* set patience 0"):
        Recipe(snapshots=3, patience=5)
    with pytest.raises(RecipeError, match="snapshots is 11: it must lie between 1 and 10"):
        Recipe(snapshots=11, patience=0)
    assert Recipe(snapshots=3, patience=0, epochs=1).networks == 1


def test_freezing_a_random_start_is_refused():
    with pytest.raises(RecipeError, match="random start cannot learn"):
        replace(PRESETS["paper"], train_from="block5")


def test_the_description_says_which_network_it_is():
    assert network_sentence(PRESETS["paper"]).endswith("; the paper's full network")
    for name in ("demo", "smoke"):
        assert network_sentence(PRESETS[name]).endswith("; not the paper's full network")


def test_the_description_says_random_when_the_start_is_random():
    words = dict(PRESETS["paper"].describe())
    assert "no pretrained weights" in words["Start"]
    assert "b" * 12 in dict(replace(PRESETS["paper"], weights="b" * 64).describe())["Start"]


def test_every_choice_that_matters_changes_the_description():
    other = replace(PRESETS["paper"], triplet_weight=0.0, patience=0, flip=False, tta_flip=False, dropout=0.25)
    changed = {a[0] for a, b in zip(PRESETS["paper"].describe(), other.describe(), strict=True) if a != b}
    assert changed == {"Loss", "Length", "Augmentation", "Held-out scores", "Head"}
