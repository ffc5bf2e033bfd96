"""Power over cases, and the fewest cases for each number of readers; drawn by static/js/screening/figure.js."""

from typing import Any

from django.utils.translation import gettext as _

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
                "name": _("%(n)d readers") % {"n": readers},
                "line": {
                    "color": COLOURS["model"] if is_planned else FOLDS[place],
                    "width": 2.6 if is_planned else 1.6,
                    "dash": "solid" if is_planned else DASHES[1 + place],
                },
                "hovertemplate": _("%(n)d readers, %(cases)s cases<br>power %(power)s")
                % {"n": readers, "cases": "%{x:,d}", "power": "%{y:.0%}"}
                + "<extra></extra>",
            }
        )
    wanted = _level([0, top], wish.target)
    point = _planned(wish.cases, found.chosen.power, _power_words(found))
    axes = {"x": (_("Cases"), {"range": [0, 1.02 * top]}), "y": (_("Power"), {"range": [0, 1.02], "tickformat": ".0%"})}
    return {"data": [wanted, *lines, point], "layout": _layout(axes)}


def _fewest(found: Plan) -> dict[str, Any]:
    known = [row for row in found.rows if row.cases is not None]
    bars = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [row.readers for row in known],
        "y": [row.cases for row in known],
        "name": _("Fewest cases for a power of %(target)s") % {"target": f"{found.wish.target:.0%}"},
        "line": {"color": COLOURS["senior"], "width": 2},
        "marker": {"symbol": SYMBOLS[0], "size": 8, "color": COLOURS["senior"]},
        "hovertemplate": _("%(readers)s readers: at least %(cases)s cases") % {"readers": "%{x}", "cases": "%{y:,d}"}
        + "<extra></extra>",
    }
    point = _planned(found.wish.readers, found.wish.cases, _power_words(found))
    # Cases run from tens to hundreds of thousands; a logarithmic axis has no room for the zero of a linear one.
    across = {"rangemode": "tozero", "tickformat": "d", "dtick": None}
    axes = {"x": (_("Readers"), across), "y": (_("Cases"), {"type": "log", "dtick": "D2", "tickformat": ",d"})}
    layout = _layout(axes)
    if not known:
        layout["annotations"] = [_words(_("Out of reach for up to %(n)d readers") % {"n": found.rows[-1].readers})]
    return {"data": [bars, point], "layout": layout}


def _power_words(found: Plan) -> str:
    return _("power %(power)s") % {"power": f"{found.chosen.power:.0%}"}


def _words(text: str) -> dict[str, Any]:
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.9, "showarrow": False}
    return place | {"text": text, "font": {"size": 14, "color": COLOURS["soft"]}}


def _planned(x: float, y: float, words: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [x],
        "y": [y],
        "name": _("The study as planned: %(words)s") % {"words": words},
        "marker": PLANNED,
        "hovertemplate": f"<b>{_('The study as planned')}</b><br>{words}<extra></extra>",
    }


def _level(span: list[float], value: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": span,
        "y": [value, value],
        "name": _("Wanted: %(share)s") % {"share": f"{value:.0%}"},
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
