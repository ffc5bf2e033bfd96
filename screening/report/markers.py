"""plotly's marker symbols as shapes."""

import math
from collections.abc import Iterator
from typing import Any

from screening.report.drawing import Circle, Path, Point, Shape

# corners of a regular polygon and the angle of the first, counted from the top
POLYGONS = {
    "square": (4, 45.0),
    "diamond": (4, 0.0),
    "triangle-up": (3, 0.0),
    "triangle-down": (3, 180.0),
    "pentagon": (5, 0.0),
    "hexagon": (6, 30.0),
}


def marker(at: Point, style: dict[str, Any]) -> Iterator[Shape]:
    name, is_open = style["symbol"].removesuffix("-open"), style["symbol"].endswith("-open")
    radius, colour = 0.4 * style["size"], style["color"]
    fill = "#ffffff" if is_open else colour
    if name in ("x", "cross"):
        yield from _bars(at, radius, colour, turn=45.0 if name == "x" else 0.0)
    elif name == "circle":
        yield Circle(centre=at, radius=radius, stroke=colour, width=1.4, fill=fill)
    else:
        points = _star(at, radius) if name == "star" else _polygon(at, radius, name)
        yield Path(points=points, stroke=colour, width=1.4, fill=fill, is_closed=True)


def _polygon(at: Point, radius: float, name: str) -> list[Point]:
    if name == "diamond-wide":
        x, y = at
        return [(x - 1.3 * radius, y), (x, y - 0.8 * radius), (x + 1.3 * radius, y), (x, y + 0.8 * radius)]
    corners, first = POLYGONS.get(name, POLYGONS["square"])
    return [_around(at, radius * 1.15, first + 360 * i / corners) for i in range(corners)]


def _star(at: Point, radius: float) -> list[Point]:
    return [_around(at, radius * (1.25 if i % 2 == 0 else 0.5), 36.0 * i) for i in range(10)]


def _bars(at: Point, radius: float, colour: str, *, turn: float) -> Iterator[Shape]:
    for angle in (turn, turn + 90):
        ends = [_around(at, radius, angle), _around(at, radius, angle + 180)]
        yield Path(points=ends, stroke=colour, width=2.2)


def _around(at: Point, radius: float, degrees: float) -> Point:
    angle = math.radians(degrees)
    return at[0] + radius * math.sin(angle), at[1] - radius * math.cos(angle)
