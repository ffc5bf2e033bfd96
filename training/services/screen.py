"""One new photo against a finished run: research use, never a diagnosis."""

import io
import logging
import uuid
from dataclasses import asdict
from datetime import datetime, timedelta

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from PIL import Image

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.queue import send
from readerstudy.refusal import Refused
from readerstudy.studies.imports.pictures import CleanPicture, PictureRefused, clean
from readerstudy.studies.models import Photo
from training.engine.ensemble import Cropper, NoFace, ask
from training.ensembles import ensemble_of
from training.models import NewPhoto, State, TrainingRun
from training.pictures import load_photo

log = logging.getLogger(__name__)

KEPT = timedelta(hours=24)
LOST = timedelta(minutes=5)
MOST_BYTES = 30_000_000


def submit_new_photo(*, run: TrainingRun, data: bytes, created_by: User) -> NewPhoto:
    """Store the photo clean of metadata and wake a worker; refuse what is no photo or a run without all its folds."""
    ensemble_of(run)
    if len(data) > MOST_BYTES:
        raise Refused(f"The file is larger than {MOST_BYTES // 1_000_000} MB: send a smaller copy.")
    try:
        picture = clean(data)
    except PictureRefused as refusal:
        raise Refused(str(refusal)) from None
    with transaction.atomic():
        photo = NewPhoto(run=run, created_by=created_by, is_known=_is_known(run, picture))
        photo.file.save(f"{uuid.uuid4()}.jpg", ContentFile(picture.data), save=False)
        photo.save()
        record("photo.screened", actor=created_by, target=f"run:{run.pk}", photo=str(photo.token))
        send("training.score_new_photo", photo.pk)
    return photo


def _is_known(run: TrainingRun, picture: CleanPicture) -> bool:
    same = Q(sha256=picture.sha256) | Q(perceptual_hash=picture.fingerprint)
    return Photo.objects.filter(same, cohort=run.cohort_id).exists()


def score_new_photo(*, pk: int) -> bool:
    """Find the face and ask every fold's network. False when another worker has it or it is gone."""
    claimed = NewPhoto.objects.filter(pk=pk, state=State.QUEUED)
    if not claimed.update(state=State.RUNNING, heartbeat_at=timezone.now()):
        return False
    photo = NewPhoto.objects.select_related("run").get(pk=pk)
    try:
        crop = Cropper().crop(load_photo(photo)).pixels
        verdict = ask(ensemble_of(photo.run), crop[None])[0]
    except NoFace as reason:
        return _end(photo, state=State.FAILED, problem=str(reason))
    except Exception as error:
        log.exception("The new photo %s could not be scored.", pk)
        return _end(
            photo, state=State.FAILED, problem=f"The photo could not be scored ({type(error).__name__}: {error})."
        )
    data = io.BytesIO()
    Image.fromarray(crop).save(data, "PNG")
    photo.crop.save(f"{uuid.uuid4()}.png", ContentFile(data.getvalue()), save=False)
    return _end(
        photo, state=State.FINISHED, scores=[asdict(answer) for answer in verdict.answers], crop=photo.crop.name
    )


def _end(photo: NewPhoto, **fields: object) -> bool:
    ended = NewPhoto.objects.filter(pk=photo.pk, state=State.RUNNING).update(heartbeat_at=timezone.now(), **fields)
    if not ended and photo.crop:  # erased meanwhile
        photo.crop.delete(save=False)
    return bool(ended)


@transaction.atomic
def erase_new_photo(*, photo: NewPhoto) -> None:
    """Picture, crop and scores are gone at once."""
    files = [field for field in (photo.file, photo.crop) if field]
    photo.delete()
    for field in files:
        field.storage.delete(field.name)


def erase_old(now: datetime) -> int:
    """Nothing that was sent in stays longer than a day."""
    old = list(NewPhoto.objects.filter(created_at__lt=now - KEPT))
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
