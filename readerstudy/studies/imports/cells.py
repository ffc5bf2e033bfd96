"""What may stand in a cell of the manifest. Every reader returns the value or raises ValueError with a sentence."""

import re
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from readerstudy.studies.imports.names import shown

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
NUMBER = re.compile(r"\d{1,4}([.,]\d{1,6})?")
OLDEST_MONTHS = 1440

LABELS = {"gs": True, "control": False}
SEXES = {"": "", "f": "F", "female": "F", "girl": "F", "m": "M", "male": "M", "boy": "M"}
CONFIRMATIONS = {"", "karyotype", "array", "sequencing", "clinical", "other"}
ORPHA = re.compile(r"(?:orpha(?:net|code)?\s*[:#]?\s*)?0*([1-9]\d{0,5})", re.IGNORECASE)
OMIM = re.compile(r"(?:o?mim\s*[:#]?\s*)?[#*+%]?\s*([1-6]\d{5})", re.IGNORECASE)
DAY = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
FIRST_YEAR = 1956
"""Nothing was confirmed before: Tjio and Levan counted 46 chromosomes in 1956."""
YES = {"": True, "yes": True, "y": True, "1": True, "true": True, "no": False, "n": False, "0": False, "false": False}

# Whole words of a column name (split at anything but letters and digits) that point at a person.
PERSON_WORDS = {
    *("name", "names", "surname", "forename", "firstname", "lastname", "fullname", "initials", "vorname", "nachname"),
    *("nom", "prenom", "nombre", "apellido", "apellidos", "mother", "father", "parent", "guardian"),
    *("birth", "birthdate", "birthday", "dob", "born", "geburtsdatum", "geburtstag", "naissance", "nacimiento"),
    *("address", "street", "postcode", "zipcode", "zip", "adresse", "strasse", "plz", "direccion"),
    *("phone", "telephone", "mobile", "fax", "telefon", "email", "mail"),
    *("mrn", "ssn", "nhs", "passport", "insurance", "versicherungsnummer", "idcard", "accession"),
}
PERSON_PHRASES = (
    *("medical record", "record number", "hospital number", "hospital id", "social security", "national id"),
    *("identity number", "patient number", "case number", "post code", "zip code", "e mail", "chart number"),
)
PERSON_CHINESE = (
    "姓名",
    "名字",
    "出生",
    "生日",
    "地址",
    "住址",
    "电话",
    "手机",
    "身份证",
    "住院号",
    "病历号",
    "病案号",
)
HARMLESS = re.compile(r"\b(file|photo|image|picture|syndrome|disease|diagnosis|gene|column|site|centre|center) name\b")


def identifies_a_person(column: str) -> bool:
    """Whether a column of this name holds a direct identifier.

    >>> [identifies_a_person(c) for c in ("patient_name", "Date of birth", "MRN", "file_name", "syndrome", "姓名")]
    [True, True, True, False, False, True]
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
    words = HARMLESS.sub(" ", " ".join(re.findall(r"\w+", words.replace("_", " ").casefold())))
    return (
        bool(PERSON_WORDS & set(words.split()))
        or any(f" {phrase} " in f" {words} " for phrase in PERSON_PHRASES)
        or any(part in words for part in PERSON_CHINESE)
    )


def code(cell: str) -> str:
    if not CODE.fullmatch(cell):
        raise ValueError(
            _(
                "“%(cell)s” is not a subject code: use 1 to 40 letters (a to z), digits, dots, dashes or "
                "underscores, beginning with a letter or digit."
            )
            % {"cell": shown(cell, limit=60)}
            if cell
            else _("empty: every photo belongs to a subject.")
        )
    return cell


def truth(cell: str) -> bool:
    try:
        return LABELS[cell.casefold()]
    except KeyError:
        raise ValueError(
            _("“%(cell)s” is not a label: write GS or control.") % {"cell": shown(cell, limit=60)}
        ) from None


def truth_or_unlabelled(cell: str) -> bool | None:
    return None if cell.casefold() == "unlabelled" else truth(cell)


def text(cell: str, *, limit: int = 160) -> str:
    cell = " ".join(cell.split())
    if len(cell) > limit:
        raise ValueError(_("%(count)s characters; at most %(limit)s fit.") % {"count": len(cell), "limit": limit})
    return shown(cell)


def consent(cell: str) -> str:
    return text(cell, limit=120)


def confirmation(cell: str) -> str:
    if cell.casefold() not in CONFIRMATIONS:
        raise ValueError(
            _("“%(cell)s” is not known: write karyotype, array, sequencing, clinical, other or nothing.")
            % {"cell": shown(cell, limit=60)}
        )
    return cell.casefold()


def orpha(cell: str) -> str:
    """>>> orpha("648"), orpha("Orphanet: 648"), orpha("")
    ('ORPHA:648', 'ORPHA:648', '')
    """
    return _numbered(cell, ORPHA, "ORPHA", "648")


def omim(cell: str) -> str:
    """>>> omim("163950"), omim("#163950"), omim("OMIM:163950")
    ('OMIM:163950', 'OMIM:163950', 'OMIM:163950')
    """
    return _numbered(cell, OMIM, "OMIM", "163950")


def _numbered(cell: str, pattern: re.Pattern[str], system: str, example: str) -> str:
    if not cell:
        return ""
    if found := pattern.fullmatch(cell):
        return f"{system}:{found[1]}"
    raise ValueError(
        _("“%(cell)s” is not an %(system)s code: write %(system)s:%(example)s, %(example)s or nothing.")
        % {"cell": shown(cell, limit=60), "system": system, "example": example}
    )


def confirmed_on(cell: str) -> str:
    """A day, month or year, not in the future."""
    if not cell:
        return ""
    try:
        first_day = date.fromisoformat(cell + "-01-01"[len(cell) - 4 :]) if DAY.fullmatch(cell) else None
    except ValueError:
        first_day = None
    if first_day is None or first_day.year < FIRST_YEAR or first_day > timezone.localdate():
        raise ValueError(
            _("“%(cell)s” is not a date of the past: write 2024-03-17, 2024-03, 2024 or nothing.")
            % {"cell": shown(cell, limit=60)}
        )
    return cell


def sex(cell: str) -> str:
    try:
        return SEXES[cell.casefold()]
    except KeyError:
        raise ValueError(
            _("“%(cell)s” is not known: write F, M or nothing.") % {"cell": shown(cell, limit=60)}
        ) from None


def age(cell: str) -> float | None:
    """Months, with a decimal point or comma; empty is allowed."""
    if not cell:
        return None
    months = float(cell.replace(",", ".")) if NUMBER.fullmatch(cell) else -1.0
    if not 0 <= months <= OLDEST_MONTHS:
        raise ValueError(
            _("“%(cell)s” is not an age in months: write a number from 0 to %(oldest_months)s, or nothing.")
            % {"cell": shown(cell, limit=60), "oldest_months": OLDEST_MONTHS}
        )
    return months


def yes_or_no(cell: str) -> bool:
    try:
        return YES[cell.casefold()]
    except KeyError:
        raise ValueError(_("“%(cell)s” is not known: write yes or no.") % {"cell": shown(cell, limit=60)}) from None
