"""Planning, consent, start and withdrawal of a session."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from readerstudy.audit.services import record
from readerstudy.reading.models import ReadingSession, Trial
from readerstudy.reading.order import ORDER_VERSION, draw_order
from readerstudy.reading.selectors import consent_version, practice_cases, protocol_of
from readerstudy.reading.services.locking import locked, require_open
from readerstudy.refusal import Refused
from readerstudy.studies.models import Reader, Study

Arm = ReadingSession.Arm


@transaction.atomic
def record_consent(*, reader: Reader, version: str, now: datetime | None = None) -> Reader:
    """Note that ``reader`` agreed to the text of ``version``, and lay out the sessions."""
    _require_study(reader)
    if version != consent_version(reader.study):
        raise Refused("The text has changed while you were reading it: please read it again.", status=409)
    if reader.consented_at is None:
        reader.consented_at = now or timezone.now()
        reader.save(update_fields=["consented_at"])
        record("reader.consented", actor=reader.user, target=f"reader:{reader.pk}", consent=version)
    plan_sessions(reader=reader, now=now)
    return reader


@transaction.atomic
def plan_sessions(*, reader: Reader, seed: int | None = None, now: datetime | None = None) -> ReadingSession:
    """The first unaided session, and before it the practice one where the study has practice faces."""
    if practice_cases(reader.study).exists():
        plan_session(reader=reader, is_practice=True, seed=seed, now=now)
    return plan_session(reader=reader, seed=seed, now=now)


@transaction.atomic
def plan_session(
    *,
    reader: Reader,
    arm: str = Arm.UNAIDED,
    occasion: int = 1,
    is_practice: bool = False,
    seed: int | None = None,
    now: datetime | None = None,
) -> ReadingSession:
    """The session with its whole order drawn and stored; asked again, the one that is there already."""
    _require_study(reader)
    if arm != Arm.UNAIDED:
        raise Refused("The reading page shows no model output yet, so an aided session cannot be read.", status=409)
    protocol = protocol_of(reader.study)
    session, is_new = ReadingSession.objects.get_or_create(
        reader=reader,
        arm=arm,
        occasion=occasion,
        is_practice=is_practice,
        defaults={
            "protocol": protocol,
            "seed": secrets.randbits(62) if seed is None else seed,
            "order_version": ORDER_VERSION,
            "created_at": now or timezone.now(),
        },
    )
    if is_new:
        _lay_out(session, repeats_percent=0 if is_practice else protocol.repeats_percent)
    return session


def _lay_out(session: ReadingSession, *, repeats_percent: int) -> None:
    cases = {case.number: case for case in session.reader.study.cases.filter(is_practice=session.is_practice)}
    if not cases:
        raise Refused("The study has no faces to read: its coordinator has to choose the cases first.", status=409)
    order = draw_order(list(cases), seed=session.seed, repeats_percent=repeats_percent)
    Trial.objects.bulk_create(
        Trial(session=session, case=cases[number], position=position, repetition=repetition)
        for position, (number, repetition) in enumerate(order, start=1)
    )


@transaction.atomic
def record_device(*, session: ReadingSession, device: dict[str, Any], now: datetime | None = None) -> ReadingSession:
    """Keep what the device check found; checks on other devices before it stay in the list."""
    session = locked(session.pk)
    require_open(session)
    earlier = session.device.pop("earlier", [])
    if session.device:
        earlier = [*earlier, session.device][-20:]
    session.device = {**device, "checked_at": (now or timezone.now()).isoformat(), "earlier": earlier}
    session.save(update_fields=["device"])
    return session


@transaction.atomic
def start_session(*, session: ReadingSession, now: datetime | None = None) -> ReadingSession:
    """planned -> running, after consent, practice and washout. A session that runs already goes on."""
    session, now = locked(session.pk), now or timezone.now()
    require_open(session)
    if session.withdrawn_at or session.finished_at:
        raise Refused("This session is over.", status=409)
    _adopt_protocol(session)
    if session.started_at:
        return session
    if session.reader.consented_at is None:
        raise Refused("Please read and sign the consent first.", status=409)
    if not session.is_practice:
        _require_practice(session)
        _require_washout(session, now)
    session.started_at = now
    session.save(update_fields=["started_at"])
    record("session.started", actor=session.reader.user, target=f"session:{session.pk}", seed=str(session.seed))
    return session


def _adopt_protocol(session: ReadingSession) -> None:
    """Rules may change until the first look of the whole study; a session laid out before then follows them."""
    protocol = protocol_of(session.reader.study)
    if protocol == session.protocol or session.trials.filter(exposure__isnull=False).exists():
        return
    has_other_repeats = protocol.repeats_percent != session.protocol.repeats_percent
    session.protocol = protocol
    session.save(update_fields=["protocol"])
    if has_other_repeats and not session.is_practice:
        session.trials.all().delete()
        _lay_out(session, repeats_percent=protocol.repeats_percent)


def _require_practice(session: ReadingSession) -> None:
    if not practice_cases(session.reader.study).exists():
        return
    if not session.reader.sessions.filter(is_practice=True, finished_at__isnull=False).exists():
        raise Refused("The practice faces come first.", status=409)


def _require_washout(session: ReadingSession, now: datetime) -> None:
    earlier = session.reader.sessions.filter(is_practice=False).exclude(pk=session.pk).exclude(started_at=None)
    if earlier.filter(finished_at=None, withdrawn_at=None).exists():
        raise Refused("Finish the session that is running first.", status=409)
    last = earlier.filter(finished_at__isnull=False).order_by("-finished_at").first()
    if last is None:
        return
    free_at = last.finished_at + timedelta(days=session.protocol.washout_days)
    if now < free_at:
        raise Refused(f"The same faces may be read again from {free_at:%d %B %Y} on.", status=409)


@transaction.atomic
def withdraw_session(*, session: ReadingSession, now: datetime | None = None) -> ReadingSession:
    """planned or running -> withdrawn. What was read stays."""
    session = locked(session.pk)
    if session.finished_at:
        raise Refused("A finished session cannot be withdrawn.", status=409)
    if session.withdrawn_at is None:
        session.withdrawn_at = now or timezone.now()
        session.save(update_fields=["withdrawn_at"])
        record("session.withdrawn", actor=session.reader.user, target=f"session:{session.pk}")
    return session


def _require_study(reader: Reader) -> None:
    if reader.withdrawn_at:
        raise Refused("You have withdrawn from this study.", status=403)
    if reader.study.status != Study.Status.OPEN:
        raise Refused("This study is not open for reading: ask its coordinator.", status=409)
