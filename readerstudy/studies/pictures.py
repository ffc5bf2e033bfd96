"""The pictures made from a stored photo: the rendition a reader gets, the stored crop, a small copy for the pages."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CANVAS = (768, 960)
GROUND = (128, 128, 128)
RENDITION_BYTES = 320 * 1024
"""Every rendition has this length, so that a size on the wire says nothing about the case."""
QUALITIES = (92, 85, 75, 60, 40, 20)
CROP_SIDE = 224
FRAME_HEIGHT = 4.9
"""Height of what a rendition shows, in units of the face (the eye distance, or eyes to mouth where that is more)."""
BELOW_THE_EYES = 0.3
"""How far below the eye line the middle of the frame lies, in the same unit."""

Points = Sequence[Sequence[float]]


def rendition(photo: Image.Image, *, landmarks: Points, rotation: int = 0) -> bytes:
    """The face as a reader sees it: JPEG of CANVAS pixels and RENDITION_BYTES bytes, without metadata.

    The photo is turned upright, cut around the face and scaled so that every face has the same size; what lies beyond
    the photo's border is plain grey. Whatever is written elsewhere on the photo stays outside.
    """
    points = turned_points(landmarks, size=photo.size, rotation=rotation)
    upright = photo.convert("RGB").rotate(rotation, expand=True) if rotation else photo.convert("RGB")
    left, top, right, bottom = _frame(points)
    zoom = CANVAS[1] / (bottom - top)
    inside = (max(left, 0.0), max(top, 0.0), min(right, float(upright.width)), min(bottom, float(upright.height)))
    canvas = Image.new("RGB", CANVAS, GROUND)
    width, height = round((inside[2] - inside[0]) * zoom), round((inside[3] - inside[1]) * zoom)
    if width > 0 and height > 0:
        cut = upright.resize((width, height), Image.Resampling.LANCZOS, box=inside, reducing_gap=3.0)
        canvas.paste(cut, (round((inside[0] - left) * zoom), round((inside[1] - top) * zoom)))
    return constant_length(canvas)


def turned_points(points: Points, *, size: tuple[int, int], rotation: int) -> NDArray[np.float64]:
    """``points`` (n, 2) of a picture of ``size`` (width, height) after turning it counter-clockwise by ``rotation``."""
    x, y = np.asarray(points, np.float64).T
    width, height = size
    turned = {0: (x, y), 90: (y, width - x), 180: (width - x, height - y), 270: (height - y, x)}[rotation % 360]
    return np.stack(turned, axis=1)


def _frame(points: NDArray[np.float64]) -> tuple[float, float, float, float]:
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    unit = max(float(np.hypot(*(points[1] - points[0]))), float(np.hypot(*(mouth - eyes))), 1.0)
    height = FRAME_HEIGHT * unit
    width = height * CANVAS[0] / CANVAS[1]
    x, y = float(eyes[0]), float(eyes[1]) + BELOW_THE_EYES * unit
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def constant_length(image: Image.Image) -> bytes:
    """JPEG, padded with zeros behind its end mark; the quality gives way in the rare case that it does not fit."""
    for quality in QUALITIES:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, subsampling=0)
        if out.tell() <= RENDITION_BYTES:
            return out.getvalue().ljust(RENDITION_BYTES, b"\0")
    raise ValueError(f"A rendition does not fit {RENDITION_BYTES} bytes even at quality {QUALITIES[-1]}.")


def crop_png(crop: NDArray[np.uint8]) -> bytes:
    """The aligned crop (224, 224, 3) as PNG."""
    if crop.shape != (CROP_SIDE, CROP_SIDE, 3) or crop.dtype != np.uint8:
        raise ValueError(f"A crop is uint8 ({CROP_SIDE}, {CROP_SIDE}, 3), not {crop.dtype} {crop.shape}.")
    out = io.BytesIO()
    Image.fromarray(crop).save(out, "PNG")
    return out.getvalue()


def small(photo: Image.Image, *, side: int = 320) -> bytes:
    """A small JPEG for galleries."""
    photo.draft("RGB", (side, side))
    image = photo.convert("RGB")
    image.thumbnail((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()
