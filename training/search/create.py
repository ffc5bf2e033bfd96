"""A search from its declaration to its messages, and the run that is made from what it chose."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.queue import send
from readerstudy.refusal import Refused
from readerstudy.studies.models import Cohort, Photo
from training.engine.recipe import Recipe
from training.engine.splits import FoldPlan
from training.models import State, TrainingRun
from training.search.choice import RULES
from training.search.grid import Axis, recipe_at, recipes
from training.search.models import ChosenRun, Search, SearchTrial
from training.search.results import chosen_point, grid_of, point_title
from training.services.runs import checked_recipe, create_run, split_cohort


def create_search(
    *,
    cohort: Cohort,
    name: str,
    recipe: Recipe | Mapping[str, Any],
    axes: Sequence[Axis],
    created_by: User,
    weights_name: str = "",
    wake: bool = True,
) -> Search:
    """Deal the cohort, store every trial and wake the workers; refuse at once a recipe that could never be trained.

    The folds are those that a run of the same cohort and seed gets. Only their training and validation parts are
    stored. ``wake=False`` sends no message: the caller trains the trials itself.
    """
    base = checked_recipe(recipe, weights_name=weights_name)
    if not name.strip():
        raise Refused(_("Give the search a name."))
    tried = recipes(base, axes)
    photos, plans = split_cohort(cohort, base)
    with transaction.atomic():
        search = Search.objects.create(
            cohort=cohort,
            name=name.strip(),
            recipe=base.to_dict(),
            axes=[[choice, list(values)] for choice, values in axes],
            parts=[
                {
                    "train": [photos[row].pk for row in plan.train],
                    "validation": [photos[row].pk for row in plan.validation],
                }
                for plan in plans
            ],
            seed=base.seed,
            weights_name=weights_name,
            weights_sha256="" if base.weights == "random" else base.weights,
            created_by=created_by,
        )
        SearchTrial.objects.bulk_create(
            SearchTrial(search=search, point=point, fold=plan.index, epochs=tried[point].epochs)
            for plan in plans
            for point in range(len(tried))
        )
        record("search.created", actor=created_by, target=f"search:{search.pk}", cohort=cohort.pk, axes=search.axes)
        if wake:
            send("training.start_search", search.pk)
    return search


def _parts(plan: FoldPlan, photos: Sequence[Photo]) -> dict[str, list[int]]:
    """The photo ids that teach and judge in a fold; those of its test part are left out on purpose."""
    return {
        "train": [photos[row].pk for row in plan.train.tolist()],
        "validation": [photos[row].pk for row in plan.validation.tolist()],
    }


def start_search(*, search_id: int) -> int:
    """Send a message for every trial that has none yet; how many were sent.

    A page must not wait for a hundred messages, so a worker sends them.
    """
    unsent = SearchTrial.objects.filter(search_id=search_id, state=State.QUEUED, heartbeat_at__isnull=True)
    sent = 0
    for pk in list(unsent.order_by("fold", "point").values_list("pk", flat=True)):
        with transaction.atomic():
            if unsent.filter(pk=pk).update(heartbeat_at=timezone.now()):
                send("training.train_trial", pk)
                sent += 1
    return sent


def make_run(*, search: Search, rule: str, created_by: User, name: str = "") -> TrainingRun:
    """A run of the recipe that the rule chooses, on the same folds; where it comes from is kept with it."""
    if search.state != State.FINISHED:
        raise Refused(_("A recipe can be chosen once every trial of the search is finished."))
    if rule not in RULES:
        raise Refused(
            _("There is no rule %(rule)s: choose one of %(rules)s.") % {"rule": f"{rule!r}", "rules": ", ".join(RULES)}
        )
    point = chosen_point(search, rule=rule)
    recipe = recipe_at(Recipe.from_dict(search.recipe), grid_of(search)[point])
    with transaction.atomic():
        run = create_run(
            cohort=search.cohort,
            name=name.strip() or f"{search.name[:60]}: {point_title(search, point)}"[:120],
            recipe=recipe,
            weights_name=search.weights_name,
            created_by=created_by,
        )
        ChosenRun.objects.create(run=run, search=search, point=point, rule=rule)
        record("search.chosen", actor=created_by, target=f"search:{search.pk}", run=run.pk, point=point, rule=rule)
    return run
