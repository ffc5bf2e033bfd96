"""One look of a finished run's networks at one new photo: the face found, what they say of it, and what surrounds it.

One way for the page's worker, the API and the command line, so that all give the same figures.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from training.engine.ensemble import Crop, Cropper, Ensemble, Verdict, ask_with_maps
from training.familiar import Neighbours, measures
from training.models import TrainingRun
from training.pictures import photos_of

if TYPE_CHECKING:
    from training.engine.ensemble import Member

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Look:
    """`crop` (224, 224, 3) and `heat` (56, 56) uint8; `face` and `surroundings` are JSON-ready."""

    verdict: Verdict
    crop: NDArray[np.uint8]
    heat: NDArray[np.uint8]
    face: dict[str, Any]
    surroundings: dict[str, Any]


def look(run: TrainingRun, ensemble: Ensemble, picture: NDArray[np.uint8]) -> Look:
    """Raises `training.engine.ensemble.NoFace` with the reason where the picture (h, w, 3) cannot be scored."""
    crop = Cropper().crop(picture)
    photos = photos_of(run)
    neighbours = Neighbours(run, ensemble.recipe, crop, photos)
    verdicts, maps = ask_with_maps(ensemble, crop.pixels[None], also=_careful(neighbours))
    return Look(
        verdict=verdicts[0],
        crop=crop.pixels,
        heat=maps[0],
        face=_described(crop, picture),
        surroundings={"measures": measures(run, crop, photos), "neighbours": neighbours.found},
    )


def _careful(neighbours: Neighbours) -> Any:
    """How far the face lies from the run's own is a figure beside the answer: a failure costs the figure only."""

    def also(member: "Member", model: Any) -> None:
        try:
            neighbours(member, model)
        except Exception:
            log.exception("The faces held out by fold %s could not be embedded.", member.fold + 1)

    return also


def _described(crop: Crop, picture: NDArray[np.uint8]) -> dict[str, Any]:
    face = crop.face
    height, width = picture.shape[:2]
    return {
        "width": width,
        "height": height,
        "box": None if face.box is None else [round(float(value), 1) for value in face.box],
        "landmarks": None if face.landmarks is None else np.round(face.landmarks, 1).tolist(),
        "confidence": face.confidence,
        "rotation": face.rotation,
        "eye_distance": face.eye_distance,
        "doubt": crop.doubt,
    }
