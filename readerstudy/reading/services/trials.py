"""The server owns the place: which trial is open, whose bytes may go out, and when the session is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.base import File
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.reading.models import Exposure, Incident, ReadingSession, Trial
from readerstudy.reading.refusals import RefusedWithIncident, keeps_incidents
from readerstudy.reading.services.locking import locked, require_running
from readerstudy.reading.services.practice import has_passed
from readerstudy.reading.services.storage import require_storage
from readerstudy.reading.states import (
    Progress,
    has_picture,
    is_rest_due,
    progress_of,
    state_of,
    undone,
    undone_with_faces,
)
from readerstudy.reading.trail import trail
from readerstudy.refusal import Refused
from readerstudy.sealed import Damaged
from readerstudy.studies.models import Protocol

# What an answer may need from the reader's finger to the server before the server, too, calls its window over.
WINDOW_GRACE = timedelta(seconds=15)


@dataclass(frozen=True, kw_only=True)
class Place:
    """``state``: trial (``trial`` is open or next), practice_failed (a new round may be asked for) or finished."""

    state: str
    trial: Trial | None
    ahead: Trial | None
    progress: Progress
    is_rest_due: bool = False


@transaction.atomic
def next_trial(*, session: ReadingSession, key: str = "", now: datetime | None = None) -> Place:
    """The open trial or the next waiting one, and the one after it, whose bytes may be fetched ahead.

    A page that asks while a face is being shown no longer shows it (reload, crash, second tab): that look is closed.
    Unless the look was begun with the same ``key``: then the page asked before it, and the network held that up.
    """
    session, now = locked(session.pk), now or timezone.now()
    if session.finished_at:
        return Place(state="finished", trial=None, ahead=None, progress=progress_of(session))
    require_running(session)
    while following := list(undone_with_faces(session)[:2]):
        trial, ahead = following[0], (following[1] if len(following) > 1 else None)
        if _still_to_do(session, trial, now, key=key):
            progress = progress_of(session)
            rest = is_rest_due(session, progress) and not hasattr(trial, "exposure")
            ahead = ahead if ahead and has_picture(ahead) else None
            return Place(state="trial", trial=trial, ahead=ahead, progress=progress, is_rest_due=rest)
    state = "finished" if finish_if_done(session, now) else "practice_failed"
    return Place(state=state, trial=None, ahead=None, progress=progress_of(session))


def _still_to_do(session: ReadingSession, trial: Trial, now: datetime, *, key: str) -> bool:
    """False when looking closer made the trial a done one: left for good, window over, picture gone."""
    state = state_of(trial)
    if state == "showing" and key and trial.exposure.measures.get("start_key") == key:
        return True
    if state == "showing":
        exposure = trial.exposure
        exposure.end, exposure.ended_at = Exposure.End.LEFT, now
        exposure.flags = ["The page was left while the face was shown; nobody knows for how long it was seen."]
        exposure.save(update_fields=["end", "ended_at", "flags"])
        leave(session, trial, kind="left", now=now, by="server")
    elif state == "deciding" and _window_is_over(session.protocol, trial.exposure, now):
        forfeit(trial, kind="answer-window-over", now=now, by="server")
    elif state in {"waiting", "issued"} and not has_picture(trial):
        forfeit(trial, kind="picture-gone", now=now)
    return state_of(trial) not in {"called", "forfeited"}


def _window_is_over(protocol: Protocol, exposure: Exposure, now: datetime) -> bool:
    if protocol.answer_window_ms is None or exposure.ended_at is None:
        return False
    return now > exposure.ended_at + timedelta(milliseconds=protocol.answer_window_ms) + WINDOW_GRACE


@keeps_incidents
def issue_photo(*, trial: Trial, now: datetime | None = None) -> File:
    """The open bytes of the rendition, for the trial at hand or the one after it; never for one that was started."""
    session, now = locked(trial.session_id), now or timezone.now()
    if Exposure.objects.filter(trial=trial).exists() or trial.forfeited_at:
        raise Refused(_("This face has been shown and is not shown again."), status=410)
    require_running(session)
    if trial.pk not in undone(session).values_list("pk", flat=True)[:2]:
        raise Refused(_("Another face comes first."), status=409)
    try:
        file: File = trial.case.photo.face.rendition.open("rb")
    except (FileNotFoundError, ValueError, Damaged) as problem:
        require_storage(trial)
        raise RefusedWithIncident(
            _("The picture of this face is gone; the next one follows."),
            trial=trial,
            kind="picture-gone",
            status=410,
            forfeits=True,
        ) from problem
    Trial.objects.filter(pk=trial.pk, issued_at=None).update(issued_at=now)
    return file


@transaction.atomic
def forfeit_trial(*, trial: Trial, now: datetime | None = None) -> Trial:
    """The page says that the answer window is over. Asked again, or after an answer, nothing changes."""
    session, now = locked(trial.session_id), now or timezone.now()
    trial = Trial.objects.select_related("exposure").get(pk=trial.pk)
    trial.session = session
    if state_of(trial) in {"rating", "reconsidering", "called", "forfeited"}:
        return trial
    require_running(session)
    if session.protocol.answer_window_ms is None or state_of(trial) != "deciding":
        raise Refused(_("There is no answer window to run out now."), status=409)
    forfeit(trial, kind="answer-window-over", now=now, by="page")
    finish_if_done(session, now)
    return trial


def forfeit(trial: Trial, *, kind: str, now: datetime, **detail: object) -> None:
    """deciding -> forfeited, with the incident that says why."""
    trial.forfeited_at = now
    trial.save(update_fields=["forfeited_at"])
    Incident.objects.create(session_id=trial.session_id, trial=trial, kind=kind, detail=detail, at=now)


def leave(session: ReadingSession, trial: Trial, *, kind: str, now: datetime, **detail: object) -> None:
    """After a look that was broken off: an incident, and by protocol either the answer or the face once more."""
    Incident.objects.create(session=session, trial=trial, kind=kind, detail=detail, at=now)
    policy = session.protocol.incident_policy
    # Once only: a face that is left again and again would otherwise be seen without end.
    if policy != Protocol.IncidentPolicy.REPRESENT or trial.is_represented or trial.calls.exists():
        return
    trial.forfeited_at = now
    trial.save(update_fields=["forfeited_at"])
    last = session.trials.aggregate(position=Max("position"))["position"]
    repetition = session.trials.filter(case_id=trial.case_id).aggregate(last=Max("repetition"))["last"]
    Trial.objects.create(
        session=session, case_id=trial.case_id, position=last + 1, repetition=repetition + 1, is_represented=True
    )


def finish_if_done(session: ReadingSession, now: datetime) -> bool:
    """running -> finished once no trial is left, and for practice once the pass mark is reached."""
    if session.finished_at:
        return True
    if undone(session).order_by().exists() or (session.is_practice and not has_passed(session)):
        return False
    session.finished_at = now
    session.save(update_fields=["finished_at"])
    trail("session.finished", session)
    return True
