"""The faces of a run in training as one file of its own, which all its trainers map into memory.

It lies with the run's files while the run lives, and goes with the last fold. A file is named by what is in it: when a
consent is withdrawn or a face is placed anew, the old name fits no more, and the file goes with the next sweep.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db.models import Q
from numpy.typing import NDArray

from readerstudy.studies.models import Photo
from training.engine.moves import inside, room_of, store_side
from training.engine.recipe import Recipe
from training.models import State, TrainingRun
from training.pictures import CROP, each_crop, each_with_room, photos_of
from training.weights import files_of

LIVE = (State.QUEUED, State.RUNNING)
NAME = "faces-*.npy"


def faces_of(run: TrainingRun, photos: Sequence[Photo]) -> NDArray[np.uint8]:
    """(n, s, s, 3) uint8, read-only, mapped from the run's file; written by the first trainer that needs it."""
    from training.engine import store

    path = store_path(run, photos)
    try:
        return store.read(path)
    except (FileNotFoundError, store.StoreError):  # the first to come, or a file that something spoilt
        write_faces(path, photos, Recipe.from_dict(run.recipe))
    _drop_others(path)
    return store.read(path)


def write_faces(path: Path, photos: Sequence[Photo], recipe: Recipe) -> None:
    """The faces as the recipe's network is taught from them: as large as it needs, with room at the edge where it
    looks beyond the aligned crop."""
    from training.engine import store

    room = room_of(recipe)
    side = store_side(inside(recipe, room=room), crop_side=round(CROP * room))
    crops = each_crop(photos) if room == 1.0 else each_with_room(photos)
    store.write(path, crops, count=len(photos), side=side)


def store_path(run: TrainingRun, photos: Sequence[Photo]) -> Path:
    """Named by recipe, photos and landmarks: one and the same crops have one and the same name."""
    size = [run.recipe.get("input_size"), run.recipe.get("crop"), round(CROP * room_of(Recipe.from_dict(run.recipe)))]
    faces = [[photo.pk, photo.face.crop.name, photo.face.landmarks] for photo in photos]
    digest = hashlib.sha256(json.dumps([size, faces]).encode()).hexdigest()[:16]
    return files_of(run.pk) / f"faces-{digest}.npy"


def drop_store(run_id: int) -> int:
    """Delete the faces of a run that has come to its end; how many files went."""
    if TrainingRun.objects.filter(pk=run_id, state__in=LIVE).exists():
        return 0
    return sum(_unlinked(path) for path in _stores_of(files_of(run_id)))


def drop_stale_stores() -> int:
    """Delete what ended runs left, and files of live ones that hold a face which may not be used any more."""
    folders = [path.parent for path in (Path(settings.DATA_DIR) / "runs").glob(f"*/{NAME}")]
    return sum(_drop_stale(folder) for folder in set(folders) if folder.name.isdigit())


def _drop_stale(folder: Path) -> int:
    run = TrainingRun.objects.filter(pk=int(folder.name), state__in=LIVE).first()
    if run is None:
        return drop_store(int(folder.name))
    may_not_be_used = Q(photo__subject__consent_withdrawn_at__isnull=False) | ~Q(photo__face__is_found=True)
    if not run.predictions.filter(may_not_be_used).exists():
        return 0
    return _drop_others(store_path(run, photos_of(run)))


def _drop_others(fits: Path) -> int:
    """Whoever has one of the others open keeps it until the fold ends."""
    return sum(_unlinked(path) for path in fits.parent.glob(NAME) if path != fits)


def _stores_of(folder: Path) -> list[Path]:
    return [*folder.glob(NAME), *folder.glob(f".part-*-{NAME}")]


def _unlinked(path: Path) -> int:
    path.unlink(missing_ok=True)
    return 1
