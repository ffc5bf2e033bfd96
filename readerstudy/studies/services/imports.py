"""One import from upload to report: started by a person, run by a worker or a command, continued after a crash.

With ``is_checked_first`` the run stops at a report of what would happen; ``services.decisions`` holds what follows.
"""

import logging
import shutil
import uuid
import zipfile
from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.queue import send
from readerstudy.refusal import Refused
from readerstudy.studies.imports import limits
from readerstudy.studies.imports.archive import ArchiveRefused, open_source
from readerstudy.studies.imports.manifest import ManifestRefused, read
from readerstudy.studies.imports.names import base, shown
from readerstudy.studies.imports.plan import plan
from readerstudy.studies.imports.run import TO_STORE, Run, TakenOver
from readerstudy.studies.imports.staging import Staging
from readerstudy.studies.models import Cohort, ImportBatch, ImportLine
from readerstudy.studies.services.faces import queue_faces
from readerstudy.trouble import trouble_of

log = logging.getLogger(__name__)

IMPORT_COHORT = "studies.import_cohort"
INCOMING = "incoming"
STOPPED = _("The import stopped because of an error on the server (%(name)s).")
GO_ON = _("What is listed as added is stored; import the same files again to go on.")
UNSTORED = _("Not stored: the import stopped before this photo.")
PHOTOS, PLACE, MANIFEST, CHECKED, UPLOADED = "photos.zip", "photos.place", "manifest", "checked", "uploaded"

Archive = Path | File | Sequence[File]


def start_import(
    *,
    cohort: Cohort,
    archive: Archive,
    manifest: Path | File,
    created_by: User,
    wake: bool = True,
    is_checked_first: bool = False,
) -> ImportBatch:
    """Put an upload aside and wake a worker (``wake=False``: the caller runs it itself).

    ``archive`` is an uploaded ZIP, several uploaded photos, or the path of a ZIP or folder, which is read where it is.
    ``is_checked_first``: everything is checked and reported, and nothing is stored until ``confirm_import``.
    """
    directory = Path(INCOMING) / uuid.uuid4().hex
    place = Path(settings.MEDIA_ROOT) / directory
    place.mkdir(parents=True)
    try:
        _keep_photos(archive, place)
        _copy(manifest, place / MANIFEST)
        with transaction.atomic():
            batch = ImportBatch.objects.create(
                cohort=cohort,
                created_by=created_by,
                directory=str(directory),
                archive_name=_name_of(archive),
                manifest_name=_name_of(manifest),
                heartbeat_at=timezone.now(),
                is_checked_first=is_checked_first,
            )
            record("import.started", actor=created_by, target=f"cohort:{cohort.pk}", batch=batch.pk,
                   is_checked_first=is_checked_first)  # fmt: skip
            if wake:
                send(IMPORT_COHORT, batch.pk)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return batch


def run_import(*, batch_id: int) -> ImportBatch:
    """Take one waiting import to its end; one that is running elsewhere or over is left alone."""
    now = timezone.now()
    claimed = ImportBatch.objects.filter(pk=batch_id, status=ImportBatch.Status.QUEUED)
    is_mine = claimed.update(status=ImportBatch.Status.RUNNING, heartbeat_at=now) == 1
    batch = ImportBatch.objects.select_related("cohort", "created_by").get(pk=batch_id)
    if not is_mine:
        return batch
    try:
        _advance(batch)
    except (ManifestRefused, ArchiveRefused) as refused:
        _refuse(batch, refused.problems)
    except TakenOver:
        batch.refresh_from_db()
    except Exception as error:  # a full disk, say: to be sent again and again would not mend it
        log.exception("Import %s stopped.", batch.pk)
        trouble = trouble_of(error)
        if trouble and trouble.passes:  # its row falls silent and is sent again, and it goes on where it stopped
            return batch
        why = trouble.sentence if trouble else STOPPED % {"name": type(error).__name__}
        _refuse(batch, [f"{why} {GO_ON}"])
    return batch


def _advance(batch: ImportBatch) -> None:
    """To the end, or to the report that a person has to see first."""
    place = Path(settings.MEDIA_ROOT) / batch.directory
    run = Run(batch, staging=Staging(place / CHECKED))
    if batch.confirmed_at:
        run.store()
        return _finish(batch)
    manifest = read(_manifest_bytes(place), truth_optional=batch.cohort.kind == Cohort.Kind.TEST)
    with closing(open_source(_photos(place))) as source:
        steps = plan(manifest.rows, source)
        ImportBatch.objects.filter(pk=batch.pk).update(total=len(steps), notices=manifest.notices)
        (run.check if batch.is_checked_first else run.take)(steps, source)
    return _wait_for_decision(batch, place) if batch.is_checked_first else _finish(batch)


