"""An upload of many single photos: begun with the manifest, filled in as many requests as it takes, then checked."""

import shutil
import uuid
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.queue import send
from readerstudy.refusal import Refused
from readerstudy.said import said
from readerstudy.studies.imports import limits, uploads
from readerstudy.studies.imports.manifest import ManifestRefused, read
from readerstudy.studies.imports.names import leaves_the_folder, shown
from readerstudy.studies.models import Cohort, ImportBatch
from readerstudy.studies.services.imports import IMPORT_COHORT, INCOMING, MANIFEST, UPLOADED

NAME_LENGTH = 1000
Status = ImportBatch.Status


def begin_upload(*, cohort: Cohort, manifest: File, n_files: int, created_by: User) -> ImportBatch:
    """Put the manifest aside, if it can be read, and wait for ``n_files`` photos."""
    if not 1 <= n_files <= limits.ENTRIES:
        raise Refused(
            _("One import takes 1 to %(entries)s files; you chose %(n_files)s.")
            % {"entries": f"{limits.ENTRIES:,}", "n_files": f"{n_files:,}"}
        )
    data = manifest.read(limits.MANIFEST_BYTES + 1)
    try:
        read(data, truth_optional=cohort.kind == Cohort.Kind.TEST)
    except ManifestRefused as refused:  # before hundreds of photos are sent for nothing
        raise Refused("\n".join(said(problem) for problem in _first(refused.problems))) from None
    directory = Path(INCOMING) / uuid.uuid4().hex
    place = Path(settings.MEDIA_ROOT) / directory
    uploads.begin(place / UPLOADED)
    try:
        (place / MANIFEST).write_bytes(data)
        with transaction.atomic():
            batch = ImportBatch.objects.create(
                cohort=cohort,
                created_by=created_by,
                directory=str(directory),
                archive_name=f"{n_files} photos",
                manifest_name=shown(Path(manifest.name or "manifest").name),
                status=Status.COLLECTING,
                total=n_files,
                heartbeat_at=timezone.now(),
            )
            record("import.upload_begun", actor=created_by, target=f"cohort:{cohort.pk}", batch=batch.pk, files=n_files)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return batch


def _first(problems: list[str], *, n: int = 5) -> list[str]:
    return [
        *problems[:n],
        *([gettext_noop("… and %(more)s more.") % {"more": len(problems) - n}] if len(problems) > n else []),
    ]


def add_files(*, batch: ImportBatch, files: list[tuple[str, File]]) -> int:
    """Keep some of the photos, each under the name it has in the sender's folder; returns how many are here now."""
    place = _place(batch)
    known = {file.stored: file.size for file in uploads.uploaded(place)}
    if len(known.keys() | {uploads.stored_name(name) for name, _ in files}) > limits.ENTRIES:
        raise Refused(_("One import takes at most %(entries)s files.") % {"entries": f"{limits.ENTRIES:,}"})
    if sum(known.values()) + sum(file.size or 0 for _, file in files) > limits.TOTAL_BYTES:
        raise Refused(
            _("One import takes at most %(total_bytes)s GB: split it into several.")
            % {"total_bytes": limits.TOTAL_BYTES // 1_000_000_000},
            status=413,
        )
    for name in [sent[0] for sent in files]:
        if not name or len(name) > NAME_LENGTH or leaves_the_folder(name):
            raise Refused(
                _("“%(name)s” is not a file name inside a folder of photos.") % {"name": shown(name, limit=80)}
            )
    for name, file in files:
        made = uploads.add(place, name, file.chunks())
        known[made.stored] = made.size
    ImportBatch.objects.filter(pk=batch.pk, status=Status.COLLECTING).update(
        done=len(known), heartbeat_at=timezone.now()
    )
    return len(known)


def uploaded_files(*, batch: ImportBatch) -> list[uploads.UploadedFile]:
    return uploads.uploaded(_place(batch))


def complete_upload(*, batch: ImportBatch, by: User, is_checked_first: bool = True, wake: bool = True) -> ImportBatch:
    """Every photo is here: on to the check. One that is missing gets its line in the report."""
    n = len(uploaded_files(batch=batch))
    if not n:
        raise Refused(_("No photo has arrived yet."))
    with transaction.atomic():
        now = timezone.now()
        mine = ImportBatch.objects.filter(pk=batch.pk, status=Status.COLLECTING)
        if not mine.update(
            status=Status.QUEUED,
            is_checked_first=is_checked_first,
            archive_name=f"{n} photo{'s' * (n > 1)}",
            done=0,
            total=0,
            heartbeat_at=now,
        ):
            raise _over(batch)
        record("import.started", actor=by, target=f"cohort:{batch.cohort_id}", batch=batch.pk, files=n,
               is_checked_first=is_checked_first)  # fmt: skip
        if wake:
            send(IMPORT_COHORT, batch.pk)
    batch.refresh_from_db()
    return batch


def _place(batch: ImportBatch) -> Path:
    folder = Path(settings.MEDIA_ROOT) / batch.directory / UPLOADED
    if batch.status != Status.COLLECTING or not uploads.is_upload(folder):
        raise _over(batch)
    return folder


def _over(batch: ImportBatch) -> Refused:
    batch.refresh_from_db()
    return Refused(
        _("This upload takes no more files: it is %(status)s.") % {"status": batch.get_status_display()}, status=409
    )
