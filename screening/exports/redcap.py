"""The reads for REDCap: a data dictionary to upload first, and the records that fit it.

The dictionary has REDCap's eighteen columns in their order. Every row of the reads is one record of one instrument,
``reads``, under ``record_id``; yes/no is 1 and 0, choices are stored under their codes.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from screening.exports.columns import Column, explain

FORM = "reads"
DICTIONARY_HEADER = [
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
]
FIELD = {"yes_no": "yesno", "choice": "radio"}
# "time" stays plain text: REDCap's own formats know neither time zones nor fractions of a second.
VALIDATION = {"integer": "integer", "number": "number"}


def dictionary(columns: Sequence[Column]) -> list[list[str]]:
    return [_entry("record_id", "text", "one record a read", "", ""), *map(_field, columns)]


def _field(column: Column) -> list[str]:
    kind = FIELD.get(column.kind, "text")
    # A comma or bar inside a label would end it there.
    choices = " | ".join(f"{value}, {label.replace(',', ';')}" for value, label in column.choices)
    return _entry(column.name, kind, explain(column), choices, VALIDATION.get(column.kind, ""))


def _entry(name: str, kind: str, label: str, choices: str, validation: str) -> list[str]:
    return [name, FORM, "", kind, label, choices, "", validation, *[""] * 10]


def header(columns: Sequence[Column]) -> list[str]:
    return ["record_id", *(column.name for column in columns), f"{FORM}_complete"]


def records(rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    """Numbered from 1 in the order of the reads; 2 is REDCap's "complete"."""
    for number, row in enumerate(rows, 1):
        yield [number, *row, 2]
