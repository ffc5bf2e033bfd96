"""Faces for photos that wait for one. Each stands alone: one that cannot be read takes none of the others down."""

import logging
from collections.abc import Callable, Sequence

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from numpy.typing import NDArray

from readerstudy.studies.faces import FaceFinding
from readerstudy.studies.models import Photo
from readerstudy.studies.services.faces import store_face
from training.engine.results import FaceResult
from training.pictures import load_photo

log = logging.getLogger(__name__)

Picture = NDArray[np.uint8]


def find_faces(*, photo_ids: Sequence[int]) -> int:
    """Find and store the face of each photo that still waits; how many were done. Sending the same ids twice is safe.

    The detector is built only when a photo waits: a message that comes twice costs nothing.
    """
    waiting = _waiting(photo_ids)
    if not waiting.exists():
        return 0
    from training.engine.faces import FaceFinder, align

    finder = FaceFinder()
    done = 0
    for photo in waiting.select_related("subject").order_by("id"):
        if not _waiting([photo.pk]).update(face_queued_at=timezone.now()):
            continue  # another worker was faster, or consent was withdrawn meanwhile
        _settle(photo, find=finder.find, align=align)
        done += 1
    return done


def _waiting(photo_ids: Sequence[int]):
    return Photo.objects.filter(pk__in=photo_ids, status=Photo.Status.IMPORTED)


def _settle(photo: Photo, *, find: Callable[[Picture], FaceResult], align: Callable[..., Picture]) -> None:
    try:
        picture = load_photo(photo)
        store_face(photo=photo, finding=as_finding(find(picture), picture, align=align))
    except (OSError, ValueError, ArithmeticError, MemoryError, RuntimeError) as error:
        log.exception("The face finder failed on photo %s.", photo.pk)
        reason = _("The face finder could not work on this photo (%(name)s): have a look at it.") % {
            "name": type(error).__name__
        }
        finding = FaceFinding(is_found=False, status="review", reason=reason, detector_version="none")
        store_face(photo=photo, finding=finding)


def as_finding(result: FaceResult, picture: Picture, *, align: Callable[..., Picture]) -> FaceFinding:
    """The engine's result in the words of the studies; the aligned crop is cut where there are landmarks to cut by."""
    may_crop = result.landmarks is not None and result.status != "unusable"
    return FaceFinding(
        is_found=result.landmarks is not None,
        status=result.status,
        reason=result.reason,
        box=None if result.box is None else [float(side) for side in result.box],
        landmarks=None if result.landmarks is None else result.landmarks.tolist(),
        confidence=result.confidence,
        rotation=result.rotation,
        faces_found=result.faces_found,
        eye_distance=result.eye_distance,
        quality={
            "sharpness": result.sharpness,
            "brightness": result.brightness,
            "scale": result.scale,
            "attempts": result.attempts,
        },
        detector_version=result.detector_version,
        crop=align(picture, result.landmarks) if may_crop else None,
    )
