"""Where to write a reader's name so that names, points and interval crosses do not cover each other."""

Point = tuple[float, float]
# A label's box in ROC space on a plot about 500 px wide, and the corners of its point where it may stand. The crosses
# run straight up, down, left and right, so only the corners are free. Readers tend to lie below the curve: down first.
WIDTH, HEIGHT, GAP = 0.10, 0.045, 0.012
CORNERS = {"bottom right": (1, -1), "top left": (-1, 1), "bottom left": (-1, -1), "top right": (1, 1)}
Box = tuple[float, float, float, float]


def positions(points: list[Point]) -> list[str]:
    """A plotly ``textposition`` for each point, chosen one after the other by the least overlap."""
    taken: list[Box] = [_around(point) for point in points]
    chosen = []
    for point in points:
        best = min(CORNERS, key=lambda corner: _cost(_box(point, corner), taken))
        taken.append(_box(point, best))
        chosen.append(best)
    return chosen


def _around(point: Point) -> Box:
    x, y = point
    return x - GAP, y - GAP, x + GAP, y + GAP


def _box(point: Point, corner: str) -> Box:
    across, up = CORNERS[corner]
    x, y = point[0] + across * GAP, point[1] + up * GAP
    return min(x, x + across * WIDTH), min(y, y + up * HEIGHT), max(x, x + across * WIDTH), max(y, y + up * HEIGHT)


def _cost(box: Box, taken: list[Box]) -> float:
    """Area shared with what stands there already, and what would fall off the square."""
    outside = max(0.0, -box[0]) + max(0.0, box[2] - 1) + max(0.0, -box[1]) + max(0.0, box[3] - 1)
    return outside + sum(_shared(box, other) for other in taken)


def _shared(a: Box, b: Box) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
