"""Each reader against the model: counts, rates, the paper's rule, and the paired tests beside it."""

from dataclasses import asdict
from typing import Any

import numpy as np

from screening import statistics
from screening.analysis.model import model_calls
from screening.analysis.options import Options
from screening.analysis.progress import Tell, silent
from screening.statistics import Confusion, fold_summary, to_plain
from screening.statistics.rates import rates
from screening.tables import Bools, Floats, Table

FAMILIES = ("sensitivity", "specificity", "accuracy")


def readers_side(table: Table, *, options: Options, tell: Tell = silent) -> list[dict[str, Any]]:
    """One entry a reader, in the table's order. ``has_point`` is false until both classes were read."""
    entries = []
    for row, reader in enumerate(table.readers):
        tell(row / len(table.readers), f"{reader.code} against the model")
        entries.append(_entry(table, row, options=options))
    placed = [entry for entry in entries if entry["has_point"]]
    _judge(placed, table, options=options)
    _adjust(placed)
    return [to_plain(entry) for entry in entries]


def mean_reader(readers: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Mean and SD of the readers' points, for readers who have one; None with fewer than two."""
    placed = [reader["rates"] for reader in readers if reader["has_point"]]
    if len(placed) < 2:
        return None
    names = ("sensitivity", "specificity", "accuracy")
    return to_plain({name: fold_summary([reader[name]["value"] for reader in placed]) for name in names})


def _entry(table: Table, row: int, *, options: Options) -> dict[str, Any]:
    read = ~np.isnan(table.calls[row])
    truth, call = table.truth[read], table.calls[row][read] == 1
    counts = Confusion(
        tp=int(np.sum(truth & call)),
        fn=int(np.sum(truth & ~call)),
        tn=int(np.sum(~truth & ~call)),
        fp=int(np.sum(~truth & call)),
    )
    entry = asdict(table.readers[row]) | {
        "n_read": counts.n,
        "n_missing": int(np.sum(~read & table.is_allocated[row])),
        "n_flagged": int(np.sum(table.is_flagged[row])),
        "n_represented": int(np.sum(table.is_represented[row])),
        "median_response_ms": _median(table.response_ms[row]),
        "confusion": counts,
        "has_point": bool(counts.n_cases and counts.n_controls),
        "rates": rates(counts, options.level) if counts.n else None,
        "own_curve": _own_curve(truth, call, table.confidence[row][read], level=options.level),
    }
    if entry["has_point"]:
        entry |= _paired(table, read, call, options=options)
    return entry


def _paired(table: Table, read: Bools, call: Bools, *, options: Options) -> dict[str, Any]:
    """On the cases this reader read only: model and reader are held against each other case by case."""
    truth, score = table.truth[read], table.score[read]
    return {
        "paired": statistics.reader_vs_model(
            truth,
            score,
            call,
            replicates=options.replicates,
            level=options.level,
            margin=options.margin,
            seed=options.seed,
        ),
        "mcnemar": statistics.mcnemar_calls(truth, model_calls(table)[read], call),
    }


def _judge(placed: list[dict[str, Any]], table: Table, *, options: Options) -> None:
    """The paper's rule: the reader's point against the band of all the cases."""
    verdicts = statistics.judge_readers(
        table.truth,
        table.score,
        [entry["confusion"] for entry in placed],
        replicates=options.replicates,
        level=options.level,
        seed=options.seed,
    )
    for entry, verdict in zip(placed, verdicts, strict=True):
        entry["verdict"] = {"at_specificity": verdict.at_specificity, "at_sensitivity": verdict.at_sensitivity}


def _adjust(placed: list[dict[str, Any]]) -> None:
    """Holm over the readers, family by family."""
    if not placed:
        return
    for family in FAMILIES:
        raw = [getattr(entry["mcnemar"], family).exact_p for entry in placed]
        for entry, p in zip(placed, statistics.holm(raw).adjusted, strict=True):
            entry.setdefault("mcnemar_holm", {})[family] = float(p)
    for coordinate in ("sensitivity", "specificity"):
        raw = [getattr(entry["paired"], coordinate).p_value for entry in placed]
        for entry, p in zip(placed, statistics.holm(raw).adjusted, strict=True):
            entry.setdefault("paired_holm", {})[coordinate] = float(p)


def _own_curve(truth: Bools, call: Bools, confidence: Floats, *, level: float) -> dict[str, Any] | None:
    """The reader's own ROC where every call came with a confidence: sure-not-GS ... sure-GS as one rating."""
    usable = truth.any() and not truth.all() and not np.isnan(confidence).any()
    if not usable or np.unique(confidence).size < 2:
        return None
    rating = np.where(call, 1.0, -1.0) * (confidence + 1)
    curve = statistics.roc_curve(truth, rating)
    enough = min(curve.n_cases, curve.n_controls) > 1
    return {
        "sensitivity": curve.sensitivity,
        "specificity": curve.specificity,
        "auc": curve.auc,
        "delong": statistics.delong_interval(truth, rating, level=level) if enough else None,
    }


def _median(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if known.size else None
