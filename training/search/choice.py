"""Which recipe a search chooses, from validation results alone, and how far its own figure can be trusted.

The best of many validation means is too good to be true (the winner's curse): Cawley and Talbot 2010, J Mach Learn Res
11, 2079. `mean_of_choices` shows by how much, from the folds at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from django.utils.translation import gettext_lazy

RULES = {
    "best": gettext_lazy("the best mean"),
    "one_se": gettext_lazy("the cheapest within one standard error of the best mean"),
}
"""Rule -> its name on a page. One standard error: Breiman et al. 1984, Classification and Regression Trees, 3.4.3."""

HIGHER_IS_BETTER = {"val_auc": True, "val_loss": False}
MEASURES = {"val_auc": gettext_lazy("validation AUC"), "val_loss": gettext_lazy("validation loss")}


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A recipe's results over the folds: mean, standard error of the mean (None with one fold)."""

    mean: float
    se: float | None


def summarise(values: Sequence[float]) -> Summary:
    """Mean and SD / sqrt(folds), SD with n - 1. Folds share training faces, so the error is a guide, not a test.

    >>> summarise([0.8, 0.9])
    Summary(mean=0.85, se=0.05)
    """
    se = stdev(values) / sqrt(len(values)) if len(values) > 1 else None
    return Summary(mean=round(fmean(values), 12), se=None if se is None else round(se, 12))


def choose(values: Sequence[Sequence[float]], *, costs: Sequence[float], rule: str, measure: str) -> int:
    """The number of the chosen recipe.

    ``values[point][fold]`` are the validation results, ``costs[point]`` how long a training takes. A tie goes to the
    cheaper recipe, then to the first in the grid.

    >>> values = [[0.90, 0.94], [0.91, 0.95], [0.80, 0.82]]
    >>> choose(values, costs=[1, 9, 1], rule="best", measure="val_auc")
    1
    >>> choose(values, costs=[1, 9, 1], rule="one_se", measure="val_auc")
    0
    """
    if rule not in RULES:
        raise ValueError(f"there is no rule {rule!r}: choose one of {', '.join(RULES)}")
    sign = _sign(measure)
    found = [summarise(row) for row in values]
    best = min(range(len(found)), key=lambda point: (-sign * found[point].mean, costs[point], point))
    if rule == "best":
        return best
    limit = sign * found[best].mean - (found[best].se or 0.0)
    near = [point for point in range(len(found)) if sign * found[point].mean >= limit]
    return min(near, key=lambda point: (costs[point], -sign * found[point].mean, point))


def mean_of_choices(
    values: Sequence[Sequence[float]], *, costs: Sequence[float], rule: str, measure: str
) -> float | None:
    """What the rule reaches on folds it did not choose by: choose without fold j, read fold j, mean over j.

    Beside the winner's own mean it shows the optimism of having chosen. None with one fold.

    >>> mean_of_choices([[0.9, 0.7], [0.7, 0.9]], costs=[1, 1], rule="best", measure="val_auc")
    0.7
    """
    folds = len(values[0])
    if folds < 2:
        return None
    read = []
    for fold in range(folds):
        others = [[value for k, value in enumerate(row) if k != fold] for row in values]
        read.append(values[choose(others, costs=costs, rule=rule, measure=measure)][fold])
    return fmean(read)


def _sign(measure: str) -> int:
    return 1 if HIGHER_IS_BETTER[measure] else -1
