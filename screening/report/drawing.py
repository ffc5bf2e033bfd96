"""A picture as shapes, in points, the origin at the upper left: one drawing for the HTML file and for the PDF."""

from collections.abc import Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Path:
    """A line, or with ``is_closed`` an area. Colours are #rrggbb; an empty one draws nothing."""

    points: Sequence[Point]
    stroke: str = ""
    width: float = 1.0
    dash: tuple[float, ...] = ()
    fill: str = ""
    opacity: float = 1.0
    is_closed: bool = False


@dataclass(frozen=True, kw_only=True)
class Circle:
    centre: Point
    radius: float
    stroke: str = ""
    width: float = 1.0
    fill: str = ""


@dataclass(frozen=True, kw_only=True)
class Words:
    """``at`` is the start, middle or end of the base line; ``is_upright`` turns the words to read upwards."""

    at: Point
    text: str
    size: float = 8.0
    colour: str = "#14212a"
    anchor: str = "start"
    is_bold: bool = False
    is_upright: bool = False


Shape = Path | Circle | Words


@dataclass(kw_only=True)
class Drawing:
    width: float
    height: float
    alt: str  # what somebody who cannot see it has to know
    shapes: list[Shape] = field(default_factory=list)
