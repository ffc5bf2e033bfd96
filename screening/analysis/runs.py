"""Runs on the same cohort side by side: areas with intervals, calls, paired tests, and where their recipes differ."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import fmean, stdev
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from screening import statistics
from screening.analysis.words import span
from screening.statistics import to_plain
from screening.statistics.rates import rates
from training.engine.curves import Curve, roc
from training.models import Kind, State, TrainingRun
from training.run_numbers import MOST_COMPARED, HeldOut, fingerprints, held_out
from training.selectors import described, metric_rows

FEWEST, MOST = 2, MOST_COMPARED
LEVEL = 0.95
MACHINE = {
    "processor": gettext_lazy("Processor"),
    "accelerators": gettext_lazy("Accelerators"),
    "tensorflow": "Tensorflow",
    "keras": "Keras",
}


@dataclass(frozen=True, kw_only=True)
class Side:
    """One run. What its held-out faces cannot tell (one class only) is None."""

    letter: str
    run: TrainingRun
    table: HeldOut
    curve: Curve | None
    auc: dict[str, Any] | None  # DeLong's interval; its limits are None where it has none
    rates: dict[str, Any]  # with Wilson's intervals, by name
    fold_aucs: list[float]
    training_seconds: float | None  # over all folds, as their workers took it
    best_epochs: list[int]
    fingerprints: dict[str, str]

    @property
    def gs(self) -> int:
        return int(self.table.truth.sum())

    @property
    def controls(self) -> int:
        return len(self.table) - self.gs

    @property
    def training_time(self) -> str:
        """In words, added up over the folds; a dash where a worker did not write it down."""
        if self.training_seconds is None:
            return "–"
        minutes, seconds = divmod(round(self.training_seconds), 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return _("%(h)s h %(min)s min") % {"h": hours, "min": minutes}
        if minutes:
            return _("%(min)s min %(s)s s") % {"min": minutes, "s": seconds}
        return _("%(s)s s") % {"s": seconds}

    @property
    def mean_auc(self) -> float | None:
        return fmean(self.fold_aucs) if self.fold_aucs else None

    @property
    def sd_auc(self) -> float | None:
        return stdev(self.fold_aucs) if len(self.fold_aucs) > 1 else None


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two runs on the same faces. ``test`` is None where it cannot be made; ``reason`` says why."""

    first: Side
    second: Side
    test: dict[str, Any] | None  # a DelongTest; its p value is None where the difference has no spread
    reason: str = ""
    adjusted: float | None = None  # p by Holm over all pairs

    @property
    def is_defined(self) -> bool:
        return self.test is not None and self.test["p_value"] is not None

    @property
    def difference(self) -> str:
        """The AUC of the first less that of the second, with its interval where it has one."""
        if self.test is None:
            return "–"
        value = f"{self.test['difference']:+.3f}"
        limits = (f"{self.test[limit]:+.3f}" for limit in ("lower", "upper") if self.is_defined)
        text = f"{value} ({span(*limits)})" if self.is_defined else value
        return text.replace("-", "−")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One line of the recipes: what each run's says."""

    label: str
    sentences: list[object]

    @property
    def differs(self) -> bool:
        return any(sentence != self.sentences[0] for sentence in self.sentences)


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    sides: list[Side]
    pairs: list[Pair]
    choices: list[Choice]

    @property
    def has_same_faces(self) -> bool:
        return len({side.fingerprints.get("faces") for side in self.sides}) == 1

    @property
    def has_same_folds(self) -> bool:
        return len({side.fingerprints.get("folds") for side in self.sides}) == 1


