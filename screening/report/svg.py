"""A drawing as SVG: attributes only, so that no style rule has to be allowed for it."""

from html import escape

from screening.report.drawing import Circle, Drawing, Path, Shape, Words

FONT = "DejaVu Sans Condensed, Noto Sans, Noto Sans CJK SC, system-ui, sans-serif"


def svg(drawing: Drawing) -> str:
    body = "".join(_shape(shape) for shape in drawing.shapes)
    size = f'viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}" width="{_n(drawing.width)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} height="{_n(drawing.height)}" role="img" '
        f'aria-label="{escape(drawing.alt)}" font-family="{FONT}">{body}</svg>'
    )


def _shape(shape: Shape) -> str:
    if isinstance(shape, Words):
        return _words(shape)
    return _circle(shape) if isinstance(shape, Circle) else _path(shape)


def _path(path: Path) -> str:
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in path.points)
    dash = f' stroke-dasharray="{" ".join(map(_n, path.dash))}"' if path.dash else ""
    name = "polygon" if path.is_closed else "polyline"
    return (
        f'<{name} points="{points}" fill="{path.fill or "none"}" fill-opacity="{_n(path.opacity)}" '
        f'stroke="{path.stroke or "none"}" stroke-width="{_n(path.width)}" stroke-linejoin="round"{dash}/>'
    )


def _circle(circle: Circle) -> str:
    x, y = circle.centre
    return (
        f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(circle.radius)}" fill="{circle.fill or "none"}" '
        f'stroke="{circle.stroke or "none"}" stroke-width="{_n(circle.width)}"/>'
    )


def _words(words: Words) -> str:
    x, y = map(_n, words.at)
    turn = f' transform="rotate(-90 {x} {y})"' if words.is_upright else ""
    bold = ' font-weight="bold"' if words.is_bold else ""
    return (
        f'<text x="{x}" y="{y}" font-size="{_n(words.size)}" fill="{words.colour}" text-anchor="{words.anchor}"{bold}'
        f"{turn}>{escape(words.text)}</text>"
    )


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
