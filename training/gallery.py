"""The held-out faces of a finished run with their heat maps: which, in what order, and what the maps say together."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from numpy.typing import NDArray

from readerstudy.studies.models import Photo
from training.heat import load_map
from training.models import Prediction, State, TrainingRun
from training.pictures import load_crops

PAGE = 24
ON_FACE = 0.5  # a map lies on the face when at least this part of its heat does
FEWEST = 5  # maps of one syndrome that make a mean
ALL_GS, ALL_CONTROLS = "all-gs", "all-controls"
WRONG = Q(photo__subject__has_syndrome=True, score__lt=F("fold__threshold")) | Q(
    photo__subject__has_syndrome=False, score__gte=F("fold__threshold")
)
CALLS = (("all", gettext_lazy("All")), ("wrong", gettext_lazy("Wrong calls")))
TRUTHS = (("all", gettext_lazy("GS and controls")), ("gs", "GS"), ("control", gettext_lazy("Controls")))


def shown(run: TrainingRun) -> QuerySet[Prediction]:
    """The scored predictions of a finished run whose photo may be looked at."""
    if run.state != State.FINISHED:
        return run.predictions.none()
    return (
        run.predictions.filter(
            score__isnull=False,
            photo__subject__consent_withdrawn_at__isnull=True,
            photo__subject__has_syndrome__isnull=False,
            photo__face__is_found=True,
        )
        .exclude(photo__status=Photo.Status.ERASED)
        .exclude(photo__face__crop="")
        .select_related("photo__subject", "photo__face", "fold")
    )


def ranked(run: TrainingRun, *, calls: str = "all", truth: str = "all") -> QuerySet[Prediction]:
    """Largest error first. The error is the distance from the truth (0 or 1) of the calibrated score, else the raw."""
    probability = Coalesce("calibrated", "score")
    rows = shown(run).annotate(
        error=Case(When(photo__subject__has_syndrome=True, then=Value(1.0) - probability), default=probability),
        is_wrong=Case(When(WRONG, then=Value(True)), default=Value(False)),
    )
    if calls == "wrong":
        rows = rows.filter(is_wrong=True)
    if truth != "all":
        rows = rows.filter(photo__subject__has_syndrome=truth == "gs")
    return rows.order_by("-error", "photo__subject__code")


@dataclass(frozen=True, kw_only=True)
class OnFace:
    """How many of the maps that show any evidence lie on the face."""

    label: str
    on_face: int
    maps: int


def on_face(run: TrainingRun) -> list[OnFace]:
    """GS and controls apart; empty for a run without maps."""
    rows = shown(run).filter(heat_share__isnull=False).values_list("photo__subject__has_syndrome", "heat_share")
    found = []
    for value, label in ((True, "GS"), (False, "controls")):
        shares = [share for truth, share in rows if truth == value]
        if shares:
            found.append(OnFace(label=label, on_face=sum(share >= ON_FACE for share in shares), maps=len(shares)))
    return found


@dataclass(frozen=True, kw_only=True)
class Group:
    """Faces whose maps are averaged: `key` stands in the address."""

    key: str
    label: str
    maps: int


def groups(run: TrainingRun) -> list[Group]:
    """All GS, all controls, and each syndrome with enough maps, the most frequent first."""
    rows = list(with_map(run).values_list("photo__subject__has_syndrome", "photo__subject__diagnosis"))
    classes = Counter(truth for truth, _ in rows)
    named = Counter(name for truth, name in rows if truth and name)
    whole = [Group(key=ALL_GS, label=_("All GS"), maps=classes[True])]
    whole.append(Group(key=ALL_CONTROLS, label=_("All controls"), maps=classes[False]))
    syndromes = sorted(named.items(), key=lambda item: (-item[1], item[0]))
    single = [Group(key=f"syndrome-{n}", label=name, maps=count) for n, (name, count) in enumerate(syndromes)]
    return [group for group in whole + single if group.maps >= FEWEST]


def with_map(run: TrainingRun) -> QuerySet[Prediction]:
    """The predictions that have a map with any evidence in it."""
    return shown(run).exclude(heat_map="").filter(heat_share__isnull=False)


def members(run: TrainingRun, group: Group) -> QuerySet[Prediction]:
    rows = with_map(run).filter(photo__subject__has_syndrome=group.key != ALL_CONTROLS)
    return rows.filter(photo__subject__diagnosis=group.label) if group.key.startswith("syndrome-") else rows


def mean_map(run: TrainingRun, group: Group) -> NDArray[np.uint8]:
    """(56, 56) mean of the group's maps in the aligned frame; each map counts the same."""
    total = np.zeros((56, 56))
    for row in members(run, group):
        total += load_map(row)
    return np.round(total / group.maps).astype(np.uint8)


def mean_face(run: TrainingRun, group: Group) -> NDArray[np.uint8]:
    """(224, 224, 3) mean of the group's aligned crops."""
    total = np.zeros((224, 224, 3))
    for row in members(run, group):
        total += load_crops([row.photo])[0]
    return np.round(total / group.maps).astype(np.uint8)
