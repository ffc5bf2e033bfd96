import pytest

from readerstudy.refusal import Refused
from training.engine.checks import CHOICES, RANGES, TRUTHS
from training.engine.recipe import PRESETS, Recipe
from training.search.grid import (
    AUGMENTATION,
    AUGMENTATIONS,
    FIXED,
    OFFERS,
    points,
    read_axes,
    recipe_at,
    recipes,
    searchable,
)


def test_text_is_read_as_the_type_the_choice_has():
    axes = read_axes([("epochs", ["10", "20"]), ("flip", ["yes", "no"]), ("learning_rate", ["1e-3"])])
    assert axes == [("epochs", (10, 20)), ("flip", (True, False)), ("learning_rate", (0.001,))]


def test_the_grid_is_every_combination_once():
    axes = read_axes([("epochs", ["10", "20", "10"]), (AUGMENTATION, ["none", "paper", "strong"])])
    grid = points(axes)
    assert len(grid) == len({tuple(point.items()) for point in grid}) == 6


def test_a_point_changes_what_it_names_and_nothing_else():
    base = PRESETS["demo"]
    recipe = recipe_at(base, {"learning_rate": 0.003, AUGMENTATION: "none"})
    changed = {key for key, value in recipe.to_dict().items() if value != base.to_dict()[key]}
    assert changed == {"learning_rate", *AUGMENTATIONS["none"]}
    assert (recipe.learning_rate, recipe.rotation, recipe.flip) == (0.003, 0.0, False)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ([], "at least two values"),
        ([("epochs", ["10"])], "at least two values"),
        ([("epochs", [])], "at least one value"),
        ([("epochs", ["10", "20"]), ("epochs", ["30"])], "once"),
        ([("seed", ["1", "2"])], "same folds"),
        ([("folds", ["3", "5"])], "same folds"),
        ([("monitor", ["val_loss", "val_auc"])], "judged by"),
        ([("weights", ["random", "x"])], "chosen once"),
        ([("magic", ["1", "2"])], "no choice magic"),
        ([("epochs", ["10", "many"])], "write a number"),
        ([(AUGMENTATION, ["none", "wild"])], "choose one of"),
        ([(AUGMENTATION, ["none", "light"]), ("rotation", ["0", "5"])], "rotation belongs to the augmentation"),
        ([(key, ["0.1", "0.2"]) for key in ("dropout", "crop", "scale", "shift", "brightness")], "at most 4"),
        ([("epochs", [str(n) for n in range(1, 38)])], "37 recipes: at most 36"),
    ],
)
def test_what_makes_no_grid_is_refused(wanted, sentence):
    with pytest.raises(Refused, match=sentence):
        read_axes(wanted)


def test_a_recipe_of_the_grid_that_cannot_be_trained_is_named():
    with pytest.raises(Refused, match=r"learning rate 5.*learning_rate is 5.0: it must lie between"):
        recipes(PRESETS["demo"], read_axes([("learning_rate", ["0.001", "5"])]))


@pytest.mark.parametrize("offer", OFFERS, ids=lambda offer: offer.choice)
def test_every_value_the_form_offers_makes_a_recipe(offer):
    axes = read_axes([(offer.choice, [str(value) for value in offer.values])])
    base = PRESETS["paper"] if offer.choice != "train_from" else Recipe(weights="a" * 64)
    assert len(recipes(base, axes)) == len(offer.values)
    assert list(axes[0][1]) == list(offer.values)


def test_every_choice_of_a_recipe_is_searchable_or_fixed_with_a_reason():
    assert set(PRESETS["paper"].to_dict()) <= {*searchable(), *FIXED}
    assert not set(searchable()) & set(FIXED)
    assert {*RANGES, *CHOICES, *TRUTHS} - set(FIXED) <= set(searchable())
