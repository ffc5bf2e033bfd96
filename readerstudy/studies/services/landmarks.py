"""Five points placed by a person where the face finder failed or erred."""

import math
from collections.abc import Sequence

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies import aligned, pictures
from readerstudy.studies.models import Face, Photo
from readerstudy.studies.services.faces import put, refuse_if_read, refuse_unless_reviewable

BY_HAND = "by hand"
LEAST_EYE_DISTANCE = 12.0
"""Pixels. Below this a crop of 224 pixels would be blown up more than fivefold and show nothing."""
NAMES = (
    gettext_lazy("the eye on the left"),
    gettext_lazy("the eye on the right"),
    gettext_lazy("the tip of the nose"),
    gettext_lazy("the corner of the mouth on the left"),
    gettext_lazy("the corner of the mouth on the right"),
)


@transaction.atomic
def place_landmarks(*, photo: Photo, landmarks: Sequence[Sequence[float]], by: User) -> Face:
    """Store the face that a person has marked: five (x, y) pairs in pixels of the stored photo, as in ``Face``.

    The crop and the rendition are made anew and the photo is ready: whoever places the points has looked.
    """
    photo = Photo.objects.select_for_update().select_related("subject").get(pk=photo.pk)
    refuse_unless_reviewable(photo)
    refuse_if_read(photo)
    points = checked(landmarks, width=photo.width, height=photo.height)
    rotation = upright_turn(points)
    with photo.file.open("rb") as stored, Image.open(stored) as image:
        crop = pictures.crop_png(aligned.crop(image, points))
        shown = pictures.rendition(image, landmarks=points, rotation=rotation)
    face = Face.objects.filter(photo=photo).first() or Face(photo=photo)
    was = face.detector_version
    face.is_found, face.reason, face.confidence, face.quality = True, "", None, {}
    face.landmarks = [[round(float(value), 2) for value in point] for point in points]
    face.box = _box(points)
    face.rotation, face.faces_found = rotation, max(1, face.faces_found)
    face.eye_distance = round(float(np.hypot(*(points[1] - points[0]))), 2)
    face.detector_version, face.found_at, face.accepted_by = BY_HAND, timezone.now(), by
    put(face.crop, f"{photo.token}.png", crop)
    put(face.rendition, f"{photo.token}.jpg", shown)
    face.save()
    photo.status = Photo.Status.READY
    photo.save(update_fields=["status"])
    record(
        "photo.landmarks_placed",
        actor=by,
        target=f"photo:{photo.pk}",
        cohort=photo.cohort_id,
        landmarks=face.landmarks,
        instead_of=was,
    )
    return face


def checked(landmarks: Sequence[Sequence[float]], *, width: int, height: int) -> aligned.Points:
    """The points as (5, 2) if they can be a face on a photo of this size; else ``Refused`` with the reason."""
    try:
        points = np.asarray(landmarks, np.float64)
    except (TypeError, ValueError):
        points = np.empty(0)
    if points.shape != (5, 2) or not np.isfinite(points).all():
        raise Refused(_("Place five points: both eyes, the tip of the nose and both corners of the mouth."))
    for name, (x, y) in zip(NAMES, points, strict=True):
        if not (0 <= x <= width and 0 <= y <= height):
            raise Refused(_("The point for %(name)s lies outside the photo.") % {"name": name})
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    across, down = points[1] - points[0], mouth - eyes
    if np.hypot(*across) < LEAST_EYE_DISTANCE or np.hypot(*down) < LEAST_EYE_DISTANCE / 2:
        raise Refused(
            _("The points lie too close together: the eyes must be at least %(least_eye_distance)s pixels apart.")
            % {"least_eye_distance": f"{LEAST_EYE_DISTANCE:.0f}"}
        )
    if across[0] * down[1] - across[1] * down[0] <= 0 or np.dot(points[4] - points[3], across) <= 0:
        raise Refused(
            _(
                "Left and right are swapped, or the mouth lies above the eyes: left is the left of the upright face as "
                "you see it."
            )
        )
    return points


def upright_turn(points: aligned.Points) -> int:
    """The right angle (degrees counter-clockwise) that turns the photo so that the mouth lies below the eyes."""
    down = points[3:].mean(axis=0) - points[:2].mean(axis=0)
    tilt = math.degrees(math.atan2(-down[0], down[1]))  # how far the face leans clockwise from upright
    return round(tilt / 90) * 90 % 360


def _box(points: aligned.Points) -> list[float]:
    """A box about as wide and high as the face finder's: for the eye of the coordinator only."""
    centre = points.mean(axis=0)
    unit = max(
        float(np.hypot(*(points[1] - points[0]))), float(np.hypot(*(points[3:].mean(axis=0) - points[:2].mean(axis=0))))
    )
    return [round(float(v), 2) for v in (centre[0] - 1.1 * unit, centre[1] - 1.4 * unit, 2.2 * unit, 2.8 * unit)]
