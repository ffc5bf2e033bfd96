"""The recipes that can be chosen by name, in plain words, and how a form or command changes single choices."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from readerstudy.refusal import Refused
from training.engine.classical_recipe import CLASSICAL, EMBEDDING, GABOR, LANDMARKS
from training.engine.recipe import PRESETS

TRUTHS = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A recipe's name, title and what it is for; whether it trains a network."""

    name: str
    title: str
    purpose: str
    is_network: bool = True


CATALOGUE = (
    Preset(
        name="demo",
        title=gettext_lazy("Small network"),
        purpose=gettext_lazy(
            "A reduced VGG-16 that a computer without a GPU trains in minutes. It learns the phantoms; on "
            "photographs it shows that everything works, and no more."
        ),
    ),
    Preset(
        name="paper",
        title=gettext_lazy("As published (Hong et al. 2021)"),
        purpose=gettext_lazy(
            "The full VGG-16 at 224 pixels with the paper's head, loss and augmentation. Meant for a GPU; "
            "on two processor cores it takes hours to days."
        ),
    ),
    Preset(
        name="smoke",
        title=gettext_lazy("Trial of the machinery"),
        purpose=gettext_lazy("One epoch of a tiny network: a minute or two to see that all works. It learns nothing."),
    ),
    Preset(
        name=EMBEDDING,
        title=gettext_lazy("Support-vector machine on an embedding"),
        purpose=gettext_lazy(
            "What the networks of a finished run have learnt of a face, judged by a support-vector machine on that "
            "run's own folds. In the manner of Pantel et al. 2020."
        ),
        is_network=False,
    ),
    Preset(
        name=GABOR,
        title=gettext_lazy("Gabor features"),
        purpose=gettext_lazy(
            "Edges and folds of the aligned face by their direction and size, and a linear machine: the classical "
            "way, before networks. In the line of Loos et al. 2003. A minute on a plain computer."
        ),
        is_network=False,
    ),
    Preset(
        name=LANDMARKS,
        title=gettext_lazy("Landmark geometry"),
        purpose=gettext_lazy(
            "Distances, ratios and angles of the eyes, nose and mouth corners. Five points say little of a face; "
            "this is what the coarse proportions alone carry. Seconds."
        ),
        is_network=False,
    ),
)


def recipe_values(preset: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The preset's choices with some changed; text is read as the type the choice has. ``create_run`` checks them."""
    recipes = PRESETS | CLASSICAL
    if preset not in recipes:
        raise Refused(
            _("There is no recipe %(preset)s: choose one of %(recipes)s.")
            % {"preset": f"{preset!r}", "recipes": ", ".join(recipes)}
        )
    values = recipes[preset].to_dict()
    unknown = sorted(set(changes) - set(values))
    if unknown:
        raise Refused(
            _("A recipe has no choice %(unknown)s: it knows %(values)s.")
            % {"unknown": ", ".join(unknown), "values": ", ".join(values)}
        )
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
        kind = _("yes or no") if isinstance(pattern, bool) else _("a number")
        raise Refused(
            _("%(key)s is %(value)s: write %(kind)s.") % {"key": key, "value": f"{value!r}", "kind": kind}
        ) from None
