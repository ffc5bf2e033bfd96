"""What a fold of each kind is fitted on, and which syndromes its network finds its held-out faces to look like."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from django.conf import settings
from django.utils.translation import gettext_noop as _
from numpy.typing import NDArray

from readerstudy.studies.models import Photo
from training.engine.classical_recipe import EMBEDDING, GABOR, LANDMARKS, ClassicalRecipe
from training.engine.moves import inside, room_of
from training.engine.recipe import Recipe
from training.engine.results import Cancelled, FoldResult
from training.engine.splits import FoldPlan
from training.likeness import alike_groups
from training.models import Fold, Kind, TrainingRun
from training.pictures import each_crop, load_crops
from training.stores import faces_of

log = logging.getLogger(__name__)

MOST_RANKED = 10  # places of the ranked list of syndromes that are kept
AT_ONCE = 256  # faces in memory at a time
ShouldStop = Callable[[], bool]
Points = NDArray[np.float32]


class NoFeatures(ValueError):
    """What the model looks at is missing; the message is the sentence for the run's page."""


def fit_other(
    fold: Fold,
    photos: list[Photo],
    *,
    plan: FoldPlan,
    directory: Path,
    on_epoch: Callable[[dict[str, float]], None],
    should_stop: ShouldStop,
) -> tuple[FoldResult, dict[int, list[str]]]:
    """A fold of a run that trains no network; with it the ranked syndromes where the model has an embedding."""
    from training.engine.classical import fit_classical

    recipe = ClassicalRecipe.from_dict(fold.run.recipe)
    features = _features(recipe.kind, fold, photos, should_stop)
    result = fit_classical(
        recipe=recipe,
        features=features,
        has_syndrome=[photo.subject.has_syndrome for photo in photos],
        groups=alike_groups(photos),
        plan=plan,
        directory=directory,
        on_epoch=on_epoch,
        should_stop=should_stop,
    )
    if recipe.kind != EMBEDDING or not has_syndromes_to_tell(photos, plan):
        return result, {}
    return result, _ranked(features[plan.train], features[plan.test], photos, plan)


def _features(kind: str, fold: Fold, photos: list[Photo], should_stop: ShouldStop) -> Points:
    """(n, 2, d): each face and its mirror image."""
    if kind == LANDMARKS:
        from training.engine.geometry import landmark_features

        return landmark_features(_landmarks(photos))
    if kind == GABOR:
        from training.engine.gabor import gabor_features

        return gabor_features(each_crop(photos), should_stop=should_stop)
    own = fold.run.source.folds.select_related("run").get(index=fold.index)
    return _embedded(own, photos, should_stop)


def _landmarks(photos: Sequence[Photo]) -> NDArray[np.float64]:
    lacking = [photo.subject.code for photo in photos if photo.face.landmarks is None]
    if lacking:
        raise NoFeatures(
            _("subject %(lacking)s has no landmarks: place them on its photo, then start the run again.")
            % {"lacking": lacking[0]}
        )
    return np.array([photo.face.landmarks for photo in photos], np.float64)


def _embedded(fold: Fold, photos: Sequence[Photo], should_stop: ShouldStop) -> Points:
    path = Path(settings.DATA_DIR) / fold.weights
    if not fold.weights or not path.is_file():
        raise NoFeatures(
            _(
                "the weights of fold %(index)s of the run “%(name)s” are not on this machine: restore "
                "them or train that run again."
            )
            % {"index": fold.index + 1, "name": fold.run.name}
        )
    from training.engine.embedding import embeddings
    from training.engine.predict import load_fold

    recipe = Recipe.from_dict(fold.run.recipe)
    model = load_fold(recipe, path)
    parts = [photos[start : start + AT_ONCE] for start in range(0, len(photos), AT_ONCE)]
    found = [embeddings(model, load_crops(part), recipe=recipe, should_stop=should_stop) for part in parts]
    return np.concatenate(found)


def has_syndromes_to_tell(photos: Sequence[Photo], plan: FoldPlan) -> bool:
    """Whether the training part names at least two syndromes."""
    return len({photos[row].subject.diagnosis for row in plan.train.tolist()} - {""}) > 1


def ranked_by_network(
    fold: Fold, result: FoldResult, photos: list[Photo], *, plan: FoldPlan, should_stop: ShouldStop
) -> dict[int, list[str]]:
    """By photo id the syndromes that each held-out face looks most like to the network that was just trained.

    It is a figure beside the question, so that a failure here costs the figure and never the fold.
    """
    if fold.run.kind != Kind.NETWORK or not has_syndromes_to_tell(photos, plan):
        return {}
    try:
        return _ranked_by(fold.run, result, photos, plan, should_stop)
    except Cancelled:
        raise
    except Exception:
        log.exception("The syndromes of fold %s could not be ranked.", fold.pk)
        return {}


def _ranked_by(
    run: TrainingRun, result: FoldResult, photos: list[Photo], plan: FoldPlan, should_stop: ShouldStop
) -> dict[int, list[str]]:
    from training.engine.embedding import embeddings
    from training.engine.predict import load_fold

    recipe = Recipe.from_dict(run.recipe)
    model = load_fold(recipe, result.weights_path)
    look = inside(recipe, room=room_of(recipe))
    points = embeddings(model, faces_of(run, photos), recipe=look, should_stop=should_stop)
    return _ranked(points[plan.train], points[plan.test], photos, plan)


def _ranked(known: Points, asked: Points, photos: list[Photo], plan: FoldPlan) -> dict[int, list[str]]:
    from training.engine.neighbours import rank_syndromes

    names = [photos[row].subject.diagnosis for row in plan.train.tolist()]
    held_out = [photos[row].pk for row in plan.test.tolist()]
    ranked = rank_syndromes(known.mean(axis=1), names, asked.mean(axis=1))
    return {pk: names[:MOST_RANKED] for pk, names in zip(held_out, ranked, strict=True)}
