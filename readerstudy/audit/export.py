"""The audit log as CSV, line by line, that a spreadsheet opens as data and never as a program."""

import csv
import json
from collections.abc import Iterable, Iterator

from readerstudy.audit.models import AuditEvent
from readerstudy.audit.selectors import Names

HEADER = ("entry", "at_utc", "actor", "action", "target", "detail", "previous_digest", "digest", "who")
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(events: Iterable[AuditEvent]) -> Iterator[str]:
    """With a byte-order mark, so that spreadsheets read it as UTF-8. ``who`` is how the actor is called today."""
    names = Names()
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(HEADER)
    for event in events:
        detail = json.dumps(event.detail, ensure_ascii=False, sort_keys=True)
        text = [defused(cell) for cell in (event.actor, event.action, event.target, detail)]
        who = defused(names[event.actor])
        yield writer.writerow([event.pk, event.at.isoformat(), *text, event.previous_digest, event.digest, who])


def defused(cell: str) -> str:
    return f"'{cell}" if cell.lstrip(" ").startswith(STARTS_FORMULA) else cell
