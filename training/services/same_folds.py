"""A run on the very folds of another, so that two models are held against each other on the same held-out faces."""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from readerstudy.refusal import Refused
from readerstudy.studies.models import Cohort
from training.engine.classical_recipe import EMBEDDING, ClassicalRecipe
from training.engine.recipe import Recipe
from training.kinds import AnyRecipe
from training.models import Kind, State, TrainingRun


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The photo ids of one fold."""

    index: int
    train: list[int]
    validation: list[int]
    test: list[int]


def on_folds_of(source: TrainingRun | None, recipe: AnyRecipe, *, cohort: Cohort) -> AnyRecipe:
    """The recipe with the folds of ``source``; refused where the two do not fit together."""
    if isinstance(recipe, Recipe):
        if source:
            raise Refused(_("A network's folds are dealt from its seed: leave out the run whose folds it should take."))
        return recipe
    if source is None:
        if recipe.kind == EMBEDDING:
            raise Refused(_("Choose the finished run whose networks give the embedding."))
        return recipe
    _refuse_unfit(source, recipe, cohort)
    return replace(recipe, folds=source.folds.count())


def _refuse_unfit(source: TrainingRun, recipe: ClassicalRecipe, cohort: Cohort) -> None:
    if source.cohort_id != cohort.pk:
        raise Refused(
            _("The run “%(name)s” was trained on another cohort: choose a run on %(cohort)s.")
            % {"name": source.name, "cohort": cohort.name}
        )
    if source.state != State.FINISHED:
        raise Refused(
            _("The run “%(name)s” is not finished (%(state)s): choose a finished run.")
            % {"name": source.name, "state": source.get_state_display()}
        )
    if recipe.kind == EMBEDDING and source.kind != Kind.NETWORK:
        raise Refused(
            _("The run “%(name)s” has no network and so no embedding: choose a run that trained one.")
            % {"name": source.name}
        )


def parts_of(source: TrainingRun) -> list[Parts]:
    """The split of a run as it was stored."""
    return [
        Parts(
            index=fold.index,
            train=fold.train_photos,
            validation=fold.validation_photos,
            test=list(fold.predictions.order_by("id").values_list("photo_id", flat=True)),
        )
        for fold in source.folds.all()
    ]
