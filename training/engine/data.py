"""Pictures in, batches out: one affine warp a picture, straight from the stored crop to the network's input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from training.engine.batches import BatchPlan, moves
from training.engine.moves import MIRROR, STILL, Move, draw_move, matrix, store_side
from training.engine.recipe import Recipe

Images = NDArray[np.uint8]
Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


class Crops(Protocol):
    """Aligned crops (n, s, s, 3) uint8: an array, a memory-mapped file, or some rows of either, read when asked for."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...


@dataclass(frozen=True, kw_only=True)
class Batch:
    """`images` (n, S, S, 3) in 0..1; `is_gs` (n,) 0 or 1; `group` (n,) labels for the triplet loss; `rows` (n,)."""

    images: Floats
    is_gs: Indices
    group: Indices
    rows: Indices


def shrink(crops: Crops, recipe: Recipe) -> Crops:
    """The crops averaged down to about the network's size once, because a warp samples and does not average."""
    side = store_side(recipe, crop_side=crops.shape[1])
    if crops.shape[1] <= side:
        return crops
    return np.stack([shrunk(crop, side=side) for crop in crops])


def shrunk(crop: Images, *, side: int) -> Images:
    """One crop averaged down to `side` px; one that is no larger stays as it is."""
    if crop.shape[0] <= side:
        return crop
    return np.asarray(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def view(image: Images, recipe: Recipe, *, mirrored: bool = False) -> Floats:
    """The picture as the network sees it without augmentation: (S, S, 3) in 0..1."""
    return moved(image, recipe, MIRROR if mirrored else STILL)


def augmented(image: Images, recipe: Recipe, draw: np.random.Generator) -> Floats:
    """The picture turned, scaled, shifted and mirrored at random within the recipe's limits, in one warp."""
    return moved(image, recipe, draw_move(recipe, draw))


def moved(image: Images, recipe: Recipe, move: Move) -> Floats:
    """The picture (s, s, 3) after the move as the network sees it: (S, S, 3) in 0..1, by one affine warp."""
    return np.asarray(_moved([image], recipe, [move])[0])


def _moved(pictures: Iterable[Images], recipe: Recipe, moves: Sequence[Move]) -> Floats:
    """The pictures after their moves (n, S, S, 3); what can be done to all at once costs less so."""
    size = recipe.input_size
    warped = np.empty((len(moves), size, size, 3), np.uint8)
    for place, (picture, move) in enumerate(zip(pictures, moves, strict=True)):
        cv2.warpAffine(
            picture,
            matrix(move, source=picture.shape[0], recipe=recipe),
            (size, size),
            dst=warped[place],
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
    values = np.multiply(warped, np.float32(1 / 255), dtype=np.float32)
    if recipe.brightness and (gains := [move.gain for move in moves if move.gain is not None]):
        rows = values.reshape(len(moves), size, -1)  # whole rows at a time: six times as fast as three colours
        np.multiply(rows, np.tile(np.stack(gains), size)[:, None, :], out=rows)
        np.minimum(values, np.float32(1.0), out=values)  # no gain is below 0
    return values


def load(plan: BatchPlan, crops: Crops, *, epoch: int, rows: Indices, batch: int) -> Batch:
    """One augmented batch; the same (seed, epoch, batch) gives the same pixels."""
    pictures = (crops[row] for row in rows)
    images = _moved(pictures, plan.recipe, moves(plan, epoch=epoch, batch=batch, count=len(rows)))
    return Batch(images=images, is_gs=plan.truth[rows].astype(np.int64), group=plan.groups(rows), rows=rows)