def reader_gaps(found: SideBySide, readers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each reader with a point, each run's sensitivity at the reader's specificity, less the reader's own."""
    return [
        {
            "code": reader["code"],
            "rates": reader["rates"],
            "gaps": [_gap(side, reader["rates"]) for side in found.sides],
        }
        for reader in readers
        if reader["has_point"]
    ]


def _gap(side: Side, reader: dict[str, Any]) -> float | None:
    if side.curve is None:
        return None
    height = statistics.sensitivity_at(side.table.truth, side.table.score, reader["specificity"]["value"])
    return float(height - reader["sensitivity"]["value"])


def problem_of(runs: Sequence[TrainingRun]) -> str:
    """Why these runs cannot be put side by side, in one sentence; empty when they can."""
    if not FEWEST <= len(runs) <= MOST:
        words = _("Tick %(fewest)s to %(most)s finished runs to compare them; %(n)s came.")
        return words % {"fewest": FEWEST, "most": MOST, "n": len(runs)}
    if len({run.cohort_id for run in runs}) > 1:
        return _("These runs are of different cohorts: only runs on the same faces can be compared.")
    for run in runs:
        if run.state != State.FINISHED:
            return _("%(run)s has not finished: only finished runs can be compared.") % {"run": run.name}
    tables = held_out(runs)
    scoreless = [run.name for run in runs if run.pk not in tables]
    words = _("%(run)s has no held-out score of a face whose truth is known.")
    return words % {"run": scoreless[0]} if scoreless else ""


def side_by_side(runs: Sequence[TrainingRun], *, photos: Sequence[int] | None = None) -> SideBySide:
    """Runs for which :func:`problem_of` is empty, in the order given; on these ``photos`` only, or on all."""
    tables = held_out(runs)
    if photos is not None:
        tables = {pk: table.only(photos) for pk, table in tables.items()}
    sides = [_side(run, tables[run.pk], letter=chr(ord("A") + place)) for place, run in enumerate(runs)]
    pairs = _adjusted([_pair(*two) for two in combinations(sides, 2)])
    return SideBySide(sides=sides, pairs=pairs, choices=_choices(runs))


def _side(run: TrainingRun, table: HeldOut, *, letter: str) -> Side:
    folds = list(run.folds.all())
    seconds = [fold.metrics.get("seconds") for fold in folds]
    auc_row = next((row for row in metric_rows(run) if row["key"] == "auc"), {"values": []})
    counted = statistics.Confusion(
        tp=int(np.sum(table.truth & table.called)),
        fn=int(np.sum(table.truth & ~table.called)),
        tn=int(np.sum(~table.truth & ~table.called)),
        fp=int(np.sum(~table.truth & table.called)),
    )
    return Side(
        letter=letter,
        run=run,
        table=table,
        curve=roc(table.truth, table.score),
        auc=_interval(table),
        rates=to_plain(rates(counted, LEVEL)),
        fold_aucs=[value for value in auc_row["values"] if value is not None],
        training_seconds=None if None in seconds else sum(seconds),
        best_epochs=[fold.best_epoch for fold in folds if fold.best_epoch and fold.epochs > 1],
        fingerprints=fingerprints(run),
    )


def _interval(table: HeldOut) -> dict[str, Any] | None:
    """On the log-odds scale, as on the run's own page: near 1 it covers far better."""
    if not _is_enough(table):
        return None
    return to_plain(statistics.delong_interval(table.truth, table.score, level=LEVEL, scale="logit"))


def _is_enough(table: HeldOut) -> bool:
    """DeLong's variance needs two faces of each class."""
    return min(int(table.truth.sum()), int((~table.truth).sum())) >= 2


def _pair(first: Side, second: Side) -> Pair:
    if not np.array_equal(first.table.photo, second.table.photo):
        common = len(np.intersect1d(first.table.photo, second.table.photo))
        return Pair(
            first=first,
            second=second,
            test=None,
            reason=_("not the same faces: %(first)s and %(second)s, %(both)s in both")
            % {"first": len(first.table), "second": len(second.table), "both": common},
        )
    if not _is_enough(first.table):
        return Pair(first=first, second=second, test=None, reason=_("fewer than two faces of a class"))
    test = to_plain(statistics.delong_test(first.table.truth, first.table.score, second.table.score, level=LEVEL))
    reason = "" if test["p_value"] is not None else _("no test: the difference has no spread")
    return Pair(first=first, second=second, test=test, reason=reason)


def _adjusted(pairs: list[Pair]) -> list[Pair]:
    defined = [pair for pair in pairs if pair.is_defined]
    if not defined:
        return pairs
    corrected = iter(statistics.holm([pair.test["p_value"] for pair in defined if pair.test]).adjusted.tolist())
    return [replace(pair, adjusted=next(corrected)) if pair.is_defined else pair for pair in pairs]


def _choices(runs: Sequence[TrainingRun]) -> list[Choice]:
    described_runs = [dict(described(run)) for run in runs]
    labels = dict.fromkeys(label for sentences in described_runs for label in sentences)
    lines = [Choice(label=label, sentences=[found.get(label, "–") for found in described_runs]) for label in labels]
    return lines + _made(runs)


def _made(runs: Sequence[TrainingRun]) -> list[Choice]:
    """Seed, start and machine of each run."""
    lines = [
        Choice(label=_("Seed"), sentences=[run.seed for run in runs]),
        Choice(label=_("First weights"), sentences=[_start(run) for run in runs]),
    ]
    return lines + [
        Choice(label=str(label), sentences=[_version(run, name) for run in runs]) for name, label in MACHINE.items()
    ]


def _start(run: TrainingRun) -> str:
    return run.weights_name or (pgettext("first weights", "random") if run.kind == Kind.NETWORK else _("no network"))


def _version(run: TrainingRun, name: str) -> str:
    return run.versions.get(name) or run.versions.get(f"{name}-cpu") or "–"
