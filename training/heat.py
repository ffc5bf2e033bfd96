"""Heat maps as files: small grey PNGs in private storage, named by run, attempt and photo token."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models.fields.files import FieldFile
from numpy.typing import NDArray
from PIL import Image

from readerstudy.stored import remove_below
from readerstudy.studies.models import Photo
from training.lease import Lease
from training.models import Prediction


@dataclass(frozen=True, kw_only=True)
class HeatMap:
    """A stored map: the file's name in the storage, and the part of its heat on the face (None: the map is empty)."""

    name: str
    share: float | None


def save_maps(lease: Lease, photos: Iterable[Photo], maps: NDArray[np.uint8], shares: Any) -> dict[int, HeatMap]:
    """Write one PNG a photo; by photo id. They count once the predictions name them."""
    stored = {}
    for photo, pixels, share in zip(photos, maps, np.asarray(shares, dtype=float).tolist(), strict=True):
        data = io.BytesIO()
        Image.fromarray(pixels).save(data, "PNG", optimize=True)
        name = default_storage.save(f"{folder_of(lease)}/{photo.token}.png", ContentFile(data.getvalue()))
        stored[photo.pk] = HeatMap(name=name, share=None if np.isnan(share) else share)
    return stored


def folder_of(lease: Lease) -> str:
    """Where an attempt's maps lie in the storage; an attempt never meets the files of another."""
    return f"heat/{lease.run_id}/{lease.fold_id}-{lease.attempt}"


def remove_folder(folder: str) -> None:
    """Delete the storage folder with all below it; nothing happens when there is none."""
    remove_below(folder)


def load_map(prediction: Prediction) -> NDArray[np.uint8]:
    """(56, 56) uint8 of a prediction that has a map."""
    return read_map(prediction.heat_map)


def read_map(stored: FieldFile) -> NDArray[np.uint8]:
    with stored.open("rb") as stream, Image.open(stream) as picture:
        return np.asarray(picture.convert("L"))


def drop_erased() -> int:
    """Delete the maps of photos whose consent was withdrawn; how many there were. The scores stay, as they show nobody.

    The file goes before the row forgets it: what a crash leaves between the two is found by the next sweep.
    """
    erased = Prediction.objects.filter(photo__status=Photo.Status.ERASED).exclude(heat_map="")
    dropped = 0
    for prediction in erased:
        default_storage.delete(prediction.heat_map.name)
        dropped += Prediction.objects.filter(pk=prediction.pk).update(heat_map="", heat_share=None)
    return dropped
