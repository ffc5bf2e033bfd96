"""How far each reader's measured exposures were off the ones asked for."""

from typing import Any

from django.utils.translation import gettext as _

from screening.charts.look import COLOURS, text
from screening.charts.plain import Figure, Trace, frame

ROW = 34  # px a reader


def exposure_chart(result: dict[str, Any], note: str) -> dict[str, Figure]:
    found = result["exposure"]
    readers = [reader for reader in (found["readers"] if found else []) if reader["off_by"]]
    if not readers:
        return {}
    tolerance = found["tolerance_ms"]
    layout = frame(
        x={
            "title": _("Measured − requested exposure (ms)"),
            "range": _range(readers, tolerance),
        },
        y={"autorange": "reversed", "showgrid": False},
        height=110 + ROW * len(readers),
        note=note,
        shapes=[_limit(sign * tolerance) for sign in (-1, 1)],
    )
    return {"exposure": {"data": [_boxes(readers), *_extremes(readers)], "layout": layout}}


def _boxes(readers: list[dict[str, Any]]) -> Trace:
    """Quartiles with whiskers to the 5th and 95th percentile."""
    parts = {"q1": "q1", "median": "median", "q3": "q3", "lowerfence": "p5", "upperfence": "p95"}
    return {
        "type": "box",
        "orientation": "h",
        "y": [text(reader["code"]) for reader in readers],
        **{name: [reader["off_by"][key] for reader in readers] for name, key in parts.items()},
        "name": _("Quartiles, 5th to 95th percentile"),
        "line": {"color": COLOURS["senior"], "width": 1.6},
        "fillcolor": COLOURS["band"],
        "hoverinfo": "x+y",
    }


def _extremes(readers: list[dict[str, Any]]) -> list[Trace]:
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "x": [reader["off_by"][end] for reader in readers],
            "y": [text(reader["code"]) for reader in readers],
            "name": end,
            "marker": {"symbol": "line-ns-open", "size": 12, "color": COLOURS["junior"], "line": {"width": 2}},
            "hovertemplate": words % {"code": "%{y}", "ms": "%{x:+.1f} ms"} + "<extra></extra>",
        }
        for end, words in (
            ("minimum", _("%(code)s: shortest %(ms)s")),
            ("maximum", _("%(code)s: longest %(ms)s")),
        )
    ]


def _range(readers: list[dict[str, Any]], tolerance: float) -> list[float]:
    low = min(-tolerance, *(reader["off_by"]["minimum"] for reader in readers))
    high = max(tolerance, *(reader["off_by"]["maximum"] for reader in readers))
    return [1.1 * low, 1.1 * high]


def _limit(x: float) -> dict[str, Any]:
    line = {"color": COLOURS["soft"], "width": 1.2, "dash": "dash"}
    return {"type": "line", "xref": "x", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": line}
