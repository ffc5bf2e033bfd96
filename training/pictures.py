"""Aligned crops as the engine wants them, and which photos may be trained on."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray
from PIL import Image

from readerstudy.studies.models import Cohort, Photo
from training.engine.moves import ALIGNED, STORED
from training.models import TrainingRun

CROP = ALIGNED  # pixels; the side of a stored crop
MARGIN = (STORED - ALIGNED) // 2  # ... and what a crop with room shows beyond it on each side


def trainable_photos(cohort: Cohort) -> QuerySet[Photo]:
    """Index photos with an accepted face of subjects whose consent stands."""
    return Photo.objects.filter(
        cohort=cohort,
        is_index=True,
        status=Photo.Status.READY,
        subject__consent_withdrawn_at__isnull=True,
        face__is_found=True,
    ).exclude(face__crop="")


def photos_of(run: TrainingRun) -> list[Photo]:
    """The run's photos that may still be used: one whose consent was withdrawn since the split is left out."""
    wanted = run.predictions.values("photo_id")
    photos = trainable_photos(run.cohort).filter(pk__in=wanted).select_related("subject", "face")
    return list(photos.order_by("subject__code", "id"))


def load_crops(photos: Sequence[Photo]) -> NDArray[np.uint8]:
    """(n, 224, 224, 3) uint8 RGB, in the order given; 150 kB a photo."""
    crops = np.empty((len(photos), CROP, CROP, 3), np.uint8)
    for row, crop in enumerate(each_crop(photos)):
        crops[row] = crop
    return crops


def each_crop(photos: Iterable[Photo]) -> Iterator[NDArray[np.uint8]]:
    """The same, one (224, 224, 3) after the other."""
    for photo in photos:
        with photo.face.crop.open("rb") as stream, Image.open(stream) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        if pixels.shape != (CROP, CROP, 3):
            raise ValueError(
                f"the crop of photo {photo.pk} is {pixels.shape[1]} x {pixels.shape[0]}, not {CROP} x {CROP}"
            )
        yield pixels


def each_with_room(photos: Iterable[Photo]) -> Iterator[NDArray[np.uint8]]:
    """(256, 256, 3) uint8 RGB, one after the other: the aligned crop in the middle, and round it more of the photo."""
    from training.engine.align import ZOOM, align

    for photo in photos:
        if photo.face.landmarks is None:  # nothing to cut by: the crop's edge is continued
            (crop,) = each_crop([photo])
            yield np.pad(crop, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), mode="edge")
        else:
            points = np.asarray(photo.face.landmarks, np.float64)
            yield align(load_photo(photo), points, size=STORED, zoom=ZOOM * ALIGNED / STORED)


def load_photo(photo: Photo) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 RGB of the stored, upright photo."""
    with photo.file.open("rb") as stream, Image.open(stream) as picture:
        return np.asarray(picture.convert("RGB"))
