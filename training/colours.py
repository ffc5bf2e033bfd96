"""Heat as colour: viridis, perceptually uniform and safe for the colour-blind, laid over a face as a picture (RGBA)."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Every 32nd of viridis's 256 colours and its last (Smith and van der Walt 2015; public domain).
STOPS = np.array([
    (68, 1, 84), (71, 45, 123), (59, 82, 139), (44, 114, 142), (33, 145, 140), (40, 174, 128), (94, 201, 98),
    (173, 220, 48), (253, 231, 37),
])  # fmt: skip
VIRIDIS = np.stack([np.interp(np.linspace(0, 8, 256), np.arange(9), STOPS[:, k]) for k in range(3)], axis=1)
THICKEST = 0.8  # how much of the face the hottest place covers; a cold place covers nothing
SHOWN = 224  # pixels; a map is drawn as large as the aligned crop it lies on


def overlay(heat: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(h, w) heat 0..255 as (h, w, 4): the hotter, the more it hides of what lies below."""
    cover = np.round(heat * THICKEST)[..., None]
    return np.concatenate([np.round(VIRIDIS[heat]), cover], axis=2).astype(np.uint8)


def map_picture(heat: NDArray[np.uint8]) -> bytes:
    """A square map as PNG in the size of the aligned crop, to be laid over it."""
    smooth = Image.fromarray(heat).resize((SHOWN, SHOWN), Image.Resampling.BICUBIC)
    return png(overlay(np.asarray(smooth)))


def bar_picture() -> bytes:
    """The colour bar from 0 to 255, over the middle grey of a face without colour."""
    bar = overlay(np.tile(np.arange(256, dtype=np.uint8), (12, 1))).astype(np.float64)
    cover = bar[..., 3:] / 255
    return png(np.round(bar[..., :3] * cover + 128 * (1 - cover)).astype(np.uint8))


def png(pixels: NDArray[np.uint8]) -> bytes:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    return data.getvalue()
