"""GS or not GS: inserted once, answered alike when sent again, refused when it says something else."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from readerstudy.reading.models import Call, Exposure, ReadingSession, Trial
from readerstudy.reading.refusals import RefusedWithIncident, keeps_incidents
from readerstudy.reading.selectors import call_of, state_of
from readerstudy.reading.services.locking import locked, require_running
from readerstudy.reading.services.trials import finish_if_done
from readerstudy.refusal import Refused
from readerstudy.studies.models import Protocol

Confidence = Protocol.Confidence
SCALE = {Confidence.FIVE: (1, 5), Confidence.HUNDRED: (0, 100)}


@keeps_incidents
def record_call(
    *,
    trial: Trial,
    is_gs: bool,
    idempotency_key: str,
    confidence: int | None = None,
    response_ms: float | None = None,
    input: str = "",
    now: datetime | None = None,
) -> tuple[Call, bool]:
    """The stored call and whether it is new. ``response_ms`` runs from the first painted frame to the input event."""
    session, now = locked(trial.session_id), now or timezone.now()
    trial = Trial.objects.select_related("exposure").get(pk=trial.pk)
    call = Call(
        trial=trial,
        is_gs=is_gs,
        confidence=confidence,
        response_ms=response_ms,
        input=input,
        idempotency_key=idempotency_key,
        received_at=now,
    )
    if stored := call_of(trial):
        return _repeated(stored, call), False
    _require_decidable(session, trial, call)
    try:
        with transaction.atomic():
            call.save(force_insert=True)
    except IntegrityError as problem:
        raise _refusal("This answer belongs to another face.", call) from problem
    finish_if_done(session, now)
    return call, True


def _repeated(stored: Call, call: Call) -> Call:
    same = (stored.idempotency_key, stored.is_gs, stored.confidence)
    if same == (call.idempotency_key, call.is_gs, call.confidence):
        return stored
    raise _refusal("This face has been answered already, and differently.", call, kind="second-call-refused")


def _require_decidable(session: ReadingSession, trial: Trial, call: Call) -> None:
    state = state_of(trial)
    if state in {"waiting", "issued"}:
        raise Refused("This face has not been shown yet.", status=409)
    if state == "forfeited":
        raise _refusal("The answer came too late for this face; it is kept as an incident.", call, kind="late-call")
    _require_confidence(session.protocol, call.confidence)
    try:
        require_running(session)
    except Refused as refusal:
        raise _refusal(refusal.message, call, status=refusal.status) from refusal
    if _is_late(session.protocol, trial.exposure, call):
        raise _refusal("The answer window was over.", call, kind="late-call", forfeits=True)


def _require_confidence(protocol: Protocol, confidence: int | None) -> None:
    scale = SCALE.get(Confidence(protocol.confidence))
    if scale is None:
        if confidence is not None:
            raise Refused("This study does not ask for a confidence.")
        return
    low, high = scale
    if confidence is None or not low <= confidence <= high:
        raise Refused(f"Please give a confidence from {low} to {high}.")


def _is_late(protocol: Protocol, exposure: Exposure, call: Call) -> bool:
    """By the page's own clock: an answer in time that the network held up is in time."""
    if protocol.answer_window_ms is None or call.response_ms is None:
        return False
    shown_ms = float(exposure.requested_ms)
    if exposure.onset_ms is not None and exposure.offset_ms is not None:
        shown_ms = exposure.offset_ms - exposure.onset_ms
    return call.response_ms - shown_ms > protocol.answer_window_ms + protocol.tolerance_ms


def _refusal(
    message: str, call: Call, *, kind: str = "call-refused", status: int = 409, forfeits: bool = False
) -> RefusedWithIncident:
    """The refused answer is kept in the incident: nothing that a reader said is thrown away."""
    return RefusedWithIncident(
        message,
        trial=call.trial,
        kind=kind,
        status=status,
        forfeits=forfeits,
        is_gs=call.is_gs,
        confidence=call.confidence,
        response_ms=call.response_ms,
        idempotency_key=call.idempotency_key,
    )
