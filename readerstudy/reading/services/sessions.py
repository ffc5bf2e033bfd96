"""Planning, consent, start and withdrawal of a session."""

import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from readerstudy.audit.services import record
from readerstudy.reading.keys import checked_keys
from readerstudy.reading.models import ReadingSession, Trial
from readerstudy.reading.order import ORDER_VERSION, draw_order
from readerstudy.reading.selectors import consent_version, free_at, practice_cases, protocol_of
from readerstudy.reading.services.locking import locked, require_open
from readerstudy.reading.states import shows_aid
from readerstudy.reading.trail import trail
from readerstudy.refusal import Refused
from readerstudy.studies.models import Protocol, Reader, Study
from readerstudy.studies.selectors.parts import faces_of
from readerstudy.studies.selectors.studies import cases_without_aid
from readerstudy.studies.services.parts import deal_part

Arm, Side = ReadingSession.Arm, ReadingSession.Side
Design = Protocol.Design


@transaction.atomic
def record_consent(*, reader: Reader, version: str, now: datetime | None = None) -> Reader:
    """Note that ``reader`` agreed to the text of ``version``, and lay out the sessions."""
    _require_study(reader)
    if version != consent_version(reader.study):
        raise Refused(_("The text has changed while you were reading it: please read it again."), status=409)
    if reader.consented_at is None:
        reader.consented_at = now or timezone.now()
        reader.save(update_fields=["consented_at"])
        if not reader.study.is_preview:
            record("reader.consented", actor=reader, target=f"reader:{reader.pk}", consent=version)
    plan_sessions(reader=reader, now=now)
    return reader


@transaction.atomic
def plan_sessions(*, reader: Reader, seed: int | None = None, now: datetime | None = None) -> ReadingSession:
    """All sessions of ``reader``: practice where there are practice faces, then one reading or, in a crossover, two.

    Gives the first reading. Each has an order of its own.
    """
    _allocate(reader)
    if practice_cases(reader.study).exists():
        plan_session(reader=reader, is_practice=True, seed=seed, now=now)
    arms = arms_for(reader, protocol_of(reader.study))
    sessions = [
        plan_session(reader=reader, arm=arm, occasion=n, seed=None if seed is None else seed + n - 1, now=now)
        for n, arm in enumerate(arms, 1)
    ]
    return sessions[0]


def arms_for(reader: Reader, protocol: Protocol) -> list[str]:
    """The arms in this reader's order: in a crossover readers with an even number begin unaided, the others aided."""
    if protocol.design != Design.CROSSOVER:
        return [Arm.UNAIDED]
    return [Arm.AIDED, Arm.UNAIDED] if turn_of(reader) % 2 else [Arm.UNAIDED, Arm.AIDED]


def gs_side_for(reader: Reader, protocol: Protocol) -> str:
    """Where the GS button stands; dealt over readers so that in a crossover every order meets every side."""
    if protocol.sides != Protocol.Sides.BY_READER:
        return Side.LEFT if protocol.sides == Protocol.Sides.GS_LEFT else Side.RIGHT
    number = turn_of(reader)
    turn = number // 2 if protocol.design == Design.CROSSOVER else number
    return Side.LEFT if turn % 2 else Side.RIGHT


def turn_of(reader: Reader) -> int:
    """0, 1, 2 ... by which arms and sides are dealt; within each part anew, so that every part meets them all."""
    if reader.part is None or reader.allocation is None:
        return reader.allocation or 0
    return Reader.objects.filter(study=reader.study_id, part=reader.part, allocation__lt=reader.allocation).count()


def _allocate(reader: Reader) -> None:
    """The next number of the study and, where the faces are divided, a part of them."""
    if reader.allocation is None:
        _number(reader)
    protocol = protocol_of(reader.study)
    if protocol.parts > 1 and reader.part is None:
        deal_part(reader=reader, protocol=protocol)


def _number(reader: Reader) -> None:
    """In the order of consent: readers who never come leave no gap."""
    Study.objects.select_for_update(of=("self",)).get(pk=reader.study_id)
    last = Reader.objects.filter(study_id=reader.study_id).aggregate(last=Max("allocation"))["last"]
    reader.allocation = 0 if last is None else last + 1
    reader.save(update_fields=["allocation"])


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
    protocol = protocol_of(reader.study)
    if arm == Arm.AIDED and (protocol.design != Design.CROSSOVER or is_practice):
        raise Refused(_("The protocol of this study has no session with the model's output."), status=409)
    session, is_new = ReadingSession.objects.get_or_create(
        reader=reader,
        arm=arm,
        occasion=occasion,
        is_practice=is_practice,
        defaults={
            "protocol": protocol,
            "gs_side": gs_side_for(reader, protocol),
            "seed": secrets.randbits(62) if seed is None else seed,
            "order_version": ORDER_VERSION,
            "created_at": now or timezone.now(),
        },
    )
    if is_new:
        if protocol.parts > 1:
            _allocate(reader)
        _lay_out(session, repeats_percent=0 if is_practice else protocol.repeats_percent)
    return session


