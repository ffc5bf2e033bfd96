"""The participant flow diagram, from counts: who came in, who left and why, who was read and scored."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from screening.report.drawing import Drawing, Path, Point, Shape, Words

WIDTH, BOX, SIDE, GAP = 480.0, 226.0, 206.0, 16.0
LINE, PAD, SIZE = 11.0, 7.0, 8.5
INK, SOFT, FILL, SIDE_FILL = "#14212a", "#4a5b66", "#eef4f7", "#ffffff"
Lines = list[str]


def flow_steps(result: dict[str, Any], facts: dict[str, Any]) -> list[tuple[Lines, Lines]]:
    """(what is there, what left before the next step), from the top. A box's first line is its heading."""
    cohort, cases = facts["cohort"], result["cases"]
    read = [
        ngettext("Analysed: %(n)d case", "Analysed: %(n)d cases", cases["n"]) % {"n": cases["n"]},
        _("%(gs)d with a genetic syndrome, %(controls)d controls")
        % {"gs": cases["n_gs"], "controls": cases["n_controls"]},
    ]
    if result["study"].get("imported"):
        return [([_("Imported with its results"), _("recruitment and photographs: not known here")], []), (read, [])]
    usable = cohort["photos"] - cohort["further"] - cohort["waiting"] - cohort["unusable"] - cohort["erased"]
    return [
        (_who(cohort), []),
        (
            [_("Photographs: %(n)d") % {"n": cohort["photos"]}],
            _left(
                (_("further photographs of a child"), cohort["further"]),
                (_("not yet checked"), cohort["waiting"]),
                (_("without a usable face"), cohort["unusable"]),
                (_("erased, consent withdrawn"), cohort["erased"]),
            ),
        ),
        (
            [_("Usable faces, one a child: %(n)d") % {"n": usable}],
            _left((_("not chosen for this study"), _spare(usable, cohort))),
        ),
        (
            _chosen(cohort["cases"] + cohort["practice"]),
            _left(
                (_("shown in practice only"), cohort["practice"]),
                (pgettext("photographs left out", "truth not stated"), max(0, cohort["cases"] - cases["n"])),
            ),
        ),
        (read, []),
    ]


def _who(cohort: dict[str, int]) -> Lines:
    n = cohort["subjects"]
    return [
        ngettext("Cohort: %(n)d child", "Cohort: %(n)d children", n) % {"n": n},
        _("%(gs)d GS, %(controls)d controls") % {"gs": cohort["gs"], "controls": cohort["controls"]},
    ]


def _chosen(n: int) -> Lines:
    return [ngettext("Chosen for the study: %(n)d face", "Chosen for the study: %(n)d faces", n) % {"n": n}]


def _spare(usable: int, cohort: dict[str, int]) -> int:
    return max(0, usable - cohort["cases"] - cohort["practice"])


def ends(result: dict[str, Any]) -> tuple[Lines, Lines]:
    """The two arms at the foot: readers, and the model."""
    readers, n = result["readers"], result["cases"]["n"]
    total, given = n * len(readers), sum(reader["n_read"] for reader in readers)
    lost = [
        (sum(reader["forfeited"] for reader in readers), _("shown, no call")),
        (sum(reader.get("voided", 0) for reader in readers), _("voided")),
    ]
    missing = {"n": sum(reader["n_missing"] for reader in readers), "lost": _counted(lost)}
    arm = [
        ngettext("%(n)d reader", "%(n)d readers", len(readers)) % {"n": len(readers)},
        _("%(given)d of %(total)d reads given") % {"given": given, "total": total},
        (_("%(n)d missing (%(lost)s)") if missing["lost"] else _("%(n)d missing")) % missing,
        _("%(n)d after a flagged exposure") % {"n": sum(reader["n_flagged"] for reader in readers)},
    ]
    is_imported = bool(result["study"].get("imported"))
    return (arm[:3] if is_imported else arm), _scored(n, len(result["model"]["folds"]), is_imported=is_imported)


def _counted(counts: list[tuple[int, str]]) -> str:
    return ",".join(f"{count} {what}" for count, what in counts if count)


def _scored(n: int, folds: int, *, is_imported: bool) -> Lines:
    scored = _("%(n)d of %(n)d cases scored") % {"n": n}
    if is_imported:
        held = ngettext("%(n)d fold in the file", "%(n)d folds in the file", folds)
        return [_("Model, imported scores"), scored, held % {"n": folds}]
    held = ngettext("%(n)d fold, each case held out once", "%(n)d folds, each case held out once", folds)
    return [_("Model, held-out scores"), scored, held % {"n": folds}]


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
    lines = (*(here for here, left in steps), *(left for here, left in steps if left))
    words = "; ".join(" ".join(one) for one in lines)
    alt = _("Flow: %(steps)s; %(readers)s; %(model)s.") % {
        "steps": words,
        "readers": " ".join(arm),
        "model": " ".join(model),
    }
    return Drawing(width=WIDTH, height=height, alt=alt, shapes=shapes)


def _left(*reasons: tuple[str, int]) -> Lines:
    gone = [f"{count} {what}" for what, count in reasons if count]
    return [_("Left out"), *gone] if gone else []


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
