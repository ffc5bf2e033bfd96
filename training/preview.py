"""Augmented faces as a run would see them: the first fold's batches, the same draws, the same maps."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from numpy.typing import NDArray
from PIL import Image

from readerstudy.studies import aligned
from readerstudy.studies.models import Cohort, Photo
from training.engine.batches import BatchPlan, fold_seed, moves
from training.engine.moves import STILL, Move, inside, matrix, room_of, store_side
from training.engine.recipe import Recipe
from training.pictures import MARGIN, load_crops
from training.services.runs import split_cohort
from training.warp import shrunk, warped

FACES = 4
LOOKS = 6
MOST_EPOCHS = 60


@dataclass(frozen=True, kw_only=True)
class Look:
    """One picture as a batch holds it; epoch and batch are counted from 1."""

    picture: str
    epoch: int
    batch: int
    words: str


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A face of the first fold's training part: as it is, and as its first looks show it."""

    photo: Photo
    plain: str
    looks: list[Look]


def samples(cohort: Cohort, recipe: Recipe) -> list[Sample]:
    """Two faces with a syndrome and two controls, each in its first six appearances in training."""
    photos, plans = split_cohort(cohort, recipe)
    plan = plans[0]
    batches = BatchPlan(
        np.sort(plan.train),
        has_syndrome=[photo.subject.has_syndrome for photo in photos],
        diagnosis=[photo.subject.diagnosis for photo in photos],
        recipe=recipe,
        seed=fold_seed(recipe, plan.index),
    )
    return [_sample(photos[row], batches, row) for row in _chosen(batches)]


def _chosen(plan: BatchPlan) -> list[int]:
    """The first faces of either class in the first epoch's order."""
    seen = np.concatenate(plan.batches(0))
    found: list[int] = []
    for is_gs in (True, False):
        rows = dict.fromkeys(seen[plan.truth[seen] == is_gs].tolist())
        found += list(rows)[: FACES // 2]
    return found


def _sample(photo: Photo, plan: BatchPlan, row: int) -> Sample:
    recipe = inside(plan.recipe, room=room_of(plan.recipe))
    crop = _stored(photo, recipe, has_room=recipe != plan.recipe)
    looks = []
    for epoch, batch, move in _appearances(plan, row):
        picture = _data(_moved(crop, recipe, move))
        looks.append(Look(picture=picture, epoch=epoch + 1, batch=batch + 1, words=in_words(move)))
        if len(looks) == LOOKS:
            break
    return Sample(photo=photo, plain=_data(_moved(crop, recipe, STILL)), looks=looks)


def _stored(photo: Photo, recipe: Recipe, *, has_room: bool) -> NDArray[np.uint8]:
    """The face as the run's store holds it (`stores.write_faces`), made without OpenCV."""
    crop = load_crops([photo])[0]
    if has_room and photo.face.landmarks is None:
        crop = np.pad(crop, ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)), mode="edge")
    elif has_room:
        with photo.file.open("rb") as stream, Image.open(stream) as picture:
            crop = aligned.crop(picture, np.asarray(photo.face.landmarks, np.float64), margin=MARGIN)
    return shrunk(crop, side=store_side(recipe, crop_side=crop.shape[0]))


def _appearances(plan: BatchPlan, row: int) -> Iterator[tuple[int, int, Move]]:
    """(epoch, batch, move) of a row, in order; a row may be left out of an epoch or come twice."""
    for epoch in range(min(plan.recipe.epochs, MOST_EPOCHS)):
        for batch, rows in enumerate(plan.batches(epoch)):
            for place in np.flatnonzero(rows == row).tolist():
                yield epoch, batch, moves(plan, epoch=epoch, batch=batch, count=len(rows))[place]


def _moved(crop: NDArray[np.uint8], recipe: Recipe, move: Move) -> NDArray[np.uint8]:
    picture = warped(crop, matrix(move, source=crop.shape[0], recipe=recipe), size=recipe.input_size)
    return picture if move.gain is None else np.rint(np.clip(picture * move.gain, 0, 255)).astype(np.uint8)


def in_words(move: Move) -> str:
    """What was done to the picture.

    >>> in_words(Move(angle=-4.2, zoom=1.03, shift=(0.021, -0.008), mirrored=True)).replace("\\u00a0", " ")
    'turned 4° left, size 103 %, 2 % to the left, 1 % up, mirrored'
    """
    side = -1 if move.mirrored else 1  # the mirror comes last and turns left into right
    angle, right, down = side * move.angle, side * move.shift[0], move.shift[1]
    parts = [
        (_("turned %(n)s° left") if angle > 0 else _("turned %(n)s° right")) % {"n": f"{abs(angle):.0f}"}
        if round(angle)
        else "",
        _("size %(share)s") % {"share": _percent(move.zoom)} if round(100 * move.zoom) != 100 else "",
        _aside(right) if round(100 * right) else "",
        (_("%(share)s down") if down > 0 else _("%(share)s up")) % {"share": _percent(down)}
        if round(100 * down)
        else "",
        _("mirrored") if move.mirrored else "",
        "" if move.gain is None else _("light %(share)s") % {"share": _percent(float(np.mean(move.gain)))},
    ]
    return pgettext("between the parts of a list", ", ").join(part for part in parts if part) or _("unchanged")


def _aside(right: float) -> str:
    told = _("%(share)s to the right") if right > 0 else _("%(share)s to the left")
    return told % {"share": _percent(right)}


def _percent(share: float) -> str:
    return f"{100 * abs(share):.0f}\u00a0%"


def _data(picture: NDArray[np.uint8]) -> str:
    """A data address: the pixels themselves, so that no picture of a child needs an address of its own."""
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "PNG")
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()
