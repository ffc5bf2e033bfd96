"""The model's output leaves the server for one face at a time, and never before its time."""

import base64
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.reading.models import ReadingSession, Trial
from readerstudy.reading.services.locking import locked, require_open
from readerstudy.reading.services.undo import is_undo_open
from readerstudy.reading.states import calls_of, is_sequential, shows_aid, stages_of, state_of
from readerstudy.refusal import Refused
from readerstudy.studies.models import Aid


@transaction.atomic
def show_aid(*, trial: Trial, now: datetime | None = None) -> Aid:
    """What the model said of the face at hand; from then on the unaided call stands.

    Sequential: once the unaided call is stored and the face is gone. Aided session: once the look has begun. Later,
    while that face's answer is not final, it may be asked for again; for any other face it is refused.
    """
    session, now = locked(trial.session_id), now or timezone.now()
    require_open(session)
    trial = Trial.objects.select_related("exposure", "case").get(pk=trial.pk)
    trial.session = session
    if not shows_aid(session):
        raise Refused(_("In this session the model's output is not shown."), status=409)
    if not _is_time(session, trial, now):
        raise Refused(_("The model's output is not shown for this face now."), status=409)
    return release_aid(trial, now)


def release_aid(trial: Trial, now: datetime) -> Aid:
    """The aid of ``trial``'s case, with the moment stamped. The caller has checked that the moment has come."""
    aid = Aid.objects.filter(case_id=trial.case_id).first()
    if aid is None:
        raise Refused(_("The model's output is missing for this face: ask the study's coordinator."), status=409)
    Trial.objects.filter(pk=trial.pk, aided_at=None).update(aided_at=now)
    return aid


def _is_time(session: ReadingSession, trial: Trial, now: datetime) -> bool:
    if session.withdrawn_at:
        return False
    state = state_of(trial)
    last = calls_of(trial).get(stages_of(session)[-1])
    if state == "called" and last:
        return is_undo_open(session=session, call=last, now=now)
    if not is_sequential(session):
        return state in {"showing", "deciding", "rating"}
    return state == "reconsidering" or (state == "rating" and last is not None)


def described_aid(aid: Aid) -> dict[str, Any]:
    """As the page gets it: a number, and the heat map in the same answer so that both come together."""
    return {
        "probability": round(aid.probability, 4),
        "is_calibrated": aid.is_calibrated,
        "heat_map": _data_url(aid),
    }


def _data_url(aid: Aid) -> str | None:
    if not aid.heat_map:
        return None
    try:
        with aid.heat_map.open("rb") as file:
            return "data:image/png;base64," + base64.b64encode(file.read()).decode("ascii")
    except FileNotFoundError:  # erased with the consent, in this very moment
        return None
