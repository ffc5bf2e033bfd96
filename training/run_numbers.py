"""The held-out scores of a run in numbers: each finished fold, all pooled, calibration, and the spread over seeds."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from training import pooling
from training.models import Fold, Prediction, State, TrainingRun
from training.selectors import metric_rows, readable_recipe

if TYPE_CHECKING:
    from training.engine.curves import Calibration, Calls, Curve

MOST_COMPARED = 6
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class HeldOut:
    """One entry a face that a finished fold held out and scored; arrays of shape (faces,).

    In the order of the photos' ids. ``score`` and ``threshold`` are on the scale on which the folds are pooled
    (:mod:`training.pooling`); the threshold is that of the face's own fold, chosen on validation. ``raw`` is the score
    as the network gave it, ``calibrated`` NaN where there is none.
    """

    photo: Ints
    truth: Bools
    score: Floats
    raw: Floats
    calibrated: Floats
    fold: Ints
    threshold: Floats
    is_on_one_scale: bool

    @property
    def called(self) -> Bools:
        """GS where the score reaches its fold's threshold."""
        return self.score >= self.threshold

    def only(self, photos: Iterable[int]) -> "HeldOut":
        """The same for these photos (ids)."""
        kept = np.isin(self.photo, list(photos))
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        return HeldOut(**{name: part[kept] if isinstance(part, np.ndarray) else part for name, part in columns.items()})

    def __len__(self) -> int:
        return len(self.truth)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One fold, or all folds pooled. ``curve`` is None where only one class was held out; ``fold`` for the pool."""

    fold: Fold | None
    gs: int
    controls: int
    calls: "Calls"
    curve: "Curve | None"

    @property
    def is_outdated(self) -> bool:
        """Whether the truth of a face was changed after the fold had stored its own figures."""
        stored = self.fold.metrics if self.fold else {}
        return any(key in stored and stored[key] != getattr(self.calls, key) for key in ("tp", "fn", "fp", "tn"))


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Everything the run's page says about its held-out scores. ``calibrated`` is None without a calibration."""

    folds: list[Part]
    pooled: Part
    raw: "Calibration"
    calibrated: "Calibration | None"
    is_on_one_scale: bool  # the folds' scores can be compared, and are pooled as calibrated
    raw_auc: float | None  # of the pooled raw scores
    auc_limits: tuple[float, float] | None  # of the pooled AUC, 95 %
    histogram: dict[str, list[int]]  # "gs" and "controls": faces in twenty equal parts of 0..1

    def histogram_rows(self) -> list[tuple[float, float, int, int]]:
        """Lower and upper score, GS, controls."""
        gs, controls = self.histogram["gs"], self.histogram["controls"]
        return [
            (place / len(gs), (place + 1) / len(gs), *counts)
            for place, counts in enumerate(zip(gs, controls, strict=True))
        ]

    def pooled_value(self, key: str) -> float | None:
        """A metric over all faces at their own folds' thresholds."""
        if key == "auc":
            return self.pooled.curve.auc if self.pooled.curve else None
        return self.pooled.calls.rates().get(key)


def held_out(runs: Iterable[TrainingRun]) -> dict[int, HeldOut]:
    """By run id, the scored faces of finished folds whose truth is known. One query."""
    rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
    found = Prediction.objects.filter(
        run__in=list(runs),
        score__isnull=False,
        fold__state=State.FINISHED,
        fold__threshold__isnull=False,
        photo__subject__has_syndrome__isnull=False,
    ).order_by("photo_id")
    for row in found.values("run_id", "photo_id", "photo__subject__has_syndrome", *pooling.FIELDS):
        rows[row["run_id"]].append(row)
    return {run_id: _table(entries) for run_id, entries in rows.items()}


def _table(rows: list[dict[str, Any]]) -> HeldOut:
    score, threshold = np.array(pooling.pooled(rows), dtype=np.float64).T
    calibrated = [np.nan if row["calibrated"] is None else row["calibrated"] for row in rows]
    return HeldOut(
        photo=np.array([row["photo_id"] for row in rows], dtype=np.int64),
        truth=np.array([row["photo__subject__has_syndrome"] for row in rows], dtype=np.bool_),
        score=score,
        raw=np.array([row["score"] for row in rows], dtype=np.float64),
        calibrated=np.array(calibrated, dtype=np.float64),
        fold=np.array([row["fold__index"] for row in rows], dtype=np.int64),
        threshold=threshold,
        is_on_one_scale=pooling.is_on_one_scale(rows),
    )


