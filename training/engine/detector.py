"""PyPI `mtcnn` 1.0.0, its shipped weights and thresholds, without its traps.

What differs from the stock package, and why:
- the pyramid starts at `min_face` and ends at PNet's 12 px (the stock one goes below 12 px when min_face_size > 20, and
  the error is swallowed as "no faces");
- the three networks run as graph functions of one fixed signature each (the stock package runs eagerly);
- pictures stay float32 and the pyramid is made by OpenCV's area interpolation;
- weights are named by absolute path (the stock package looks in the working directory first).
"""

from __future__ import annotations

import importlib.metadata
import importlib.resources
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import training.engine.quiet  # noqa: F401 (loads TensorFlow in silence)

# isort: split
import cv2
import numpy as np
import tensorflow as tf
from mtcnn import MTCNN
from mtcnn.stages import StageONet, StagePNet, StageRNet
from mtcnn.utils.bboxes import generate_bounding_box, resize_to_square, smart_nms_from_bboxes, upscale_bboxes
from numpy.typing import NDArray

VERSION = f"mtcnn {importlib.metadata.version('mtcnn')}"
SMALLEST_FACE = 20
PNET_CELL = 12
PYRAMID_STEP = 0.709

Image = NDArray[np.uint8]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Detection:
    """One face in pixels of the picture that was searched: box x, y, width, height; landmarks (5, 2) x, y."""

    box: Floats
    landmarks: Floats
    confidence: float


def pyramid(width: int, height: int, *, min_face: float) -> Floats:
    """Scales at which a face of `min_face` px and larger meets PNet's 12 px cell; none makes the picture too small.

    >>> pyramid(640, 480, min_face=96).round(3).tolist()
    [0.125, 0.089, 0.063, 0.045, 0.032]
    """
    first = PNET_CELL / min_face
    shortest = min(width, height) * first
    if shortest < PNET_CELL:
        return np.empty(0)
    steps = int(np.floor(np.log(PNET_CELL / shortest) / np.log(PYRAMID_STEP))) + 1
    return np.asarray(first * PYRAMID_STEP ** np.arange(steps), dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class Probe:
    """`certainty[k]` is the median of -log(1 - p) with the picture turned k quarter turns counter-clockwise.

    `landmarks` (5, 2) is the median of the moved windows in pixels of the picture, as seen without a turn.
    """

    certainty: Floats
    landmarks: Floats


class PyramidPNet(StagePNet):  # type: ignore[misc]  # the package has no types
    """The proposal stage with a correct pyramid, for one picture at a time."""

    def __call__(self, images_normalized: Any, images_oshapes: Any, min_face_size: float = 20, **_: Any) -> Floats:
        """Square proposals (n, 6): picture, x1, y1, x2, y2, confidence."""
        picture = np.asarray(images_normalized[0], dtype=np.float32)
        height, width = picture.shape[:2]
        scales = pyramid(width, height, min_face=min_face_size)
        answers = self._model([_scaled(picture, scale)[None] for scale in scales])
        found = [_proposals(*answer, scale=scale) for answer, scale in zip(answers, scales, strict=True)]
        found = [boxes for boxes in found if len(boxes)]
        if not found:
            return np.empty((0, 6))
        boxes = smart_nms_from_bboxes(np.concatenate(found), threshold=0.7, method="union", initial_sort=True)
        return np.asarray(resize_to_square(boxes))


def _scaled(picture: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    height, width = (max(PNET_CELL, round(side * scale)) for side in picture.shape[:2])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))


def _proposals(offsets: Any, classes: Any, *, scale: float) -> Floats:
    """Boxes (n, 6) of one level in pixels of the picture."""
    boxes = upscale_bboxes(generate_bounding_box(offsets, classes, 0.6), np.asarray([scale]))
    return np.asarray(smart_nms_from_bboxes(boxes, threshold=0.5, method="union", initial_sort=False))


WINDOW = 128
MARGIN = 1.6
JITTER = np.array(
    [(size, dx, dy) for size in (0.75, 0.85, 0.95) for dx, dy in ((0, 0), (0.06, 0), (-0.06, 0), (0, 0.06), (0, -0.06))]
)
_SIDES = JITTER[:, 0] * WINDOW / MARGIN
_CORNERS = WINDOW / 2 + JITTER[:, 1:] * WINDOW / MARGIN - _SIDES[:, None] / 2


