"""Readers invited in bulk: a CSV with e-mail, name and seniority, checked line by line before anything is sent."""

import csv
import io
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.refusal import Refused
from readerstudy.studies.models import Invitation, Reader, Study
from readerstudy.studies.services.invitations import invite, refuse_if_impossible

MOST_LINES = 500
LARGEST_BYTES = 256 * 1024
COLUMNS = {
    "email": {"email", "e-mail", "mail", "e-mail address", "email address"},
    "name": {"name", "full name"},
    "seniority": {"seniority"},
}
# What a spreadsheet takes for the start of a formula; no name and no address begins so.
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the list. ``problem`` is the sentence that refuses it, empty where it can be invited."""

    number: int  # as a spreadsheet counts: the header is line 1
    email: str
    name: str = ""
    seniority: str = Reader.Seniority.SENIOR
    problem: str = ""

    @property
    def is_fine(self) -> bool:
        return not self.problem


def check_list(*, study: Study, data: bytes) -> list[Line]:
    """Every line with its verdict; nothing is written. Refused as a whole when it is no such list."""
    if study.status == Study.Status.CLOSED:
        raise Refused(_("The study is closed: nobody can read in it any more."), status=409)
    rows = _rows(data)
    known = {user.email.lower(): user for user in User.objects.filter(email__in=_spellings(rows))}
    pending = set(
        study.invitations.filter(
            role=Invitation.Role.READER,
            accepted_at__isnull=True,
            revoked_at__isnull=True,
            expires_at__gt=timezone.now(),
        ).values_list("email", flat=True)
    )
    seen: dict[str, int] = {}
    lines = []
    for number, cells in rows:
        line = _line(number, cells)
        if line.is_fine:
            problem = _problem(study, line.email, seen=seen, known=known, pending=pending)
            line = Line(number=number, email=line.email, name=line.name, seniority=line.seniority, problem=problem)
            seen.setdefault(line.email, number)
        lines.append(line)
    return lines


@transaction.atomic
def invite_list(*, study: Study, data: bytes, by: User) -> list[tuple[Invitation, str]]:
    """Invite every line that is fine, all or none; the others are left alone. Tokens are not stored."""
    fine = [line for line in check_list(study=study, data=data) if line.is_fine]
    if not fine:
        raise Refused(_("Nobody on this list can be invited."))
    role = Invitation.Role.READER
    return [
        invite(study=study, email=line.email, role=role, by=by, seniority=line.seniority, name=line.name)
        for line in fine
    ]


def _rows(data: bytes) -> list[tuple[int, dict[str, str]]]:
    """``(line number, cells)`` of every line that is not blank."""
    if len(data) > LARGEST_BYTES:
        raise Refused(
            _("The list is larger than %(n)s KiB: it holds more than addresses and names.")
            % {"n": LARGEST_BYTES // 1024}
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(_("The list is not in UTF-8. In the spreadsheet choose “CSV UTF-8” when saving.")) from None
    if "\x00" in text:
        raise Refused(_("The list is not a CSV file. In the spreadsheet choose “CSV UTF-8” when saving."))
    head = text.splitlines()[0] if text.strip() else ""
    table = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    try:
        rows = [(table.line_num, [cell.strip() for cell in row]) for row in table]
    except csv.Error as problem:
        raise Refused(
            _("The list cannot be read as CSV: line %(line)s: %(problem)s.")
            % {"line": table.line_num, "problem": problem}
        ) from None
    rows = [(number, row) for number, row in rows if any(row)]
    if len(rows) - 1 > MOST_LINES:
        raise Refused(
            _("At most %(most)s readers can be invited at once; the list has %(n)s.")
            % {"most": MOST_LINES, "n": len(rows) - 1}
        )
    if len(rows) < 2:
        raise Refused(_("The list is empty: a first line “email,name,seniority”, then one line a reader."))
    names = _columns(rows[0][1])
    return [(number, dict(zip(names, row, strict=False)) | _surplus(names, row)) for number, row in rows[1:]]


def _columns(header: list[str]) -> list[str]:
    found = []
    for cell in header:
        name = next((name for name, others in COLUMNS.items() if cell.lower() in others), None)
        if name is None:
            raise Refused(
                _("There is no column “%(cell)s”: the first line names email, name and seniority.")
                % {"cell": cell[:40]}
            )
        found.append(name)
    if "email" not in found or len(set(found)) != len(found):
        raise Refused(_("The first line names the columns email, name and seniority, each once; email is needed."))
    return found


def _surplus(names: list[str], row: list[str]) -> dict[str, str]:
    return {"surplus": "yes"} if any(row[len(names) :]) else {}


def _spellings(rows: list[tuple[int, dict[str, str]]]) -> set[str]:
    emails = {cells.get("email", "") for _number, cells in rows}
    return emails | {email.lower() for email in emails}


def _line(number: int, cells: dict[str, str]) -> Line:
    email, name = cells.get("email", "").lower(), " ".join(cells.get("name", "").split())
    seniority = cells.get("seniority", "").lower() or Reader.Seniority.SENIOR.value
    return Line(number=number, email=email, name=name, seniority=seniority, problem=_misspelt(cells, email, seniority))


def _misspelt(cells: dict[str, str], email: str, seniority: str) -> str:
    for column, cell in cells.items():
        if cell.startswith(STARTS_FORMULA):
            return _("The %(column)s begins with “%(sign)s”, as a spreadsheet formula does.") % {
                "column": column,
                "sign": cell[0],
            }
    if "surplus" in cells:
        return _("There are more cells than columns: put quotation marks around a name that holds a comma.")
    if not email:
        return _("There is no e-mail address.")
    try:
        validate_email(email)
    except ValidationError:
        return _("“%(email)s” is not an e-mail address.") % {"email": email[:80]}
    if len(email) > 254 or len(cells.get("name", "")) > 120:
        return _("The address or the name is too long (254 and 120 characters).")
    if seniority not in Reader.Seniority.values:
        return _("There is no seniority “%(seniority)s”: choose senior, junior or other.") % {
            "seniority": seniority[:40]
        }
    return ""


def _problem(study: Study, email: str, *, seen: dict[str, int], known: dict[str, User], pending: set[str]) -> str:
    if email in seen:
        return _("The address stands in line %(line)s already.") % {"line": seen[email]}
    if email in pending:
        return _("Is invited already. Make a new link on the page of people instead.")
    if user := known.get(email):
        try:
            refuse_if_impossible(study=study, user=user, role=Invitation.Role.READER)
        except Refused as refusal:
            return refusal.message
    return ""
