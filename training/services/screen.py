"""One new photo against a finished run: research use, never a diagnosis. Nothing of it stays unless somebody asks."""

import io
import logging
import uuid
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from numpy.typing import NDArray
from PIL import Image

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.queue import send
from readerstudy.refusal import Refused
from readerstudy.said import said
from readerstudy.studies.imports.pictures import CleanPicture, PictureRefused, clean
from readerstudy.studies.models import Photo
from training.beat import heartbeat
from training.engine.ensemble import NoFace
from training.ensembles import ensemble_of, refuse_lost_files
from training.looks import Look, look
from training.models import NewPhoto, State, TrainingRun
from training.pictures import load_photo

log = logging.getLogger(__name__)

AFTER_ANSWER = timedelta(minutes=30)
UNANSWERED = timedelta(hours=24)  # a training may hold the worker for hours
LOST = timedelta(minutes=5)
BEAT_SECONDS = 60.0
MOST_BYTES = 30_000_000
TOO_LARGE = gettext_noop("The file is larger than %(most)s MB: send a smaller copy.")
SHORTEST_STATEMENT, LONGEST_STATEMENT = 10, 300


def submit_new_photo(
    *, run: TrainingRun, data: bytes, created_by: User, age_months: float | None = None, consent: str = ""
) -> NewPhoto:
    """Store the photo clean of metadata and wake a worker; refuse what is no photo or a run without all its folds.

    With ``consent`` (why it may be kept, in words) it stays until somebody erases it.
    """
    ensemble_of(run)
    refuse_large(len(data))
    try:
        picture = clean(data)
    except PictureRefused as refusal:
        raise Refused(said(refusal)) from None
    with transaction.atomic():
        photo = NewPhoto(run=run, created_by=created_by, is_known=is_known(run, picture), age_months=age_months)
        photo.file.save(f"{uuid.uuid4()}.jpg", ContentFile(picture.data), save=False)
        photo.save()
        record("photo.screened", actor=created_by, target=f"run:{run.pk}", photo=str(photo.token))
        if consent:
            keep_new_photo(photo=photo, consent=consent)
        send("training.score_new_photo", photo.pk)
    return photo


