"""The grid: which choices of a recipe may be searched, the values a form offers, and the recipes they make together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any

from readerstudy.refusal import Refused
from training.engine.recipe import Recipe, RecipeError
from training.presets import recipe_values

MOST_AXES = 4
MOST_POINTS = 36
AUGMENTATION = "augmentation"

Axis = tuple[str, tuple[Any, ...]]
Changes = dict[str, Any]

AUGMENTATIONS: dict[str, Changes] = {
    "none": {"rotation": 0.0, "scale": 0.0, "shift": 0.0, "flip": False, "brightness": 0.0},
    "mirror": {"rotation": 0.0, "scale": 0.0, "shift": 0.0, "flip": True, "brightness": 0.0},
    "light": {"rotation": 2.0, "scale": 0.02, "shift": 0.02, "flip": True, "brightness": 0.1},
    "paper": {"rotation": 10.0, "scale": 0.1, "shift": 0.05, "flip": True, "brightness": 0.0},
    "strong": {"rotation": 15.0, "scale": 0.2, "shift": 0.1, "flip": True, "brightness": 0.2},
}
"""Augmentation is one axis, not five: its parts are changed together."""

# What must be the same for every recipe of a search, and why.
FIXED = {
    "name": "it is only a name",
    "folds": "all recipes are judged on the same folds",
    "seed": "all recipes are judged on the same folds",
    "weights": "the first weights are chosen once for the whole search",
    "monitor": "it is what the recipes are judged by",
    "calibration": "it is made from the scores afterwards and changes no network",
    "heat_maps": "they are made afterwards and change no network",
    "compile": "it is how a machine computes, not what it learns",
    "devices": "it is how a machine computes, not what it learns",
}


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One axis as the form shows it: value -> label."""

    choice: str
    label: str
    hint: str
    values: Mapping[Any, str]


def _plain(*values: float) -> dict[Any, str]:
    return {value: f"{value:g}" for value in values}


OFFERS = (
    Offer(
        choice="learning_rate",
        label="Learning rate",
        hint="The choice that matters most; steps of about three.",
        values={1e-5: "0.00001", 3e-5: "0.00003", **_plain(1e-4, 3e-4, 1e-3, 1.5e-3, 3e-3, 1e-2)},
    ),
    Offer(
        choice="head",
        label="Head",
        hint="",
        values={"paper": "the paper's (fc6, fc7)", "gap": "light (average pooling)"},
    ),
    Offer(
        choice=AUGMENTATION,
        label="Augmentation",
        hint="Turns, sizes, shifts, mirror images and brightness, changed together.",
        values={
            "none": "none",
            "mirror": "mirror images only",
            "light": "light",
            "paper": "the paper's",
            "strong": "strong",
        },
    ),
    Offer(choice="epochs", label="Epochs", hint="", values=_plain(10, 20, 30, 40, 60, 80)),
    Offer(
        choice="width",
        label="Width",
        hint="Share of the paper's filters. Pretrained weights need 1.",
        values=_plain(0.125, 0.25, 0.5, 1.0),
    ),
    Offer(choice="input_size", label="Input size", hint="Pixels along a side.", values=_plain(48, 64, 96, 128, 224)),
    Offer(choice="dropout", label="Dropout", hint="Share of the head.", values=_plain(0.0, 0.25, 0.5, 0.7)),
    Offer(
        choice="triplet_weight",
        label="Triplet loss",
        hint="Its weight; 0 leaves it out.",
        values=_plain(0.0, 0.2, 0.5, 1.0),
    ),
    Offer(choice="batch_size", label="Batch", hint="Faces in one step.", values=_plain(8, 16, 32, 64)),
    Offer(
        choice="optimiser",
        label="Optimiser",
        hint="",
        values={"rmsprop": "RMSProp", "adam": "Adam", "sgd": "SGD"},
    ),
    Offer(
        choice="train_from",
        label="Trained layers",
        hint="Other than all: pretrained weights only.",
        values={
            "all": "all",
            "block4": "blocks 4, 5 and the head",
            "block5": "block 5 and the head",
            "head": "the head only",
        },
    ),
)
LABELS = {offer.choice: offer.label for offer in OFFERS}


