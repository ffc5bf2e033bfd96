"""RJafroc's Excel workbook for ROC data: sheets TRUTH, FP (or NL) and TP (or LL)."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from screening.imports.files import File, Problems
from screening.imports.parts import CaseLine, Part, ReadLine
from screening.imports.rows import Row
from screening.imports.tables import CASE, READER

MOST_UNPACKED = 512 * 1024 * 1024
SHEETS = {"TRUTH": "TRUTH", "FP": "FP", "NL": "FP", "TP": "TP", "LL": "TP"}
RATING = {"FP": ("fp_rating", "nl_rating"), "TP": ("tp_rating", "ll_rating")}
NEEDED = {"TRUTH": ("caseid", "lesionid"), "FP": ("readerid", "modalityid", "caseid")}


def rjafroc(file: File, problems: Problems) -> Part:
    part = Part(form="RJafroc")
    sheets = _sheets(file, problems)
    for name in ("TRUTH", "FP", "TP"):
        if sheets is not None and name not in sheets:
            problems.add(file.name, _("has no sheet %(name)s: this is no workbook of RJafroc.") % {"name": name})
            return part
    if sheets is None:
        return part
    for row in _rows(file, "TRUTH", sheets["TRUTH"], problems=problems):
        _truth(part, row)
    truth = {line.code: line.truth for line in part.truths}
    for name in ("FP", "TP"):
        for row in _rows(file, name, sheets[name], problems=problems):
            _rating(part, row, sheet=name, truth=truth)
    _refuse_holes(part, file, problems)
    return part


def _sheets(file: File, problems: Problems) -> dict[str, list[tuple[Any, ...]]] | None:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(file.data)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MOST_UNPACKED:
                problems.add(file.name, _("unpacks to more than 512 MB and was not opened."))
                return None
        book = load_workbook(io.BytesIO(file.data), read_only=True, data_only=True)
        return {
            SHEETS[sheet.title.strip().upper()]: list(sheet.iter_rows(values_only=True))
            for sheet in book.worksheets
            if sheet.title.strip().upper() in SHEETS
        }
    except Exception:  # openpyxl raises whatever the broken part made it raise
        problems.add(file.name, _("cannot be opened as an Excel workbook."))
        return None


def _rows(file: File, sheet: str, lines: list[tuple[Any, ...]], *, problems: Problems) -> Iterator[Row]:
    where = _("%(file)s, sheet %(sheet)s") % {"file": file.name, "sheet": sheet}
    names = [_cell(cell).lower() for cell in lines[0]] if lines else []
    needed = NEEDED.get(sheet, NEEDED["FP"])
    if lacking := [name for name in needed if name not in names]:
        problems.add(where, _("lacks the column %(names)s.") % {"names": ", ".join(lacking)}, row=1)
        return
    for number, cells in enumerate(lines[1:], 2):
        if any(cell is not None for cell in cells):
            yield Row(where, number, dict(zip(names, map(_cell, cells), strict=False)), problems=problems)


def _cell(value: Any) -> str:
    """Excel keeps whole numbers as floats; a code "7" has to stay "7"."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _truth(part: Part, row: Row) -> None:
    if (paradigm := row.cells.get("paradigm", "").upper()) and paradigm not in ("ROC", "FCTRL"):
        words = _("%(paradigm)s: only ROC data of a fully crossed design (FCTRL) can be compared here.")
        row.wrong("Paradigm", words % {"paradigm": paradigm})
    lesion = row.whole("lesionid", least=0, most=1)
    part.truths.append(CaseLine(code=row.text("caseid", most=CASE), truth=lesion == 1, file=row.file, row=row.place))


def _rating(part: Part, row: Row, *, sheet: str, truth: dict[str, bool]) -> None:
    column = next((name for name in RATING[sheet] if name in row.cells), RATING[sheet][0])
    case = row.text("caseid", most=CASE)
    if case in truth and truth[case] is not (sheet == "TP"):
        control, gs = _("case %(case)s is a control on sheet TRUTH."), _("case %(case)s is GS on sheet TRUTH.")
        row.wrong("CaseID", (control if sheet == "TP" else gs) % {"case": case})
    part.reads.append(
        ReadLine(
            case=case,
            reader=row.text("readerid", most=READER),
            modality=row.text("modalityid", most=40),
            rating=row.number(column),
            file=row.file,
            row=row.place,
        )
    )


def _refuse_holes(part: Part, file: File, problems: Problems) -> None:
    """A crossed design without a cell is a file that was cut; RJafroc would take the hole for the lowest rating."""
    readers = sorted({read.reader for read in part.reads})
    modalities = sorted({read.modality for read in part.reads})
    there = {(read.reader, read.modality, read.case) for read in part.reads}
    for line in part.truths:
        for reader in readers:
            for modality in modalities:
                if (reader, modality, line.code) not in there:
                    words = _("case %(case)s has no rating by %(reader)s in %(modality)s.")
                    told = {"case": line.code, "reader": reader, "modality": modality}
                    problems.add(line.file, words % told, row=line.row)
