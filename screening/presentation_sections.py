"""Stored numbers of the sections as rows for the page: words and order, no arithmetic."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.analysis.flagged import SIDES
from screening.analysis.reasons import incident_words, reason_words
from screening.sections import sections_of

Result = dict[str, Any]
Row = dict[str, Any]
AIDED = (
    ("sensitivity", gettext_lazy("Sensitivity")),
    ("specificity", gettext_lazy("Specificity")),
    ("balanced_accuracy", gettext_lazy("Mean of both")),
    ("auc", gettext_lazy("AUC (from confidence)")),
)
VERDICTS = (
    "rule_at_specificity",
    "rule_at_sensitivity",
    "test_at_specificity",
    "test_at_sensitivity",
    "mcnemar_gs",
    "mcnemar_controls",
)
SUBGROUP_RATES = (
    ("sensitivity", gettext_lazy("Sensitivity, faces with GS")),
    ("specificity", gettext_lazy("Specificity, controls")),
)


def section_context(result: Result) -> dict[str, Any]:
    """What the templates of the sections ask for beside the result; empty rows where an older result lacks them."""
    return {
        "sections": sections_of(result),
        "is_older": result["format"] < 2,
        "verdict_rows": verdict_rows(result),
        "aided_rows": aided_rows(result),
        "flagged_rows": flagged_rows(result),
        "exposure_reasons": exposure_reasons(result),
        "subgroup_rates": SUBGROUP_RATES,
    }


def verdict_rows(result: Result) -> list[Row]:
    rows = (result.get("verdicts") or {}).get("readers", [])
    return [row | {"cells": [row[name] for name in VERDICTS]} for row in rows]


def aided_rows(result: Result) -> list[Row]:
    everybody = (result.get("aided") or {}).get("all")
    if not everybody:
        return []
    tests = everybody["tests"]
    return [{"label": str(label), "is_area": name == "auc", **tests[name]} for name, label in AIDED if name in tests]


def flagged_rows(result: Result) -> list[Row]:
    """Two lines a reader, then two of all together; a side without any call is left empty."""
    sides = (result.get("flagged") or {}).get("sides")
    if not sides:
        return []
    rows = []
    for place, reader in enumerate(result["readers"]):
        rows += [
            _flagged_reader(side["readers"][place] if side else {}, who=reader["code"], side=label)
            for side, label in _labelled(sides)
        ]
    rows += [_flagged_group(side or {}, side=label) for side, label in _labelled(sides)]
    return [row | {"is_first": place % len(SIDES) == 0} for place, row in enumerate(rows)]


def _labelled(sides: dict[str, Any]) -> list[tuple[Any, str]]:
    return [(sides[name], str(label)) for name, label in SIDES.items()]


def _flagged_reader(entry: Row, *, who: str, side: str) -> Row:
    names = ("sensitivity", "specificity", "difference", "says")
    return {
        "who": who,
        "side": side,
        "is_group": False,
        "n": entry.get("n_read"),
        "p_value": entry.get("holm"),
        **{name: entry.get(name) for name in names},
    }


def _flagged_group(found: Row, *, side: str) -> Row:
    mean, population = found.get("mean_reader") or {}, found.get("population") or {}
    test = (population.get("tests") or {}).get("balanced_accuracy") or {}
    return {
        "who": _("All readers"),
        "side": side,
        "is_group": True,
        "n": population.get("n_cases"),
        "sensitivity": _mean(mean.get("sensitivity")),
        "specificity": _mean(mean.get("specificity")),
        "difference": test,
        "p_value": test.get("p_value"),
        "says": "",
    }


def _mean(summary: Row | None) -> Row | None:
    return summary and {"value": summary["mean"], "sd": summary["sd"]}


def exposure_reasons(result: Result) -> list[Row]:
    """Every reason and kind of incident with its count a reader, the frequent ones first."""
    readers = (result.get("exposure") or {}).get("readers", [])
    rows = []
    for key, words in (("flags", reason_words), ("incidents", incident_words)):
        totals: dict[str, int] = {}
        for reader in readers:
            for what, n in reader[key].items():
                totals[what] = totals.get(what, 0) + n
        for what in sorted(totals, key=lambda name: (-totals[name], name)):
            rows.append({"what": words(what), "counts": [reader[key].get(what, 0) for reader in readers]})
    return rows
