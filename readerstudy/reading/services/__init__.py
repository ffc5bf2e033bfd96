"""Every write of a reading session. Keyword-only, one transaction each, ``now`` may be given (simulated readers do)."""

from readerstudy.reading.services.aids import described_aid, show_aid
from readerstudy.reading.services.calls import Answer, record_call
from readerstudy.reading.services.exposures import close_exposure, open_exposure
from readerstudy.reading.services.notes import note
from readerstudy.reading.services.practice import feedback_on, repeat_practice
from readerstudy.reading.services.sessions import (
    plan_session,
    plan_sessions,
    record_consent,
    record_device,
    start_session,
    withdraw_session,
)
from readerstudy.reading.services.trials import Place, forfeit_trial, issue_photo, next_trial
from readerstudy.reading.services.undo import undo_call, undo_ms_of
from readerstudy.reading.services.voids import void_trial

__all__ = [
    "Answer",
    "Place",
    "close_exposure",
    "described_aid",
    "feedback_on",
    "forfeit_trial",
    "issue_photo",
    "next_trial",
    "note",
    "open_exposure",
    "plan_session",
    "plan_sessions",
    "record_call",
    "record_consent",
    "record_device",
    "repeat_practice",
    "show_aid",
    "start_session",
    "undo_call",
    "undo_ms_of",
    "void_trial",
    "withdraw_session",
]
