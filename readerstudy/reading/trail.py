"""The audit trail of reading. A preview is nobody's reading and leaves no trail."""

from readerstudy.audit.services import record
from readerstudy.reading.models import ReadingSession


def trail(action: str, session: ReadingSession, **detail: object) -> None:
    if not session.reader.study.is_preview:
        record(action, actor=session.reader, target=f"session:{session.pk}", **detail)
