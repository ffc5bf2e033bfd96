"""Pictures in, batches out: one affine warp an image, balanced batches, all a function of (seed, epoch, batch)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.engine.recipe import Recipe

Images = NDArray[np.uint8]
Floats = NDArray[np.float32]
Indices = NDArray[np.int64]

HEADROOM = 1.15
"""The store is kept a little larger than the network's input, so that a zoom in does not blur."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """`images` (n, S, S, 3) in 0..1; `is_gs` (n,) 0 or 1; `group` (n,) labels for the triplet loss; `rows` (n,)."""

    images: Floats
    is_gs: Indices
    group: Indices
    rows: Indices


def shrink(crops: Images, recipe: Recipe) -> Images:
    """The crops averaged down to about the network's size once, because a warp samples and does not average."""
    size = round(recipe.input_size / recipe.crop * HEADROOM)
    if crops.shape[1] <= size:
        return crops
    return np.stack([cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA) for crop in crops])


def view(image: Images, recipe: Recipe, *, mirrored: bool = False) -> Floats:
    """The picture as the network sees it without augmentation: (S, S, 3) in 0..1."""
    return _warp(image, recipe, zoom=1.0, angle=0.0, shift=(0.0, 0.0), mirrored=mirrored)


def augmented(image: Images, recipe: Recipe, draw: np.random.Generator) -> Floats:
    """The picture turned, scaled, shifted and mirrored at random within the recipe's limits, in one warp."""
    angle, zoom, right, down = draw.uniform(-1, 1, size=4)
    warped = _warp(
        image,
        recipe,
        zoom=1.0 + recipe.scale * zoom,
        angle=recipe.rotation * angle,
        shift=(recipe.shift * right, recipe.shift * down),
        mirrored=recipe.flip and draw.random() < 0.5,
    )
    if recipe.brightness:
        light, colour = draw.uniform(-1, 1), draw.uniform(-0.5, 0.5, size=3)
        gain = (1.0 + recipe.brightness * (light + colour)).astype(np.float32)
        return np.asarray(np.clip(warped * gain, 0.0, 1.0), np.float32)
    return warped


def _warp(
    image: Images, recipe: Recipe, *, zoom: float, angle: float, shift: tuple[float, float], mirrored: bool
) -> Floats:
    size, source = recipe.input_size, image.shape[0]
    scale = size / (source * recipe.crop) * zoom
    matrix = cv2.getRotationMatrix2D(((source - 1) / 2, (source - 1) / 2), angle, scale)
    matrix[:, 2] += (size - source) / 2 + np.array(shift) * size
    if mirrored:
        matrix[0] = -matrix[0]
        matrix[0, 2] += size - 1
    warped = cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.float32) * np.float32(1 / 255)


class BatchPlan:
    """Which rows make batch b of epoch e. Every training row of the larger class is seen once an epoch.

    Balanced batches hold as many GS as controls; GS come in pairs of one syndrome where there are two, so that the
    triplet loss finds partners. `group` is the syndrome where the batch holds at least two of it, else the class.
    """

    def __init__(
        self, rows: Indices, *, has_syndrome: Sequence[bool], diagnosis: Sequence[str], recipe: Recipe, seed: int
    ) -> None:
        self.rows = np.asarray(rows, np.int64)
        self.truth = np.asarray(has_syndrome, dtype=bool)
        names = {
            name: code
            for code, name in enumerate(
                sorted({str(name) for name, gs in zip(diagnosis, self.truth, strict=True) if gs}), start=2
            )
        }
        self.syndrome = np.array(
            [names[str(name)] if gs else 0 for name, gs in zip(diagnosis, self.truth, strict=True)]
        )
        self.recipe = recipe
        self.seed = seed
        classes = self.truth[self.rows]
        larger = max(int(classes.sum()), int((~classes).sum()))
        self.size = min(recipe.batch_size, len(self.rows))
        self.count = max(1, round((2 * larger if recipe.balanced else len(self.rows)) / self.size))

    def batches(self, epoch: int) -> list[Indices]:
        """The rows of each batch of an epoch."""
        draw = np.random.default_rng([self.seed, epoch])
        if not self.recipe.balanced:
            return np.array_split(draw.permutation(self.rows), self.count)
        half = self.size // 2
        cases = _repeat(self._paired(draw), half * self.count, draw)
        controls = _repeat(draw.permutation(self.rows[~self.truth[self.rows]]), half * self.count, draw)
        return [
            np.concatenate([cases[k * half : (k + 1) * half], controls[k * half : (k + 1) * half]])
            for k in range(self.count)
        ]

    def groups(self, rows: Indices) -> Indices:
        """Labels for the triplet loss: 0 control, 1 any syndrome, 2.. one syndrome with a partner in the batch."""
        labels = self.syndrome[rows]
        values, counts = np.unique(labels, return_counts=True)
        single = np.isin(labels, values[counts < 2]) & (labels > 0)
        return np.where(single, 1, labels)

    def _paired(self, draw: np.random.Generator) -> Indices:
        cases = draw.permutation(self.rows[self.truth[self.rows]])
        by_syndrome = cases[np.argsort(self.syndrome[cases], kind="stable")]
        codes = self.syndrome[by_syndrome]
        pairs, start = [], 0
        while start < len(by_syndrome):
            stop = start + 2 if start + 1 < len(codes) and codes[start] == codes[start + 1] else start + 1
            pairs.append(by_syndrome[start:stop])
            start = stop
        return np.concatenate([pairs[k] for k in draw.permutation(len(pairs))])


def _repeat(rows: Indices, length: int, draw: np.random.Generator) -> Indices:
    """The rows, then again in other orders, until there are enough."""
    parts = [rows]
    while sum(map(len, parts)) < length:
        parts.append(draw.permutation(rows))
    return np.concatenate(parts)[:length]


def load(plan: BatchPlan, crops: Images, *, epoch: int, rows: Indices, batch: int) -> Batch:
    """One augmented batch; the same (seed, epoch, batch) gives the same pixels."""
    draw = np.random.default_rng([plan.seed, epoch, batch, 1])
    images = np.stack([augmented(crops[row], plan.recipe, draw) for row in rows])
    return Batch(images=images, is_gs=plan.truth[rows].astype(np.int64), group=plan.groups(rows), rows=rows)
