"""A friendly mail to the readers who have not finished, at most once a day."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Count, Max, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.language import in_language_of
from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.models import Reader, Study
from readerstudy.studies.selectors.studies import current_protocol

log = logging.getLogger(__name__)
PERIOD = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Reminded:
    """Readers' codes: who got the mail, whose mail the server did not take, who was reminded within the last day."""

    mailed: list[str]
    failed: list[str]
    too_soon: list[str]


def unfinished_readers(study: Study, *, now: datetime | None = None) -> list[Reader]:
    """People who take part and could read now: not withdrawn, not finished, not between two readings (washout)."""
    now = now or timezone.now()
    free_from = now - timedelta(days=current_protocol(study).washout_days)
    # Sessions are rows of readerstudy.reading, a room above this one: reached by relation, not imported.
    real = Q(sessions__is_practice=False, sessions__withdrawn_at__isnull=True)
    readers: QuerySet[Reader] = (
        study.readers.filter(withdrawn_at__isnull=True, is_simulated=False, user__is_active=True)
        .select_related("user")
        .annotate(
            planned=Count("sessions", filter=real, distinct=True),
            running=Count(
                "sessions",
                filter=real & Q(sessions__started_at__isnull=False, sessions__finished_at__isnull=True),
                distinct=True,
            ),
            finished=Count("sessions", filter=real & Q(sessions__finished_at__isnull=False), distinct=True),
            last_finished_at=Max("sessions__finished_at", filter=real),
        )
    )
    return [reader for reader in readers if _has_something_to_read(reader, free_from)]


def _has_something_to_read(reader: Reader, free_from: datetime) -> bool:
    if reader.planned and reader.planned == reader.finished:
        return False
    is_resting = reader.finished and not reader.running and reader.last_finished_at > free_from
    return not is_resting


def remind_readers(*, study: Study, by: User, now: datetime | None = None) -> Reminded:
    """Mail everybody who has not finished and was not reminded within the last day."""
    now = now or timezone.now()
    if study.status != Study.Status.OPEN:
        raise Refused(_("The study is not open for reading: there is nothing to remind of."), status=409)
    found: dict[str, list[str]] = {"mailed": [], "failed": [], "too_soon": []}
    for reader in unfinished_readers(study, now=now):
        found[_remind(reader, study, by, now)].append(reader.code)
    if found["mailed"]:
        record("readers.reminded", actor=by, target=f"study:{study.pk}", readers=found["mailed"])
    return Reminded(**found)


@in_language_of(lambda reader, *_: reader.user.email)
def _remind(reader: Reader, study: Study, by: User, now: datetime) -> str:
    due = Q(reminded_at__isnull=True) | Q(reminded_at__lte=now - PERIOD)
    # Claimed before it is sent: two coordinators who click at once send one mail.
    if not Reader.objects.filter(due, pk=reader.pk).update(reminded_at=now):
        return "too_soon"
    words = {"reader": reader, "study": study, "by": by, "link": f"{settings.SITE_URL}/read/{study.pk}/"}
    try:
        send_mail(
            subject=_("The study “%(name)s” is waiting for you") % {"name": study.name},
            message=render_to_string("studies/mail/reminder.txt", words),
            from_email=None,
            recipient_list=[reader.user.email],
        )
    except OSError as error:  # SMTPException is one of these
        log.warning("A reminder of study %s could not be mailed: %s", study.pk, error)
        Reader.objects.filter(pk=reader.pk).update(reminded_at=reader.reminded_at)
        return "failed"
    return "mailed"
