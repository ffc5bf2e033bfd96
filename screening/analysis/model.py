"""The model's half of the result: pooled curve, band, folds, its row of Table 2."""

from typing import Any

import numpy as np

from screening import statistics
from screening.analysis.options import Options
from screening.statistics import Confusion, fold_summary, to_plain
from screening.statistics.rates import rates
from screening.tables import Bools, Table

# Half a per cent apart: finer than a line on paper, and it holds every decimal rate people quote.
GRID = np.arange(201) / 200
SUMMARISED = ("accuracy", "sensitivity", "specificity", "precision", "f1")


def model_calls(table: Table) -> Bools:
    """GS where the held-out score reaches the threshold its own fold chose on validation photos, shape (cases,)."""
    return table.score >= table.threshold


def model_side(table: Table, *, options: Options) -> dict[str, Any]:
    """Everything the page says about the model alone."""
    truth, score = table.truth, table.score
    drawn: dict[str, Any] = {"replicates": options.replicates, "level": options.level, "seed": options.seed}
    pooled = statistics.confusion(truth, model_calls(table))
    folds = [_fold(table, index, level=options.level) for index in np.unique(table.fold)]
    return to_plain(
        {
            "roc": statistics.roc_curve(truth, score),
            "auc": {
                "delong": statistics.delong_interval(truth, score, level=options.level),
                "bootstrap": statistics.auc_interval(truth, score, **drawn),
            },
            "bands": {at: statistics.roc_band(truth, score, grid=GRID, at=at, **drawn) for at in _BOTH},
            "confusion": pooled,
            "rates": rates(pooled, options.level),
            "folds": folds,
            "over_folds": {name: _summary(folds, name) for name in (*SUMMARISED, "auc")},
        }
    )


_BOTH = ("specificity", "sensitivity")


def _fold(table: Table, index: float, *, level: float) -> dict[str, Any]:
    """One fold's curve and its rates at its own threshold; no AUC where it holds one class only."""
    mine = table.fold == index
    truth, score = table.truth[mine], table.score[mine]
    called = model_calls(table)[mine]
    counts = Confusion(
        tp=int(np.sum(truth & called)),
        fn=int(np.sum(truth & ~called)),
        tn=int(np.sum(~truth & ~called)),
        fp=int(np.sum(~truth & called)),
    )
    has_both = bool(truth.any() and not truth.all())
    curve = statistics.roc_curve(truth, score) if has_both else None
    return {
        "index": int(index),
        "threshold": float(table.threshold[mine][0]),
        "confusion": counts,
        "rates": rates(counts, level),
        "auc": curve.auc if curve else float("nan"),
        "roc": {"sensitivity": curve.sensitivity, "specificity": curve.specificity} if curve else None,
    }


def _summary(folds: list[dict[str, Any]], name: str) -> Any:
    """Mean and sample SD over the folds in which the quantity exists; None with fewer than two."""
    values = [fold["auc"] if name == "auc" else getattr(fold["rates"], name).value for fold in folds]
    usable = [value for value in values if not np.isnan(value)]
    return fold_summary(usable) if len(usable) > 1 else None
