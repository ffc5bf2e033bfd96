"""The model at any threshold, carried over to any prevalence: what the explorer page moves through.

``points`` does not depend on the prevalence, ``at`` does. Both read the rows stored in the result, so the page shows
the data the comparison was made of; calibrated probabilities are no part of them and are handed in.
"""

import math
import warnings
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from screening import statistics
from screening.statistics import StatisticsWarning, to_plain
from screening.statistics.prevalence import Series
from screening.tables import Floats

RAREST, COMMONEST = 1_000_000, 1.02  # "one in so many" that may be asked for
START_ONE_IN = 1000.0
BINS = 10
# A threshold's odds in units of the prior odds: from "act on nearly everybody" to "act on near certainty".
WEIGHTS = np.logspace(-2, 3, 121)
EDGE = 1e-6  # a probability of exactly 0 or 1 has no logit
WANTED = 0.95
OF_TABLES = ("ppv", "npv", "needed_to_screen", "alarms_per_found")
EXPECTED = ("found", "missed", "alarms", "cleared")
RATIOS = ("positive_ratio", "negative_ratio")
DIGITS = 7


def points(result: dict[str, Any]) -> dict[str, Any]:
    """Every operating point in ascending order of its threshold, and which of them have a name."""
    truth, score = _truth(result), np.array(result["rows"]["score"])
    level = result["options"]["level"]
    found = statistics.operating_points(truth, score, level=level)
    ratios = statistics.at_prevalence(found.tp, found.fn, found.tn, found.fp, prevalence=0.5, level=level)
    columns = {"tp": found.tp, "fn": found.fn, "tn": found.tn, "fp": found.fp}
    columns |= _columns(found, ("sensitivity", "specificity")) | _columns(ratios, RATIOS)
    return {
        "level": level,
        "values": found.values.tolist(),
        "thresholds": to_plain(found.thresholds),
        "columns": _short(columns),
        "marks": _marks(result, found),
        "start": _start(result, found),
        "scores": _histogram(truth, score),
        "readers": [_spot(reader) for reader in result["readers"] if reader["has_point"]],
    }


def at(result: dict[str, Any], calibrated: Floats | None, *, one_in: float) -> dict[str, Any]:
    """Everything that changes with the prevalence: the columns of the points, model, readers, decision curve."""
    truth, score = _truth(result), np.array(result["rows"]["score"])
    chosen: dict[str, Any] = {"prevalence": 1 / one_in, "level": result["options"]["level"]}
    found = statistics.operating_points(truth, score)
    carried = statistics.at_prevalence(found.tp, found.fn, found.tn, found.fp, **chosen)
    columns = _columns(carried, OF_TABLES) | {name: getattr(carried, name) for name in EXPECTED}
    model = {"code": _("Model at its folds' thresholds"), "confusion": result["model"]["confusion"]}
    placed = [reader for reader in result["readers"] if reader["has_point"]]
    return {
        "one_in": one_in,
        "prevalence": 1 / one_in,
        "per": carried.per,
        "columns": _short(columns),
        "rows": [_row(who, **chosen) for who in [model, *placed]],
        "decision": _decision(truth, calibrated if calibrated is not None else score, placed, **chosen),
    }


def calibration(result: dict[str, Any], calibrated: Floats | None) -> dict[str, Any]:
    """Brier score, reliability curve and calibration line; of the scores as they are where none were calibrated."""
    truth = _truth(result)
    p = calibrated if calibrated is not None else np.array(result["rows"]["score"])
    level = result["options"]["level"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StatisticsWarning)  # what is undefined is shown as a dash
        line = None
        inner = np.clip(p, EDGE, 1 - EDGE)
        if np.unique(inner).size > 1:
            line = statistics.calibration_line(truth, inner, level=level)
        found = {
            "is_calibrated": calibrated is not None,
            "brier": statistics.brier_score(truth, p),
            "curve": statistics.reliability_curve(truth, p, bins=BINS, strategy="quantile", level=level),
            "line": line,
        }
    return to_plain(found)


def _truth(result: dict[str, Any]) -> Any:
    return np.array(result["rows"]["truth"], dtype=np.bool_)


def _place(found: Any, threshold: float) -> int:
    """The operating point of a threshold: so many scores lie below it."""
    return int(np.searchsorted(found.values, threshold, "left"))


