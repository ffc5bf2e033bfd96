"""Each reader's point without and with the model's output, in ROC space."""

from typing import Any

from django.utils.translation import gettext as _

from screening.analysis.words import said
from screening.charts.look import COLOURS, MOST_LABELS, text
from screening.charts.plain import Figure, Trace, below, frame

PAD = 0.04
HEIGHT = 520


def arrows(result: dict[str, Any], note: str) -> dict[str, Figure]:
    found = result["aided"]
    if not found or not found["readers"]:
        return {}
    readers = found["readers"]
    across, up = _range(readers, "specificity"), _range(readers, "sensitivity")
    rate = {"tickformat": ".0%"}
    layout = frame(
        x={"title": _("1 − specificity (controls called GS)"), "range": across, **rate},
        y={"title": _("Sensitivity (GS called GS)"), "range": up, **rate},
        height=HEIGHT,
        note=note,
    )
    layout |= below(HEIGHT)
    layout["annotations"] = layout["annotations"] + [_arrow(reader) for reader in readers]
    return {"aided": {"data": [_points(readers, "unaided"), _points(readers, "aided")], "layout": layout}}


def _points(readers: list[dict[str, Any]], stage: str) -> Trace:
    places = [_place(reader, stage) for reader in readers]
    has_names = stage == "aided" and len(readers) <= MOST_LABELS
    return {
        "type": "scatter",
        "mode": "markers+text" if has_names else "markers",
        "x": [x for x, _ in places],
        "y": [y for _, y in places],
        "text": [text(reader["code"]) for reader in readers],
        "textposition": "top center",
        "name": said(stage),
        "marker": {
            "symbol": "circle" if stage == "aided" else "circle-open",
            "size": 11,
            "color": [COLOURS[reader["seniority"]] for reader in readers],
            "line": {"width": 2},
        },
        "customdata": [_hover(reader, stage) for reader in readers],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _place(reader: dict[str, Any], stage: str) -> tuple[float, float]:
    return 1 - reader[stage]["specificity"]["value"], reader[stage]["sensitivity"]["value"]


def _hover(reader: dict[str, Any], stage: str) -> str:
    rates = reader[stage]
    words = _("<b>%(code)s</b>, %(stage)s<br>sensitivity %(sensitivity)s<br>specificity %(specificity)s")
    shown = {name: f"{rates[name]['value']:.1%}" for name in ("sensitivity", "specificity")}
    return words % {"code": text(reader["code"]), "stage": said(stage), **shown}


def _arrow(reader: dict[str, Any]) -> dict[str, Any]:
    (from_x, from_y), (to_x, to_y) = _place(reader, "unaided"), _place(reader, "aided")
    return {
        "x": to_x,
        "y": to_y,
        "ax": from_x,
        "ay": from_y,
        "xref": "x",
        "yref": "y",
        "axref": "x",
        "ayref": "y",
        "text": "",
        "showarrow": (from_x, from_y) != (to_x, to_y),
        "arrowhead": 2,
        "arrowwidth": 1.4,
        "arrowcolor": COLOURS[reader["seniority"]],
        "standoff": 7,
        "startstandoff": 6,
    }


def _range(readers: list[dict[str, Any]], rate: str) -> list[float]:
    values = [reader[stage][rate]["value"] for reader in readers for stage in ("unaided", "aided")]
    if rate == "specificity":
        values = [1 - value for value in values]
    return [max(-0.02, min(values) - PAD), min(1.02, max(values) + 2 * PAD)]
