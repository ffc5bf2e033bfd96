"""The traces of the readers: points with their intervals, their mean, their own curves."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.charts.labels import positions
from screening.charts.look import COLOURS, DASHES, MOST_LABELS, SYMBOLS, text
from screening.charts.traces import Trace, coordinates, counts_words, false_positive

PLACES = {
    "below": gettext_lazy("below the band"),
    "above": gettext_lazy("above the band"),
    "inside": gettext_lazy("inside the band"),
    "on_limit": gettext_lazy("on its limit"),
}


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
        "name": _group(reader),
        "legendgroup": f"{reader['seniority']}{', simulated' * reader['is_simulated']}",
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


def _group(reader: dict[str, Any]) -> str:
    label: str = reader["seniority_label"]
    if not reader["is_simulated"]:
        return label.capitalize()
    return _("%(seniority)s, simulated") % {"seniority": label.capitalize()}


def mean_reader(mean: dict[str, Any] | None) -> list[Trace]:
    if mean is None:
        return []
    se, sp = mean["sensitivity"], mean["specificity"]
    name = _("Mean of %(n)s readers") % {"n": se["n"]}
    sentence = _("sensitivity %(sensitivity)s<br>specificity %(specificity)s (SD)") % {
        "sensitivity": f"{se['mean']:.1%} ± {se['sd']:.1%}",
        "specificity": f"{sp['mean']:.1%} ± {sp['sd']:.1%}",
    }
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [1 - sp["mean"]],
            "y": [se["mean"]],
            "name": name,
            "marker": {"symbol": "diamond-wide", "size": 14, "color": COLOURS["mean"]},
            "hovertemplate": f"<b>{name}</b><br>{sentence}<extra></extra>",
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
            "name": _("%(code)s by confidence: AUC %(auc)s")
            % {"code": text(reader["code"]), "auc": f"{reader['own_curve']['auc']:.3f}"},
            "line": {"color": COLOURS[reader["seniority"]], "width": 1.4, "dash": DASHES[1 + i % 4]},
            "visible": False,
            "hovertemplate": f"{text(reader['code'])}<br>{coordinates()}",
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
    words = _("<b>%(code)s</b>, %(seniority)s")
    if reader["is_simulated"]:
        words = _("<b>%(code)s</b> (simulated), %(seniority)s")
    places = _("at specificity: %(specificity)s; at sensitivity: %(sensitivity)s")
    rates = ("specificity", "sensitivity")
    lines = [
        words % {"code": text(reader["code"]), "seniority": reader["seniority_label"]},
        counts_words(reader["confusion"]),
        places % {rate: PLACES[reader["verdict"][f"at_{rate}"]["position"]] for rate in rates},
    ]
    if reader["n_missing"]:
        lines.append(_("%(n)s cases not read") % {"n": reader["n_missing"]})
    return "<br>".join(lines) + "<extra></extra>"
