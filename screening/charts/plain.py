"""What the figures of the sections share: a plain frame, one line a reader, a mean with its interval.

The page draws them with static/js/screening/sections.js, as wide as it allows and as high as said here.
"""

from typing import Any

from screening.charts.look import COLOURS, DASHES, MOST_LABELS, SYMBOLS, text

Trace = dict[str, Any]
Figure = dict[str, Any]
FONT = {"family": "system-ui, 'Segoe UI', 'Noto Sans', sans-serif", "size": 13, "color": COLOURS["ink"]}


def frame(*, x: dict[str, Any], y: dict[str, Any], height: int, note: str = "", **more: Any) -> dict[str, Any]:
    """Layout with both axes; ``note`` travels with the picture, above its right corner."""
    return {
        "xaxis": axis(**x),
        "yaxis": axis(**y),
        "font": FONT,
        "height": height,
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "margin": {"l": 62, "r": 16, "t": 30 if note else 14, "b": 56},
        "hoverlabel": {"align": "left"},
        "hovermode": "closest",
        "showlegend": False,
        "annotations": [_note(note)] if note else [],
        **more,
    }


def axis(*, title: str = "", **more: Any) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"size": 13}, "standoff": 8},
        "showgrid": True,
        "gridcolor": COLOURS["line"],
        "zeroline": False,
        "linecolor": COLOURS["soft"],
        "linewidth": 1,
        "ticks": "outside",
        "automargin": True,
        **more,
    }


def below(height: int) -> dict[str, Any]:
    """A legend under the x axis of a figure of this height, with the room it needs."""
    return {
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": -58 / (height - 150), "xanchor": "left", "yanchor": "top"},
        "margin": {"l": 62, "r": 16, "t": 30, "b": 120},
    }


def line(code: str, x: list[Any], y: list[Any], *, place: int, colour: str, hover: str, many: int) -> Trace:
    """One reader's thin line; with many readers only their colours and the hover tell them apart."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": y,
        "name": text(code),
        "line": {"color": colour, "width": 1.2, "dash": DASHES[place % len(DASHES)]},
        "marker": {"symbol": SYMBOLS[place % len(SYMBOLS)], "size": 6, "color": colour},
        "opacity": 0.75,
        "showlegend": many <= MOST_LABELS,
        "hovertemplate": f"<b>{text(code)}</b><br>{hover}<extra></extra>",
    }


def mean(x: list[Any], found: list[dict[str, Any]], *, hover: str, name: str) -> Trace:
    """The mean over readers with its interval, above their lines."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x,
        "y": [one["value"] for one in found],
        "name": name,
        "line": {"color": COLOURS["ink"], "width": 2.6},
        "marker": {"symbol": "diamond", "size": 9, "color": COLOURS["ink"]},
        "error_y": spread(found),
        "hovertemplate": f"<b>{name}</b><br>{hover}<extra></extra>",
    }


def spread(found: list[dict[str, Any]], *, colour: str = COLOURS["ink"], width: float = 1.4) -> dict[str, Any]:
    """The intervals of estimates as plotly's error bars; an undefined one has none."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [_reach(one, "upper") for one in found],
        "arrayminus": [_reach(one, "lower") for one in found],
        "color": colour,
        "thickness": width,
        "width": 3,
    }


def _reach(one: dict[str, Any], limit: str) -> float | None:
    return None if one.get(limit) is None else abs(one[limit] - one["value"])


def _note(words: str) -> dict[str, Any]:
    return {
        "name": "note",
        "text": words.replace("<br>", ", "),
        "xref": "paper",
        "yref": "paper",
        "x": 1,
        "y": 1,
        "xanchor": "right",
        "yanchor": "bottom",
        "yshift": 4,
        "showarrow": False,
        "font": {"size": 11, "color": COLOURS["soft"]},
    }
