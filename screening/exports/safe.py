"""CSV that a spreadsheet opens as data and never as a program."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

# What Excel, LibreOffice and Sheets take for the start of a formula.
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: Any) -> Any:
    """Text that could run as a formula gets an apostrophe in front; numbers stay numbers; None is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and value.lstrip(" ").startswith(STARTS_FORMULA):
        return f"'{value}"
    return value


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Comma-separated, with a byte-order mark so that spreadsheets read it as UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return "\ufeff" + out.getvalue()
