"""Find the one face on a photo, or say in a sentence why a person has to look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from training.engine.align import ZOOM, align
from training.engine.detector import SMALLEST_FACE, VERSION, Detection, Detector, Image, Probe
from training.engine.lettering import has_lettering
from training.engine.quality import doubts, measure, too_small
from training.engine.results import FaceResult

__all__ = ["DETECTOR_VERSION", "FaceFinder", "align"]

DETECTOR_VERSION = f"{VERSION}, ArcFace template x {ZOOM}, engine 1"
WORKING_SIZE = 640
FACE_SHARE = 0.15
SCALES = (1.0, 0.9, 0.6, 0.8, 1.1)
"""Misses are luck with the image pyramid: the same picture is found when the pyramid starts a little elsewhere."""
ONET_THRESHOLD = 0.6
"""Below the package's 0.8, because every find is looked at again (`Detector.probe`) before it counts."""
STEADY = 3.0
"""Certainty (-log(1 - p), p = 0.95) that a face keeps when its window is moved; chance hits stay below 2."""
TURN_LEAD = 1.0
SECOND_FACE = 0.6
"""A second face at least this large, relative to the first, leaves the choice to a person."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A face that kept its confidence, in pixels of the working picture."""

    detection: Detection
    probe: Probe

    @property
    def certainty(self) -> float:
        return float(self.probe.certainty[0])

    @property
    def size(self) -> float:
        return float(self.detection.box[2:].max())


@dataclass(frozen=True, kw_only=True)
class Find:
    """Faces of one attempt, the one to take first, and the quarter turns under which they were found."""

    faces: list[Candidate]
    turn: int


class FaceFinder:
    """Build once per process, then call `find` for every photo; not for several threads at once."""

    def __init__(self) -> None:
        self._detector = Detector()

    def find(self, image: Image) -> FaceResult:
        """The face on an upright 8-bit RGB picture (h, w, 3)."""
        _refuse_other_pictures(image)
        attempts: list[str] = []
        working = min(1.0, WORKING_SIZE / max(image.shape[:2]))
        found = self._search(_resize(image, working), attempts)
        if found is None:
            return _no_face(image, attempts)
        return _judge(image, found, factor=1 / working, attempts=attempts)

    def _search(self, picture: Image, attempts: list[str]) -> Find | None:
        """The first attempt with a steady face; a face lying on its side or head is looked at again upright."""
        best: Find | None = None
        for label, turn, changed, min_face in _attempts(picture):
            attempts.append(label)
            faces = self._steady(changed, min_face=min_face)
            if not faces:
                continue
            best = best or Find(faces=faces, turn=turn)
            lying = _lying(faces[0].probe)
            if not lying:
                return Find(faces=faces, turn=turn)
            attempts.append(f"turned {(turn + lying) % 4 * 90} degrees")
            again = self._steady(_turned(changed, lying), min_face=min_face)
            if again and not _lying(again[0].probe):
                return Find(faces=again, turn=(turn + lying) % 4)
        return best

    def _steady(self, picture: Image, *, min_face: float) -> list[Candidate]:
        """Faces that keep their confidence upright or turned, the largest certain one first, one per place."""
        found = []
        for detection in self._detector.detect(picture, min_face=min_face, threshold=ONET_THRESHOLD)[:8]:
            probe = self._detector.probe(picture, detection.box)
            if probe.certainty.max() >= STEADY:
                found.append(Candidate(detection=detection, probe=probe))
        found.sort(key=lambda face: -face.size)
        return _one_per_place(found)


def _attempts(picture: Image) -> Iterator[tuple[str, int, Image, float]]:
    """(label, quarter turns, picture, smallest face): most photos need the first only."""
    share = max(SMALLEST_FACE, FACE_SHARE * min(picture.shape[:2]))
    for scale in SCALES:
        yield f"pyramid x {scale:g}", 0, picture, share / scale
    yield "softened", 0, _softened(picture), share
    yield "faces from 20 px", 0, picture, SMALLEST_FACE
    for turn in (3, 1, 2):
        yield f"turned {turn * 90} degrees", turn, _turned(picture, turn), share
    if picture.mean() < 60:
        yield "brightened", 0, _brightened(picture), share


def _refuse_other_pictures(image: Image) -> None:
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"an 8-bit RGB picture (h, w, 3) is needed, not {image.dtype} of shape {image.shape}")


def _resize(image: Image, scale: float) -> Image:
    if scale == 1.0:
        return image
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), np.uint8)


def _turned(image: Image, turns: int) -> Image:
    return np.ascontiguousarray(np.rot90(image, turns))