def numbers(run: TrainingRun, folds: Iterable[Fold]) -> Numbers | None:
    """None before the first fold has ended."""
    from training.engine.curves import calibration, histogram, roc
    from training.engine.intervals import auc_interval

    table = held_out([run]).get(run.pk)
    if table is None:
        return None
    raw = calibration(table.truth, table.raw)
    assert raw is not None  # there is at least one face
    tempered = None if np.isnan(table.calibrated).any() else calibration(table.truth, table.calibrated)
    return Numbers(
        folds=[_part(table, table.fold == fold.index, fold) for fold in folds if (table.fold == fold.index).any()],
        pooled=_part(table, np.ones(len(table), dtype=np.bool_), None),
        raw=raw,
        calibrated=tempered,
        is_on_one_scale=table.is_on_one_scale,
        raw_auc=curve.auc if (curve := roc(table.truth, table.raw)) else None,
        auc_limits=auc_interval(table.truth, table.score),
        histogram={"gs": histogram(table.score[table.truth]), "controls": histogram(table.score[~table.truth])},
    )


def _part(table: HeldOut, mine: Bools, fold: Fold | None) -> Part:
    from training.engine.curves import calls, roc

    truth = table.truth[mine]
    return Part(
        fold=fold,
        gs=int(truth.sum()),
        controls=int((~truth).sum()),
        calls=calls(truth, table.called[mine]),
        curve=roc(truth, table.score[mine]),
    )


def metric_table(run: TrainingRun, numbers: Numbers) -> list[dict[str, Any]]:
    """One row a metric: value of each finished fold, mean and sample SD over them, value of all faces pooled."""
    return [row | {"pooled": numbers.pooled_value(row["key"])} for row in metric_rows(run)]


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """One run of the same recipe; ``auc`` is that of its pooled held-out scores, None until it has finished."""

    run: TrainingRun
    auc: float | None


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """The runs that differ in the seed alone, and mean and sample SD (n - 1) of their pooled AUC."""

    runs: list[Repeat]
    mean: float | None
    sd: float | None
    n: int

    @property
    def compared(self) -> list[Repeat]:
        """Those with a pooled AUC, as many as can be put side by side, the latest of them."""
        return [repeat for repeat in self.runs if repeat.auc is not None][-MOST_COMPARED:]


def repeats(run: TrainingRun) -> Repeats | None:
    """None where no other run has the same recipe, weights and cohort."""
    others = TrainingRun.objects.filter(cohort=run.cohort_id).order_by("seed", "id")
    alike = [other for other in others if _seedless(other) == _seedless(run)]
    return spread(alike) if len(alike) > 1 else None


def companions(run: TrainingRun) -> Repeats | None:
    """The run with those that were given its very folds, or the run whose folds it was given with theirs."""
    origin = run.source_id or run.pk
    found = TrainingRun.objects.filter(Q(pk=origin) | Q(source=origin)).order_by("id")
    return spread(list(found)) if len(found) > 1 else None


def spread(runs: list[TrainingRun]) -> Repeats:
    from training.engine.curves import roc

    tables = held_out(run for run in runs if run.state == State.FINISHED)
    curves = {pk: roc(table.truth, table.score) for pk, table in tables.items()}
    found = [Repeat(run=run, auc=curve.auc if (curve := curves.get(run.pk)) else None) for run in runs]
    known = [repeat.auc for repeat in found if repeat.auc is not None]
    return Repeats(
        runs=found,
        mean=fmean(known) if known else None,
        sd=stdev(known) if len(known) > 1 else None,
        n=len(known),
    )


def _seedless(run: TrainingRun) -> tuple[Any, ...]:
    readable = readable_recipe(run)  # fills in choices that did not exist when the run was made
    recipe = readable.to_dict() if readable else run.recipe
    choices = {key: value for key, value in recipe.items() if key not in ("seed", "name")}
    return choices, run.weights_sha256, run.source_id


def fingerprints(run: TrainingRun) -> dict[str, str]:
    """SHA-256 (hex) of the dealt faces with their truth, and of the same with the fold that holds each out.

    Made from the rows as they stand: two runs with the same first were dealt the same faces, with the same second also
    the same folds. Empty before the cohort is dealt.
    """
    rows = run.predictions.order_by("photo__sha256").values_list(
        "photo__sha256", "photo__subject__has_syndrome", "fold__index"
    )
    lines = [(sha256, truth, index) for sha256, truth, index in rows]
    if not lines:
        return {}
    faces = "\n".join(f"{sha256} {truth}" for sha256, truth, _ in lines)
    dealt = "\n".join(f"{sha256} {truth} {index}" for sha256, truth, index in lines)
    return {"faces": _sha256(faces), "folds": _sha256(dealt)}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
