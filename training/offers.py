"""What a cohort offers to a new run: its faces by class, and how long each recipe would take on them."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Q

from readerstudy.studies.models import Cohort
from training.engine.recipe import PRESETS
from training.estimate import estimate, in_words, measured_pace
from training.pictures import trainable_photos


def offers(cohorts: Iterable[Cohort]) -> dict[str, dict[str, Any]]:
    """By cohort id: ready photos with and without a syndrome, and the presets' durations in words."""
    pace = measured_pace()
    return {str(cohort.pk): _offer(cohort, pace) for cohort in cohorts}


def _offer(cohort: Cohort, pace: float | None) -> dict[str, Any]:
    counts = trainable_photos(cohort).aggregate(
        syndrome=Count("pk", filter=Q(subject__has_syndrome=True)),
        control=Count("pk", filter=Q(subject__has_syndrome=False)),
    )
    photos = counts["syndrome"] + counts["control"]
    times = {name: in_words(estimate(recipe, photos=photos, pace=pace).seconds) for name, recipe in PRESETS.items()}
    return {**counts, "kind": cohort.get_kind_display(), "times": times, "is_measured": pace is not None}
