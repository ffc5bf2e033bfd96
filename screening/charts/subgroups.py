"""Forest plots: rates of model and readers, and their difference, group by group."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.analysis.words import said, span
from screening.charts.look import COLOURS, text
from screening.charts.plain import Figure, Trace, below, frame, spread

ROW = 25  # px a line
SHIFT = 0.17  # of a line, by which model and readers stand apart
RATES = {"sensitivity": gettext_lazy("Sensitivity"), "specificity": gettext_lazy("Specificity")}
GAPS = {
    "sensitivity": gettext_lazy("Sensitivity, model − readers (points)"),
    "specificity": gettext_lazy("Specificity, model − readers (points)"),
}
LONGEST = 26  # characters of a group's name on the axis


def forests(result: dict[str, Any], note: str) -> dict[str, Figure]:
    """Two figures a rate: ``sensitivity-rates`` and ``sensitivity-difference``, and so for specificity."""
    found = result["subgroups"]
    if not found:
        return {}
    drawn = {}
    for rate in ("sensitivity", "specificity"):
        mine = [entry for entry in found["entries"] if entry["rate"] == rate]
        drawn[f"{rate}-rates"] = _rates(mine, rate, note)
        drawn[f"{rate}-difference"] = _differences(mine, rate, note)
    return drawn


def _rates(mine: list[dict[str, Any]], rate: str, note: str) -> Figure:
    places, axis = _lines(mine)
    readers = [_readers(entry) for entry in mine]
    data = [
        _points(
            [entry["model"] for entry in mine], mine, [y - SHIFT for y in places], name=_("Model"), symbol="diamond"
        ),
        _points(readers, mine, [y + SHIFT for y in places], name=_("Readers' mean"), symbol="circle"),
    ]
    x = {"title": str(RATES[rate]), "tickformat": ".0%", "range": [-0.02, 1.02]}
    return _figure(data, x, axis, note)


def _readers(entry: dict[str, Any]) -> dict[str, Any]:
    fixed = entry["fixed"] or {}
    return {"value": entry["readers"], "lower": fixed.get("readers_lower"), "upper": fixed.get("readers_upper")}


def _points(
    estimates: list[dict[str, Any]], mine: list[dict[str, Any]], y: list[float], *, name: str, symbol: str
) -> Trace:
    colour = COLOURS["ink"] if symbol == "diamond" else COLOURS["senior"]
    return {
        "type": "scatter",
        "mode": "markers",
        "cliponaxis": False,
        "x": [one["value"] for one in estimates],
        "y": y,
        "name": name,
        "marker": _marker(mine, symbol, colour),
        "error_x": spread(estimates, colour=colour, width=1.6),
        "customdata": [_hover(entry, one, "{:.1%}") for entry, one in zip(mine, estimates, strict=True)],
        "hovertemplate": f"{name}<br>%{{customdata}}<extra></extra>",
    }


def _differences(mine: list[dict[str, Any]], rate: str, note: str) -> Figure:
    """A thick bar for these readers, a thin one for readers of this kind."""
    places, axis = _lines(mine)
    data = [
        _bars(mine, places, kind="random", name=_("interval, readers of this kind"), width=1.4),
        _bars(mine, places, kind="fixed", name=_("interval, these readers"), width=5),
        _estimates(mine, places),
    ]
    x = {"title": str(GAPS[rate]), "zeroline": True, "range": _reach(mine)}
    figure = _figure(data, x | {"zerolinecolor": COLOURS["ink"], "zerolinewidth": 1.4}, axis, note)
    figure["layout"]["annotations"] += [_side(_("← readers"), 0, "left"), _side(_("model →"), 1, "right")]
    return figure


def _bars(mine: list[dict[str, Any]], places: list[float], *, kind: str, name: str, width: float) -> Trace:
    """Every interval a stroke of one trace."""
    drawn = [(_points_of(entry, kind), y) for entry, y in zip(mine, places, strict=True)]
    drawn = [(one, y) for one, y in drawn if one["lower"] is not None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x for one, _ in drawn for x in (one["lower"], one["upper"], None)],
        "y": [end for _, y in drawn for end in (y, y, None)],
        "name": name,
        "line": {"width": width, "color": COLOURS["soft"] if kind == "random" else COLOURS["senior"]},
        "hoverinfo": "skip",
    }


def _estimates(mine: list[dict[str, Any]], places: list[float]) -> Trace:
    values = [_points_of(entry, "fixed") for entry in mine]
    hovers = [
        _hover(entry, one, "{:+.1f}", words=_("%(n)s points")) + _beyond(entry)
        for entry, one in zip(mine, values, strict=True)
    ]
    fill = ["#ffffff" if entry["is_small"] else COLOURS["senior"] for entry in mine]
    return {
        "type": "scatter",
        "mode": "markers",
        "cliponaxis": False,
        "x": [one["value"] for one in values],
        "y": places,
        "name": _("difference"),
        "marker": {"symbol": "square", "size": 10, "color": fill, "line": {"width": 1.8, "color": COLOURS["senior"]}},
        "customdata": hovers,
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _beyond(entry: dict[str, Any]) -> str:
    wide = _points_of(entry, "random")
    if wide["lower"] is None:
        return ""
    limits = span(f"{wide['lower']:+.1f}", f"{wide['upper']:+.1f}")
    return "<br>" + _("readers of this kind: %(limits)s") % {"limits": limits}


def _reach(mine: list[dict[str, Any]]) -> list[float]:
    """The axis holds every interval, and zero."""
    found = [_points_of(entry, kind) for entry in mine for kind in ("fixed", "random")]
    values = [value for one in found for value in one.values() if value is not None] + [0.0]
    pad = 0.06 * (max(values) - min(values)) or 5.0
    return [min(values) - pad, max(values) + pad]


def _points_of(entry: dict[str, Any], kind: str) -> dict[str, Any]:
    limits = entry[kind] or {}
    found = {"value": entry["difference"], "lower": limits.get("lower"), "upper": limits.get("upper")}
    return {name: None if value is None else 100 * value for name, value in found.items()}


def _marker(mine: list[dict[str, Any]], symbol: str, colour: str) -> dict[str, Any]:
    """Hollow where the group is small."""
    symbols = [f"{symbol}-open" if entry["is_small"] else symbol for entry in mine]
    return {"symbol": symbols, "size": 9, "color": colour, "line": {"width": 1.6, "color": colour}}


def _hover(entry: dict[str, Any], one: dict[str, Any], form: str, *, words: str = "%(n)s") -> str:
    def shown(value: float) -> str:
        return words % {"n": form.format(value)}

    limits = "" if one["lower"] is None else f" ({span(shown(one['lower']), shown(one['upper']))})"
    head = _("<b>%(group)s</b>, n = %(n)s")
    if entry["is_small"]:
        head = _("<b>%(group)s</b>, n = %(n)s, a small group")
    return f"{head % {'group': text(entry['group']), 'n': entry['n']}}<br>{shown(one['value'])}{limits}"


def _lines(mine: list[dict[str, Any]]) -> tuple[list[float], dict[str, Any]]:
    """Where each entry stands, and the axis: the name of a column heads its groups."""
    places, names, column, y = [], [], "All", 0.0
    for entry in mine:
        if entry["column"] != column:
            column = entry["column"]
            names.append((y, f"<b>{text(said(column))}</b>"))
            y += 1
        names.append((y, _label(entry)))
        places.append(y)
        y += 1
    axis = {
        "range": [y + 0.3, -0.6],
        "tickvals": [place for place, _ in names],
        "ticktext": [name for _, name in names],
        "showgrid": False,
        "ticks": "",
    }
    return places, axis


def _label(entry: dict[str, Any]) -> str:
    name = entry["group"] if len(entry["group"]) <= LONGEST else f"{entry['group'][: LONGEST - 1]}…"
    small = " †" if entry["is_small"] else ""
    return f"{text(name)} ({entry['n']}){small}"


def _figure(data: list[Trace], x: dict[str, Any], axis: dict[str, Any], note: str) -> Figure:
    height = 190 + ROW * len(axis["tickvals"])
    layout = frame(x=x, y=axis, height=height, note=note) | below(height)
    return {"data": data, "layout": layout}


def _side(words: str, x: float, anchor: str) -> dict[str, Any]:
    return {
        "text": words,
        "xref": "paper",
        "yref": "paper",
        "x": x,
        "y": 0,
        "xanchor": anchor,
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 11, "color": COLOURS["soft"]},
    }