def _window(image: Image, box: Floats) -> tuple[Image, Floats, float]:
    """A square of WINDOW px around the box, black beyond the border; its corner and its pixel in the picture."""
    side = max(box[2], box[3]) * MARGIN
    corner = box[:2] + box[2:] / 2 - side / 2
    scale = side / WINDOW
    matrix = np.array([[1 / scale, 0, -corner[0] / scale], [0, 1 / scale, -corner[1] / scale]])
    source, factor = image, 1.0
    if scale > 2:  # warpAffine does not average: halve first
        factor = 2.0 ** np.floor(np.log2(scale))
        source = cv2.resize(image, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
        matrix[:, :2] *= factor
    window = cv2.warpAffine(source, matrix, (WINDOW, WINDOW), flags=cv2.INTER_LINEAR)
    return np.asarray(window, np.uint8), corner, scale


def _jitter(window: Image) -> NDArray[np.float32]:
    patches = []
    for side, corner in zip(_SIDES, _CORNERS, strict=True):
        zoom = 48 / side
        matrix = np.array([[zoom, 0, -corner[0] * zoom], [0, zoom, -corner[1] * zoom]])
        patches.append(cv2.warpAffine(np.ascontiguousarray(window), matrix, (48, 48), flags=cv2.INTER_LINEAR))
    return np.asarray(patches, np.float32)


class Detector:
    """The cascade, built once per process (about 2 s) and then reused."""

    def __init__(self) -> None:
        self._mtcnn = MTCNN(stages=[_stage(*parts) for parts in _STAGES])

    def detect(self, image: Image, *, min_face: float = SMALLEST_FACE, threshold: float = 0.8) -> list[Detection]:
        """All faces of at least `min_face` px, the most confident first."""
        if min(image.shape[:2]) < PNET_CELL:
            return []
        rows = self._cascade(image, min_face=max(min_face, SMALLEST_FACE))
        found = [_detection(np.asarray(row, dtype=np.float64)) for row in rows]
        return sorted(found, key=lambda face: -face.confidence)

    def _cascade(self, image: Image, *, min_face: float) -> Floats:
        """Rows (n, 16) of the three stages, as the package's `detect_faces` runs them on a batch of one."""
        normalised = (image.astype(np.float32) - np.float32(127.5)) * np.float32(1 / 128)
        given = {"images_normalized": normalised[None], "images_oshapes": np.array([image.shape])}
        rows: Any = None
        try:
            with tf.device("CPU:0"):  # as the package does; small pictures do not repay the way to a GPU
                for stage in self._mtcnn.stages:
                    rows = stage(bboxes_batch=rows, min_face_size=min_face, **given)
        except tf.errors.InvalidArgumentError:  # no box is left for the next stage
            return np.empty((0, 16))
        return np.asarray(rows)

    def probe(self, image: Image, box: Floats) -> Probe:
        """Look at one box again through the last network, a little moved and scaled, at the four right angles.

        A face keeps its confidence when the window moves; a chance hit does not. And a face is most certain upright:
        over 93 photographs and phantoms the right angle won every time, where one single look fails in 1 of 20.
        """
        window, origin, scale = _window(image, box)
        patches = [_jitter(np.rot90(window, turn)) for turn in range(4)]
        _, landmarks, classes = self._mtcnn.stages[2]._model((np.concatenate(patches) - 127.5) / 128)
        certain = -np.log(1.0 - np.minimum(np.asarray(classes, np.float64)[:, 1], 1 - 1e-7)).reshape(4, -1)
        points = np.asarray(landmarks, np.float64)[: len(JITTER)]
        upright = np.stack([points[:, :5], points[:, 5:]], axis=2) * _SIDES[:, None, None] + _CORNERS[:, None, :]
        return Probe(certainty=np.median(certain, axis=1), landmarks=np.median(upright, axis=0) * scale + origin)


def _detection(row: Floats) -> Detection:
    x1, y1, x2, y2 = row[1:5]
    return Detection(
        box=np.array([x1, y1, x2 - x1, y2 - y1]),
        landmarks=np.stack([row[6:11], row[11:16]], axis=1),
        confidence=float(row[5]),
    )


_STAGES: tuple[tuple[type, str, tuple[int | None, int | None]], ...] = (
    (PyramidPNet, "pnet.lz4", (None, None)),
    (StageRNet, "rnet.lz4", (24, 24)),
    (StageONet, "onet.lz4", (48, 48)),
)


def _stage(kind: type, weights: str, size: tuple[int | None, int | None]) -> Any:
    path = importlib.resources.files("mtcnn.assets.weights") / weights
    stage = kind(weights=str(path))
    stage._model = _levels(stage.model) if kind is PyramidPNet else _graph(stage.model, size)
    return stage


def _graph(model: Any, size: tuple[int | None, int | None]) -> Callable[[Any], Any]:
    """The network as one traced graph; arrays of any batch size fit the same signature."""
    graph = tf.function(
        lambda pictures: model(pictures), input_signature=[tf.TensorSpec((None, *size, 3), tf.float32)], autograph=False
    ).get_concrete_function()  # choosing among traces again at each call costs as much as a small picture

    def call(pictures: Any) -> Any:
        return graph(tf.convert_to_tensor(pictures, tf.float32))

    return call


LEVELS = 8
"""Levels of the pyramid that go through PNet in one call: on small pictures each call costs more than its sums."""


def _levels(model: Any) -> Callable[[list[NDArray[np.float32]]], list[Any]]:
    """The network on pictures (1, h, w, 3) of different sizes: the list of what it says of each."""
    one = tf.TensorSpec((1, None, None, 3), tf.float32)
    graph = tf.function(
        lambda *pictures: [model(picture) for picture in pictures], input_signature=[one] * LEVELS, autograph=False
    ).get_concrete_function()
    blank = np.zeros((1, PNET_CELL, PNET_CELL, 3), np.float32)

    def call(pictures: list[NDArray[np.float32]]) -> list[Any]:
        answers: list[Any] = []
        for start in range(0, len(pictures), LEVELS):
            some = pictures[start : start + LEVELS]
            filled = [*some, *[blank] * (LEVELS - len(some))]
            answers += graph(*(tf.convert_to_tensor(picture) for picture in filled))[: len(some)]
        return answers

    return call
