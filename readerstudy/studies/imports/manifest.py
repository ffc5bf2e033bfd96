"""The manifest: a CSV file that says who is on which photo. It is taken whole or refused whole, in sentences."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext_noop as _

from readerstudy.studies.imports import cells, limits
from readerstudy.studies.imports.names import key, leaves_the_folder, shown

COLUMNS = (
    "subject_id",
    "file",
    "label",
    "syndrome",
    "orpha",
    "omim",
    "confirmation",
    "confirmed_on",
    "sex",
    "age_months",
    "consent",
    "index_photo",
)
ALIASES = {
    **dict.fromkeys(("orpha_code", "orpha code", "orphacode", "orpha_number", "orphanet"), "orpha"),
    **dict.fromkeys(("omim_code", "omim code", "omim_number", "mim", "mim_number"), "omim"),
    **dict.fromkeys(("confirmation_date", "confirmed on", "date_confirmed"), "confirmed_on"),
}
REQUIRED = ("subject_id", "file", "label")
TEMPLATE = (
    ",".join(COLUMNS) + "\r\n"
    "P001,001.jpg,GS,Noonan syndrome,ORPHA:648,OMIM:163950,sequencing,2024-03,F,30.5,C-2026-017,yes\r\n"
    "P002,002.jpg,control,,,,,,M,41,C-2026-018,yes\r\n"
)
BEGINNINGS = {
    b"PK\x03\x04": _("a spreadsheet or ZIP file"),
    b"\xd0\xcf\x11\xe0": _("an old Excel file"),
    b"%PDF": _("a PDF file"),
}


class ManifestRefused(Exception):
    """``problems`` are sentences, one a row or column at fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems[0])
        self.problems = problems


@dataclass(frozen=True, kw_only=True)
class Row:
    """One photo of one subject. ``number`` is the line of the file on which the row ends (the header is line 1)."""

    number: int
    subject_id: str
    file: str
    has_syndrome: bool | None
    syndrome: str
    confirmation: str
    sex: str
    age_months: float | None
    consent: str
    is_index: bool
    orpha: str = ""
    omim: str = ""
    confirmed_on: str = ""

    @property
    def facts(self) -> tuple[object, ...]:
        """What must be the same on every row of one subject."""
        return (self.has_syndrome, self.syndrome, self.sex, self.consent)

    @property
    def codes(self) -> tuple[str, ...]:
        """What may be told of a subject or not, but not in two ways."""
        return (self.orpha, self.omim, self.confirmation, self.confirmed_on)


@dataclass(frozen=True)
class Manifest:
    rows: list[Row]
    notices: list[str] = field(default_factory=list)


def read(data: bytes, *, truth_optional: bool = False) -> Manifest:
    """The rows of a manifest's bytes, or ``ManifestRefused``.

    ``truth_optional`` allows the label ``unlabelled``: for cohorts of test pictures only.
    """
    text = decode(data)
    delimiter, records = _records(text)
    header, notices = _header(records[0][1], delimiter)
    body = [(number, record) for number, record in records[1:] if any(cell.strip() for cell in record)]
    if not body:
        raise ManifestRefused([_("The manifest has a header but no rows: add one row for each photo.")])
    if len(body) > limits.MANIFEST_ROWS:
        raise ManifestRefused(
            [
                _("The manifest has %(count)s rows; at most %(manifest_rows)s fit one import.")
                % {"count": f"{len(body):,}", "manifest_rows": f"{limits.MANIFEST_ROWS:,}"}
            ]
        )
    ragged = [
        _("Row %(n)s: %(count)s cells, but the header has %(count2)s.")
        % {"n": n, "count": len(record), "count2": len(header)}
        for n, record in body
        if len(record) != len(header)
    ]
    if ragged:
        raise ManifestRefused(ragged)
    problems: list[str] = []
    rows = [_row(n, dict(zip(header, record, strict=True)), truth_optional, problems) for n, record in body]
    problems += list(_repeats([row for row in rows if row], has_index_column="index_photo" in header))
    if problems:
        raise ManifestRefused(problems)
    kept = [row for row in rows if row]
    return Manifest(kept, [*notices, *_remarks(kept)])


