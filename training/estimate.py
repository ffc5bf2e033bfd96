"""How long a run will take: multiplications of the network, divided by the pace of the last training here."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from training.engine.layout import BLOCKS, FC_UNITS, filters, remaining
from training.engine.recipe import Recipe
from training.models import Fold, Kind, State
from training.selectors import readable_recipe

# Multiply-adds a second of two shared x86 cores, measured: 64 px at width 0.25 took 0.06 CPU-s for 16 images.
PACE = 1.0e11
START_SECONDS = 20.0  # loading TensorFlow and tracing the network, once a fold
BACKWARD = 3.0  # a training step costs about three forward passes


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Seconds of one worker, and whether the pace was measured on this installation."""

    seconds: float
    is_measured: bool


def multiplications(recipe: Recipe) -> float:
    """Multiply-adds of one forward pass over one face.

    >>> round(multiplications(Recipe()) / 1e9, 1)
    15.5
    """
    side, channels, total = recipe.input_size, 3, 0.0
    for count, full in BLOCKS:
        units = filters(full, width=recipe.width)
        for _layer in range(count):
            total += side * side * 9 * channels * units
            channels = units
        side //= 2
    if recipe.head == "paper":
        units = filters(FC_UNITS, width=recipe.width)
        total += remaining(recipe.input_size) ** 2 * channels * units + units * units
    return total


def per_epoch(recipe: Recipe, photos: int) -> float:
    """Multiply-adds of one epoch of one fold: training over its parts, one forward pass over the validation part."""
    part = photos / recipe.folds
    return multiplications(recipe) * part * (BACKWARD * (recipe.folds - 2) + 1)


def estimate(recipe: Recipe, *, photos: int, pace: float | None = None) -> Estimate:
    """Time for all folds one after the other; ``pace`` in multiply-adds a second, as ``measured_pace`` gives it."""
    seconds = recipe.folds * (START_SECONDS + recipe.epochs * per_epoch(recipe, photos) / (pace or PACE))
    return Estimate(seconds=seconds, is_measured=pace is not None)


def measured_pace() -> float | None:
    """Multiply-adds a second of the last fold trained here; None before the first."""
    folds = Fold.objects.filter(state=State.FINISHED, run__kind=Kind.NETWORK).select_related("run")
    latest = folds.order_by("-finished_at")[:10]
    return next((pace for fold in latest if (pace := _pace_of(fold))), None)


def _pace_of(fold: Fold) -> float | None:
    recipe = readable_recipe(fold.run)
    # The first epoch carries the tracing of the network.
    seconds = sorted(entry["seconds"] for entry in fold.history[1:] if entry.get("seconds"))
    if not seconds or recipe is None:
        return None
    photos = len(fold.train_photos) * recipe.folds / (recipe.folds - 2)
    return per_epoch(recipe, round(photos)) / seconds[len(seconds) // 2]


def in_words(seconds: float) -> str:
    """A duration as people say it.

    >>> in_words(40), in_words(400), in_words(30_000)
    ('under a minute', 'about 7 minutes', 'about 8 hours')
    """
    if seconds < 55:
        return _("under a minute")
    if seconds < 5400:
        n = round(seconds / 60)
        return ngettext("about %(n)s minute", "about %(n)s minutes", n) % {"n": n}
    if seconds < 48 * 3600:
        return _("about %(n)s hours") % {"n": round(seconds / 3600)}
    return _("about %(n)s days") % {"n": round(seconds / 86_400)}
