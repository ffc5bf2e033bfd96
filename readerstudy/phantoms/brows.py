"""Eyebrows: antialiased strokes whose angle turns from steep at the nose to flat at the temple."""

from __future__ import annotations

import cv2
import numpy as np

from readerstudy.phantoms.anatomy import Anatomy, Frame
from readerstudy.phantoms.phantom import Looks
from readerstudy.phantoms.skin import linear

FINE = 2
STROKES = 170


def paint_brow(lit: np.ndarray, frame: Frame, a: Anatomy, looks: Looks, *, side: int, rng: np.random.Generator) -> None:
    """Paint one brow over the lit face, in place."""
    rows, columns = frame.window(side * a.pupil_x, a.brow_y - 0.02, reach_x=0.42, reach_y=0.26)
    target = lit[rows, columns]
    strokes = np.zeros((target.shape[0] * FINE, target.shape[1] * FINE), np.uint8)
    for root, tip, weight in _strokes(a, side, rng):
        ends = [_fixed(frame.pixel(*point), rows, columns) for point in (root, tip)]
        cv2.line(strokes, *ends, weight, 1, cv2.LINE_AA, shift=4)
    fine = (
        cv2.resize(strokes, (target.shape[1], target.shape[0]), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    )
    shade = cv2.GaussianBlur(fine, (0, 0), 2.2)
    cover = np.clip((1.05 * fine + 0.72 * shade) * np.float32(looks.brow_weight * (1 - 0.30 * a.infancy)), 0, 0.90)
    colour = linear(looks.hair) * np.float32(0.50) + target * np.float32(0.06)
    target[...] = target + (colour - target) * cover[..., None]


def _strokes(a: Anatomy, side: int, rng: np.random.Generator) -> list:
    """Roots and tips in face units and a weight 0..255, along an arch from s = 0 (inner) to 1 (outer)."""
    strokes = []
    for s, across, turn, length in zip(
        rng.beta(1.15, 1.25, STROKES),
        np.clip(rng.normal(0, 0.52, STROKES), -1.1, 1.1),
        rng.normal(0, 7, STROKES),
        rng.uniform(0.050, 0.095, STROKES),
        strict=True,
    ):
        x = a.pupil_x - 0.245 + 0.53 * s
        arch = a.brow_arch * (np.sin(np.pi * s**1.35) * 1.1 - 0.45 * s**3)
        half = a.brow_half * (1.0 - 0.72 * s**2.2) * min(1.0, 0.70 + 2 * s)
        y = a.brow_y + 0.022 - arch + across * half - 0.6 * side * a.asymmetry
        angle = np.radians(-62 + 75 * s**0.6 + turn)
        size = length * (0.75 + 0.5 * a.brow_half / 0.036) * (1 - 0.35 * s) * 0.8
        reach_x, reach_y = 0.5 * size * np.cos(angle), 0.5 * size * np.sin(angle)
        root, tip = (side * (x - reach_x), y - reach_y), (side * (x + reach_x), y + reach_y)
        strokes.append((root, tip, int((150 + 100 * (1 - abs(across) / 1.2)) * min(1.0, 0.45 + 4 * s))))
    return strokes


def _fixed(point: tuple[float, float], rows: slice, columns: slice) -> tuple[int, int]:
    column, row = (point[0] - columns.start + 0.5) * FINE - 0.5, (point[1] - rows.start + 0.5) * FINE - 0.5
    return round(column * 16), round(row * 16)
