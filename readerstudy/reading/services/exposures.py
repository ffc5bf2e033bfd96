"""The one look: a row inserted before the face is shown, and closed with what the page measured."""

from datetime import datetime

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.reading.flags import Look, reasons
from readerstudy.reading.models import Exposure, ReadingSession, Trial
from readerstudy.reading.refusals import RefusedWithIncident, keeps_incidents
from readerstudy.reading.services.aids import release_aid
from readerstudy.reading.services.locking import locked, require_open, require_running
from readerstudy.reading.services.trials import finish_if_done, leave
from readerstudy.reading.states import is_sequential, shows_aid, undone
from readerstudy.refusal import Refused

End = Exposure.End


@keeps_incidents
def open_exposure(*, trial: Trial, key: str = "", now: datetime | None = None) -> Exposure:
    """INSERT the exposure; the face may be shown once this is committed.

    The database refuses a second one. A page whose acknowledgement was lost on the way has not shown the face: with the
    same ``key``, which lives only in that page's memory, it gets the row that is there as long as that is open.
    """
    session, now = locked(trial.session_id), now or timezone.now()
    existing = Exposure.objects.filter(trial=trial).first()
    if existing and key and existing.measures.get("start_key") == key:
        if existing.ended_at is None:
            return existing
        # The network held this one up: nobody waits for it any more, and nobody asked for a second look.
        raise Refused(_("This face has been shown and is not shown again."), status=409)
    if existing is None:
        _require_turn(session, trial)
    try:
        exposure = Exposure.objects.create(
            trial=trial,
            started_at=now,
            requested_ms=session.protocol.exposure_ms,
            measures={"start_key": key} if key else {},
        )
        if shows_aid(session) and not is_sequential(session):
            release_aid(trial, now)  # it goes out with the acknowledgement
        return exposure
    except IntegrityError as problem:  # ends this transaction
        raise RefusedWithIncident(
            _("This face has been shown and is not shown again."), trial=trial, kind="second-look-refused"
        ) from problem


def _require_turn(session: ReadingSession, trial: Trial) -> None:
    require_running(session)
    current = undone(session).first()
    if current is None or current.pk != trial.pk:
        raise Refused(_("It is not this face's turn."), status=409)
    if current.issued_at is None:
        raise Refused(_("The picture has not been fetched yet."), status=409)


@keeps_incidents
def close_exposure(*, trial: Trial, look: Look, kind: str = "", now: datetime | None = None) -> Exposure:
    """The face is gone: store what the page measured, flag what is not as it should be.

    ``kind`` names the incident of a look that was broken off: hidden, blur, fullscreen-left, pagehide ...
    The same close again answers with the stored row; another one is refused and kept as an incident.
    """
    session, now = locked(trial.session_id), now or timezone.now()
    exposure = Exposure.objects.filter(trial=trial).first()
    if exposure is None:
        raise Refused(_("This face was never shown."), status=409)
    if exposure.ended_at is not None:
        return _repeated(trial, exposure, look)
    require_open(session)
    _require_sense(session, look)
    _store(exposure, look, session=session, now=now)
    if look.end == End.LEFT:
        leave(session, trial, kind=kind or "left", now=now, by="page", shown_ms=look.shown_ms)
    finish_if_done(session, now)
    return exposure


def _repeated(trial: Trial, exposure: Exposure, look: Look) -> Exposure:
    if (exposure.end, exposure.onset_ms, exposure.offset_ms) == (look.end, look.onset_ms, look.offset_ms):
        return exposure
    raise RefusedWithIncident(
        _("This look was closed already."),
        trial=trial,
        kind="second-close-refused",
        end=look.end,
        onset_ms=look.onset_ms,
        offset_ms=look.offset_ms,
        frames=look.frames,
        measures=look.measures,
    )


def _require_sense(session: ReadingSession, look: Look) -> None:
    if look.end == End.CALLED and not session.protocol.call_ends_exposure:
        raise Refused(_("In this study an answer does not end the showing."))
    if look.shown_ms is not None and look.shown_ms < 0:
        raise Refused(_("The face cannot have gone before it came."))


def _store(exposure: Exposure, look: Look, *, session: ReadingSession, now: datetime) -> None:
    elapsed_ms = (now - exposure.started_at).total_seconds() * 1000
    exposure.end, exposure.ended_at = look.end, now
    exposure.onset_ms, exposure.offset_ms = look.onset_ms, look.offset_ms
    exposure.frames, exposure.frame_period_ms = look.frames, look.frame_period_ms
    exposure.longest_gap_ms = look.longest_gap_ms
    exposure.measures = {**look.measures, **exposure.measures}
    exposure.flags = reasons(
        look,
        requested_ms=exposure.requested_ms,
        tolerance_ms=session.protocol.tolerance_ms,
        elapsed_ms=elapsed_ms,
    )
    exposure.save()