def _lay_out(session: ReadingSession, *, repeats_percent: int) -> None:
    reader = session.reader
    faces = practice_cases(reader.study) if session.is_practice else faces_of(reader, session.protocol)
    cases = {case.number: case for case in faces}
    if not cases:
        raise Refused(_("The study has no faces to read: its coordinator has to choose the cases first."), status=409)
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
    if device.get("keys") is not None:
        device = {**device, "keys": checked_keys(device["keys"])}
    earlier = session.device.pop("earlier", [])
    if session.device:
        earlier = [*earlier, session.device][-20:]
    session.device = {**device, "checked_at": (now or timezone.now()).isoformat(), "earlier": earlier}
    session.save(update_fields=["device"])
    return session


@transaction.atomic
def start_session(*, session: ReadingSession, now: datetime | None = None) -> ReadingSession:
    """planned -> running, after consent, practice, washout and aids. A session that runs already goes on."""
    session, now = locked(session.pk), now or timezone.now()
    require_open(session)
    if session.withdrawn_at or session.finished_at:
        raise Refused(_("This session is over."), status=409)
    _adopt_protocol(session)
    if session.started_at:
        return session
    if session.reader.consented_at is None:
        raise Refused(_("Please read and sign the consent first."), status=409)
    if not session.is_practice:
        _require_practice(session)
        _require_washout(session, now)
        _require_aids(session)
    session.started_at = now
    session.save(update_fields=["started_at"])
    trail("session.started", session, seed=str(session.seed), arm=session.arm, occasion=session.occasion)
    return session


def _adopt_protocol(session: ReadingSession) -> None:
    """Rules may change until the first look of the whole study; a session laid out before then follows them."""
    protocol = protocol_of(session.reader.study)
    if protocol == session.protocol or session.trials.filter(exposure__isnull=False).exists():
        return
    _allocate(session.reader)
    is_laid_out_otherwise = _layout(protocol) != _layout(session.protocol)
    session.protocol = protocol
    session.gs_side = gs_side_for(session.reader, protocol)
    if not session.is_practice:
        _adopt_design(session, protocol)
    session.save(update_fields=["protocol", "gs_side", "arm"])
    if is_laid_out_otherwise and not session.is_practice:
        session.trials.all().delete()
        _lay_out(session, repeats_percent=protocol.repeats_percent)


def _layout(protocol: Protocol) -> tuple[int, int, int]:
    """What a stored order depends on; another version may divide the faces anew into as many parts."""
    return protocol.repeats_percent, protocol.parts, protocol.version if protocol.parts > 1 else 0


def _adopt_design(session: ReadingSession, protocol: Protocol) -> None:
    """As many sessions as the design asks for, each in its arm."""
    arms = arms_for(session.reader, protocol)
    others = session.reader.sessions.filter(is_practice=False, started_at=None).exclude(pk=session.pk)
    others.filter(occasion__gt=len(arms)).delete()
    if session.occasion > len(arms):
        raise Refused(_("The protocol has changed: there is no second session any more."), status=409)
    session.arm = arms[session.occasion - 1]
    for occasion, arm in enumerate(arms, 1):
        if occasion != session.occasion and not session.reader.sessions.filter(
            is_practice=False, occasion=occasion
        ).update(arm=arm):
            plan_session(reader=session.reader, arm=arm, occasion=occasion)


def _require_practice(session: ReadingSession) -> None:
    if not practice_cases(session.reader.study).exists():
        return
    if not session.reader.sessions.filter(is_practice=True, finished_at__isnull=False).exists():
        raise Refused(_("The practice faces come first."), status=409)


def _require_washout(session: ReadingSession, now: datetime) -> None:
    others = session.reader.sessions.filter(is_practice=False, withdrawn_at=None, finished_at=None)
    others = others.exclude(pk=session.pk)
    if others.exclude(started_at=None).exists():
        raise Refused(_("Finish the session that is running first."), status=409)
    if others.filter(occasion__lt=session.occasion).exists():
        raise Refused(_("Another session comes first."), status=409)
    begins = free_at(session)
    if begins is not None and now < begins:
        day = dateformat.format(begins, _("d F Y"))
        raise Refused(_("The same faces may be read again from %(day)s on.") % {"day": day}, status=409)


def _require_aids(session: ReadingSession) -> None:
    """Every face's output is there before the first one is shown; from now on it can no longer be changed."""
    if not shows_aid(session):
        return
    study = Study.objects.select_for_update(of=("self",)).get(pk=session.reader.study_id)
    if missing := cases_without_aid(study).count():
        sentence = ngettext(
            "The model's output is not prepared for one face yet: an investigator of the study has to do that first.",
            "The model's output is not prepared for %(n)s faces yet: an investigator of the study has "
            "to do that first.",
            missing,
        )
        raise Refused(sentence % {"n": missing}, status=409)


@transaction.atomic
def withdraw_session(*, session: ReadingSession, now: datetime | None = None) -> ReadingSession:
    """planned or running -> withdrawn. What was read stays."""
    session = locked(session.pk)
    if session.finished_at:
        raise Refused(_("A finished session cannot be withdrawn."), status=409)
    if session.withdrawn_at is None:
        session.withdrawn_at = now or timezone.now()
        session.save(update_fields=["withdrawn_at"])
        trail("session.withdrawn", session)
    return session


def _require_study(reader: Reader) -> None:
    if reader.withdrawn_at:
        raise Refused(_("You have withdrawn from this study."), status=403)
    if reader.study.status != Study.Status.OPEN:
        raise Refused(_("This study is not open for reading: ask its coordinator."), status=409)
