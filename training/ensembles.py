"""The ensemble of a finished run: where its folds' weights lie, and what it said of a new photo."""

from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from readerstudy.refusal import Refused
from training.engine.ensemble import Answer, Ensemble, Member, Verdict
from training.engine.recipe import Recipe, RecipeError
from training.kinds import is_imported
from training.models import Fold, Kind, NewPhoto, State, TrainingRun


def runs_with_networks() -> QuerySet[TrainingRun]:
    """Finished runs that could be shown a new photo: no fold without weights, as those of imported scores are."""
    return TrainingRun.objects.filter(kind=Kind.NETWORK, state=State.FINISHED).exclude(folds__weights="")


def ensemble_of(run: TrainingRun) -> Ensemble:
    """All networks of the run; refused unless every fold was trained to its end and its file is there."""
    if run.state != State.FINISHED:
        raise Refused(
            _("The run %(name)s has not finished: only a finished run has all its networks.") % {"name": run.name}
        )
    if is_imported(run):
        raise Refused(
            _(
                "The run %(name)s was imported with its scores only: no network of it is here to look at "
                "a new photo. Choose a run that was trained here."
            )
            % {"name": run.name}
        )
    try:
        recipe = Recipe.from_dict(run.recipe)
    except (RecipeError, TypeError):
        raise Refused(
            _("The run %(name)s has no network that this version could show a new photo.") % {"name": run.name}
        ) from None
    return Ensemble(recipe=recipe, members=tuple(_member(fold) for fold in run.folds.all()))


def _member(fold: Fold) -> Member:
    file = Path(settings.DATA_DIR) / fold.weights
    if not fold.weights or fold.threshold is None:
        raise Refused(_("Fold %(index)s of the run kept no weights: train the run again.") % {"index": fold.index + 1})
    return Member(fold=fold.index, weights=file, threshold=fold.threshold, scale=fold.scale)


def refuse_lost_files(ensemble: Ensemble) -> None:
    """Refused when the file of a network is not where it was written."""
    lost = [str(member.fold + 1) for member in ensemble.members if not member.weights.is_file()]
    if lost:
        raise Refused(
            _("The weights of fold %(lost)s are not in the data directory: restore them or train the run again.")
            % {"lost": ", ".join(lost)}
        )


def verdict_of(photo: NewPhoto) -> Verdict | None:
    """What the networks said of a new photo; None unless it was scored."""
    if photo.state != State.FINISHED:
        return None
    return Verdict(answers=tuple(Answer(**({"calibrated": None} | entry)) for entry in photo.scores))
