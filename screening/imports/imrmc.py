"""iMRMC's list format: a description, the sizes, ``BEGIN DATA:``, then ``reader, case, modality, score`` lines."""

import re

from django.utils.translation import gettext as _

from screening.imports.files import File, Problems
from screening.imports.parts import CaseLine, Part, ReadLine
from screening.imports.rows import Row
from screening.imports.tables import CASE, READER

BEGIN = re.compile(r"^\s*BEGIN DATA", re.IGNORECASE)
SIZE = re.compile(r"^\s*(N0|N1|NR|NM)\s*:\s*(\d+)\s*$", re.IGNORECASE)
TRUTH = "-1"  # the reader under whom the file states the truth
COLUMNS = ("reader", "case", "modality", "score")


def imrmc(file: File, text: str, problems: Problems) -> Part:
    part, sizes, has_begun = Part(form="iMRMC"), {}, False
    for number, line in enumerate(text.splitlines(), 1):
        if not has_begun:
            has_begun = bool(BEGIN.match(line))
            if size := SIZE.match(line):
                sizes[size[1].upper()] = int(size[2])
        elif line.strip():
            _line(part, file, line, number=number, problems=problems)
    _check_sizes(part, file, sizes, problems=problems)
    return part


def _line(part: Part, file: File, line: str, *, number: int, problems: Problems) -> None:
    cells = [cell.strip() for cell in line.split(",")]
    if len(cells) != len(COLUMNS):
        problems.add(
            file.name, _("has %(n)d fields, not reader, case, modality, score.") % {"n": len(cells)}, row=number
        )
        return
    row = Row(file.name, number, dict(zip(COLUMNS, cells, strict=True)), problems=problems)
    case, reader = row.text("case", most=CASE), row.text("reader", most=READER)
    if reader == TRUTH:
        truth = row.yes_no("score")
        part.truths.append(CaseLine(code=case, truth=bool(truth), file=file.name, row=number))
        return
    modality, rating = row.text("modality", most=40), row.number("score")
    part.reads.append(ReadLine(case=case, reader=reader, modality=modality, rating=rating, file=file.name, row=number))


def _check_sizes(part: Part, file: File, sizes: dict[str, int], *, problems: Problems) -> None:
    """The head counts what follows: where the two differ the file was cut or mended by hand."""
    found = {
        "N0": len({line.code for line in part.truths if not line.truth}),
        "N1": len({line.code for line in part.truths if line.truth}),
        "NR": len({read.reader for read in part.reads}),
        "NM": len({read.modality for read in part.reads}),
    }
    for name, size in sizes.items():
        if size != found[name]:
            words = _("the head says %(size)d, the data hold %(found)d.")
            problems.add(file.name, words % {"size": size, "found": found[name]}, column=name)
