"""The grid: which choices of a recipe may be searched, the values a form offers, and the recipes they make together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from readerstudy.refusal import Refused
from readerstudy.said import said
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
    "name": gettext_lazy("it is only a name"),
    "folds": gettext_lazy("all recipes are judged on the same folds"),
    "seed": gettext_lazy("all recipes are judged on the same folds"),
    "weights": gettext_lazy("the first weights are chosen once for the whole search"),
    "monitor": gettext_lazy("it is what the recipes are judged by"),
    "calibration": gettext_lazy("it is made from the scores afterwards and changes no network"),
    "heat_maps": gettext_lazy("they are made afterwards and change no network"),
    "compile": gettext_lazy("it is how a machine computes, not what it learns"),
    "devices": gettext_lazy("it is how a machine computes, not what it learns"),
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
        label=gettext_lazy("Learning rate"),
        hint=gettext_lazy("The choice that matters most; steps of about three."),
        values={1e-5: "0.00001", 3e-5: "0.00003", **_plain(1e-4, 3e-4, 1e-3, 1.5e-3, 3e-3, 1e-2)},
    ),
    Offer(
        choice="head",
        label=gettext_lazy("Head"),
        hint="",
        values={"paper": gettext_lazy("the paper's (fc6, fc7)"), "gap": gettext_lazy("light (average pooling)")},
    ),
    Offer(
        choice=AUGMENTATION,
        label=gettext_lazy("Augmentation"),
        hint=gettext_lazy("Turns, sizes, shifts, mirror images and brightness, changed together."),
        values={
            "none": gettext_lazy("none"),
            "mirror": gettext_lazy("mirror images only"),
            "light": gettext_lazy("light"),
            "paper": gettext_lazy("the paper's"),
            "strong": gettext_lazy("strong"),
        },
    ),
    Offer(choice="epochs", label=gettext_lazy("Epochs"), hint="", values=_plain(10, 20, 30, 40, 60, 80)),
    Offer(
        choice="width",
        label=gettext_lazy("Width"),
        hint=gettext_lazy("Share of the paper's filters. Pretrained weights need 1."),
        values=_plain(0.125, 0.25, 0.5, 1.0),
    ),
    Offer(
        choice="input_size",
        label=gettext_lazy("Input size"),
        hint=gettext_lazy("Pixels along a side."),
        values=_plain(48, 64, 96, 128, 224),
    ),
    Offer(
        choice="dropout",
        label=gettext_lazy("Dropout"),
        hint=gettext_lazy("Share of the head."),
        values=_plain(0.0, 0.25, 0.5, 0.7),
    ),
    Offer(
        choice="triplet_weight",
        label=gettext_lazy("Triplet loss"),
        hint=gettext_lazy("Its weight; 0 leaves it out."),
        values=_plain(0.0, 0.2, 0.5, 1.0),
    ),
    Offer(
        choice="batch_size",
        label=gettext_lazy("Batch"),
        hint=gettext_lazy("Faces in one step."),
        values=_plain(8, 16, 32, 64),
    ),
    Offer(
        choice="optimiser",
        label=gettext_lazy("Optimiser"),
        hint="",
        values={"rmsprop": "RMSProp", "adam": gettext_lazy("Adam"), "sgd": "SGD"},
    ),
    Offer(
        choice="train_from",
        label=gettext_lazy("Trained layers"),
        hint=gettext_lazy("Other than all: pretrained weights only."),
        values={
            "all": gettext_lazy("all"),
            "block4": gettext_lazy("blocks 4, 5 and the head"),
            "block5": gettext_lazy("block 5 and the head"),
            "head": gettext_lazy("the head only"),
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
        raise Refused(_("Name each choice once, with all its values."))
    parts = sorted(set(names) & set(AUGMENTATIONS["none"]))
    if AUGMENTATION in names and parts:
        raise Refused(
            _("%(parts)s belongs to the augmentation: search one or the other.") % {"parts": ", ".join(parts)}
        )
    if any(not values for _, values in axes):
        raise Refused(_("Give every choice at least one value."))
    if len(axes) > MOST_AXES:
        raise Refused(
            _("%(count)s choices at once: search at most %(most_axes)s, or nobody can read the table.")
            % {"count": len(axes), "most_axes": MOST_AXES}
        )
    count = len(points(axes))
    if count < 2:
        raise Refused(_("Choose at least two values of one choice: a search compares recipes."))
    if count > MOST_POINTS:
        raise Refused(
            _("These values make %(count)s recipes: at most %(most_points)s can be searched at once.")
            % {"count": count, "most_points": MOST_POINTS}
        )
    return axes


def _typed(choice: str, value: Any) -> Any:
    if not isinstance(value, str | int | float):
        raise Refused(
            _("%(choice)s has the value %(value)s: write single numbers or words.")
            % {"choice": choice, "value": f"{value!r}"}
        )
    if choice == AUGMENTATION:
        if value not in AUGMENTATIONS:
            raise Refused(
                _("Augmentation is %(value)s: choose one of %(augmentations)s.")
                % {"value": f"{value!r}", "augmentations": ", ".join(AUGMENTATIONS)}
            )
        return value
    if choice in FIXED:
        raise Refused(_("%(choice)s cannot be searched: %(fixed)s.") % {"choice": choice, "fixed": FIXED[choice]})
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
        raise Refused(
            _("The recipe with %(in_words)s cannot be trained: %(error)s.")
            % {"in_words": in_words(changes), "error": said(error)}
        ) from None


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
        return _("yes") if value else _("no")
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def searchable() -> list[str]:
    """Every choice that an axis may name."""
    return [AUGMENTATION, *(field.name for field in fields(Recipe) if field.name not in FIXED)]
