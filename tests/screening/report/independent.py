"""The golden study's numbers straight from the statistics library, past the tables, the analysis and the database."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from screening import statistics
from screening.statistics import Confusion, fold_summary
from screening.statistics.rates import rates
from tests.screening.app.paperlike import CODES, rows

DRAWN = {"replicates": 2000, "level": 0.95, "seed": 20_210_803}
GRID = np.arange(201) / 200
METRICS = ("sensitivity", "specificity", "balanced_accuracy")


def counts(truth: Any, call: Any) -> Confusion:
    return Confusion(
        tp=int(np.sum(truth & call)),
        fn=int(np.sum(truth & ~call)),
        tn=int(np.sum(~truth & ~call)),
        fp=int(np.sum(~truth & call)),
    )


def data() -> SimpleNamespace:
    """Arrays from the files themselves; sexes, ages and confidence as ``paperlike.build`` gives them."""
    table, reads = rows("paperlike_scores.csv"), rows("paperlike_reads.csv")
    place = {row["case_id"]: i for i, row in enumerate(table)}
    calls = np.zeros((len(CODES), len(table)), dtype=bool)
    for row in reads:
        calls[list(CODES).index(row["reader"]), place[row["case_id"]]] = row["decision"] == "1"
    n = np.arange(len(table))
    return SimpleNamespace(
        truth=np.array([row["truth"] == "1" for row in table]),
        score=np.array([float(row["score"]) for row in table]),
        fold=np.array([int(row["fold"]) for row in table]),
        calls=calls,
        confidence=1 + ((n + 1) * 7) % 5,
        is_girl=n % 2 == 0,
        age=6.0 + n % 120,
    )


def numbers() -> SimpleNamespace:
    it = data()
    it.model_call = it.score >= 0.5
    it.roc = statistics.roc_curve(it.truth, it.score)
    it.auc = statistics.auc_interval(it.truth, it.score, **DRAWN)
    it.bands = {
        at: statistics.roc_band(it.truth, it.score, grid=GRID, at=at, **DRAWN) for at in ("specificity", "sensitivity")
    }
    it.model = rates(counts(it.truth, it.model_call), 0.95)
    it.model_counts = counts(it.truth, it.model_call)
    it.folds = [it.fold == fold for fold in range(1, 6)]
    it.fold_roc = [statistics.roc_curve(it.truth[mine], it.score[mine]) for mine in it.folds]
    it.fold_rates = [rates(counts(it.truth[mine], it.model_call[mine]), 0.95) for mine in it.folds]
    it.over_folds = {
        name: fold_summary([getattr(found, name).value for found in it.fold_rates])
        for name in ("accuracy", "sensitivity", "specificity", "precision", "f1")
    }
    it.over_folds["auc"] = fold_summary([curve.auc for curve in it.fold_roc])
    it.readers = [_reader(it, call) for call in it.calls]
    _families(it)
    it.population = {
        metric: statistics.standalone_vs_readers(
            it.truth, it.model_call.astype(float), it.calls.astype(float), metric=metric, threshold=0.5, level=0.95
        )
        for metric in METRICS
    }
    _children(it)
    return it


def _reader(it: SimpleNamespace, call: Any) -> SimpleNamespace:
    rating = np.where(call, 1.0, -1.0) * (it.confidence + 1)
    return SimpleNamespace(
        counts=counts(it.truth, call),
        rates=rates(counts(it.truth, call), 0.95),
        auc=statistics.delong_interval(it.truth, rating, level=0.95),
        paired=statistics.reader_vs_model(it.truth, it.score, call, margin=None, **DRAWN),
        mcnemar=statistics.mcnemar_calls(it.truth, it.model_call, call),
    )


def _families(it: SimpleNamespace) -> None:
    for name in ("sensitivity", "specificity"):
        paired = statistics.holm([getattr(reader.paired, name).p_value for reader in it.readers]).adjusted
        exact = statistics.holm([getattr(reader.mcnemar, name).exact_p for reader in it.readers]).adjusted
        for reader, p, q in zip(it.readers, paired, exact, strict=True):
            setattr(reader, f"paired_{name}", float(p))
            setattr(reader, f"mcnemar_{name}", float(q))


def _children(it: SimpleNamespace) -> None:
    groups = (it.truth, ~it.truth)
    it.sexes = [[int(np.sum(it.is_girl & mine)), int(np.sum(~it.is_girl & mine))] for mine in groups]
    it.sex_p = statistics.chi_squared(it.sexes).p_value
    it.ages = [it.age[mine] for mine in groups]
    it.age_p = statistics.t_test(*it.ages, method="student").p_value
