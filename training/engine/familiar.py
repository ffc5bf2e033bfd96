"""How far a face lies from the faces that a network was tried on: the angle to the nearest of them in the embedding."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def nearest(known: Floats, asked: Floats) -> NDArray[np.float64]:
    """Angle in degrees from each point of `asked` (m, E) to the nearest of `known` (n, E); lengths do not matter.

    >>> nearest(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[1.0, 1.0], [0.0, 2.0]])).round(6).tolist()
    [45.0, 0.0]
    """
    return _degrees((_unit(asked) @ _unit(known).T).max(axis=1))


def nearest_fellow(points: Floats) -> NDArray[np.float64]:
    """The same from each point (n, E) to the nearest of the others; empty where there is no other.

    >>> nearest_fellow(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])).round(6).tolist()
    [45.0, 45.0, 45.0]
    """
    if len(points) < 2:
        return np.empty(0)
    unit = _unit(points)
    likeness = unit @ unit.T
    np.fill_diagonal(likeness, -1.0)
    return _degrees(likeness.max(axis=1))


def _degrees(likeness: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.degrees(np.arccos(np.clip(likeness, -1.0, 1.0))))


def _unit(points: Floats) -> NDArray[np.float64]:
    wide = np.asarray(points, np.float64)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12))
