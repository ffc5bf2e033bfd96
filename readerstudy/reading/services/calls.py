"""GS or not GS: inserted once, answered alike when sent again, refused when it says something else."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.reading.models import Call, Exposure, ReadingSession, Trial
from readerstudy.reading.refusals import RefusedWithIncident, keeps_incidents
from readerstudy.reading.services.locking import locked, require_running
from readerstudy.reading.services.trials import finish_if_done
from readerstudy.reading.services.undo import require_undoable
from readerstudy.reading.states import asked_stage, calls_of, stages_of, state_of
from readerstudy.refusal import Refused
from readerstudy.studies.models import Protocol

Confidence = Protocol.Confidence
SCALE = {Confidence.FIVE: (1, 5), Confidence.HUNDRED: (0, 100)}
SAYS = ("is_gs", "confidence", "suspected_syndrome", "is_complete")  # what makes two calls the same answer


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the page says. ``response_ms`` runs from the face on the screen (or the aid) to the input event.

    ``is_complete`` false is half an answer: the page goes before the confidence was given. ``supersedes`` is the
    idempotency key of the call that this one completes or, after an undo, replaces. ``stage``: None for the one asked.
    """

    is_gs: bool
    idempotency_key: str
    confidence: int | None = None
    response_ms: float | None = None
    input: str = ""
    side: str = ""
    key: str = ""
    syndrome: str = ""
    stage: str | None = None
    is_complete: bool = True
    supersedes: str = ""

    def call(self, trial: Trial, *, stage: str, now: datetime) -> Call:
        names = ("is_gs", "idempotency_key", "confidence", "response_ms", "input", "side", "key", "is_complete")
        said = {name: getattr(self, name) for name in names}
        syndrome = " ".join(self.syndrome.split())
        return Call(trial=trial, stage=stage, suspected_syndrome=syndrome, received_at=now, **said)


@keeps_incidents
def record_call(*, trial: Trial, now: datetime | None = None, **said: Any) -> tuple[Call, bool]:
    """The stored call and whether it is new; ``said`` are the fields of :class:`Answer`."""
    answer = Answer(**said)
    session, now = locked(trial.session_id), now or timezone.now()
    trial = Trial.objects.select_related("exposure").prefetch_related("calls").get(pk=trial.pk)
    trial.session = session
    known = next((call for call in trial.calls.all() if call.idempotency_key == answer.idempotency_key), None)
    stage = answer.stage or (known.stage if known else asked_stage(trial))
    call = answer.call(trial, stage=stage, now=now)
    if known:
        return _repeated(known, call), False
    if stage not in stages_of(session):
        raise _refusal(_("This question is not asked in this session."), call)
    if before := calls_of(trial).get(stage):
        _require_successor(session, before, call, answer.supersedes, now)
    else:
        _require_first(session, trial, call, answer)
    try:
        call.save(force_insert=True)
    except IntegrityError as problem:  # ends this transaction
        raise _refusal(_("This answer belongs to another face."), call) from problem
    trial.refresh_from_db(fields=["calls"])  # the fetched ones are one short now; asks nothing
    finish_if_done(session, now)
    return call, True


def _repeated(stored: Call, call: Call) -> Call:
    if stored.stage == call.stage and all(getattr(stored, name) == getattr(call, name) for name in SAYS):
        return stored
    raise _refusal(_("This face has been answered already, and differently."), call, kind="second-call-refused")


def _require_first(session: ReadingSession, trial: Trial, call: Call, answer: Answer) -> None:
    if answer.supersedes:
        raise _refusal(_("There is no answer to replace."), call)
    _require_decidable(session, trial, call)
    _require_sense(session.protocol, call)
    try:
        require_running(session)
    except Refused as refusal:
        raise _refusal(refusal.message, call, status=refusal.status) from refusal
    if call.stage == stages_of(session)[0] and _is_late(session.protocol, trial.exposure, call):
        raise _refusal(_("The answer window was over."), call, kind="late-call", forfeits=True)


def _require_decidable(session: ReadingSession, trial: Trial, call: Call) -> None:
    state = state_of(trial)
    if state in {"waiting", "issued"}:
        raise Refused(_("This face has not been shown yet."), status=409)
    if state == "forfeited":
        raise _refusal(_("The answer came too late for this face; it is kept as an incident."), call, kind="late-call")
    if call.stage == stages_of(session)[0]:
        return
    if state != "reconsidering":
        raise _refusal(_("The first answer to this face comes first."), call)
    if trial.aided_at is None:
        raise _refusal(_("The model's output has not been shown yet."), call)


def _require_successor(session: ReadingSession, before: Call, call: Call, supersedes: str, now: datetime) -> None:
    """After a half answer its other half, after a whole one the answer that an undo allows."""
    if supersedes != before.idempotency_key:
        raise _refusal(_("This face has been answered already, and differently."), call, kind="second-call-refused")
    if not call.is_complete:
        raise _refusal(_("An answer that replaces another one has to be whole."), call)
    _require_sense(session.protocol, call)
    try:
        if before.is_complete:
            require_undoable(session=session, call=before, now=now)
        else:
            require_running(session)
    except Refused as refusal:
        raise _refusal(refusal.message, call, status=refusal.status) from refusal
    if not before.is_complete:
        _complete(before, call)
    call.revision = before.revision + 1


def _complete(half: Call, call: Call) -> None:
    """GS or not GS was said before, and so was when."""
    if call.is_gs != half.is_gs:
        raise _refusal(_("This face has been answered already, and differently."), call, kind="second-call-refused")
    for name in ("response_ms", "input", "side", "key"):
        setattr(call, name, getattr(half, name))


def _require_sense(protocol: Protocol, call: Call) -> None:
    if call.suspected_syndrome and not protocol.asks_syndrome:
        raise Refused(_("This study does not ask which syndrome it is."))
    if call.suspected_syndrome and not call.is_gs:
        raise Refused(_("A syndrome can be named only with the answer GS."))
    if call.is_complete:
        _require_confidence(protocol, call.confidence)
    elif call.confidence is not None:
        raise Refused(_("Half an answer has no confidence yet."))
    elif not protocol.asks_syndrome and protocol.confidence == Confidence.NONE:
        raise Refused(_("In this study GS or not GS is the whole answer."))


def _require_confidence(protocol: Protocol, confidence: int | None) -> None:
    scale = SCALE.get(Confidence(protocol.confidence))
    if scale is None:
        if confidence is not None:
            raise Refused(_("This study does not ask for a confidence."))
        return
    low, high = scale
    if confidence is None or not low <= confidence <= high:
        raise Refused(_("Please give a confidence from %(low)s to %(high)s.") % {"low": low, "high": high})


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
        stage=call.stage,
        is_gs=call.is_gs,
        confidence=call.confidence,
        syndrome=call.suspected_syndrome,
        response_ms=call.response_ms,
        idempotency_key=call.idempotency_key,
    )
