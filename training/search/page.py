"""What the search's pages draw: rows with a small figure of mean and standard error, the choices, the form's facts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from readerstudy.refusal import Refused
from readerstudy.studies.models import Cohort
from training.engine.recipe import PRESETS, Recipe, RecipeError
from training.estimate import estimate, measured_pace
from training.models import State
from training.pictures import trainable_photos
from training.search import results
from training.search.choice import HIGHER_IS_BETTER, RULES
from training.search.grid import recipe_at
from training.search.models import Search, SearchTrial
from training.search.results import Chosen, Row

ENDED = (State.FINISHED, State.FAILED, State.CANCELLED)
FIGURE = 200.0  # units of the drawing's width; 8 are left free on each side
FREE = 8.0


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A row's dot and bar in the drawing's units."""

    low: float
    middle: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One button: the rules that choose this recipe, and what they choose."""

    rule: str
    says: str
    chosen: Chosen


def search_page(search: Search) -> dict[str, Any]:
    """Everything the page shows; a search of another version, whose recipe cannot be read, shows its bare choices."""
    trials = list(search.trials.all())
    table = results.rows(search, trials)
    marks, ticks = figure(table)
    choices = _choices(search, table)
    taken = {choice.chosen.point for choice in choices}
    is_ended = search.state in ENDED
    shown = [{"row": row, "mark": marks.get(row.point), "is_chosen": row.point in taken} for row in table]
    if is_ended:
        sign = -1 if HIGHER_IS_BETTER[results.measure_of(search)] else 1
        shown.sort(key=lambda each: (each["row"].mean is None, sign * (each["row"].mean or 0.0), each["row"].point))
    return {
        "search": search,
        "is_ended": is_ended,
        "measure": results.measure_label(search),
        "is_higher_better": HIGHER_IS_BETTER[results.measure_of(search)],
        "axes": results.axis_labels(search),
        "recipe": _described(search),
        "rows": shown,
        "ticks": ticks,
        "folds": range(1, len(search.parts) + 1),
        "photos": sum(len(part["validation"]) for part in search.parts),
        "choices": choices,
        "runs": search.chosen.select_related("run").order_by("run_id"),
        **_progress(trials),
    }


def _progress(trials: list[SearchTrial]) -> dict[str, Any]:
    return {
        "share": results.share_done(trials),
        "finished": sum(trial.state == State.FINISHED for trial in trials),
        "total": len(trials),
        "running": [trial for trial in trials if trial.state == State.RUNNING],
    }


def _choices(search: Search, table: list[Row]) -> list[Choice]:
    """What the rules choose once all is trained; rules that agree make one choice."""
    if search.state != State.FINISHED:
        return []
    found: list[Choice] = []
    for rule, says in RULES.items():
        try:
            chosen = results.chosen(search, table, rule=rule)
        except (RecipeError, TypeError, Refused):
            return []
        same = next((each for each in found if chosen and each.chosen.point == chosen.point), None)
        if chosen and same is None:
            found.append(Choice(rule=rule, says=says, chosen=chosen))
        elif same is not None:
            found[found.index(same)] = Choice(
                rule=same.rule,
                says=_("%(one)s; also %(other)s") % {"one": same.says, "other": says},
                chosen=same.chosen,
            )
    return found


def _described(search: Search) -> list[tuple[str, object]]:
    """The base recipe with what was set for all recipes alike."""
    try:
        return list(recipe_at(Recipe.from_dict(search.recipe), results.same_for_all(search)).describe())
    except (RecipeError, TypeError, Refused):
        return list(search.recipe.items())


def figure(table: list[Row]) -> tuple[dict[int, Mark], list[dict[str, Any]]]:
    """Marks by point on one scale for all rows, and the scale's two ends with their labels; nothing without a mean."""
    spans = {row.point: (row.mean - (row.se or 0), row.mean, row.mean + (row.se or 0))
             for row in table if row.mean is not None}  # fmt: skip
    if not spans:
        return {}, []
    low, high = min(span[0] for span in spans.values()), max(span[2] for span in spans.values())
    if high - low < 1e-9:
        low, high = low - 0.01, high + 0.01

    def place(value: float) -> float:
        return round(FREE + (FIGURE - 2 * FREE) * (value - low) / (high - low), 1)

    marks = {
        point: Mark(low=place(span[0]), middle=place(span[1]), high=place(span[2])) for point, span in spans.items()
    }
    return marks, [{"at": place(value), "label": f"{value:.3f}"} for value in (low, high)]


def facts_for_form(cohorts: Iterable[Cohort]) -> dict[str, Any]:
    """For the form's own arithmetic: faces of each cohort, folds of each base recipe, and one recipe's seconds."""
    pace = measured_pace()
    photos = {cohort.pk: trainable_photos(cohort).count() for cohort in cohorts}
    return {
        "photos": {str(pk): count for pk, count in photos.items()},
        "folds": {name: recipe.folds for name, recipe in PRESETS.items()},
        "seconds": {
            str(pk): {name: estimate(recipe, photos=count, pace=pace).seconds for name, recipe in PRESETS.items()}
            for pk, count in photos.items()
        },
    }
