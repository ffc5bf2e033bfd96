"""Photos that wait on disk for a person's yes, or for the rest of their upload, when consent is withdrawn."""

from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext_noop as _

from readerstudy.studies.imports import uploads
from readerstudy.studies.imports.archive import UploadSource
from readerstudy.studies.imports.manifest import read
from readerstudy.studies.imports.run import TO_STORE
from readerstudy.studies.imports.staging import Staging
from readerstudy.studies.models import Cohort, ImportBatch, ImportLine, Subject
from readerstudy.studies.services.imports import CHECKED, MANIFEST, UPLOADED

WITHDRAWN = _("Consent of %(code)s was withdrawn: nothing is taken.")


def forget_staged(*, subject: Subject) -> int:
    """Delete what shows this subject in imports that nobody has confirmed yet; returns how many photos."""
    statuses = [ImportBatch.Status.CHECKED, ImportBatch.Status.COLLECTING]
    forgotten = 0
    for batch in subject.cohort.imports.filter(status__in=statuses):
        place = Path(settings.MEDIA_ROOT) / batch.directory
        is_checked = batch.status == ImportBatch.Status.CHECKED
        forgotten += _forget_checked(batch, place, subject) if is_checked else _forget_uploaded(place, subject)
    return forgotten


def _forget_checked(batch: ImportBatch, place: Path, subject: Subject) -> int:
    lines = batch.lines.filter(subject_code__iexact=subject.code, verdict__in=TO_STORE, photo=None)
    staging = Staging(place / CHECKED)
    numbers = list(lines.values_list("number", flat=True))
    for number in numbers:
        staging.forget(number)
    lines.update(verdict=ImportLine.Verdict.REJECTED, reason=WITHDRAWN % {"code": subject.code})
    return len(numbers)


def _forget_uploaded(place: Path, subject: Subject) -> int:
    """Emptied, not deleted: the sender sees that they have arrived and does not send them again."""
    folder = place / UPLOADED
    if not uploads.uploaded(folder):
        return 0
    source = UploadSource(folder)
    rows = read((place / MANIFEST).read_bytes(), truth_optional=subject.cohort.kind == Cohort.Kind.TEST).rows
    mine = [source.find(row.file) for row in rows if row.subject_id.casefold() == subject.code.casefold()]
    for entry in filter(None, mine):
        Path(str(entry.handle)).write_bytes(b"")
    return sum(entry is not None for entry in mine)
