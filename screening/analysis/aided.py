"""Without and with the model's output: what the aid changed, reader by reader and for readers of this kind."""

from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from screening import statistics
from screening.analysis.options import Options
from screening.analysis.words import follow, p_words, percent
from screening.statistics import to_plain
from screening.statistics.rates import rates
from screening.tables import Bools, Floats, Table

METRICS = ("sensitivity", "specificity", "balanced_accuracy")
DESIGNS = {"sequential": "sequential", "crossover": "crossover with a washout"}


def aided_side(table: Table, *, options: Options) -> dict[str, Any] | None:
    """None where the design has one arm only. Cases count that a reader called both without and with the aid."""
    recorded = table.recorded
    if recorded is None or recorded.aided is None:
        return None
    both = ~np.isnan(table.calls) & ~np.isnan(recorded.aided.calls)
    entries = [_entry(table, row, both[row], level=options.level) for row in range(len(table.readers))]
    usable = [row for row, entry in enumerate(entries) if entry["has_both_classes"]]
    readers = [entries[row] for row in usable]
    _adjust(readers)
    return to_plain(
        {
            "design": recorded.design,
            "design_label": DESIGNS.get(recorded.design, recorded.design),
            "washout_days": recorded.washout_days if recorded.design == "crossover" else None,
            "readers": readers,
            "left_out": [entry["code"] for entry in entries if not entry["has_both_classes"]],
            "all": _all(table, usable, both, level=options.level),
        }
    )


def _entry(table: Table, row: int, both: Bools, *, level: float) -> dict[str, Any]:
    aided, truth = table.recorded.aided, table.truth[both]
    entry: dict[str, Any] = {
        "code": table.readers[row].code,
        "seniority": table.readers[row].seniority,
        "first": aided.first[row],
        "n": int(both.sum()),
        "has_both_classes": bool(min(truth.sum(), (~truth).sum()) >= 2),
    }
    if not entry["has_both_classes"]:
        return entry
    alone, helped = table.calls[row][both], aided.calls[row][both]
    areas = _ratings(table, [row], both)
    return entry | {
        "unaided": rates(statistics.confusion(truth, alone), level),
        "aided": rates(statistics.confusion(truth, helped), level),
        "differences": {
            metric: _difference(truth, np.stack([helped, alone])[:, None], metric=metric, level=level)["fixed"]
            for metric in METRICS
        },
        # ``b``: wrong alone and right with the aid; ``c``: right alone and wrong with it.
        "changed": statistics.mcnemar_calls(truth, helped, alone),
        "auc": None if areas is None else _area(truth, areas, level=level),
    }


def _area(truth: Bools, areas: Floats, *, level: float) -> dict[str, Any]:
    return _difference(truth, areas, metric="auc", level=level)["fixed"]


def _ratings(table: Table, rows: list[int], both: Bools) -> Floats | None:
    """Confidence from surely not GS to surely GS, (aided, unaided) x readers; None where one is missing."""
    aided = table.recorded.aided
    stages = [(aided.calls, aided.confidence), (table.calls, table.confidence)]
    values = np.stack([np.where(calls == 1, 1.0, -1.0)[rows] * (sure[rows] + 1) for calls, sure in stages])[..., both]
    return None if np.isnan(values).any() else values


def _difference(truth: Bools, ratings: Floats, *, metric: str, level: float) -> dict[str, Any]:
    """Aided minus unaided by Obuchowski and Rockette: ``random`` readers and cases, and cases alone (``fixed``)."""
    found = statistics.obuchowski_rockette(truth, ratings, metric=metric, level=level)
    values = {"aided": float(np.mean(found.figures[0])), "unaided": float(np.mean(found.figures[1]))}
    analyses = {"random": found.rrrc, "fixed": found.frrc}
    return {name: values | _of(analysis) for name, analysis in analyses.items()}


def _of(analysis: Any) -> dict[str, Any]:
    if analysis is None or not analysis.differences:
        return dict.fromkeys(("difference", "lower", "upper", "df", "p_value"))
    one = analysis.differences[0]
    return {name: getattr(one, name) for name in ("difference", "lower", "upper", "df", "p_value")}


def _all(table: Table, rows: list[int], both: Bools, *, level: float) -> dict[str, Any] | None:
    """On the faces that every one of the readers called both ways."""
    shared = both[rows].all(axis=0) if rows else np.zeros(table.truth.size, dtype=np.bool_)
    truth = table.truth[shared]
    if not rows or min(truth.sum(), (~truth).sum()) < 2:
        return None
    aided = table.recorded.aided
    calls = np.stack([aided.calls[rows][:, shared], table.calls[rows][:, shared]])
    tests = {metric: _difference(truth, calls, metric=metric, level=level) for metric in METRICS}
    areas = _ratings(table, rows, shared)
    if areas is not None:
        tests["auc"] = _difference(truth, areas, metric="auc", level=level)
    return {"n_readers": len(rows), "n_cases": int(truth.size), "n_gs": int(truth.sum()), "tests": tests}


def _adjust(readers: list[dict[str, Any]]) -> None:
    """Holm over the readers, for GS and for controls."""
    for family in ("sensitivity", "specificity"):
        raw = [getattr(entry["changed"], family).exact_p for entry in readers]
        adjusted = statistics.holm(raw).adjusted if raw else []
        for entry, p in zip(readers, adjusted, strict=True):
            entry.setdefault("holm", {})[family] = float(p)


def aided_words(found: dict[str, Any] | None, *, level: float) -> str:
    if found is None:
        return ""
    if not found["readers"]:
        return _("No reader has called cases of both classes without and with the model's output yet.")
    everybody = found["all"]
    changed = sum(entry["changed"]["accuracy"][name] for entry in found["readers"] for name in "bc")
    better = sum(entry["changed"]["accuracy"]["b"] for entry in found["readers"])
    moved = _(
        "With the model's output in view %(changed)s of %(calls)s calls changed: %(better)s from wrong to right and "
        "%(worse)s from right to wrong."
    ) % {
        "changed": changed,
        "calls": sum(entry["n"] for entry in found["readers"]),
        "better": better,
        "worse": changed - better,
    }
    return moved if everybody is None else follow(moved, _verdict(everybody, level=level))


def _verdict(everybody: dict[str, Any], *, level: float) -> str:
    test = everybody["tests"]["balanced_accuracy"]
    chosen, extends = test["random"], True
    if chosen["p_value"] is None:
        chosen, extends = test["fixed"], False
    told = {"unaided": percent(chosen["unaided"]), "aided": percent(chosen["aided"])}
    if chosen["p_value"] is None:
        return (
            _(
                "The mean of sensitivity and specificity went from %(unaided)s to %(aided)s; the change has no spread "
                "to test against."
            )
            % told
        )
    told |= {"p": p_words(chosen["p_value"]), "verdict": _change(chosen["p_value"] < 1 - level, extends=extends)}
    return _("The mean of sensitivity and specificity went from %(unaided)s to %(aided)s (%(p)s): %(verdict)s.") % told


def _change(is_shown: bool, *, extends: bool) -> str:
    if not is_shown:
        return _("no change is shown")
    if extends:
        return _("a change, which extends to other readers and faces of this kind")
    return _("a change for these readers")