def _start(result: dict[str, Any], found: Any) -> dict[str, Any]:
    """The middle one of the folds' own thresholds."""
    own = sorted(fold["threshold"] for fold in result["model"]["folds"])
    return {"threshold": own[len(own) // 2], "place": _place(found, own[len(own) // 2])}


def _marks(result: dict[str, Any], found: Any) -> list[dict[str, Any]]:
    """Named operating points: the folds' own first, chosen before the test; then those chosen on these very cases."""
    marks = [
        {
            "kind": "fold",
            "label": _("Fold %(n)s") % {"n": fold["index"] + 1},
            "fold": fold["index"] + 1,
            "threshold": fold["threshold"],
            "place": _place(found, fold["threshold"]),
        }
        for fold in result["model"]["folds"]
    ]
    best = statistics.best_threshold(_truth(result), np.array(result["rows"]["score"]), tolerance=1e-12)
    marks += [_chosen("youden", _("Youden's best"), found, place=_place(found, t)) for t in best.threshold[:1].tolist()]
    sensitive = int(np.flatnonzero(found.sensitivity.value >= WANTED)[-1])
    specific = int(np.flatnonzero(found.specificity.value >= WANTED)[0])
    marks.append(
        _chosen("sensitive", _("Sensitivity %(share)s") % {"share": f"{100 * WANTED:g}\u00a0%"}, found, place=sensitive)
    )
    marks.append(
        _chosen("specific", _("Specificity %(share)s") % {"share": f"{100 * WANTED:g}\u00a0%"}, found, place=specific)
    )
    return marks


def _chosen(kind: str, label: str, found: Any, *, place: int) -> dict[str, Any]:
    return {"kind": kind, "label": label, "threshold": to_plain(found.thresholds[place]), "place": place}


def _row(who: dict[str, Any], *, prevalence: float, level: float) -> dict[str, Any]:
    """One fourfold table carried over: the model at its own thresholds, or a reader."""
    counts = {name: who["confusion"][name] for name in ("tp", "fn", "tn", "fp")}
    carried = statistics.at_prevalence(**counts, prevalence=prevalence, level=level)
    names = (*RATIOS, *OF_TABLES)
    measures = {name: [float(part[0]) for part in _parts(getattr(carried, name))] for name in names}
    return to_plain({"code": who["code"], **counts, **measures, **{n: float(getattr(carried, n)[0]) for n in EXPECTED}})


def _decision(truth: Any, p: Floats, placed: list[dict[str, Any]], *, prevalence: float, level: float) -> Any:
    prior = prevalence / (1 - prevalence)
    threshold = WEIGHTS * prior / (1 + WEIGHTS * prior)
    curve = statistics.decision_curve(truth, p, threshold=threshold, prevalence=prevalence, level=level)
    readers = [
        {
            "code": reader["code"],
            "benefit": statistics.net_benefit(
                reader["rates"]["sensitivity"]["value"],
                reader["rates"]["specificity"]["value"],
                threshold=threshold,
                prevalence=prevalence,
            ),
        }
        for reader in placed
    ]
    drawn = {name: getattr(curve, name) for name in ("threshold", "benefit", "lower", "upper", "treat_all")}
    return to_plain(drawn | {"readers": readers})


def _spot(reader: dict[str, Any]) -> dict[str, Any]:
    rates = reader["rates"]
    kept = {name: reader[name] for name in ("code", "seniority", "is_simulated")}
    return kept | {name: rates[name]["value"] for name in ("sensitivity", "specificity")}


def _histogram(truth: Any, score: Floats) -> dict[str, Any]:
    """Cases in forty equal parts of the scores' range."""
    edges = np.linspace(min(0.0, score.min()), max(1.0, score.max()), 41)
    return {
        "edges": edges.tolist(),
        "gs": np.histogram(score[truth], edges)[0].tolist(),
        "controls": np.histogram(score[~truth], edges)[0].tolist(),
    }


def _parts(series: Series) -> tuple[Floats, Floats, Floats]:
    return series.value, series.lower, series.upper


def _columns(source: Any, names: tuple[str, ...]) -> dict[str, Floats]:
    columns = {}
    for name in names:
        for part, values in zip(("", "_lower", "_upper"), _parts(getattr(source, name)), strict=True):
            columns[f"{name}{part}"] = values
    return columns


def _short(columns: dict[str, Any]) -> dict[str, list[Any]]:
    """Seven digits are more than anybody reads, and a third of the bytes."""
    return {name: [_rounded(value) for value in values.tolist()] for name, values in columns.items()}


def _rounded(value: float) -> Any:
    if isinstance(value, int):
        return value
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else to_plain(value)