def read_axes(wanted: Iterable[tuple[str, Sequence[Any]]]) -> list[Axis]:
    """Axes from what a form or command sent (text is read as the type the choice has); refused when they make no grid.

    >>> read_axes([("learning_rate", ["0.001", "0.003"]), ("augmentation", ["none"])])
    [('learning_rate', (0.001, 0.003)), ('augmentation', ('none',))]
    """
    axes = [(choice, tuple(dict.fromkeys(_typed(choice, value) for value in values))) for choice, values in wanted]
    names = [choice for choice, _ in axes]
    if len(names) != len(set(names)):
        raise Refused("Name each choice once, with all its values.")
    parts = sorted(set(names) & set(AUGMENTATIONS["none"]))
    if AUGMENTATION in names and parts:
        raise Refused(f"{', '.join(parts)} belongs to the augmentation: search one or the other.")
    if any(not values for _, values in axes):
        raise Refused("Give every choice at least one value.")
    if len(axes) > MOST_AXES:
        raise Refused(f"{len(axes)} choices at once: search at most {MOST_AXES}, or nobody can read the table.")
    count = len(points(axes))
    if count < 2:
        raise Refused("Choose at least two values of one choice: a search compares recipes.")
    if count > MOST_POINTS:
        raise Refused(f"These values make {count} recipes: at most {MOST_POINTS} can be searched at once.")
    return axes


def _typed(choice: str, value: Any) -> Any:
    if not isinstance(value, str | int | float):
        raise Refused(f"{choice} has the value {value!r}: write single numbers or words.")
    if choice == AUGMENTATION:
        if value not in AUGMENTATIONS:
            raise Refused(f"Augmentation is {value!r}: choose one of {', '.join(AUGMENTATIONS)}.")
        return value
    if choice in FIXED:
        raise Refused(f"{choice} cannot be searched: {FIXED[choice]}.")
    return recipe_values("paper", {choice: value})[choice]


def points(axes: Sequence[Axis]) -> list[Changes]:
    """Every combination of the axes' values, the last axis changing fastest.

    >>> points([("epochs", (10, 20)), ("head", ("gap",))])
    [{'epochs': 10, 'head': 'gap'}, {'epochs': 20, 'head': 'gap'}]
    """
    names = [choice for choice, _ in axes]
    return [dict(zip(names, values, strict=True)) for values in product(*(values for _, values in axes))]


def recipes(base: Recipe, axes: Sequence[Axis]) -> list[Recipe]:
    """The recipe of every point; the first that cannot be trained is refused by name."""
    return [recipe_at(base, changes) for changes in points(axes)]


def recipe_at(base: Recipe, changes: Changes) -> Recipe:
    """The base with the point's changes."""
    values = dict(changes)
    values |= AUGMENTATIONS[values.pop(AUGMENTATION)] if AUGMENTATION in values else {}
    try:
        return Recipe.from_dict(base.to_dict() | values)
    except (RecipeError, TypeError) as error:
        raise Refused(f"The recipe with {in_words(changes)} cannot be trained: {error}.") from None


def in_words(changes: Changes) -> str:
    """The point in one line.

    >>> in_words({"learning_rate": 0.001, "head": "gap"})
    'learning rate 0.001, head light (average pooling)'
    """
    return ", ".join(f"{label_of(choice).lower()} {value_in_words(choice, value)}" for choice, value in changes.items())


def label_of(choice: str) -> str:
    """The choice's name on a page."""
    return LABELS.get(choice, choice.replace("_", " ").capitalize())


def value_in_words(choice: str, value: Any) -> str:
    """The value's name on a page."""
    known = next((offer.values for offer in OFFERS if offer.choice == choice), {})
    if value in known:
        return known[value]
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def searchable() -> list[str]:
    """Every choice that an axis may name."""
    return [AUGMENTATION, *(field.name for field in fields(Recipe) if field.name not in FIXED)]
