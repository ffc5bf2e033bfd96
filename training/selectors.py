"""What pages, the API and the comparison read of runs."""

from collections.abc import Iterable
from statistics import fmean, stdev
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext_lazy

from readerstudy.accounts.models import User
from readerstudy.said import said
from readerstudy.studies.access import INVESTIGATOR, cohorts_of
from readerstudy.studies.models import Cohort
from training import kinds
from training.engine.recipe import Recipe, RecipeError
from training.engine.words import is_papers_network
from training.models import Fold, Prediction, State, TrainingRun

ENDED = (State.FINISHED, State.FAILED, State.CANCELLED)
# (key of the engine's fold metrics, label) in the order of the paper's Table 2, the AUC first
METRICS = (
    ("auc", "AUC"),
    ("accuracy", gettext_lazy("Accuracy")),
    ("sensitivity", gettext_lazy("Sensitivity")),
    ("specificity", gettext_lazy("Specificity")),
    ("precision", gettext_lazy("Precision")),
    ("f1", gettext_lazy("F1 score")),
)
CURVES = ("epoch", "loss", "val_loss", "val_auc", "val_accuracy", "seconds")


def runs_for(user: User) -> QuerySet[TrainingRun]:
    """The runs on cohorts of the studies in which the user is an investigator, newest first."""
    runs = TrainingRun.objects.filter(cohort__in=cohorts_of(user, INVESTIGATOR))
    return (
        runs.select_related("cohort", "created_by", "source")
        .annotate(
            fold_count=Count("folds", distinct=True),
            folds_finished=Count("folds", filter=Q(folds__state=State.FINISHED), distinct=True),
        )
        .order_by("-id")
    )


def finished_runs(cohort: Cohort) -> QuerySet[TrainingRun]:
    """The runs whose every fold was trained to its end, newest first."""
    return TrainingRun.objects.filter(cohort=cohort, state=State.FINISHED).order_by("-finished_at", "-id")


def network_of(run: TrainingRun) -> str:
    """Which model it is, in one sentence; also for a run whose recipe this version cannot read any more."""
    return said(kinds.sentence(run))


def readable_recipe(run: TrainingRun) -> Recipe | None:
    """The network's recipe; None for a run without a network, or one that this version cannot read."""
    try:
        return Recipe.from_dict(run.recipe)
    except (RecipeError, TypeError):
        return None


def has_papers_network(run: TrainingRun) -> bool:
    recipe = readable_recipe(run)
    return recipe is not None and is_papers_network(recipe)


def described(run: TrainingRun) -> list[tuple[str, object]]:
    """(label, sentence) of every choice; the bare choices when this version cannot read them."""
    return [(said(label), said(told) if isinstance(told, str) else told) for label, told in kinds.described(run)]


def progress(run: TrainingRun) -> dict[str, Any]:
    """What the run's page draws: state, share done, and every fold with its curves."""
    folds = list(run.folds.all())
    total = sum(fold.epochs for fold in folds)
    done = sum(fold.epochs if fold.state == State.FINISHED else min(fold.epoch, fold.epochs) for fold in folds)
    return {
        "id": run.pk,
        "state": run.state,
        "state_label": run.get_state_display(),
        "is_ended": run.state in ENDED,
        "problem": said(run.problem),
        "share": 1.0 if run.state == State.FINISHED else (done / total if total else 0.0),
        "seconds_left": seconds_left(folds) if run.state == State.RUNNING else None,
        "folds": [_fold_progress(fold) for fold in folds],
    }


def _fold_progress(fold: Fold) -> dict[str, Any]:
    return {
        "index": fold.index,
        "state": fold.state,
        "state_label": fold.get_state_display(),
        "epoch": fold.epoch,
        "epochs": fold.epochs,
        "worker": fold.worker,
        "problem": said(fold.problem),
        "curves": {key: [_short(entry.get(key)) for entry in fold.history] for key in CURVES},
    }


def _short(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value


def seconds_left(folds: Iterable[Fold]) -> float | None:
    """Time the remaining epochs need at the pace measured so far, as if one worker did them all; None before any."""
    folds = list(folds)
    paces = [entry["seconds"] for fold in folds for entry in fold.history if entry.get("seconds")]
    if not paces:
        return None
    left = sum(fold.epochs - fold.epoch for fold in folds if fold.state in (State.QUEUED, State.RUNNING))
    busy = max(1, sum(fold.state == State.RUNNING for fold in folds))
    return fmean(paces) * left / busy


def metric_rows(run: TrainingRun) -> list[dict[str, Any]]:
    """One row a metric: its value in each finished fold, mean and sample standard deviation (n - 1)."""
    folds = [fold for fold in run.folds.all() if fold.state == State.FINISHED]
    return [_metric_row(key, label, folds) for key, label in METRICS] if folds else []


def _metric_row(key: str, label: str, folds: list[Fold]) -> dict[str, Any]:
    values = [_fold_value(fold, key) for fold in folds]
    known = [value for value in values if value is not None]
    return {
        "key": key,
        "label": str(label),
        "values": values,
        "mean": fmean(known) if known else None,
        "sd": stdev(known) if len(known) > 1 else None,
        "n": len(known),
    }


def _fold_value(fold: Fold, key: str) -> float | None:
    """None where the fold held out no face that the metric is about, whatever the engine wrote in its place."""
    counts = fold.metrics
    gs, controls = counts.get("tp", 1) + counts.get("fn", 1), counts.get("tn", 1) + counts.get("fp", 1)
    needs = {"auc": min(gs, controls), "sensitivity": gs, "specificity": controls}
    needs["precision"] = counts.get("tp", 1) + counts.get("fp", 1)
    return counts.get(key) if needs.get(key, 1) else None


def predictions_of(run: TrainingRun) -> QuerySet[Prediction]:
    """The held-out scores in the order of the subjects' codes."""
    return run.predictions.select_related("photo__subject", "fold").order_by("photo__subject__code", "photo_id")


def left_out(run: TrainingRun) -> int:
    """Photos of the split without a score though the run finished: consent withdrawn, or the face taken back."""
    return run.predictions.filter(score__isnull=True).count() if run.state == State.FINISHED else 0


def mean_auc(run: TrainingRun) -> dict[str, Any] | None:
    """Mean and SD of the folds' held-out AUC; None unless the run finished."""
    if run.state != State.FINISHED:
        return None
    return _metric_row("auc", "AUC", list(run.folds.all()))
