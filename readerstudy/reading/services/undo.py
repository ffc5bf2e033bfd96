"""Taking the last answer back, where the protocol allows it: the old one counts until the new one has come."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.reading.models import Call, Exposure, Note, ReadingSession, Trial
from readerstudy.reading.services.locking import locked, require_open
from readerstudy.reading.states import calls_of, stages_of
from readerstudy.refusal import Refused

# What the press of the button may need to the server; the page's own clock ends the offer in time.
UNDO_GRACE = timedelta(seconds=2)


@transaction.atomic
def undo_call(*, trial: Trial, key: str, now: datetime | None = None) -> Call:
    """Note that the reader takes the call with idempotency ``key`` back; asked again, nothing changes."""
    session, now = locked(trial.session_id), now or timezone.now()
    trial = Trial.objects.select_related("exposure").get(pk=trial.pk)
    trial.session = session
    call = next((call for call in calls_of(trial).values() if call.idempotency_key == key), None)
    if call is None or not call.is_complete:
        raise Refused(_("There is no such answer to take back."), status=409)
    require_undoable(session=session, call=call, now=now)
    if not _was_taken_back(call):
        detail = {"key": key, "stage": call.stage}
        Note.objects.create(session=session, trial=trial, kind="undo", detail=detail, at=now)
    return call


def undo_ms_of(call: Call) -> int | None:
    """How long a fresh ``call`` can be taken back: in the last stage only, and never in practice."""
    session = call.trial.session
    if session.is_practice or not call.is_complete or call.stage != stages_of(session)[-1]:
        return None
    return session.protocol.undo_ms


def require_undoable(*, session: ReadingSession, call: Call, now: datetime) -> None:
    """In time, and nothing has been seen since that could have changed the reader's mind."""
    require_open(session)
    if session.withdrawn_at:
        raise Refused(_("This session was withdrawn."), status=409)
    undo_ms = session.protocol.undo_ms
    if undo_ms is None or session.is_practice:
        raise Refused(_("In this study an answer, once given, stands."), status=409)
    if call.stage != stages_of(session)[-1] and call.trial.aided_at is not None:
        raise Refused(_("The model's output has been shown: the first answer stands."), status=409)
    if _has_read_on(session, call.trial):
        raise Refused(_("The next face has been shown: this answer stands."), status=409)
    in_time = now <= call.received_at + timedelta(milliseconds=undo_ms) + UNDO_GRACE
    if not in_time and not _was_taken_back(call):
        raise Refused(_("The time for taking this answer back is over."), status=409)


def is_undo_open(*, session: ReadingSession, call: Call, now: datetime) -> bool:
    try:
        require_undoable(session=session, call=call, now=now)
    except Refused:
        return False
    return True


def _has_read_on(session: ReadingSession, trial: Trial) -> bool:
    later = Exposure.objects.filter(trial__session__reader_id=session.reader_id, pk__gt=trial.exposure.pk)
    return later.exists()


def _was_taken_back(call: Call) -> bool:
    taken = Note.objects.filter(trial_id=call.trial_id, kind="undo").values_list("detail", flat=True)
    return any(detail.get("key") == call.idempotency_key for detail in taken)
