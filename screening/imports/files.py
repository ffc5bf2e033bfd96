"""What comes in: files by name and bytes, and everything that is wrong with them, by file, row and column."""

import hashlib
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from readerstudy.refusal import Refused

MOST_PROBLEMS = 50  # told one by one; the rest are counted
MOST_BYTES = 64 * 1024 * 1024  # of one file
MOST_FILES = 10


@dataclass(frozen=True, kw_only=True)
class File:
    name: str
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Problem:
    file: str
    row: int | None  # as a spreadsheet counts: the header is row 1
    column: str
    sentence: str

    def __str__(self) -> str:
        row = _("row %(row)d") % {"row": self.row} if self.row else ""
        column = _("column %(column)s") % {"column": self.column} if self.column else ""
        place = _(", ").join(part for part in (self.file, row, column) if part)
        return _("%(place)s: %(sentence)s") % {"place": place, "sentence": self.sentence}


@dataclass
class Problems:
    """Collected, so that one look at the list is enough to mend the files."""

    found: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def add(self, file: str, sentence: str, *, row: int | None = None, column: str = "") -> None:
        self.found.append(Problem(file=file, row=row, column=column, sentence=sentence))

    def notice(self, sentence: str) -> None:
        if sentence not in self.notices:
            self.notices.append(sentence)

    def refuse_if_any(self) -> None:
        if self.found:
            raise FilesRefused(self.found)


class FilesRefused(Refused):
    """Nothing was stored; ``problems`` has a sentence each, with file, row and column."""

    def __init__(self, found: list[Problem]) -> None:
        self.problems = [str(problem) for problem in found[:MOST_PROBLEMS]]
        if len(found) > MOST_PROBLEMS:
            self.problems.append(_("%(n)d more of this kind.") % {"n": len(found) - MOST_PROBLEMS})
        super().__init__("\n".join(self.problems))
