"""Packets that come in: each becomes a row of a manifest, or a sentence that says why not."""

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from readerstudy.refusal import Refused
from readerstudy.said import said
from readerstudy.studies.imports import cells
from readerstudy.studies.imports.manifest import COLUMNS
from readerstudy.studies.imports.names import shown
from readerstudy.studies.phenopackets.writing import ANY_SYNDROME, DAYS_A_MONTH
from readerstudy.studies.selectors.cohorts import defused

if TYPE_CHECKING:
    from phenopackets.schema.v2 import Phenopacket

MOST_PACKETS = 10_000
MOST_BYTES = 2_000_000  # of one packet
PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".avif", ".tif", ".tiff"}
DURATION = re.compile(r"P(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T.*)?")


@dataclass(frozen=True)
class Reading:
    """``rows`` by the manifest's columns; ``problems`` and ``gaps`` are sentences, one a packet."""

    rows: list[dict[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)  # packets that became no row
    gaps: list[str] = field(default_factory=list)  # rows that want something filled in

    @property
    def manifest(self) -> str:
        """The rows as CSV, ready for the import once the gaps are filled."""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows([defused(row[column]) for column in COLUMNS] for row in self.rows)
        return out.getvalue()


def read_packets(file: IO[bytes], *, name: str) -> Reading:
    """From one JSON file or a ZIP of them. A bad packet never takes the others down.

    Raises
    ------
    Refused
        When ``file`` is neither, is damaged, or holds no packet or more than 10 000.
    """
    found = Reading()
    codes: dict[str, str] = {}
    for member, data in _files(file, name):
        try:
            row = row_of(_parsed(data))
            if first := codes.get(row["subject_id"].casefold()):
                raise ValueError(
                    _("the subject “%(code)s” is in %(first)s too.") % {"code": row["subject_id"], "first": first}
                )
        except ValueError as error:
            found.problems.append(f"{shown(member, limit=80)}: {said(error)}")
            continue
        codes[row["subject_id"].casefold()] = shown(member, limit=80)
        found.rows.append(row)
        if missing := [what for column, what in WANTED if not row[column]]:
            told = _("%(one)s and %(other)s") % {"one": missing[0], "other": missing[1]} if missing[1:] else missing[0]
            found.gaps.append(_("%(subject)s: %(missing)s.") % {"subject": row["subject_id"], "missing": told})
    if not found.rows and not found.problems:
        raise Refused(_("There is no phenopacket in this file: choose a JSON file or a ZIP of JSON files."))
    return found


WANTED = (
    ("file", gettext_lazy("name the photo")),
    ("label", gettext_lazy("the packet names no disease; say GS or control")),
)


def _files(file: IO[bytes], name: str) -> Iterator[tuple[str, bytes]]:
    if not zipfile.is_zipfile(file):
        file.seek(0)
        yield name, file.read(MOST_BYTES + 1)
        return
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as packed:
            members = [m for m in packed.infolist() if not m.is_dir() and m.filename.lower().endswith(".json")]
            if len(members) > MOST_PACKETS:
                told = {"n": f"{len(members):,}", "most": f"{MOST_PACKETS:,}"}
                raise Refused(_("%(n)s packets; at most %(most)s are read at once.") % told)
            for member in members:
                with packed.open(member) as opened:
                    yield member.filename, opened.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError, zlib.error):
        raise Refused(_("The ZIP archive is damaged, encrypted or of an unknown kind: pack it again.")) from None


def _parsed(data: bytes) -> "Phenopacket":
    from google.protobuf.json_format import ParseDict, ParseError
    from phenopackets.schema.v2 import Phenopacket

    if len(data) > MOST_BYTES:
        raise ValueError(_("larger than %(most_bytes)s MB.") % {"most_bytes": MOST_BYTES // 1_000_000})
    try:
        told = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ValueError(_("not JSON in UTF-8.")) from None
    if not isinstance(told, dict) or "subject" not in told:
        raise ValueError(_("no phenopacket: it has no “subject”."))
    meta = told.get("metaData", told.get("meta_data"))
    version = str(meta.get("phenopacketSchemaVersion", "2")) if isinstance(meta, dict) else "2"
    if not version.startswith("2"):
        raise ValueError(
            _("schema version %(version)s; only version 2 is read.") % {"version": shown(version, limit=20)}
        )
    try:
        return ParseDict(told, Phenopacket(), ignore_unknown_fields=True)
    except (ParseError, RecursionError) as error:
        raise ValueError(_("does not fit the schema: %(error)s") % {"error": shown(str(error), limit=160)}) from None


def row_of(packet: "Phenopacket") -> dict[str, str]:
    """The packet in the manifest's words. ValueError, as a sentence, where a cell would be refused."""
    from phenopackets.schema.v2 import Sex

    subject = packet.subject
    term, label = _diagnosis(packet)
    codes = {term, *(reference.id for reference in packet.meta_data.external_references)} if term else set()
    age = _months(subject.time_at_last_encounter.age.iso8601duration)
    row = dict.fromkeys(COLUMNS, "") | {
        "subject_id": cells.code(subject.id.strip()),
        "file": _picture(packet),
        "label": label,
        "syndrome": "" if label != "GS" else cells.text(_name(packet)),
        "orpha": cells.orpha(_first(codes, "ORPHA")),
        "omim": cells.omim(_first(codes, "OMIM")),
        "sex": {Sex.FEMALE: "F", Sex.MALE: "M"}.get(subject.sex, ""),
        "age_months": "" if age is None else f"{age:g}",
        "index_photo": "yes",
    }
    cells.age(row["age_months"])
    return row


def _diseases(packet: "Phenopacket") -> Iterator[tuple[str, str, bool]]:
    """(code, name, excluded): stated diseases first, then the diagnoses of interpretations."""
    for disease in packet.diseases:
        yield disease.term.id, disease.term.label, disease.excluded
    for interpretation in packet.interpretations:
        if interpretation.diagnosis.disease.id:
            yield interpretation.diagnosis.disease.id, interpretation.diagnosis.disease.label, False


def _diagnosis(packet: "Phenopacket") -> tuple[str, str]:
    """(code, GS or control); the code of a control is empty, and so are both where no disease is named."""
    stated = list(_diseases(packet))
    if had := next((code for code, _, excluded in stated if not excluded), None):
        return had, "GS"
    return "", "control" if stated else ""


def _name(packet: "Phenopacket") -> str:
    name = next((name for _, name, excluded in _diseases(packet) if not excluded), "")
    return "" if name == ANY_SYNDROME[1] else name


def _first(codes: set[str], prefix: str) -> str:
    spellings = {"ORPHA": ("ORPHA:", "ORPHANET:"), "OMIM": ("OMIM:",)}[prefix]
    return min((code for code in codes if code.upper().startswith(spellings)), default="")


def _months(duration: str) -> float | None:
    """Months of an ISO 8601 duration, to a tenth where it names weeks or days."""
    if not duration:
        return None
    found = DURATION.fullmatch(duration)
    if not found or not any(found.groups()):
        raise ValueError(
            _("the age “%(duration)s” is not a duration such as P2Y6M.") % {"duration": shown(duration, limit=40)}
        )
    years, months, weeks, days = (int(part or 0) for part in found.groups())
    return round(12 * years + months + (7 * weeks + days) / DAYS_A_MONTH, 1)


def _picture(packet: "Phenopacket") -> str:
    """The name of the first picture among the packet's files, without its folders."""
    names = (PurePosixPath(file.uri.partition("?")[0]).name for file in packet.files)
    return next((name for name in names if PurePosixPath(name).suffix.lower() in PICTURES), "")
