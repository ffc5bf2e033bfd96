"""What the page notes beside reading: rests, pauses, hints. Bounded, and never in the way of reading."""

import json
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.reading.models import Note, ReadingSession, Trial
from readerstudy.reading.services.locking import locked, require_open
from readerstudy.refusal import Refused

KINDS = ("fatigue-hint", "rest-taken", "pause", "calibration", "fullscreen-refused", "page-problem")
MOST = 200  # notes of the page a session
LONGEST = 2000  # characters of JSON


@transaction.atomic
def note(
    *,
    session: ReadingSession,
    kind: str,
    trial: Trial | None = None,
    detail: dict[str, Any] | None = None,
    now: datetime | None = None,
) -> Note | None:
    """The stored note, or None when the session has as many as it may have."""
    session = locked(session.pk)
    require_open(session)
    if kind not in KINDS:
        raise Refused(_("A note is one of %(kinds)s.") % {"kinds": ", ".join(KINDS)})
    if len(json.dumps(detail or {})) > LONGEST:
        raise Refused(_("More than %(longest)s characters of detail.") % {"longest": LONGEST})
    if session.notes.exclude(kind="undo").count() >= MOST:
        return None
    return Note.objects.create(session=session, trial=trial, kind=kind, detail=detail or {}, at=now or timezone.now())
