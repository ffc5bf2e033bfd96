"""The traces of the readers: points with their intervals, their mean, their own curves."""

from typing import Any

from screening.charts.labels import positions
from screening.charts.look import COLOURS, DASHES, MOST_LABELS, SYMBOLS, text
from screening.charts.traces import COORDINATES, Trace, counts_words, false_positive

PLACES = {"below": "below the band", "above": "above the band", "inside": "inside the band", "on_limit": "on its limit"}


def readers(entries: list[dict[str, Any]]) -> list[Trace]:
    """One trace a reader; the legend names each group once."""
    placed = [reader for reader in entries if reader["has_point"]]
    has_labels = len(placed) <= MOST_LABELS
    where = positions([_point(reader) for reader in placed])
    seen: set[str] = set()
    drawn = []
    for i, reader in enumerate(placed):
        trace = _reader(reader, symbol=SYMBOLS[i % len(SYMBOLS)], position=where[i], has_label=has_labels)
        group = trace["legendgroup"]
        drawn.append(trace | {"showlegend": group not in seen})
        seen.add(group)
    return drawn


def _reader(reader: dict[str, Any], *, symbol: str, position: str, has_label: bool) -> Trace:
    x, y = _point(reader)
    rates, colour = reader["rates"], COLOURS[reader["seniority"]]
    simulated = ", simulated" if reader["is_simulated"] else ""
    across, up = rates["specificity"], rates["sensitivity"]
    return {
        "type": "scatter",
        "mode": "markers+text" if has_label else "markers",
        "x": [x],
        "y": [y],
        "text": [text(reader["code"])],
        "textposition": position,
        "textfont": {"size": 14, "color": colour},
        "cliponaxis": False,
        "name": f"{reader['seniority_label'].capitalize()}{simulated}",
        "legendgroup": f"{reader['seniority']}{simulated}",
        "marker": {
            "symbol": f"{symbol}-open" if reader["is_simulated"] else symbol,
            "size": 11,
            "color": colour,
            "line": {"color": colour, "width": 2},
        },
        # The x axis is 1 − specificity: the upper limit of the specificity lies to the left.
        "error_x": _cross(across["value"] - across["lower"], across["upper"] - across["value"], colour),
        "error_y": _cross(up["upper"] - up["value"], up["value"] - up["lower"], colour),
        "hovertemplate": _hover(reader),
        "meta": {"layer": "readers", "code": reader["code"]},
    }


def mean_reader(mean: dict[str, Any] | None) -> list[Trace]:
    if mean is None:
        return []
    se, sp = mean["sensitivity"], mean["specificity"]
    sentence = f"sensitivity {se['mean']:.1%} ± {se['sd']:.1%}<br>specificity {sp['mean']:.1%} ± {sp['sd']:.1%} (SD)"
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [1 - sp["mean"]],
            "y": [se["mean"]],
            "name": f"Mean of {se['n']} readers",
            "marker": {"symbol": "diamond-wide", "size": 14, "color": COLOURS["mean"]},
            "hovertemplate": f"<b>Mean of {se['n']} readers</b><br>{sentence}<extra></extra>",
            "meta": {"layer": "mean"},
        }
    ]


def own_curves(entries: list[dict[str, Any]]) -> list[Trace]:
    """Each reader's own ROC from the confidence in the calls; hidden until asked for."""
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": false_positive(reader["own_curve"]["specificity"]),
            "y": reader["own_curve"]["sensitivity"],
            "name": f"{text(reader['code'])} by confidence: AUC {reader['own_curve']['auc']:.3f}",
            "line": {"color": COLOURS[reader["seniority"]], "width": 1.4, "dash": DASHES[1 + i % 4]},
            "visible": False,
            "hovertemplate": f"{text(reader['code'])}<br>{COORDINATES}",
            "meta": {"layer": "own"},
        }
        for i, reader in enumerate(entries)
        if reader["own_curve"] and reader["has_point"]
    ]


def _point(reader: dict[str, Any]) -> tuple[float, float]:
    return 1 - reader["rates"]["specificity"]["value"], reader["rates"]["sensitivity"]["value"]


def _cross(plus: float, minus: float, colour: str) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [plus],
        "arrayminus": [minus],
        "color": colour,
        "thickness": 1.2,
        "width": 4,
    }


def _hover(reader: dict[str, Any]) -> str:
    simulated = " (simulated)" if reader["is_simulated"] else ""
    verdict = reader["verdict"]
    missing = f"<br>{reader['n_missing']} cases not read" if reader["n_missing"] else ""
    return (
        f"<b>{text(reader['code'])}</b>{simulated}, {reader['seniority_label']}<br>"
        f"{counts_words(reader['confusion'])}<br>"
        f"at specificity: {PLACES[verdict['at_specificity']['position']]}; "
        f"at sensitivity: {PLACES[verdict['at_sensitivity']['position']]}{missing}<extra></extra>"
    )
