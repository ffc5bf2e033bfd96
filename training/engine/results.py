"""What the engine hands back: plain records that load nothing, so that any caller can import them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from training.engine.scale import Scale

Floats = NDArray[np.float64]
Status = Literal["ready", "review", "unusable"]


class Cancelled(Exception):
    """Training stopped because the caller asked for it; nothing of the fold counts."""


@dataclass(frozen=True, kw_only=True)
class FaceResult:
    """Where the face is on a photo, or why none can be used.

    `landmarks` (5, 2) x, y in pixels of the picture that was given: left eye, right eye, nose, left and right corner
    of the mouth as seen once the picture stands upright. `rotation` is the counter-clockwise turn in degrees that
    makes it so (`np.rot90(image, rotation // 90)`). `scale` is the size of the picture that was searched, relative
    to the given one. `box` is x, y, width, height in the given picture.
    """

    status: Status
    reason: str = ""
    box: tuple[float, float, float, float] | None = None
    landmarks: Floats | None = None
    confidence: float = 0.0
    rotation: int = 0
    scale: float = 1.0
    faces_found: int = 0
    eye_distance: float = 0.0
    sharpness: float = 0.0
    brightness: float = 0.0
    detector_version: str = ""
    attempts: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; landmarks as five pairs."""
        values = dict(self.__dict__)
        values["landmarks"] = None if self.landmarks is None else self.landmarks.tolist()
        values["box"] = None if self.box is None else list(self.box)
        values["attempts"] = list(self.attempts)
        return values


@dataclass(frozen=True, kw_only=True)
class FoldResult:
    """One trained fold. `test_scores[k]` is the held-out P(GS) of row `test[k]` as the network gave it,
    `test_calibrated[k]` on the fold's scale. Threshold and scale are from the validation part. `heat_maps[k]`
    (56, 56) has the part `heat_shares[k]` of its heat on the face. What the recipe does not ask for is None, as is
    `best_epoch` where several networks speak together."""

    fold: int
    test: NDArray[np.int64]
    test_scores: Floats
    validation: NDArray[np.int64]
    validation_scores: Floats
    history: list[dict[str, float]]
    best_epoch: int | None
    threshold: float
    scale: Scale | None
    test_calibrated: Floats | None
    heat_maps: NDArray[np.uint8] | None
    heat_shares: Floats | None
    metrics: Mapping[str, float]
    epochs_run: int
    parameters: int
    seconds: float
    weights_path: Path
    weights_sha256: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without the maps."""
        values = {name: value for name, value in self.__dict__.items() if not name.startswith("heat_")}
        for name, value in values.items():
            values[name] = value.tolist() if isinstance(value, np.ndarray) else value
        own = {"metrics": dict(self.metrics), "weights_path": str(self.weights_path)}
        return values | own | {"scale": asdict(self.scale) if self.scale else None}
