"""Power over cases, and the fewest cases for each number of readers; drawn by static/js/screening/figure.js."""

from typing import Any

from screening.charts.look import COLOURS, DASHES, FOLDS, SYMBOLS, layout
from screening.planner import Plan, curves

PLANNED = {"symbol": "star", "size": 15, "color": COLOURS["model"], "line": {"color": "#ffffff", "width": 1}}


def planner(found: Plan) -> dict[str, Any]:
    """``{"power": figure, "fewest": figure}``."""
    return {"power": _power(found), "fewest": _fewest(found)}


def _power(found: Plan) -> dict[str, Any]:
    wish, top = found.wish, 0
    lines = []
    for place, (readers, grid, values) in enumerate(curves(found)):
        top = max(top, grid[-1])
        is_planned = readers == wish.readers
        lines.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": grid,
                "y": values,
                "name": f"{readers} readers",
                "line": {
                    "color": COLOURS["model"] if is_planned else FOLDS[place],
                    "width": 2.6 if is_planned else 1.6,
                    "dash": "solid" if is_planned else DASHES[1 + place],
                },
                "hovertemplate": f"{readers} readers, %{{x:,d}} cases<br>power %{{y:.0%}}<extra></extra>",
            }
        )
    wanted = _level([0, top], wish.target)
    point = _planned(wish.cases, found.chosen.power, f"power {found.chosen.power:.0%}")
    axes = {"x": ("Cases", {"range": [0, 1.02 * top]}), "y": ("Power", {"range": [0, 1.02], "tickformat": ".0%"})}
    return {"data": [wanted, *lines, point], "layout": _layout(axes)}


def _fewest(found: Plan) -> dict[str, Any]:
    known = [row for row in found.rows if row.cases is not None]
    bars = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [row.readers for row in known],
        "y": [row.cases for row in known],
        "name": f"Fewest cases for a power of {found.wish.target:.0%}",
        "line": {"color": COLOURS["senior"], "width": 2},
        "marker": {"symbol": SYMBOLS[0], "size": 8, "color": COLOURS["senior"]},
        "hovertemplate": "%{x} readers: at least %{y:,d} cases<extra></extra>",
    }
    point = _planned(found.wish.readers, found.wish.cases, f"power {found.chosen.power:.0%}")
    # Cases run from tens to hundreds of thousands; a logarithmic axis has no room for the zero of a linear one.
    across = {"rangemode": "tozero", "tickformat": "d", "dtick": None}
    axes = {"x": ("Readers", across), "y": ("Cases", {"type": "log", "dtick": "D2", "tickformat": ",d"})}
    layout = _layout(axes)
    if not known:
        layout["annotations"] = [_words(f"Out of reach for up to {found.rows[-1].readers} readers")]
    return {"data": [bars, point], "layout": layout}


def _words(text: str) -> dict[str, Any]:
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.9, "showarrow": False}
    return place | {"text": text, "font": {"size": 14, "color": COLOURS["soft"]}}


def _planned(x: float, y: float, words: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x],
        "y": [y],
        "name": f"The study as planned: {words}",
        "marker": PLANNED,
        "hovertemplate": f"<b>The study as planned</b><br>{words}<extra></extra>",
    }


def _level(span: list[float], value: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": span,
        "y": [value, value],
        "name": f"Wanted: {value:.0%}",
        "line": {"color": COLOURS["soft"], "width": 1, "dash": "dot"},
        "hoverinfo": "skip",
    }


def _layout(axes: dict[str, tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """The look of the other figures with axes of its own."""
    base = layout("")
    for name, (title, own) in axes.items():
        axis = {key: value for key, value in base[f"{name}axis"].items() if key not in ("range", "dtick", "tickformat")}
        base[f"{name}axis"] = axis | {key: value for key, value in own.items() if value is not None}
        base[f"{name}axis"]["title"] = {"text": title, "font": {"size": 14}}
    return base
