"""Is this face fit for reading and training? Measures on the aligned crop, and what each verdict says.

A detector's confidence is no quality check: it is above 0.9 for a profile, a face without a mouth, one of 24 pixels
and one out of focus. The limits below were set on 87 ordinary and 43 difficult photographs and on phantoms.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.engine.align import align, template

Image = NDArray[np.uint8]
Floats = NDArray[np.float64]

EYE_DISTANCE_FLOOR = 40.0
"""Pixels between the eyes below which a 224 px crop (65 px between the eyes) would be mostly made up."""
NOSE_ASIDE = 0.32
"""Nose off the middle between the eyes, in eye distances: ordinary faces reach 0.18, a profile 0.57."""
NOSE_DOWN = (0.15, 0.85)
MOUTH_DOWN = (0.6, 1.45)
SHARPNESS_FLOOR = 0.2
"""Laplacian over contrast at 112 px: ordinary faces are above 0.32, a picture out of focus 0.15."""
DARK, BRIGHT = 40.0, 220.0
CLIPPED_SHARE = 0.2
FLAT_BAND = 1.5
FLAT_EYE = 7.0
CUT_SHARE = 0.2

_SIZE = 112
_FACE = (slice(25, 100), slice(25, 87))


@dataclass(frozen=True, kw_only=True)
class Quality:
    """Sizes in pixels of the given picture; grey values 0 to 255; shape in eye distances."""

    eye_distance: float
    sharpness: float
    brightness: float
    clipped: float
    eye_band: float
    eye_patch: float
    shape: Floats


def measure(image: Image, landmarks: Floats) -> Quality:
    """All measures of one face."""
    crop = align(image, landmarks, size=_SIZE)
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    face = grey[_FACE]
    laplacian = float(cv2.Laplacian(face, cv2.CV_32F, ksize=1).std())
    return Quality(
        eye_distance=float(np.linalg.norm(landmarks[1] - landmarks[0])),
        sharpness=laplacian / max(float(face.std()), 1.0),
        brightness=float(face.mean()),
        clipped=float((crop[_FACE].min(axis=2) >= 250).mean()),
        eye_band=_eye_band(grey),
        eye_patch=_eye_patch(grey),
        shape=shape(landmarks),
    )


def shape(landmarks: Floats) -> Floats:
    """Nose and mouth seen from the middle between the eyes: aside, down, aside, down, in eye distances."""
    across = landmarks[1] - landmarks[0]
    distance = max(float(np.linalg.norm(across)), 1e-9)
    axes = np.array([across, [-across[1], across[0]]]) / distance
    middle = landmarks[:2].mean(axis=0)
    points = np.stack([landmarks[2], landmarks[3:].mean(axis=0)])
    return np.asarray((points - middle) @ axes.T / distance).ravel()


def _eye_band(grey: NDArray[np.float32]) -> float:
    """Contrast of the flattest row across both eyes: a bar over the eyes has next to none."""
    (left, y), (right, _) = template(_SIZE)[:2]
    rows = grey[int(y) - 5 : int(y) + 6, int(left) - 6 : int(right) + 7]
    return float(rows.std(axis=1).min())


def _eye_patch(grey: NDArray[np.float32]) -> float:
    """Contrast at the clearer of the two eyes: dark glasses have next to none."""
    patches = [grey[int(y) - 5 : int(y) + 6, int(x) - 7 : int(x) + 8] for x, y in template(_SIZE)[:2]]
    return max(float(patch.std()) for patch in patches)


def too_small(quality: Quality) -> str:
    """Why the face is unusable, empty when it is large enough.

    A head turned aside has its eyes closer together without being small: then the way to the mouth counts.
    """
    distance = quality.eye_distance * max(1.0, 0.85 * float(quality.shape[3]))
    if distance >= EYE_DISTANCE_FLOOR:
        return ""
    return (
        f"The face is too small: {quality.eye_distance:.0f} pixels between the eyes, at least "
        f"{EYE_DISTANCE_FLOOR:.0f} are needed. Send the picture in its full size."
    )


def doubts(quality: Quality, *, landmarks: Floats, box: Floats, size: tuple[int, int]) -> list[str]:
    """Why a person should look, one sentence each; `size` is width, height of the picture."""
    checks = (_cut(landmarks, box, size), _turned_away(quality.shape), _covered(quality), _light(quality))
    found = [sentence for sentence in checks if sentence]
    if quality.sharpness < SHARPNESS_FLOOR:
        found.append("The face is out of focus.")
    return found


def _cut(landmarks: Floats, box: Floats, size: tuple[int, int]) -> str:
    width, height = size
    edge = 0.04 * float(np.linalg.norm(landmarks[1] - landmarks[0]))
    inside = (landmarks >= edge) & (landmarks <= np.array([width, height]) - 1 - edge)
    if not inside.all():
        names = ("an eye", "an eye", "the nose", "the mouth", "the mouth")
        missing = dict.fromkeys(name for name, row in zip(names, inside, strict=True) if not row.all())
        return f"The face is cut off by the picture's border: {' and '.join(missing)} would lie outside."
    kept = np.minimum(box[:2] + box[2:], [width, height]) - np.maximum(box[:2], 0)
    if float(np.prod(np.maximum(kept, 0) / box[2:])) < 1 - CUT_SHARE:
        return "The face is cut off by the picture's border."
    return ""


def _turned_away(shape: Floats) -> str:
    nose_aside, nose_down, _, mouth_down = shape
    if abs(nose_aside) > NOSE_ASIDE:
        return "The face is turned to the side: the nose is far off the middle between the eyes."
    if not NOSE_DOWN[0] <= nose_down <= NOSE_DOWN[1] or not MOUTH_DOWN[0] <= mouth_down <= MOUTH_DOWN[1]:
        return "The face is tilted up or down, or its parts were not found where a face has them."
    return ""


def _covered(quality: Quality) -> str:
    if quality.eye_band < FLAT_BAND or quality.eye_patch < FLAT_EYE:
        return "The eyes cannot be seen: nothing that looks like an eye lies where the eyes should be."
    return ""


def _light(quality: Quality) -> str:
    if quality.brightness < DARK:
        return "The face is too dark."
    if quality.brightness > BRIGHT or quality.clipped > CLIPPED_SHARE:
        return "The face is overexposed."
    return ""
