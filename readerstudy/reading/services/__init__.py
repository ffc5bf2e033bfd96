"""Every write of a reading session. Keyword-only, one transaction each, ``now`` may be given (simulated readers do)."""

from readerstudy.reading.services.calls import record_call
from readerstudy.reading.services.exposures import close_exposure, open_exposure
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

__all__ = [
    "Place",
    "close_exposure",
    "feedback_on",
    "forfeit_trial",
    "issue_photo",
    "next_trial",
    "open_exposure",
    "plan_session",
    "plan_sessions",
    "record_call",
    "record_consent",
    "record_device",
    "repeat_practice",
    "start_session",
    "withdraw_session",
]
