"""The recipes that can be chosen by name, in plain words, and how a form or command changes single choices."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from readerstudy.refusal import Refused
from training.engine.recipe import PRESETS, Recipe

TRUTHS = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A recipe's name, title and what it is for."""

    name: str
    title: str
    purpose: str


CATALOGUE = (
    Preset(
        name="demo",
        title="Small network",
        purpose="A reduced VGG-16 that a computer without a GPU trains in minutes. It learns the phantoms; on "
        "photographs it shows that everything works, and no more.",
    ),
    Preset(
        name="paper",
        title="As published (Hong et al. 2021)",
        purpose="The full VGG-16 at 224 pixels with the paper's head, loss and augmentation. Meant for a GPU; "
        "on two processor cores it takes hours to days.",
    ),
    Preset(
        name="smoke",
        title="Trial of the machinery",
        purpose="One epoch of a tiny network: a minute or two to see that all works. It learns nothing.",
    ),
)


def recipe_values(preset: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The preset's choices with some changed; text is read as the type the choice has. ``create_run`` checks them."""
    if preset not in PRESETS:
        raise Refused(f"There is no recipe {preset!r}: choose one of {', '.join(PRESETS)}.")
    values = PRESETS[preset].to_dict()
    unknown = sorted(set(changes) - set(values))
    if unknown:
        known = ", ".join(field.name for field in fields(Recipe))
        raise Refused(f"A recipe has no choice {', '.join(unknown)}: it knows {known}.")
    return values | {key: _typed(key, value, values[key]) for key, value in changes.items()}


def _typed(key: str, value: Any, pattern: Any) -> Any:
    if not isinstance(value, str) or isinstance(pattern, str):
        return value
    text = value.strip().lower()
    try:
        if isinstance(pattern, bool):
            return TRUTHS[text]
        return int(text) if isinstance(pattern, int) else float(text)
    except (KeyError, ValueError):
        kind = "yes or no" if isinstance(pattern, bool) else "a number"
        raise Refused(f"{key} is {value!r}: write {kind}.") from None
