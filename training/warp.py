"""The pictures of augmentation without OpenCV, for the web process: area-averaged, then sampled by one affine map.

The same two steps as `training.engine.data`, with numpy only; a test holds both against each other.
"""

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Floats = NDArray[np.float64]


def shrunk(crop: Picture, *, side: int) -> Picture:
    """The square crop averaged down to ``side`` px; one that is no larger stays as it is."""
    if crop.shape[0] <= side:
        return crop
    weights = _areas(crop.shape[0], side)
    rows = np.tensordot(weights, crop.astype(np.float64), axes=(1, 0))
    both = np.tensordot(rows, weights, axes=(1, 1)).transpose(0, 2, 1)
    return np.rint(both).astype(np.uint8)


def _areas(source: int, side: int) -> Floats:
    """(side, source): which part of each new pixel is covered by each old one."""
    step = source / side
    first, last = np.arange(side) * step, np.arange(1, side + 1) * step
    old = np.arange(source)
    covered = np.minimum(last[:, None], old + 1) - np.maximum(first[:, None], old)
    return np.clip(covered, 0, None) / step


def warped(crop: Picture, matrix: Floats, *, size: int) -> Picture:
    """(size, size, 3): each pixel from the four around its place in the crop, whose edge is continued."""
    x, y = np.meshgrid(np.arange(size), np.arange(size))
    across, down = np.linalg.inv(matrix[:, :2]) @ (np.stack([x.ravel(), y.ravel()]) - matrix[:, 2:])
    top, bottom, low = _taps(down, crop.shape[0])
    left, right, part = _taps(across, crop.shape[1])
    pixels = crop.astype(np.float64)
    upper = pixels[top, left] * (1 - part) + pixels[top, right] * part
    lower = pixels[bottom, left] * (1 - part) + pixels[bottom, right] * part
    return np.rint(upper * (1 - low) + lower * low).astype(np.uint8).reshape(size, size, 3)


def _taps(place: Floats, length: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """The pixel before, the pixel after, and how far behind the first (n, 1) each place lies."""
    before = np.floor(place).astype(np.int64)
    part = (place - before)[:, None]
    return np.clip(before, 0, length - 1), np.clip(before + 1, 0, length - 1), part
