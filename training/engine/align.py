"""Five-point similarity alignment to the ArcFace template, zoomed out so that chin, forehead and ears stay inside."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

TEMPLATE_SIZE = 112
ARCFACE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
"""Deng et al. 2019: left eye, right eye, nose, left and right mouth corner (as seen) in a 112 x 112 crop."""

ZOOM = 0.82


def template(size: int, *, zoom: float = ZOOM) -> NDArray[np.float64]:
    """The five points (5, 2) in a crop of `size` px."""
    middle = TEMPLATE_SIZE / 2
    return np.asarray(((ARCFACE - middle) * zoom + middle) * (size / TEMPLATE_SIZE))


def similarity(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """The (2, 3) matrix of rotation, scale and shift that brings `source` closest to `target` (least squares).

    In complex numbers the map is z -> a z + b, and a is the regression coefficient.
    """
    z = source[:, 0] + 1j * source[:, 1]
    w = target[:, 0] + 1j * target[:, 1]
    centred = z - z.mean()
    a = np.vdot(centred, w - w.mean()) / np.vdot(centred, centred)
    b = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def align(
    image: NDArray[np.uint8], landmarks: NDArray[np.float64], *, size: int = 224, zoom: float = ZOOM
) -> NDArray[np.uint8]:
    """The upright crop (size, size, 3) of the face with these landmarks (5, 2), in pixels of `image`.

    Landmarks name the face's own points, so a face that lies on its side comes out upright. Beyond the picture's
    border its edge is continued, so that a black wedge cannot become a feature.
    """
    matrix = similarity(np.asarray(landmarks, np.float64), template(size, zoom=zoom))
    shrink = 1.0 / float(np.hypot(matrix[0, 0], matrix[1, 0]))
    source = image
    if shrink >= 2:  # warpAffine does not average: halve first
        factor = 2.0 ** np.floor(np.log2(shrink))
        source = cv2.resize(image, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        ratio = np.array([image.shape[1] / source.shape[1], image.shape[0] / source.shape[0]])
        matrix[:, :2] *= ratio
    crop = cv2.warpAffine(source, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)
