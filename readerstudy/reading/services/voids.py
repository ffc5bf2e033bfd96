"""Setting one trial aside with a reason: it is kept and marked, and the analysis leaves it out."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.reading.models import ReadingSession, Trial
from readerstudy.reading.services.locking import locked
from readerstudy.reading.states import state_of
from readerstudy.refusal import Refused
from readerstudy.studies.models import Protocol, Study

LONGEST_REASON = 400


@transaction.atomic
def void_trial(*, trial: Trial, by: User, reason: str, show_again: bool = False, now: datetime | None = None) -> Trial:
    """Mark ``trial`` as void. Nothing of it is deleted, and it cannot be made valid again.

    ``show_again`` puts the face at the end of the session as a flagged repeat, whose call then counts: only where the
    protocol lets interrupted faces come again, once a face, and while the reader is still reading.
    """
    session, now = locked(trial.session_id), now or timezone.now()
    trial = Trial.objects.select_related("exposure", "case").get(pk=trial.pk)
    trial.session = session
    reason = reason.strip()[:LONGEST_REASON]
    _require_voidable(trial, reason)
    if show_again:
        _show_again(trial)
    trial.voided_at, trial.void_reason = now, reason
    trial.save(update_fields=["voided_at", "void_reason"])
    record(
        "trial.voided",
        actor=by,
        target=f"study:{session.reader.study_id}",
        reader=session.reader.code,
        session=session.pk,
        position=trial.position,
        case=trial.case.number,
        reason=reason,
        shown_again=show_again,
    )
    return trial


def _require_voidable(trial: Trial, reason: str) -> None:
    if not reason:
        raise Refused(_("Say why the trial is void. The reason is kept with it and in the audit trail."))
    if trial.voided_at:
        raise Refused(_("This trial is void already."), status=409)
    if trial.session.is_practice:
        raise Refused(_("Practice never counts: there is nothing to void."), status=409)
    state = state_of(trial)
    if state in {"waiting", "issued"} and not trial.forfeited_at:
        raise Refused(_("This face has not been shown: there is nothing to void."), status=409)
    if state not in {"called", "forfeited"} and is_being_read(trial.session):
        raise Refused(_("The reader has not finished this face yet. Void it once it is answered or over."), status=409)


def is_being_read(session: ReadingSession) -> bool:
    is_over = session.finished_at or session.withdrawn_at or session.reader.withdrawn_at
    return not is_over and session.reader.study.status == Study.Status.OPEN


def _show_again(trial: Trial) -> None:
    session = trial.session
    if session.protocol.incident_policy != Protocol.IncidentPolicy.REPRESENT:
        raise Refused(_("By the protocol of this study no face is shown a second time: void it without."), status=409)
    if not is_being_read(session):
        raise Refused(_("The reader has finished: no face can be added any more. Void it without."), status=409)
    trials = session.trials.filter(case_id=trial.case_id)
    if trial.repetition or trials.filter(is_represented=True).exists():
        raise Refused(
            _("This face has come again already, and a face comes again only once. Void it without."), status=409
        )
    last = session.trials.aggregate(position=Max("position"))["position"]
    repetition = trials.aggregate(last=Max("repetition"))["last"]
    Trial.objects.create(
        session=session, case_id=trial.case_id, position=last + 1, repetition=repetition + 1, is_represented=True
    )
