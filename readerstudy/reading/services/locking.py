"""One writer per session at a time, and the checks that every writer makes."""

from django.utils.translation import gettext as _

from readerstudy.reading.models import ReadingSession
from readerstudy.refusal import Refused
from readerstudy.studies.models import Study


def locked(session_id: int) -> ReadingSession:
    """The session with its row locked until the transaction ends (SQLite has locked the whole file already)."""
    return (
        ReadingSession.objects.select_for_update(of=("self",))
        .select_related("reader__study", "protocol")
        .get(pk=session_id)
    )


def require_open(session: ReadingSession) -> None:
    """The study is open and the reader still takes part."""
    if session.reader.withdrawn_at:
        raise Refused(_("You have withdrawn from this study."), status=403)
    if session.reader.study.status != Study.Status.OPEN:
        raise Refused(_("This study is not open for reading: ask its coordinator."), status=409)


def require_running(session: ReadingSession) -> None:
    require_open(session)
    if session.withdrawn_at:
        raise Refused(_("This session was withdrawn."), status=409)
    if session.finished_at:
        raise Refused(_("This session is finished."), status=409)
    if not session.started_at:
        raise Refused(_("This session has not been started."), status=409)
