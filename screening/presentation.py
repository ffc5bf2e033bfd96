"""Stored numbers as rows for the pages and the exports: words and order, no arithmetic."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

POPULATION = (
    ("sensitivity", gettext_lazy("Sensitivity")),
    ("specificity", gettext_lazy("Specificity")),
    ("balanced_accuracy", gettext_lazy("Mean of both")),
)
TABLE_TWO = (
    ("accuracy", gettext_lazy("Accuracy")),
    ("sensitivity", gettext_lazy("Sensitivity")),
    ("specificity", gettext_lazy("Specificity")),
    ("precision", gettext_lazy("Precision")),
    ("f1", "F1"),
)


def population_rows(result: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(label, test) of the model against all readers together."""
    population = result["population"]
    return [(str(label), population["tests"][name]) for name, label in POPULATION] if population else []


def table_two(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Readers in their order, then the model pooled and over its folds. ``cells`` follow ``TABLE_TWO``."""
    rows = [_reader_row(reader) for reader in result["readers"]]
    model, folds = result["model"], result["model"]["over_folds"]
    auc = model["auc"]["bootstrap"]
    pooled = {
        "who": _("Model, pooled"),
        "detail": _("all held-out scores, each at its fold's threshold"),
        "kind": "model",
        "n_read": result["cases"]["n"],
        "n_missing": 0,
        "confusion": model["confusion"],
        "cells": [model["rates"][name] for name, _label in TABLE_TWO],
        "auc": auc,
    }
    over = {
        "who": _("Model, mean ± SD over folds"),
        "detail": _("%(n)s folds, sample SD (n − 1): a spread, not an interval") % {"n": len(model["folds"])},
        "kind": "folds",
        "n_read": result["cases"]["n"],
        "n_missing": 0,
        "confusion": None,
        "cells": [folds[name] for name, _label in TABLE_TWO],
        "auc": folds["auc"],
    }
    return [*rows, pooled, over]


def _reader_row(reader: dict[str, Any]) -> dict[str, Any]:
    curve = reader["own_curve"]
    return {
        "who": reader["code"],
        "detail": reader["seniority_label"],
        "kind": "reader",
        "is_simulated": reader["is_simulated"],
        "is_withdrawn": reader["is_withdrawn"],
        "n_read": reader["n_read"],
        "n_missing": reader["n_missing"],
        "confusion": reader["confusion"],
        "cells": [(reader["rates"] or {}).get(name) for name, _label in TABLE_TWO],
        "auc": (curve["delong"] or {"value": curve["auc"], "lower": None, "upper": None}) if curve else None,
    }