def _softened(image: Image) -> Image:
    """Half the detail, same size: hard light and pores mislead the networks less."""
    return np.asarray(cv2.resize(_resize(image, 0.5), image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _brightened(image: Image) -> Image:
    high = max(float(np.percentile(image, 99.5)), 1.0)
    return np.asarray(np.clip((image / high) ** 0.6 * 255, 0, 255), np.uint8)


def _lying(probe: Probe) -> int:
    """Quarter turns that make the face clearly more certain, 0 when it stands upright."""
    best = int(np.argmax(probe.certainty))
    return best if probe.certainty[best] > probe.certainty[0] + TURN_LEAD else 0


def _one_per_place(faces: list[Candidate]) -> list[Candidate]:
    """Drop boxes that sit on a face already kept: the detector sometimes reports a face within a face."""
    kept: list[Candidate] = []
    for face in faces:
        rival = next(
            (k for k, other in enumerate(kept) if _overlap(face.detection.box, other.detection.box) > 0.4), None
        )
        if rival is None:
            kept.append(face)
        elif face.probe.certainty.max() > kept[rival].probe.certainty.max() + 2:
            kept[rival] = face
    return kept


def _overlap(a: Floats, b: Floats) -> float:
    """Shared area over the smaller box."""
    corner = np.maximum(a[:2], b[:2])
    shared = np.prod(np.maximum(np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - corner, 0))
    return float(shared / min(np.prod(a[2:]), np.prod(b[2:])))


def _no_face(image: Image, attempts: list[str]) -> FaceResult:
    brightness = float(image.mean())
    reason = "No face was found."
    if brightness < 40:
        reason = "No face was found: the picture is too dark."
    elif brightness > 215:
        reason = "No face was found: the picture is overexposed."
    return FaceResult(
        status="review", reason=reason, brightness=brightness, detector_version=DETECTOR_VERSION, attempts=attempts
    )


def _judge(image: Image, found: Find, *, factor: float, attempts: list[str]) -> FaceResult:
    height, width = image.shape[:2]
    face = found.faces[0]
    turned_size = (height, width) if found.turn % 2 else (width, height)
    landmarks = _unturn(face.probe.landmarks * factor, found.turn, turned_size)
    box = _unturn_box(face.detection.box * factor, found.turn, turned_size)
    quality = measure(image, landmarks)
    result = FaceResult(
        status="ready",
        box=(float(box[0]), float(box[1]), float(box[2]), float(box[3])),
        landmarks=landmarks,
        confidence=face.detection.confidence,
        rotation=found.turn * 90,
        scale=1 / factor,
        faces_found=len(found.faces),
        eye_distance=quality.eye_distance,
        sharpness=quality.sharpness,
        brightness=quality.brightness,
        detector_version=DETECTOR_VERSION,
        attempts=attempts,
    )
    if small := too_small(quality):
        return replace(result, status="unusable", reason=small)
    reasons = [*_several(found), *_turn(found), *doubts(quality, landmarks=landmarks, box=box, size=(width, height))]
    if has_lettering(image):
        reasons.append("Something is written into the picture: make sure that no name or number can be read.")
    return replace(result, status="review", reason=" ".join(reasons)) if reasons else result


def _several(found: Find) -> list[str]:
    first = found.faces[0]
    rivals = [face for face in found.faces[1:] if face.size >= SECOND_FACE * first.size]
    return [f"{len(rivals) + 1} faces of similar size: choose whose it is."] if rivals else []


def _turn(found: Find) -> list[str]:
    words = {1: "lies on its side", 2: "stands on its head", 3: "lies on its side"}
    if found.turn:
        return [f"The picture {words[found.turn]}; it was turned by {found.turn * 90} degrees."]
    return ["The picture may lie on its side or head: check which way is up."] if _lying(found.faces[0].probe) else []


def _unturn(points: Floats, turn: int, size: tuple[int, int]) -> Floats:
    """Points (n, 2) of a picture turned `turn` quarters counter-clockwise, back in the picture as given.

    `size` is width, height of the turned picture.
    """
    x, y = points[:, 0], points[:, 1]
    width, height = size
    back = {0: (x, y), 1: (height - 1 - y, x), 2: (width - 1 - x, height - 1 - y), 3: (y, width - 1 - x)}
    return np.stack(back[turn], axis=1)


def _unturn_box(box: Floats, turn: int, size: tuple[int, int]) -> Floats:
    corners = _unturn(np.stack([box[:2], box[:2] + box[2:]]), turn, size)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return np.concatenate([low, high - low])
