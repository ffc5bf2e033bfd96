"""The aligned crop by hand: the same geometry as ``training.engine.align``, with numpy and Pillow only.

The web process has neither OpenCV nor the engine, yet a coordinator who places five points wants to see at once what
the model will see. A test holds both against each other on the same points.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 224
ZOOM = 0.82
TEMPLATE_SIZE = 112
ARCFACE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
"""Deng et al. 2019: the eye on the left, the eye on the right, nose tip, mouth corners, in a 112 x 112 crop."""

Points = NDArray[np.float64]


def template(side: int = SIDE) -> Points:
    """Where the five points lie (5, 2) in a crop of ``side`` pixels."""
    middle = TEMPLATE_SIZE / 2
    return ((ARCFACE - middle) * ZOOM + middle) * (side / TEMPLATE_SIZE)


def similarity(source: Points, target: Points) -> NDArray[np.float64]:
    """(2, 3) matrix of the rotation, scale and shift that bring ``source`` closest to ``target`` (least squares)."""
    z, w = (points[:, 0] + 1j * points[:, 1] for points in (source, target))
    centred = z - z.mean()
    a = np.vdot(centred, w - w.mean()) / np.vdot(centred, centred)
    b = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def crop(photo: Image.Image, landmarks: Points, *, margin: int = 0) -> NDArray[np.uint8]:
    """The upright face (224, 224, 3) RGB; ``landmarks`` (5, 2) are pixels of ``photo``, whose edge is continued.

    With a ``margin`` it shows so many pixels more on each side.
    """
    matrix = similarity(np.asarray(landmarks, np.float64), template() + margin)
    source = photo.convert("RGB")
    shrink = 1.0 / float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if shrink >= 2:  # sampling four pixels does not average: shrink by a power of two first
        factor = 2.0 ** np.floor(np.log2(shrink))
        size = tuple(max(1, round(length / factor)) for length in source.size)
        matrix[:, :2] *= np.array(source.size) / np.array(size)
        source = source.resize(size, Image.Resampling.BOX)
    return _sampled(np.asarray(source, np.float32), matrix, SIDE + 2 * margin)


def _sampled(pixels: NDArray[np.float32], matrix: NDArray[np.float64], side: int) -> NDArray[np.uint8]:
    """Each pixel of the crop from the four around its place in ``pixels`` (bilinear, edge continued)."""
    height, width = pixels.shape[:2]
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    back = np.linalg.inv(matrix[:, :2])
    px, py = back @ (np.stack([x.ravel(), y.ravel()]) - matrix[:, 2:])
    px, py = np.clip(px, 0, width - 1), np.clip(py, 0, height - 1)
    left, top = np.floor(px).astype(int), np.floor(py).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    fx, fy = (px - left)[:, None], (py - top)[:, None]
    upper = pixels[top, left] * (1 - fx) + pixels[top, right] * fx
    lower = pixels[bottom, left] * (1 - fx) + pixels[bottom, right] * fx
    return np.rint(upper * (1 - fy) + lower * fy).astype(np.uint8).reshape(side, side, 3)
