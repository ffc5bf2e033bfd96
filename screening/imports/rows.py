"""Rows of a table and their cells, read strictly: a cell that is not what it should be is a problem with its place."""

import csv
import io
import math
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from screening.imports.files import File, Problems

YES_NO = {"1": True, "0": False, "true": True, "false": False, "1.0": True, "0.0": False}


class Row:
    """One row; every reader of a cell answers None after it has written down what is wrong."""

    def __init__(self, file: str, place: int, cells: Mapping[str, str], *, problems: Problems) -> None:
        self.file, self.place, self.cells, self.problems = file, place, cells, problems

    def wrong(self, column: str, sentence: str) -> None:
        self.problems.add(self.file, sentence, row=self.place, column=column)

    def text(self, column: str, *, most: int, is_needed: bool = True) -> str:
        value = self.cells.get(column, "").strip()
        if not value and is_needed:
            self.wrong(column, _("is empty."))
        if len(value) > most:
            self.wrong(
                column, _("“%(value)s…” is longer than %(most)d characters.") % {"value": value[:20], "most": most}
            )
        if any(ord(sign) < 32 for sign in value):
            self.wrong(column, _("holds a control character."))
        return value

    def yes_no(self, column: str) -> bool | None:
        value = self.cells.get(column, "").strip().lower()
        if value not in YES_NO:
            self.wrong(column, _("%(value)s is neither 1 nor 0.") % {"value": _shown(value)})
        return YES_NO.get(value)

    def one_of(self, column: str, choices: tuple[str, ...]) -> str:
        value = self.cells.get(column, "").strip()
        if value and value not in choices:
            told = {"value": _shown(value), "choices": ", ".join(choices)}
            self.wrong(column, _("%(value)s is none of %(choices)s.") % told)
        return value if value in choices else ""

    def number(
        self, column: str, *, least: float = -math.inf, most: float = math.inf, is_needed: bool = True
    ) -> float | None:
        value = self.cells.get(column, "").strip()
        if not value:
            if is_needed:
                self.wrong(column, _("is empty."))
            return None
        try:
            number = float(value) if value.isascii() and "_" not in value else math.nan
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            words = _("%(value)s is not a number (a decimal point, no thousands separator).")
            self.wrong(column, words % {"value": _shown(value)})
            return None
        if not least <= number <= most:
            told = {"value": value, "least": f"{least:g}", "most": f"{most:g}"}
            self.wrong(column, _("%(value)s is not from %(least)s to %(most)s.") % told)
            return None
        return number

    def whole(self, column: str, *, least: int, most: int, is_needed: bool = True) -> int | None:
        number = self.number(column, least=least, most=most, is_needed=is_needed)
        if number is not None and not number.is_integer():
            self.wrong(column, _("%(value)s is not a whole number.") % {"value": f"{number:g}"})
            return None
        return None if number is None else int(number)


def _shown(value: str) -> str:
    return _("“%(value)s”") % {"value": value[:40]} if value else _("an empty cell")


def decoded(file: File, problems: Problems) -> str | None:
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = file.data[: error.start].count(b"\n") + 1
        problems.add(file.name, _("is not UTF-8 here: save the file as CSV UTF-8."), row=row)
        return None
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        problems.add(file.name, _("holds a zero byte: this is no text file."), row=row)
        return None
    return text


def header_of(text: str) -> tuple[list[str], str]:
    """Names of the columns and the delimiter, comma, semicolon or tab."""
    first = io.StringIO(text, newline="").readline()
    delimiter = max(",;\t", key=first.count)
    try:
        names = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error:  # no header: a cell of more than 128 kB
        names = []
    return [name.strip().lower() for name in names], delimiter


def rows_of(file: File, text: str, problems: Problems) -> Iterator[Row]:
    """The rows under the header; empty ones are passed over, ones of another length are problems."""
    names, delimiter = header_of(text)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        words = _("two columns have this name: %(names)s.")
        problems.add(file.name, words % {"names": ", ".join(twice) or _("an empty one")}, row=1)
        return
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    next(lines, None)
    for number, cells in enumerate(_read(file, lines, problems), 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            words = _("has %(cells)d cells, the header %(names)d.")
            problems.add(file.name, words % {"cells": len(cells), "names": len(names)}, row=number)
            continue
        yield Row(file.name, number, dict(zip(names, cells, strict=True)), problems=problems)


def _read(file: File, lines: Iterator[list[str]], problems: Problems) -> Iterator[list[str]]:
    """The lines as far as they can be read."""
    number = 1
    try:
        for number, cells in enumerate(lines, 2):  # noqa: B007 - where it stopped is told
            yield cells
    except csv.Error:
        words = _("cannot be read as a line of CSV: is a quotation mark left open?")
        problems.add(file.name, words, row=number + 1)
