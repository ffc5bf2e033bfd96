"""The traces of the model: curve, folds, bands, operating point."""

from typing import Any

from screening.charts.look import COLOURS, DASHES, FOLDS, interval

Trace = dict[str, Any]
ENDS = {"inf": "above every score", "-inf": "below every score"}
COORDINATES = "sensitivity %{y:.1%}, 1 − specificity %{x:.1%}<extra></extra>"


def chance() -> Trace:
    line = {"color": COLOURS["soft"], "width": 1, "dash": "dot"}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [0, 1],
        "y": [0, 1],
        "name": "Chance",
        "line": line,
        "hoverinfo": "skip",
    }


def pooled(model: dict[str, Any]) -> Trace:
    """The curve over all held-out scores, with the bootstrap interval of its area, as in the paper."""
    curve = model["roc"]
    thresholds = [ENDS.get(value) or f"{value:.4f}" for value in curve["thresholds"]]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": false_positive(curve["specificity"]),
        "y": curve["sensitivity"],
        "customdata": thresholds,
        "name": f"Model, pooled: AUC {interval(model['auc']['bootstrap'])}",
        "line": {"color": COLOURS["model"], "width": 2.5},
        "hovertemplate": f"Model at threshold %{{customdata}}<br>{COORDINATES}",
    }


def operating_point(model: dict[str, Any]) -> Trace:
    """The model at the thresholds its folds chose on their validation photos."""
    confusion, rates = model["confusion"], model["rates"]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [1 - rates["specificity"]["value"]],
        "y": [rates["sensitivity"]["value"]],
        "name": "Model at its folds' thresholds",
        "marker": {"symbol": "star", "size": 14, "color": COLOURS["model"], "line": {"color": "#ffffff", "width": 1}},
        "hovertemplate": f"<b>Model at its folds' thresholds</b><br>{counts_words(confusion)}<extra></extra>",
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
                "name": f"Fold {fold['index'] + 1}: AUC {fold['auc']:.3f}",
                "line": line,
                "opacity": 0.8,
                "hovertemplate": f"Fold {fold['index'] + 1}<br>{COORDINATES}",
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
    width = f"{100 * band['level']:g} % {kind} band"
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "fill": "toself",
        "fillcolor": COLOURS["band"],
        "line": {"width": 0, "color": COLOURS["band"]},
        "name": f"{width} at {band['at']}",
        "hoverinfo": "skip",
        "visible": is_shown,
        "meta": {"layer": "band", "at": band["at"], "kind": kind},
    }


def counts_words(counts: dict[str, int]) -> str:
    cases, controls = counts["tp"] + counts["fn"], counts["tn"] + counts["fp"]
    return (
        f"sensitivity {counts['tp']} of {cases} ({counts['tp'] / cases:.1%})<br>"
        f"specificity {counts['tn']} of {controls} ({counts['tn'] / controls:.1%})"
    )


def false_positive(specificity: list[float]) -> list[float]:
    return [1 - value for value in specificity]
