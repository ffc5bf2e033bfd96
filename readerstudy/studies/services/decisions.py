"""What follows the check of an import: somebody adds it to the cohort or throws it away, or nobody does in time."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.queue import send
from readerstudy.refusal import Refused
from readerstudy.studies.imports import limits
from readerstudy.studies.imports.run import TO_STORE
from readerstudy.studies.models import ImportBatch
from readerstudy.studies.services.imports import IMPORT_COHORT, clear, verdict_counts

Status = ImportBatch.Status


@transaction.atomic
def confirm_import(*, batch: ImportBatch, by: User, wake: bool = True) -> ImportBatch:
    """Store what the check let through; a worker judges again only what the cohort may have changed since."""
    counts = verdict_counts(batch)
    to_store = sum(counts[verdict] for verdict in TO_STORE)
    if batch.status == Status.CHECKED and not to_store:
        raise Refused(_("Nothing of this import can be added: throw it away, mend the files and upload them again."))
    now = timezone.now()
    settled = sum(counts.values()) - to_store
    claimed = _waiting(batch, Status.CHECKED).update(
        status=Status.QUEUED, confirmed_at=now, confirmed_by=by, heartbeat_at=now, done=settled
    )
    _refuse_unless(claimed, batch)
    record("import.confirmed", actor=by, target=f"cohort:{batch.cohort_id}", batch=batch.pk, **counts)
    if wake:
        send(IMPORT_COHORT, batch.pk)
    batch.refresh_from_db()
    return batch


def discard_import(*, batch: ImportBatch, by: User) -> ImportBatch:
    """Throw away what was checked, or uploaded in part. The report stays."""
    with transaction.atomic():
        _refuse_unless(_discard(_waiting(batch, Status.CHECKED, Status.COLLECTING)), batch)
        record("import.discarded", actor=by, target=f"cohort:{batch.cohort_id}", batch=batch.pk)
    clear(batch)
    return batch


def discard_forgotten_imports() -> int:
    """Throw away what nobody confirmed or went on uploading in time; returns how many imports."""
    old = timezone.now() - timedelta(days=limits.CHECKED_KEPT_DAYS)
    is_checked = Q(status=Status.CHECKED, checked_at__lt=old)
    discarded = 0
    for batch in ImportBatch.objects.filter(is_checked | Q(status=Status.COLLECTING, heartbeat_at__lt=old)):
        with transaction.atomic():
            if not _discard(_waiting(batch, batch.status)):
                continue
            record("import.discarded", target=f"cohort:{batch.cohort_id}", batch=batch.pk,
                   reason=f"nobody went on with it in {limits.CHECKED_KEPT_DAYS} days")  # fmt: skip
        clear(batch)
        discarded += 1
    return discarded


def _waiting(batch: ImportBatch, *statuses: str) -> QuerySet[ImportBatch]:
    return ImportBatch.objects.filter(pk=batch.pk, status__in=statuses)


def _discard(waiting: QuerySet[ImportBatch]) -> int:
    return waiting.update(status=Status.DISCARDED, finished_at=timezone.now())


def _refuse_unless(claimed: int, batch: ImportBatch) -> None:
    if not claimed:
        batch.refresh_from_db()
        raise Refused(
            _("This import does not wait for a decision: it is %(status)s.") % {"status": batch.get_status_display()},
            status=409,
        )
