"""What pages and commands read of searches: the table of recipes, the choice and its optimism, and the progress."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from readerstudy.accounts.models import User
from readerstudy.studies.access import INVESTIGATOR, cohorts_of
from training.engine.recipe import Recipe
from training.estimate import estimate
from training.models import State
from training.search.choice import MEASURES, choose, mean_of_choices, summarise
from training.search.grid import Changes, in_words, label_of, points, recipe_at, value_in_words
from training.search.models import Search, SearchTrial


@dataclass(frozen=True, kw_only=True)
class Row:
    """One recipe of the grid: what differs from the base, and the validation result of each fold (None: not yet)."""

    point: int
    values: list[str]
    folds: list[float | None]
    trained: int
    mean: float | None
    se: float | None
    seconds: float | None

    @property
    def number(self) -> int:
        return self.point + 1


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What a rule chooses: the point, its own mean, and the mean of choices made without the fold that judges them."""

    point: int
    title: str
    mean: float
    se: float | None
    without_own_fold: float | None
    optimism: float | None


def searches_for(user: User) -> QuerySet[Search]:
    """The searches on cohorts of the studies in which the user is an investigator, newest first."""
    found = Search.objects.filter(cohort__in=cohorts_of(user, INVESTIGATOR)).select_related("cohort", "created_by")
    done = Count("trials", filter=Q(trials__state=State.FINISHED))
    return found.annotate(trial_count=Count("trials"), trials_finished=done).order_by("-id")


def grid_of(search: Search) -> list[Changes]:
    """The points of the search's grid."""
    return points([(choice, tuple(values)) for choice, values in search.axes])


def axis_labels(search: Search) -> list[str]:
    """The headings of the axes that have more than one value, in order."""
    return [label_of(choice) for choice, values in search.axes if len(values) > 1]


def same_for_all(search: Search) -> Changes:
    """What was set once for all recipes of the grid."""
    return {choice: values[0] for choice, values in search.axes if len(values) == 1}


def point_title(search: Search, point: int) -> str:
    """What sets the point apart from the others, in one line."""
    varied = {choice for choice, values in search.axes if len(values) > 1}
    return in_words({choice: value for choice, value in grid_of(search)[point].items() if choice in varied})


def measure_of(search: Search) -> str:
    """What the recipes are judged by: what the base recipe monitors."""
    return search.recipe["monitor"]


def measure_label(search: Search) -> str:
    return MEASURES[measure_of(search)]


def rows(search: Search, trials: list[SearchTrial]) -> list[Row]:
    """The table in the order of the grid."""
    by_point: dict[int, list[SearchTrial]] = {}
    for trial in trials:
        by_point.setdefault(trial.point, []).append(trial)
    return [_row(search, point, changes, by_point.get(point, [])) for point, changes in enumerate(grid_of(search))]


def _row(search: Search, point: int, changes: Changes, trials: list[SearchTrial]) -> Row:
    measure = measure_of(search)
    ordered = sorted(trials, key=lambda trial: trial.fold)
    results = [getattr(trial, measure) if trial.state == State.FINISHED else None for trial in ordered]
    known = [value for value in results if value is not None]
    found = summarise(known) if known else None
    seconds = [trial.seconds for trial in ordered if trial.seconds is not None]
    varied = {choice for choice, values in search.axes if len(values) > 1}
    return Row(
        point=point,
        values=[value_in_words(choice, value) for choice, value in changes.items() if choice in varied],
        folds=results,
        trained=len(known),
        mean=found.mean if found else None,
        se=found.se if found else None,
        seconds=sum(seconds) if seconds else None,
    )


def costs(search: Search) -> list[float]:
    """How long a training of each recipe takes, in seconds of the same computer: the same whoever trained it."""
    base = Recipe.from_dict(search.recipe)
    photos = sum(len(part["validation"]) for part in search.parts)
    return [estimate(recipe_at(base, changes), photos=photos).seconds for changes in grid_of(search)]


def chosen(search: Search, table: list[Row], *, rule: str) -> Chosen | None:
    """What the rule chooses; None before every trial is finished."""
    if any(value is None for row in table for value in row.folds):
        return None
    values = [[value for value in row.folds if value is not None] for row in table]
    given: dict[str, Any] = {"costs": costs(search), "rule": rule, "measure": measure_of(search)}
    point = choose(values, **given)
    found, fair = summarise(values[point]), mean_of_choices(values, **given)
    return Chosen(
        point=point,
        title=point_title(search, point),
        mean=found.mean,
        se=found.se,
        without_own_fold=fair,
        optimism=None if fair is None else abs(found.mean - fair),
    )


def chosen_point(search: Search, *, rule: str) -> int:
    """The number of the recipe that the rule chooses in a finished search."""
    found = chosen(search, rows(search, list(search.trials.all())), rule=rule)
    if found is None:
        raise ValueError(f"search {search.pk} is not finished")
    return found.point


def share_done(trials: list[SearchTrial]) -> float:
    """Part of all epochs that is trained; a trial that stopped early counts as whole."""
    total = sum(trial.epochs for trial in trials)
    done = sum(trial.epochs if trial.state == State.FINISHED else min(trial.epoch, trial.epochs) for trial in trials)
    return done / total if total else 0.0