def _wait_for_decision(batch: ImportBatch, place: Path) -> None:
    with transaction.atomic():
        counts = verdict_counts(batch)
        ImportBatch.objects.filter(pk=batch.pk).update(
            status=ImportBatch.Status.CHECKED, done=sum(counts.values()), checked_at=timezone.now()
        )
        record("import.checked", actor=batch.created_by, target=f"cohort:{batch.cohort_id}", batch=batch.pk, **counts)
    (place / PHOTOS).unlink(missing_ok=True)  # what was accepted lies there clean; the rest is wanted no longer
    shutil.rmtree(place / UPLOADED, ignore_errors=True)
    batch.refresh_from_db()


def _finish(batch: ImportBatch) -> None:
    with transaction.atomic():
        counts = verdict_counts(batch)
        ImportBatch.objects.filter(pk=batch.pk).update(
            status=ImportBatch.Status.FINISHED, done=sum(counts.values()), finished_at=timezone.now()
        )
        record("import.finished", actor=batch.created_by, target=f"cohort:{batch.cohort_id}", batch=batch.pk, **counts)
    queue_faces(cohort=batch.cohort)
    clear(batch)


def _refuse(batch: ImportBatch, problems: list[str]) -> None:
    shown_problems = problems[: limits.PROBLEMS_SHOWN]
    more = len(problems) - len(shown_problems)
    first = (batch.lines.order_by("-number").values_list("number", flat=True).first() or 0) + 1
    with transaction.atomic():
        unstored = batch.lines.filter(verdict__in=TO_STORE, photo=None)
        unstored.update(verdict=ImportLine.Verdict.REJECTED, reason=UNSTORED)
        ImportLine.objects.bulk_create(
            ImportLine(
                batch=batch,
                number=first + i,
                file=(batch.manifest_name or batch.archive_name)[:255],
                verdict=ImportLine.Verdict.REJECTED,
                reason=problem[:500],
            )
            for i, problem in enumerate(shown_problems)
        )
        ImportBatch.objects.filter(pk=batch.pk).update(
            status=ImportBatch.Status.FAILED,
            problem="\n".join([*shown_problems, *([_("… and %(more)s more.") % {"more": more}] if more else [])]),
            finished_at=timezone.now(),
        )
        record("import.refused", actor=batch.created_by, target=f"cohort:{batch.cohort_id}", batch=batch.pk,
               problems=shown_problems[:5])  # fmt: skip
    clear(batch)


def clear(batch: ImportBatch) -> None:
    """Delete what waits on disk for a batch that is over."""
    shutil.rmtree(Path(settings.MEDIA_ROOT) / batch.directory, ignore_errors=True)
    batch.refresh_from_db()


def verdict_counts(batch: ImportBatch) -> dict[str, int]:
    """How many lines of each verdict, all verdicts named."""
    verdicts = ImportLine.Verdict.values
    return batch.lines.aggregate(**{verdict: Count("pk", filter=Q(verdict=verdict)) for verdict in verdicts})


def requeue_stale_imports() -> int:
    """Send imports again whose worker died or whose message was lost; returns how many."""
    old = timezone.now() - timedelta(seconds=limits.HEARTBEAT_STALE_S)
    open_states = [ImportBatch.Status.QUEUED, ImportBatch.Status.RUNNING]
    stale = ImportBatch.objects.filter(status__in=open_states, heartbeat_at__lt=old)
    sent = 0
    for pk in list(stale.values_list("pk", flat=True)):
        with transaction.atomic():
            sent += stale.filter(pk=pk).update(status=ImportBatch.Status.QUEUED, heartbeat_at=timezone.now())
            send(IMPORT_COHORT, pk)
    return sent


def _name_of(source: Archive) -> str:
    if isinstance(source, Path):
        return shown(source.name)
    if isinstance(source, File):
        return shown(base(source.name or "upload"))
    return _("%(n)s photos") % {"n": len(source)}


def _keep_photos(archive: Archive, place: Path) -> None:
    if isinstance(archive, Path):
        if not archive.exists():
            raise Refused(f"{archive} does not exist.")
        (place / PLACE).write_text(str(archive.resolve()))
    elif isinstance(archive, File):
        _copy(archive, place / PHOTOS)
    else:
        with zipfile.ZipFile(place / PHOTOS, "w", zipfile.ZIP_STORED) as packed:
            for file in archive:
                with packed.open(base(file.name or "photo"), "w", force_zip64=True) as entry:
                    for chunk in file.chunks():
                        entry.write(chunk)


def _copy(source: Path | File, target: Path) -> None:
    if isinstance(source, Path):
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            raise Refused(f"{source} cannot be read ({error.strerror}).") from None
        return
    with target.open("wb") as file:
        for chunk in source.chunks():
            file.write(chunk)


def _photos(place: Path) -> Path:
    if (place / UPLOADED).is_dir():
        return place / UPLOADED
    pointer = place / PLACE
    return Path(pointer.read_text()) if pointer.exists() else place / PHOTOS


def _manifest_bytes(place: Path) -> bytes:
    try:
        with (place / MANIFEST).open("rb") as file:
            return file.read(limits.MANIFEST_BYTES + 1)
    except FileNotFoundError:
        raise ManifestRefused([_("The upload is gone from the server's disk: upload it again.")]) from None
