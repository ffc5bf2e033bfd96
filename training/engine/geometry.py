"""The geometry of five landmarks, in units of the distance between the eyes.

Five points say little: after position, size and tilt are taken out, six numbers are left. They know nothing of the lid
fissures, brows, lips, ears or skin, so a model on them shows how much the coarse proportions alone carry.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

MIRRORED = (1, 0, 2, 4, 3)
"""The five points of the mirror image in their own order: eyes and mouth corners change places."""

NAMES = (
    "nose, right of the middle",
    "nose, below the eyes",
    "mouth, right of the middle",
    "mouth, below the eyes",
    "mouth width",
    "mouth tilt",
    "nose to mouth",
    "left eye to nose",
    "right eye to nose",
    "mouth width / distance from eyes to mouth",
    "distance from eyes to nose / distance from eyes to mouth",
    "angle at the nose between the eyes",
    "angle at the nose between the mouth corners",
)
"""What the numbers are; lengths in eye distances, angles in radians."""


class GeometryError(ValueError):
    """The landmarks cannot be measured; the message says which."""


def landmark_features(landmarks: NDArray[np.float64]) -> Floats:
    """(n, 2, 13) measures of landmarks (n, 5, 2), each face and its mirror image.

    Landmarks are x, y in pixels: left eye, right eye, nose, left and right mouth corner, as seen on the upright face.
    """
    points = np.asarray(landmarks, np.float64)
    if points.ndim != 3 or points.shape[1:] != (5, 2) or not np.isfinite(points).all():
        raise GeometryError(f"landmarks must be finite numbers of shape (n, 5, 2), not {points.shape}")
    mirror = points[:, MIRRORED] * np.array([-1.0, 1.0])
    return np.stack([_measures(_upright(points)), _measures(_upright(mirror))], axis=1).astype(np.float32)


def _upright(points: NDArray[np.float64]) -> NDArray[np.complex128]:
    """(n, 5) complex: the eyes at -0.5 and 0.5, down is positive imaginary."""
    z = points[..., 0] + 1j * points[..., 1]
    left, right = z[:, :1], z[:, 1:2]
    if (np.abs(right - left) < 1e-6).any():
        row = int(np.argmin(np.abs(right - left)))
        raise GeometryError(f"face {row + 1} has both eyes in one place: place its landmarks anew")
    return np.asarray((z - (left + right) / 2) / (right - left))


def _measures(z: NDArray[np.complex128]) -> NDArray[np.float64]:
    left, right, nose, corner, other = z.T
    mouth, across = (corner + other) / 2, other - corner
    return np.stack(
        [
            nose.real,
            nose.imag,
            mouth.real,
            mouth.imag,
            np.abs(across),
            np.angle(across),
            np.abs(mouth - nose),
            np.abs(nose - left),
            np.abs(nose - right),
            np.abs(across) / np.abs(mouth),
            np.abs(nose) / np.abs(mouth),
            np.angle((right - nose) * np.conj(left - nose)),
            np.angle((other - nose) * np.conj(corner - nose)),
        ],
        axis=1,
    )
