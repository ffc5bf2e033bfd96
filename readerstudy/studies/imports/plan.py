"""The lines of a report before any photo is opened: one a row of the manifest, then one a file it does not name."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from readerstudy.studies.imports import limits
from readerstudy.studies.imports.archive import ArchiveRefused, Entry, Source
from readerstudy.studies.imports.manifest import Row
from readerstudy.studies.imports.names import ARCHIVE_SUFFIXES, PICTURE_SUFFIXES, is_litter, shown, suffix
from readerstudy.studies.models import ImportLine

IGNORED, REJECTED = ImportLine.Verdict.IGNORED, ImportLine.Verdict.REJECTED


@dataclass(frozen=True, kw_only=True)
class Step:
    """One line to come. With a ``row`` the verdict is open; without, it is settled already."""

    number: int
    name: str
    row: Row | None = None
    entry: Entry | None = None
    verdict: str = ""
    reason: str = ""


def plan(rows: list[Row], source: Source) -> list[Step]:
    """The same manifest and archive always give the same steps, so that a second run can go on where one was cut."""
    steps = [
        Step(number=number, name=row.file, row=row, entry=source.find(row.file)) for number, row in enumerate(rows, 1)
    ]
    taken = {id(step.entry) for step in steps if step.entry}
    strays = [entry for entry in source.entries if id(entry) not in taken]
    problems = list(_problems(steps, strays))
    if problems:
        raise ArchiveRefused(problems)
    return steps + [_stray(number, entry) for number, entry in enumerate(strays, len(steps) + 1)]


def _problems(steps: list[Step], strays: list[Entry]) -> Iterator[str]:
    if not any(step.entry for step in steps):
        names = ", ".join(f"“{shown(step.name, limit=60)}”" for step in steps[:5])
        yield _("None of the %(count)s photos that the manifest names is among the files: %(names)s …") % {
            "count": f"{len(steps):,}",
            "names": names,
        }
    if len(strays) > limits.STRAY_ENTRIES:
        yield (
            _(
                "%(count)s files are not named in the manifest; at most %(stray_entries)s may be left "
                "over. Pack only the photos."
            )
            % {"count": f"{len(strays):,}", "stray_entries": f"{limits.STRAY_ENTRIES:,}"}
        )


def _stray(number: int, entry: Entry) -> Step:
    verdict, reason = _why_not(entry)
    return Step(number=number, name=entry.name, entry=entry, verdict=verdict, reason=reason)


def _why_not(entry: Entry) -> tuple[str, str]:
    ending = suffix(entry.name)
    if entry.twin:
        return IGNORED, _("The same name and content as “%(twin)s” in another spelling.") % {
            "twin": shown(entry.twin, limit=120)
        }
    if is_litter(entry.name):
        return IGNORED, _("Left there by the operating system.")
    if ending in ARCHIVE_SUFFIXES:
        return REJECTED, _("Archives in archives are not opened.")
    if ending in PICTURE_SUFFIXES or not ending:
        return IGNORED, _("The manifest does not name it.")
    return REJECTED, _("Not a photo, and the manifest does not name it.")