def decode(data: bytes) -> str:
    """UTF-8 (with or without BOM) or UTF-16 with BOM; everything else is refused by name."""
    if not data.strip():
        raise ManifestRefused([_("The manifest is empty.")])
    if len(data) > limits.MANIFEST_BYTES:
        raise ManifestRefused(
            [
                _("The manifest is larger than %(manifest_bytes)s MB.")
                % {"manifest_bytes": limits.MANIFEST_BYTES // 1_000_000}
            ]
        )
    for beginning, kind in BEGINNINGS.items():
        if data.startswith(beginning):
            raise ManifestRefused(
                [_("The manifest is %(kind)s, not CSV: save it as “CSV UTF-8” and try again.") % {"kind": kind}]
            )
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            raise ManifestRefused(
                [_("The manifest begins like UTF-16 but is damaged: save it as “CSV UTF-8”.")]
            ) from None
    else:
        text = _utf8(data)
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        raise ManifestRefused(
            [_("Row %(row)s: a NUL byte. The file is damaged or not text: save it as “CSV UTF-8”.") % {"row": row}]
        )
    return text


def _utf8(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise ManifestRefused(
            [
                _("Row %(row)s: the manifest is not UTF-8 (byte %(data)s): save it as “CSV UTF-8”.")
                % {"row": row, "data": f"{data[error.start]:#04x}"}
            ]
        ) from None


def _records(text: str) -> tuple[str, list[tuple[int, list[str]]]]:
    lines = io.StringIO(text, newline=None).read()  # \r\n and \r become \n, inside quotes too
    first = next((line for line in lines.split("\n") if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter, strict=True)
    records = []
    try:
        for record in reader:
            if record and (records or any(cell.strip() for cell in record)):
                records.append((reader.line_num, record))
    except csv.Error as error:
        raise ManifestRefused([_csv_problem(str(error), records[-1][0] + 1 if records else 1)]) from None
    if not records:  # a byte order mark alone, or lines of commas
        raise ManifestRefused([_("The manifest is empty.")])
    return delimiter, records


def _csv_problem(error: str, line: int) -> str:
    if "unexpected end of data" in error:
        return _("Row %(line)s: a quotation mark is opened and never closed.") % {"line": line}
    return _("Row %(line)s: the line cannot be read as CSV (%(error)s).") % {"line": line, "error": error}


def _header(cells_: list[str], delimiter: str) -> tuple[list[str], list[str]]:
    """The header in lower case and the notices about it."""
    header = [ALIASES.get(name, name) for name in (cell.strip().casefold() for cell in cells_)]
    if persons := [cell.strip() for cell in cells_ if cells.identifies_a_person(cell)]:
        raise ManifestRefused(
            [
                _(
                    "The manifest holds columns that identify a person: %(listed)s. Nothing was stored. "
                    "Remove these columns; give age in months instead of a birth date, and a code instead of "
                    "a name."
                )
                % {"listed": _listed(persons)}
            ]
        )
    problems = []
    if missing := [name for name in REQUIRED if name not in header]:
        lacks = _("The manifest lacks the columns %(missing)s. Found: %(found)s.")
        if len(missing) == 1:
            lacks = _("The manifest lacks the column %(missing)s. Found: %(found)s.")
        hint = " " + _("Columns are separated by a comma, semicolon or tab.") if len(header) == 1 else ""
        problems.append(lacks % {"missing": _listed(missing), "found": _listed(cells_)} + hint)
    if twice := sorted({name for name in header if name and header.count(name) > 1}):
        has = _("The manifest has the columns %(listed)s more than once.")
        if len(twice) == 1:
            has = _("The manifest has the column %(listed)s more than once.")
        problems.append(has % {"listed": _listed(twice)})
    if problems:
        raise ManifestRefused(problems)
    unknown = [cell for cell, name in zip(cells_, header, strict=True) if name not in COLUMNS and name]
    return header, [
        _("Columns without a meaning here were ignored: %(listed)s.") % {"listed": _listed(unknown)}
    ] if unknown else []


def _listed(names: list[str]) -> str:
    return ", ".join(shown(name.strip(), limit=60) or "(no name)" for name in names[:20])


def _row(number: int, record: dict[str, str], truth_optional: bool, problems: list[str]) -> Row | None:
    """The row, or None with its problems appended (all of them, not only the first)."""
    found: list[str] = []

    def take(reader, column: str):
        try:
            return reader(record.get(column, "").strip())
        except ValueError as error:
            found.append(
                _("Row %(number)s, %(column)s: %(error)s") % {"number": number, "column": column, "error": error}
            )
            return None

    has_syndrome = take(cells.truth_or_unlabelled if truth_optional else cells.truth, "label")
    values = {
        "subject_id": take(cells.code, "subject_id"),
        "file": take(_file, "file"),
        "syndrome": take(cells.text, "syndrome"),
        "orpha": take(cells.orpha, "orpha"),
        "omim": take(cells.omim, "omim"),
        "confirmation": take(cells.confirmation, "confirmation"),
        "confirmed_on": take(cells.confirmed_on, "confirmed_on"),
        "sex": take(cells.sex, "sex"),
        "age_months": take(cells.age, "age_months"),
        "consent": take(cells.consent, "consent"),
        "is_index": take(cells.yes_or_no, "index_photo"),
    }
    if not found and not has_syndrome:
        told = [column for column in ("syndrome", "orpha", "omim") if values[column]]
        found += [
            _("Row %(number)s, %(column)s: only a subject labelled GS can have a diagnosis.")
            % {"number": number, "column": column}
            for column in told
        ]
    problems += found
    return None if found else Row(number=number, has_syndrome=has_syndrome, **values)


def _file(cell: str) -> str:
    if not cell:
        raise ValueError(_("empty: name the photo."))
    if leaves_the_folder(cell):
        raise ValueError(_("“%(cell)s” leads out of the folder of photos.") % {"cell": shown(cell, limit=80)})
    return cell


def _repeats(rows: list[Row], *, has_index_column: bool) -> Iterator[str]:
    files: dict[str, Row] = {}
    subjects: dict[str, list[Row]] = {}
    for row in rows:
        subjects.setdefault(row.subject_id.casefold(), []).append(row)
        if first := files.get(key(row.file)):
            yield _("Rows %(number)s and %(number2)s name the same file “%(file)s”.") % {
                "number": first.number,
                "number2": row.number,
                "file": shown(row.file, limit=80),
            }
        files.setdefault(key(row.file), row)
    for same in subjects.values():
        if len(same) > 1:
            yield from _one_subject(same, has_index_column)


def _one_subject(rows: list[Row], has_index_column: bool) -> Iterator[str]:
    numbers = " and ".join(str(row.number) for row in rows)
    spellings = _listed(list(dict.fromkeys(row.subject_id for row in rows)))
    if not has_index_column or sum(row.is_index for row in rows) != 1:
        yield (
            _(
                "Rows %(numbers)s are one subject (%(spellings)s): one photo a subject, or say "
                "index_photo = yes on exactly one of them and no on the others."
            )
            % {"numbers": numbers, "spellings": spellings}
        )
    if len({(row.facts, row.codes) for row in rows}) > 1:
        yield (
            _(
                "Rows %(numbers)s are one subject (%(spellings)s) but contradict each other on label, "
                "syndrome, its codes, confirmation, sex or consent."
            )
            % {"numbers": numbers, "spellings": spellings}
        )


def _remarks(rows: list[Row]) -> Iterator[str]:
    classes = {row.has_syndrome for row in rows}
    if classes in ({True}, {False}):
        only = "GS" if True in classes else "control"
        yield _(
            "Every row is labelled %(only)s: this can be stored, but a model cannot be trained on one class alone."
        ) % {"only": only}
    if bare := sum(row.has_syndrome is True and not row.syndrome for row in rows):
        one, more = (
            _("%(n)s subject labelled GS without a diagnosis."),
            _("%(n)s subjects labelled GS without a diagnosis."),
        )
        yield (one if bare == 1 else more) % {"n": bare}
