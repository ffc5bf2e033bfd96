"""The interactive figures as drawings: the same traces, the same numbers, what is switched on by default."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from screening.report.drawing import Drawing, Path, Point, Shape, Words
from screening.report.markers import marker

PLOT, LEFT, TOP = 330.0, 52.0, 8.0  # the square and the space at its left and above
LEGEND_ROW, LEGEND_COLUMN, BELOW = 13.0, 236.0, 40.0
WIDTH = 480.0
INK, SOFT, GRID = "#14212a", "#4a5b66", "#d3dbdf"
DASHES = {"solid": (), "dot": (1.5, 2.0), "dash": (5.0, 3.0), "longdash": (8.0, 3.0), "dashdot": (5.0, 2.0, 1.5, 2.0)}
RGBA = re.compile(r"rgba\((\d+), (\d+), (\d+), ([\d.]+)\)")
AWAY = 7.0  # of a reader's name from the point


def drawn(figure: dict[str, Any], *, alt: str) -> Drawing:
    traces = [trace for trace in figure["data"] if trace.get("visible", True) is True]
    named = [trace for trace in traces if trace.get("showlegend", True)]
    rows = (len(named) + 1) // 2
    made = Drawing(width=WIDTH, height=TOP + PLOT + BELOW + rows * LEGEND_ROW + 4, alt=alt)
    made.shapes += _axes(figure["layout"])
    for trace in traces:
        made.shapes += _trace(trace)
    for i, trace in enumerate(named):
        made.shapes += _legend(trace, row=i // 2, column=i % 2)
    return made


def _at(x: float, y: float) -> Point:
    return LEFT + x * PLOT, TOP + (1 - y) * PLOT


def _axes(layout: dict[str, Any]) -> Iterator[Shape]:
    for i in range(6):
        tick, label = i / 5, f"{20 * i} %"
        yield Path(points=[_at(tick, 0), _at(tick, 1)], stroke=GRID, width=0.6)
        yield Path(points=[_at(0, tick), _at(1, tick)], stroke=GRID, width=0.6)
        (x, bottom), (left, y) = _at(tick, 0), _at(0, tick)
        yield Words(at=(x, bottom + 12), text=label, colour=SOFT, anchor="middle")
        yield Words(at=(left - 5, y + 3), text=label, colour=SOFT, anchor="end")
    corners = [_at(0, 0), _at(1, 0), _at(1, 1), _at(0, 1)]
    yield Path(points=corners, stroke=SOFT, width=0.8, is_closed=True)
    middle = LEFT + PLOT / 2
    yield Words(at=(middle, TOP + PLOT + 26), text=_plain(layout["xaxis"]["title"]["text"]), size=9, anchor="middle")
    up = _plain(layout["yaxis"]["title"]["text"])
    yield Words(at=(12, TOP + PLOT / 2), text=up, size=9, anchor="middle", is_upright=True)
    for note in layout["annotations"]:
        for i, line in enumerate(reversed(note["text"].split("<br>"))):
            x, y = _at(0.985, 0.02)
            yield Words(at=(x, y - 10 * i), text=_plain(line), size=8, colour=SOFT, anchor="end")


def _trace(trace: dict[str, Any]) -> Iterator[Shape]:
    points = [_at(x, y) for x, y in zip(trace["x"], trace["y"], strict=True)]
    if trace.get("fill") == "toself":
        fill, opacity = _colour(trace["fillcolor"])
        yield Path(points=points, fill=fill, opacity=opacity, is_closed=True)
    elif "lines" in trace["mode"]:
        yield Path(points=points, **_line(trace))
    if "markers" in trace["mode"]:
        yield from _crosses(trace)
        yield from (shape for point in points for shape in marker(point, trace["marker"]))
    if "text" in trace["mode"]:
        yield from (_label(point, text, trace) for point, text in zip(points, trace["text"], strict=True))


def _line(trace: dict[str, Any]) -> dict[str, Any]:
    line = trace["line"]
    return {"stroke": line["color"], "width": 0.8 * line["width"], "dash": DASHES[line.get("dash", "solid")]}


def _crosses(trace: dict[str, Any]) -> Iterator[Shape]:
    """The intervals of a point, where its trace has them."""
    for name in ("error_x", "error_y"):
        if not (error := trace.get(name)):
            continue
        for x, y, plus, minus in zip(trace["x"], trace["y"], error["array"], error["arrayminus"], strict=True):
            across = name == "error_x"
            ends = [(x - minus, y), (x + plus, y)] if across else [(x, y - minus), (x, y + plus)]
            yield Path(points=[_at(*end) for end in ends], stroke=error["color"], width=0.9)
            for a, b in (_at(*end) for end in ends):
                cap = [(a, b - 2), (a, b + 2)] if across else [(a - 2, b), (a + 2, b)]
                yield Path(points=cap, stroke=error["color"], width=0.9)


def _label(point: Point, text: str, trace: dict[str, Any]) -> Words:
    vertical, _, horizontal = trace["textposition"].partition(" ")
    x = point[0] + (AWAY if horizontal == "right" else -AWAY)
    y = point[1] + (AWAY + 5 if vertical == "bottom" else -AWAY + 2)
    anchor = "start" if horizontal == "right" else "end"
    return Words(at=(x, y), text=_plain(text), size=9, colour=trace["textfont"]["color"], anchor=anchor, is_bold=True)


def _legend(trace: dict[str, Any], *, row: int, column: int) -> Iterator[Shape]:
    x, y = 6 + column * LEGEND_COLUMN, TOP + PLOT + BELOW + row * LEGEND_ROW
    if trace.get("fill") == "toself":
        fill, opacity = _colour(trace["fillcolor"])
        box = [(x, y), (x + 20, y), (x + 20, y + 8), (x, y + 8)]
        yield Path(points=box, fill=fill, opacity=opacity, is_closed=True)
    elif "lines" in trace["mode"]:
        yield Path(points=[(x, y + 4), (x + 20, y + 4)], **_line(trace))
    if "markers" in trace["mode"]:
        yield from marker((x + 10, y + 4), trace["marker"])
    yield Words(at=(x + 26, y + 7), text=_plain(trace["name"]), size=8)


def _colour(value: str) -> tuple[str, float]:
    """``rgba(86, 180, 233, 0.30)`` as #56b4e9 and 0.3."""
    if not (found := RGBA.fullmatch(value)):
        return value, 1.0
    red, green, blue = (int(part) for part in found.groups()[:3])
    return f"#{red:02x}{green:02x}{blue:02x}", float(found[4])


def _plain(text: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", text))
