"""The traces of the model: curve, folds, bands, operating point."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.analysis.words import said
from screening.charts.look import COLOURS, DASHES, FOLDS, interval

Trace = dict[str, Any]
BANDS = {
    "pointwise": gettext_lazy("%(level)s pointwise band at %(at)s"),
    "simultaneous": gettext_lazy("%(level)s simultaneous band at %(at)s"),
}
ENDS = {"inf": gettext_lazy("above every score"), "-inf": gettext_lazy("below every score")}


def coordinates() -> str:
    """The end of a curve's hover text."""
    words = _("sensitivity %(sensitivity)s, 1 − specificity %(rest)s")
    return words % {"sensitivity": "%{y:.1%}", "rest": "%{x:.1%}"} + "<extra></extra>"


def chance() -> Trace:
    line = {"color": COLOURS["soft"], "width": 1, "dash": "dot"}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "name": _("Chance"),
        "line": line,
        "hoverinfo": "skip",
    }


def pooled(model: dict[str, Any]) -> Trace:
    """The curve over all held-out scores, with the bootstrap interval of its area, as in the paper."""
    curve = model["roc"]
    thresholds = [str(ENDS[value]) if value in ENDS else f"{value:.4f}" for value in curve["thresholds"]]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": false_positive(curve["specificity"]),
        "y": curve["sensitivity"],
        "customdata": thresholds,
        "name": _("Model, pooled: AUC %(auc)s") % {"auc": interval(model["auc"]["bootstrap"])},
        "line": {"color": COLOURS["model"], "width": 2.5},
        "hovertemplate": _("Model at threshold %(threshold)s") % {"threshold": "%{customdata}"}
        + f"<br>{coordinates()}",
    }


def operating_point(model: dict[str, Any]) -> Trace:
    """The model at the thresholds its folds chose on their validation photos."""
    confusion, rates, name = model["confusion"], model["rates"], _("Model at its folds' thresholds")
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [1 - rates["specificity"]["value"]],
        "y": [rates["sensitivity"]["value"]],
        "name": name,
        "marker": {"symbol": "star", "size": 14, "color": COLOURS["model"], "line": {"color": "#ffffff", "width": 1}},
        "hovertemplate": f"<b>{name}</b><br>{counts_words(confusion)}<extra></extra>",
    }


def folds(entries: list[dict[str, Any]]) -> list[Trace]:
    drawn = []
    for i, fold in enumerate(entries):
        if not fold["roc"]:
            continue
        line = {"color": FOLDS[i % len(FOLDS)], "width": 1.4, "dash": DASHES[i % len(DASHES)]}
        drawn.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": false_positive(fold["roc"]["specificity"]),
                "y": fold["roc"]["sensitivity"],
                "name": _("Fold %(n)s: AUC %(auc)s") % {"n": fold["index"] + 1, "auc": f"{fold['auc']:.3f}"},
                "line": line,
                "opacity": 0.8,
                "hovertemplate": _("Fold %(n)s") % {"n": fold["index"] + 1} + f"<br>{coordinates()}",
                "meta": {"layer": "folds"},
            }
        )
    return drawn


def bands(both: dict[str, dict[str, Any]], *, shown: str) -> list[Trace]:
    """Four filled bands, of which the page shows one: pointwise or simultaneous, at specificity or at sensitivity."""
    return [
        _band(both[at], kind=kind, is_shown=at == shown and kind == "pointwise")
        for at in ("specificity", "sensitivity")
        for kind in ("pointwise", "simultaneous")
    ]


def _band(band: dict[str, Any], *, kind: str, is_shown: bool) -> Trace:
    prefix = "simultaneous_" if kind == "simultaneous" else ""
    lower, upper = band[f"{prefix}lower"], band[f"{prefix}upper"]
    if band["at"] == "specificity":
        x, y = false_positive(band["grid"] + band["grid"][::-1]), upper + lower[::-1]
    else:
        x, y = false_positive(upper + lower[::-1]), band["grid"] + band["grid"][::-1]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "fill": "toself",
        "fillcolor": COLOURS["band"],
        "line": {"width": 0, "color": COLOURS["band"]},
        "name": BANDS[kind] % {"level": f"{100 * band['level']:g} %", "at": said(band["at"])},
        "hoverinfo": "skip",
        "visible": is_shown,
        "meta": {"layer": "band", "at": band["at"], "kind": kind},
    }


def counts_words(counts: dict[str, int]) -> str:
    cases, controls = counts["tp"] + counts["fn"], counts["tn"] + counts["fp"]
    words = _("sensitivity %(sensitivity)s<br>specificity %(specificity)s")
    return words % {"sensitivity": _share(counts["tp"], cases), "specificity": _share(counts["tn"], controls)}


def _share(n: int, total: int) -> str:
    return _("%(n)s of %(of)s (%(share)s)") % {"n": n, "of": total, "share": f"{n / total:.1%}"}


def false_positive(specificity: list[float]) -> list[float]:
    return [1 - value for value in specificity]
