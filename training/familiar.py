"""What a run's networks have seen: the measures of its faces, and its held-out faces as points in their embedding.

The points of a fold are computed when the first new photo comes and lie with the run's files. A file is named by what
is in it: when a consent is withdrawn or a face is placed anew, the old name fits no more, and the file goes with the
next sweep.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.db.models import Q
from numpy.typing import NDArray

from readerstudy.studies.models import Photo
from training.engine.ensemble import Crop, Member
from training.models import TrainingRun
from training.pictures import load_crops, photos_of
from training.weights import files_of

if TYPE_CHECKING:
    from training.engine.recipe import Recipe

NAME = "embedding-*.npy"
AT_ONCE = 128
"""Crops in memory at a time, 150 kB each."""


def measures(run: TrainingRun, crop: Crop, photos: Sequence[Photo]) -> dict[str, Any]:
    """``{name: {"value", "reference"}}``: of the new face, and of every face that the run was taught."""
    own = _measured(crop.face.landmarks, crop.face.eye_distance, vars(crop.face))
    taught = [_measured(photo.face.landmarks, photo.face.eye_distance, photo.face.quality) for photo in photos]
    return {
        name: {"value": value, "reference": sorted(row[name] for row in taught if row.get(name) is not None)}
        for name, value in own.items()
        if value is not None
    }


def _measured(landmarks: Any, eye_distance: float | None, quality: dict[str, Any]) -> dict[str, float | None]:
    """Turned aside and tilted in eye distances, the distance between the eyes in pixels, sharpness and brightness."""
    from training.engine.quality import shape

    found: dict[str, float | None] = {"eye_distance": eye_distance or None}
    found |= {name: quality.get(name) or None for name in ("sharpness", "brightness")}
    if landmarks is not None:
        aside, down, _, _ = shape(np.asarray(landmarks, np.float64)).tolist()
        found |= {"aside": abs(aside), "down": down}
    return {name: None if value is None else round(float(value), 4) for name, value in found.items()}


class Neighbours:
    """Called with each network of the ensemble while it is loaded; `found` has one entry a fold afterwards."""

    def __init__(self, run: TrainingRun, recipe: "Recipe", crop: Crop, photos: Sequence[Photo]) -> None:
        self._run, self._recipe, self._crop = run, recipe, crop
        self._photos = {photo.pk: photo for photo in photos}
        self.found: list[dict[str, Any]] = []

    def __call__(self, member: Member, model: Any) -> None:
        from training.engine.embedding import embeddings
        from training.engine.familiar import nearest, nearest_fellow

        known = self._held_out(member, model)
        if len(known) < 2:
            return
        asked = embeddings(model, self._crop.pixels[None], recipe=self._recipe).mean(axis=1)
        self.found.append({
            "fold": member.fold,
            "distance": round(float(nearest(known, asked)[0]), 3),
            "held_out": sorted(np.round(nearest_fellow(known), 3).tolist()),
        })  # fmt: skip

    def _held_out(self, member: Member, model: Any) -> NDArray[np.float32]:
        """(n, E): the faces that this fold held out, as its own network places them."""
        path = _path(self._run, member.fold, self._photos)
        try:
            return np.load(path, allow_pickle=False)
        except (FileNotFoundError, ValueError, EOFError):  # the first to come, or a file that something spoilt
            points = self._embedded(member.fold, model)
        _write(path, points)
        for other in path.parent.glob(f"embedding-{member.fold}-*.npy"):
            if other != path:
                other.unlink(missing_ok=True)
        return points

    def _embedded(self, fold: int, model: Any) -> NDArray[np.float32]:
        from training.engine.embedding import embeddings

        photos = _of_fold(self._run, fold, self._photos)
        parts = [
            embeddings(model, load_crops(photos[start : start + AT_ONCE]), recipe=self._recipe).mean(axis=1)
            for start in range(0, len(photos), AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.empty((0, self._recipe.embedding_size), np.float32)


def _of_fold(run: TrainingRun, fold: int, photos: dict[int, Photo]) -> list[Photo]:
    ids = run.predictions.filter(fold__index=fold).order_by("photo_id").values_list("photo_id", flat=True)
    return [photos[pk] for pk in ids if pk in photos]


def _path(run: TrainingRun, fold: int, photos: dict[int, Photo]) -> Path:
    weights = run.folds.values_list("weights", flat=True).get(index=fold)
    faces = [[photo.pk, photo.face.crop.name] for photo in _of_fold(run, fold, photos)]
    digest = hashlib.sha256(json.dumps([weights, faces]).encode()).hexdigest()[:16]
    return files_of(run.pk) / f"embedding-{fold}-{digest}.npy"


def _write(path: Path, points: NDArray[np.float32]) -> None:
    """Whole or not at all: two workers may come at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    with part.open("wb") as stream:
        np.save(stream, points)
    part.replace(path)


def drop_stale_points() -> int:
    """Delete the points of faces that may not be used any more; how many files went."""
    folders = {path.parent for path in (Path(settings.DATA_DIR) / "runs").glob(f"*/{NAME}")}
    return sum(_unlink(_stale(folder)) for folder in folders if folder.name.isdigit())


def _stale(folder: Path) -> Iterator[Path]:
    run = TrainingRun.objects.filter(pk=int(folder.name)).first()
    gone = Q(photo__subject__consent_withdrawn_at__isnull=False) | ~Q(photo__face__is_found=True)
    if run is None:
        yield from folder.glob(NAME)
    elif run.predictions.filter(gone).exists():
        photos = {photo.pk: photo for photo in photos_of(run)}
        fits = {_path(run, fold, photos) for fold in run.folds.values_list("index", flat=True)}
        yield from (path for path in folder.glob(NAME) if path not in fits)


def _unlink(paths: Iterable[Path]) -> int:
    gone = list(paths)
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
