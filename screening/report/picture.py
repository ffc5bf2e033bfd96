"""A drawing inside the PDF."""

from typing import Any

from screening.report.drawing import Circle, Drawing, Path, Point, Shape, Words
from screening.report.letters import runs


def picture(drawing: Drawing) -> Any:
    """As a block that reportlab places on a page."""
    from reportlab.platypus import Flowable

    class Drawn(Flowable):
        def wrap(self, width: float, height: float) -> tuple[float, float]:
            return drawing.width, drawing.height

        def draw(self) -> None:
            for shape in drawing.shapes:
                _shape(self.canv, shape, drawing.height)

    return Drawn()


def _shape(canvas: Any, shape: Shape, height: float) -> None:
    canvas.saveState()
    if isinstance(shape, Words):
        _words(canvas, shape, height)
    elif isinstance(shape, Circle):
        _pens(canvas, shape)
        x, y = shape.centre
        canvas.circle(x, height - y, shape.radius, stroke=bool(shape.stroke), fill=bool(shape.fill))
    else:
        _path(canvas, shape, height)
    canvas.restoreState()


def _path(canvas: Any, path: Path, height: float) -> None:
    _pens(canvas, path)
    if path.fill and path.opacity < 1:
        canvas.setFillAlpha(path.opacity)
    if path.dash:
        canvas.setDash(list(path.dash))
    canvas.setLineJoin(1)
    line = canvas.beginPath()
    (x, y), *others = path.points
    line.moveTo(x, height - y)
    for x, y in others:
        line.lineTo(x, height - y)
    if path.is_closed:
        line.close()
    canvas.drawPath(line, stroke=bool(path.stroke), fill=bool(path.fill))


def _pens(canvas: Any, shape: Path | Circle) -> None:
    if shape.stroke:
        canvas.setStrokeColor(shape.stroke)
    if shape.fill:
        canvas.setFillColor(shape.fill)
    canvas.setLineWidth(shape.width)


def _words(canvas: Any, words: Words, height: float) -> None:
    canvas.setFillColor(words.colour)
    canvas.translate(words.at[0], height - words.at[1])
    if words.is_upright:
        canvas.rotate(90)
    pieces = runs(words.text, is_bold=words.is_bold)
    width = sum(canvas.stringWidth(text, font, words.size) for font, text in pieces)
    start = {"start": 0.0, "middle": -width / 2, "end": -width}[words.anchor]
    drawn_words(canvas, words.text, at=(start, 0), size=words.size, is_bold=words.is_bold)


def drawn_words(canvas: Any, text: str, *, at: Point, size: float, is_bold: bool = False) -> None:
    """Piece by piece, each in the font that has its letters."""
    x, y = at
    for font, piece in runs(text, is_bold=is_bold):
        canvas.setFont(font, size)
        canvas.drawString(x, y, piece)
        x += canvas.stringWidth(piece, font, size)
