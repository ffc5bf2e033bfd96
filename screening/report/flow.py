"""The participant flow diagram, from counts: who came in, who left and why, who was read and scored."""

from collections.abc import Iterator
from typing import Any

from screening.report.drawing import Drawing, Path, Point, Shape, Words

WIDTH, BOX, SIDE, GAP = 480.0, 226.0, 206.0, 16.0
LINE, PAD, SIZE = 11.0, 7.0, 8.5
INK, SOFT, FILL, SIDE_FILL = "#14212a", "#4a5b66", "#eef4f7", "#ffffff"
Lines = list[str]


def flow_steps(result: dict[str, Any], facts: dict[str, Any]) -> list[tuple[Lines, Lines]]:
    """(what is there, what left before the next step), from the top. A box's first line is its heading."""
    cohort, cases = facts["cohort"], result["cases"]
    read = [
        f"Analysed: {_n(cases['n'], 'case')}",
        f"{cases['n_gs']} with a genetic syndrome, {cases['n_controls']} controls",
    ]
    if result["study"].get("imported"):
        return [(["Imported with its results", "recruitment and photographs: not known here"], []), (read, [])]
    usable = cohort["photos"] - cohort["further"] - cohort["waiting"] - cohort["unusable"] - cohort["erased"]
    chosen = [f"Chosen for the study: {_n(cohort['cases'] + cohort['practice'], 'face')}"]
    return [
        (
            [
                f"Cohort: {_n(cohort['subjects'], 'child', 'children')}",
                f"{cohort['gs']} GS, {cohort['controls']} controls",
            ],
            [],
        ),
        (
            [f"Photographs: {cohort['photos']}"],
            _left(
                ("further photographs of a child", cohort["further"]),
                ("not yet checked", cohort["waiting"]),
                ("without a usable face", cohort["unusable"]),
                ("erased, consent withdrawn", cohort["erased"]),
            ),
        ),
        ([f"Usable faces, one a child: {usable}"], _left(("not chosen for this study", _spare(usable, cohort)))),
        (
            chosen,
            _left(
                ("shown in practice only", cohort["practice"]),
                ("truth not stated", max(0, cohort["cases"] - cases["n"])),
            ),
        ),
        (read, []),
    ]


def _spare(usable: int, cohort: dict[str, int]) -> int:
    return max(0, usable - cohort["cases"] - cohort["practice"])


def ends(result: dict[str, Any]) -> tuple[Lines, Lines]:
    """The two arms at the foot: readers, and the model."""
    readers, n = result["readers"], result["cases"]["n"]
    total, given = n * len(readers), sum(reader["n_read"] for reader in readers)
    lost = [
        (sum(reader["forfeited"] for reader in readers), "shown, no call"),
        (sum(reader.get("voided", 0) for reader in readers), "voided"),
    ]
    missing = sum(reader["n_missing"] for reader in readers)
    left = [f"{count} {what}" for count, what in lost if count]
    arm = [
        _n(len(readers), "reader"),
        f"{given} of {total} reads given",
        f"{missing} missing{f' ({chr(44).join(left)})' if left else ''}",
        f"{sum(reader['n_flagged'] for reader in readers)} after a flagged exposure",
    ]
    model = [
        "Model, held-out scores",
        f"{n} of {n} cases scored",
        f"{_n(len(result['model']['folds']), 'fold')}, each case held out once",
    ]
    if result["study"].get("imported"):
        arm, model[0] = arm[:3], "Model, imported scores"
        model[2] = f"{_n(len(result['model']['folds']), 'fold')} in the file"
    return arm, model


def flow(result: dict[str, Any], facts: dict[str, Any]) -> Drawing:
    steps, y = flow_steps(result, facts), 4.0
    shapes: list[Shape] = []
    for place, (here, left) in enumerate(steps):
        is_last = place == len(steps) - 1
        shapes += _box((4, y), BOX, here, fill=FILL)
        bottom = y + _height(here)
        y = bottom + max(2 * GAP, _height(left) + GAP if left else 0)
        if not is_last:
            shapes += _arrow((4 + BOX / 2, bottom), (4 + BOX / 2, y))
        if left:
            middle = bottom + (y - bottom) / 2
            shapes += _arrow((4 + BOX / 2, middle), (WIDTH - SIDE - 4, middle))
            shapes += _box((WIDTH - SIDE - 4, middle - _height(left) / 2), SIDE, left, fill=SIDE_FILL)
    arm, model = ends(result)
    start = bottom
    for lines, x in ((arm, 4.0), (model, WIDTH - SIDE - 4)):
        shapes += _fork((4 + BOX / 2, start), (x + 100, start + 2 * GAP))
        shapes += _box((x, start + 2 * GAP), SIDE, lines, fill=FILL)
    height = start + 2 * GAP + max(_height(arm), _height(model)) + 4
    words = "; ".join(" ".join(lines) for lines in (*(here for here, _ in steps), *(gone for _, gone in steps if gone)))
    return Drawing(width=WIDTH, height=height, alt=f"Flow: {words}; {' '.join(arm)}; {' '.join(model)}.", shapes=shapes)


def _left(*reasons: tuple[str, int]) -> Lines:
    gone = [f"{count} {what}" for what, count in reasons if count]
    return ["Left out", *gone] if gone else []


def _n(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _height(lines: Lines) -> float:
    return len(lines) * LINE + 2 * PAD - 2


def _box(corner: Point, width: float, lines: Lines, *, fill: str) -> Iterator[Shape]:
    x, y = corner
    bottom = y + _height(lines)
    corners = [(x, y), (x + width, y), (x + width, bottom), (x, bottom)]
    yield Path(points=corners, stroke=SOFT, width=0.8, fill=fill, is_closed=True)
    for i, line in enumerate(lines):
        at = (x + PAD, y + PAD + 7 + i * LINE)
        yield Words(at=at, text=line, size=SIZE, is_bold=i == 0, colour=INK if i == 0 else SOFT)


def _arrow(start: Point, end: Point) -> Iterator[Shape]:
    (x, y), across = end, abs(end[0] - start[0]) > abs(end[1] - start[1])
    head = [end, (x - 5, y - 2.5), (x - 5, y + 2.5)] if across else [end, (x - 2.5, y - 5), (x + 2.5, y - 5)]
    yield Path(points=[start, end], stroke=SOFT, width=0.9)
    yield Path(points=head, fill=SOFT, is_closed=True)


def _fork(start: Point, end: Point) -> Iterator[Shape]:
    """Down, across, and down into the box."""
    half = start[1] + (end[1] - start[1]) / 2
    yield Path(points=[start, (start[0], half), (end[0], half)], stroke=SOFT, width=0.9)
    yield from _arrow((end[0], half), end)
