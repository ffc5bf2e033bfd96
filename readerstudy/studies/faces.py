"""What a face finder says about one photo. Written by ``training``, stored by ``services.faces.store_face``."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class FaceFinding:
    """One photo's face, or why not. Coordinates are pixels of the stored photo.

    ``box`` is (x, y, width, height); ``landmarks`` five (x, y) pairs: left eye, right eye, nose tip, left and right
    mouth corner, as seen once the face stands upright; ``rotation`` (0, 90, 180 or 270) are the degrees
    counter-clockwise that turn the photo upright; ``crop`` is the aligned face, (224, 224, 3) uint8 RGB.
    """

    is_found: bool
    status: Literal["ready", "review", "unusable"]
    detector_version: str
    reason: str = ""
    box: tuple[float, float, float, float] | None = None
    landmarks: list[tuple[float, float]] | None = None
    confidence: float | None = None
    rotation: int = 0
    faces_found: int = 0
    eye_distance: float | None = None
    quality: dict[str, object] = field(default_factory=dict)
    crop: NDArray[np.uint8] | None = None