def refuse_large(size: int) -> None:
    if size > MOST_BYTES:
        raise Refused(_(TOO_LARGE) % {"most": MOST_BYTES // 1_000_000})


def is_known(run: TrainingRun, picture: CleanPicture) -> bool:
    """Whether the run's cohort holds this picture."""
    same = Q(sha256=picture.sha256) | Q(perceptual_hash=picture.fingerprint)
    return Photo.objects.filter(same, cohort=run.cohort_id).exists()


def score_new_photo(*, pk: int) -> bool:
    """Find the face and ask every fold's network. False when another worker has it or it is gone."""
    claimed = NewPhoto.objects.filter(pk=pk, state=State.QUEUED)
    if not claimed.update(state=State.RUNNING, heartbeat_at=timezone.now()):
        return False
    photo = NewPhoto.objects.select_related("run").get(pk=pk)
    try:
        with heartbeat(lambda: _beat(pk), every=BEAT_SECONDS, name=f"new photo {pk}"):
            ensemble = ensemble_of(photo.run)
            refuse_lost_files(ensemble)
            found = look(photo.run, ensemble, load_photo(photo))
    except NoFace as reason:
        return _fail(photo, str(reason))
    except Refused as refusal:
        return _fail(photo, refusal.message)
    except Exception as error:
        log.exception("The new photo %s could not be scored.", pk)
        return _fail(
            photo,
            gettext_noop("The photo could not be scored (%(name)s: %(error)s).")
            % {"name": type(error).__name__, "error": error},
        )
    return _store(photo, found)


def _beat(pk: int) -> bool:
    return bool(NewPhoto.objects.filter(pk=pk, state=State.RUNNING).update(heartbeat_at=timezone.now()))


def _store(photo: NewPhoto, found: Look) -> bool:
    photo.crop.save(f"{uuid.uuid4()}.png", _png(found.crop), save=False)
    photo.heat_map.save(f"{uuid.uuid4()}.png", _png(found.heat), save=False)
    ended = _end(
        photo,
        state=State.FINISHED,
        face=found.face,
        surroundings=found.surroundings,
        scores=[asdict(answer) for answer in found.verdict.answers],
        crop=photo.crop.name,
        heat_map=photo.heat_map.name,
    )
    if not ended:  # erased meanwhile
        _delete_files([photo.crop, photo.heat_map])
    return ended


def _fail(photo: NewPhoto, problem: str) -> bool:
    """A photo without a score is of no use: it goes at once, the sentence stays for a while."""
    ended = _end(photo, state=State.FAILED, problem=problem, file="", kept_at=None, consent="")
    if ended:
        _delete_files([photo.file])
    return ended


def _end(photo: NewPhoto, **fields: Any) -> bool:
    now = timezone.now()
    running = NewPhoto.objects.filter(pk=photo.pk, state=State.RUNNING)
    return bool(running.update(heartbeat_at=now, ended_at=now, **fields))


def _png(pixels: NDArray[np.uint8]) -> ContentFile:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    return ContentFile(data.getvalue())


@transaction.atomic
def keep_new_photo(*, photo: NewPhoto, consent: str) -> None:
    """It stays until it is erased by hand. ``consent`` says in words what allows that."""
    statement = " ".join(consent.split())
    if len(statement) < SHORTEST_STATEMENT:
        raise Refused(_("Say whose consent allows the photo to be kept, for example where the signed form lies."))
    if len(statement) > LONGEST_STATEMENT:
        raise Refused(
            _("The statement of consent is longer than %(longest_statement)s characters.")
            % {"longest_statement": LONGEST_STATEMENT}
        )
    alive = live_photos(timezone.now()).filter(pk=photo.pk).exclude(state=State.FAILED)
    if not alive.update(kept_at=timezone.now(), consent=statement):
        raise Refused(_("There is nothing to keep: the photo has been erased, or no face was found on it."), status=409)
    photo.refresh_from_db()
    record("photo.kept", actor=photo.created_by, target=f"run:{photo.run_id}", photo=str(photo.token))


@transaction.atomic
def erase_new_photo(*, photo: NewPhoto, by: User | None = None) -> None:
    """Picture, crop, heat map and scores are gone at once. ``by`` is None when its time was over."""
    files, was_kept = photo.files, photo.kept_at is not None
    record(
        "photo.erased", actor=by or "system", target=f"run:{photo.run_id}", photo=str(photo.token), was_kept=was_kept
    )
    photo.delete()
    _delete_files(files)


def _delete_files(files: list[Any]) -> None:
    for field in files:
        if field:
            field.storage.delete(field.name)


def live_photos(now: datetime) -> QuerySet[NewPhoto]:
    """Photos whose time is not over; what the sweep has not reached yet is gone for everybody all the same."""
    return NewPhoto.objects.exclude(_over(now))


def _over(now: datetime) -> Q:
    unanswered = Q(ended_at__isnull=True, created_at__lt=now - UNANSWERED)
    answered = Q(ended_at__isnull=False, ended_at__lt=now - AFTER_ANSWER)
    return Q(kept_at__isnull=True) & (unanswered | answered)


def erase_old(now: datetime) -> int:
    """What nobody asked to keep goes half an hour after its answer."""
    old = list(NewPhoto.objects.filter(_over(now)))
    for photo in old:
        erase_new_photo(photo=photo)
    return len(old)


@transaction.atomic
def resend_new_photos(now: datetime) -> int:
    """Photos whose message or worker was lost."""
    lost = NewPhoto.objects.filter(state__in=[State.QUEUED, State.RUNNING], heartbeat_at__lt=now - LOST)
    sent = 0
    for pk in list(lost.values_list("pk", flat=True)):
        if lost.filter(pk=pk).update(state=State.QUEUED, heartbeat_at=now):
            send("training.score_new_photo", pk)
            sent += 1
    return sent
