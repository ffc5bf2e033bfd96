"""Which model a run trains, read from its recipe, and what the pages say of it.

In English, as the engine says it: pages put it into the reader's language by ``readerstudy.said``.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop as _

from training.engine.classical_recipe import EMBEDDING, SENTENCES, ClassicalRecipe
from training.engine.recipe import Recipe, RecipeError
from training.engine.words import network_sentence
from training.models import Kind, TrainingRun

AnyRecipe = Recipe | ClassicalRecipe


def recipe_from(values: Mapping[str, Any]) -> AnyRecipe:
    """The recipe of a stored dictionary: one that names a kind is of a model beside the network."""
    return ClassicalRecipe.from_dict(values) if "kind" in values else Recipe.from_dict(values)


def kind_of(recipe: AnyRecipe) -> Kind:
    return Kind(recipe.kind) if isinstance(recipe, ClassicalRecipe) else Kind.NETWORK


def readable(run: TrainingRun) -> AnyRecipe | None:
    """None for a run that another version made and this one cannot read."""
    try:
        return recipe_from(run.recipe)
    except (RecipeError, TypeError):
        return None


def is_imported(run: TrainingRun) -> bool:
    """Whether only its scores came here, in a file."""
    return "imported" in run.recipe


def sentence(run: TrainingRun) -> str:
    """Which model it is, in one sentence; also for a run whose recipe this version cannot read any more."""
    recipe = readable(run)
    if is_imported(run):
        return _("Unknown here: the scores were imported from a file")
    if recipe is None:
        return _("Made by another version of readerstudy")
    if isinstance(recipe, Recipe):
        return network_sentence(recipe)
    if recipe.kind == EMBEDDING and run.source:
        told = {"kind": SENTENCES[EMBEDDING], "run": run.source.name, "kind2": sentence(run.source)}
        return _("%(kind)s, that of the run “%(run)s” (%(kind2)s)") % told
    return SENTENCES[recipe.kind]


def described(run: TrainingRun) -> list[tuple[str, object]]:
    """(label, sentence) of every choice; the bare choices when this version cannot read them."""
    recipe = readable(run)
    if recipe is None:
        return list(run.recipe.items())
    told: list[tuple[str, object]] = list(recipe.describe())
    if run.source is None:
        return told
    told_of = {"run": run.source.name, "number": run.source.pk}
    same = _("the very folds of the run “%(run)s” (number %(number)s)") % told_of
    return [*((label, text) for label, text in told if label != "Folds"), ("Folds", same)]
