"""What becomes of a photo's face: stored as found, then accepted or refused by a person."""

import contextlib
from datetime import datetime

from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from PIL import Image

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.queue import send
from readerstudy.refusal import Refused
from readerstudy.studies import pictures
from readerstudy.studies.faces import FaceFinding
from readerstudy.studies.imports.limits import FACES_A_MESSAGE
from readerstudy.studies.models import Cohort, Face, Photo, Study

FIND_FACES = "training.find_faces"
REASON_LENGTH = 300


def queue_faces(*, cohort: Cohort, now: datetime | None = None) -> int:
    """Send every photo that waits for the face finder and was not sent yet; returns how many."""
    waiting = cohort.photos.filter(status=Photo.Status.IMPORTED, face_queued_at__isnull=True)
    ids = list(waiting.order_by("id").values_list("id", flat=True))
    for start in range(0, len(ids), FACES_A_MESSAGE):
        chunk = ids[start : start + FACES_A_MESSAGE]
        with transaction.atomic():
            Photo.objects.filter(pk__in=chunk).update(face_queued_at=now or timezone.now())
            send(FIND_FACES, chunk)
    return len(ids)


@transaction.atomic
def store_face(*, photo: Photo, finding: FaceFinding) -> Face | None:
    """Write what the face finder said, make crop and rendition, and settle the photo's status.

    Only a photo that still waits is written: a message delivered twice, or after a person decided or consent was
    withdrawn, changes nothing and returns the face already there.
    """
    photo = Photo.objects.select_for_update().select_related("subject").get(pk=photo.pk)
    if photo.status != Photo.Status.IMPORTED:
        return Face.objects.filter(photo=photo).first()
    is_whole = finding.is_found and finding.landmarks is not None and finding.crop is not None
    status, reason = _verdict(photo, finding, is_whole)
    Face.objects.filter(photo=photo).delete()
    face = Face(
        photo=photo,
        is_found=finding.is_found,
        reason=reason,
        box=_numbers(finding.box),
        landmarks=[_numbers(point) for point in finding.landmarks] if finding.landmarks is not None else None,
        confidence=finding.confidence,
        rotation=finding.rotation,
        faces_found=finding.faces_found,
        eye_distance=finding.eye_distance,
        quality=finding.quality,
        detector_version=finding.detector_version[:80],
    )
    if is_whole and status != Photo.Status.UNUSABLE:
        with photo.file.open("rb") as stored, Image.open(stored) as image:
            shown = pictures.rendition(image, landmarks=finding.landmarks, rotation=finding.rotation)
        put(face.crop, f"{photo.token}.png", pictures.crop_png(finding.crop))
        put(face.rendition, f"{photo.token}.jpg", shown)
    face.save()
    photo.status = status
    photo.save(update_fields=["status"])
    return face


def _verdict(photo: Photo, finding: FaceFinding, is_whole: bool) -> tuple[str, str]:
    """A face without doubts is ready only on a photo without doubts."""
    reasons = [reason for reason in (finding.reason, *photo.warnings) if reason]
    status = Photo.Status(finding.status)
    if status == Photo.Status.READY and (reasons or not is_whole):
        status = Photo.Status.REVIEW
    if not reasons and not is_whole:
        reasons = [gettext_noop("No face was found.")]
    return status, " ".join(reasons)[:REASON_LENGTH]


def _numbers(values) -> list[float] | None:
    return None if values is None else [round(float(value), 2) for value in values]


def put(field: FieldFile, name: str, data: bytes) -> None:
    """Write ``data`` under exactly this name, whole or not at all; what an interrupted attempt left there goes."""
    place = field.field.generate_filename(field.instance, name)
    field.storage.delete(place)
    try:
        field.save(name, ContentFile(data), save=False)
    except OSError:
        with contextlib.suppress(OSError):  # what a full disk took of it
            field.storage.delete(place)
        raise


@transaction.atomic
def accept_photo(*, photo: Photo, by: User) -> None:
    """A person has looked and takes the photo as it is."""
    photo = Photo.objects.select_for_update().get(pk=photo.pk)
    refuse_unless_reviewable(photo)
    face = Face.objects.filter(photo=photo).first()
    if face is None or not face.crop:
        raise Refused(
            _("No face was found on this photo, so nothing can be shown or trained on: refuse it."), status=409
        )
    face.accepted_by = by
    face.save(update_fields=["accepted_by"])
    photo.status = Photo.Status.READY
    photo.save(update_fields=["status"])
    record("photo.accepted", actor=by, target=f"photo:{photo.pk}", cohort=photo.cohort_id, reason=face.reason)


@transaction.atomic
def refuse_photo(*, photo: Photo, by: User, reason: str) -> None:
    """A person has looked and keeps the photo out of every data set."""
    reason = " ".join(reason.split())[:REASON_LENGTH]
    if not reason:
        raise Refused(_("Say in a word or two why the photo is refused."))
    photo = Photo.objects.select_for_update().get(pk=photo.pk)
    refuse_unless_reviewable(photo)
    refuse_if_read(photo)
    Face.objects.update_or_create(
        photo=photo,
        defaults={"reason": reason, "accepted_by": None},
        create_defaults={"reason": reason, "is_found": False, "detector_version": "none: refused by a person"},
    )
    photo.status = Photo.Status.UNUSABLE
    photo.save(update_fields=["status"])
    record("photo.refused", actor=by, target=f"photo:{photo.pk}", cohort=photo.cohort_id, reason=reason)


@transaction.atomic
def choose_index_photo(*, photo: Photo, by: User) -> None:
    """Make ``photo`` the one that is read and trained on for its subject."""
    photos = Photo.objects.select_for_update().filter(subject_id=photo.subject_id)
    if photo.status == Photo.Status.ERASED:
        raise Refused(_("This photo is gone: consent was withdrawn."), status=409)
    for other in photos.filter(is_index=True).exclude(pk=photo.pk):
        refuse_if_read(other)
    photos.filter(is_index=True).update(is_index=False)
    photos.filter(pk=photo.pk).update(is_index=True)
    record("photo.chosen_as_index", actor=by, target=f"photo:{photo.pk}", cohort=photo.cohort_id)


@transaction.atomic
def take_instead(*, photo: Photo, other: Photo, by: User) -> None:
    """Keep ``photo`` out and let ``other``, a further photo of the same subject, be read and trained on."""
    if other.subject_id != photo.subject_id or other.pk == photo.pk:
        raise Refused(_("Choose another photo of the same subject."))
    refuse_photo(
        photo=photo,
        by=by,
        reason=gettext_noop("Another photo of the subject was chosen: %(name)s.") % {"name": other.original_name},
    )
    choose_index_photo(photo=other, by=by)


def refuse_unless_reviewable(photo: Photo) -> None:
    """A person decides on a photo only after the face finder, and not on one that is gone."""
    if photo.status == Photo.Status.ERASED:
        raise Refused(_("This photo is gone: consent was withdrawn."), status=409)
    if photo.status == Photo.Status.IMPORTED:
        raise Refused(_("The face finder has not looked at this photo yet: wait for it."), status=409)


def refuse_if_read(photo: Photo) -> None:
    """The cases of an opened study are frozen; only withdrawn consent takes one away."""
    study = Study.objects.filter(cases__photo=photo).exclude(status=Study.Status.DRAFT).first()
    if study:
        raise Refused(
            _("This photo is a case of “%(name)s”, which has been opened: its cases are frozen.")
            % {"name": study.name},
            status=409,
        )
