"""Mouth and nostrils: what colour does where the relief alone does not tell."""

from __future__ import annotations

import numpy as np

from readerstudy.phantoms.anatomy import Anatomy, Frame

RED = np.array((0.90, 0.58, 0.58), np.float32)
DEEP = np.array((0.16, 0.06, 0.05), np.float32)  # the colour of shadow inside nostrils and lips, linear


def paint_lips(skin: np.ndarray, frame: Frame, a: Anatomy, *, tone: float) -> np.ndarray:
    """Tint the lips in the skin's own colour, in place; returns the lower lip's gloss as (rows, columns, strength)."""
    rows, columns, x, y = _grid(frame, 0.0, a.mouth_y, reach_x=a.mouth + 0.12, reach_y=0.30)
    t = x / np.float32(a.mouth)
    line = _mouth_line(a, x, t)
    inside = np.clip(1 - t * t, 0, 1)
    bow = np.exp(-0.5 * (t / 0.13) ** 2) * 0.28 - np.exp(-0.5 * ((np.abs(t) - 0.27) / 0.17) ** 2) * 0.16
    top = line - np.float32(0.085 * a.lip**0.9) * inside**0.75 * (1 - bow)
    bottom = line + np.float32(0.105 * a.lip**0.9) * inside**0.62
    upper = _between(y, top, line, softness=0.012)
    lower = _between(y, line, bottom, softness=0.016)
    strength = np.float32(1.0 - 0.45 * tone) * (upper + lower)
    target = skin[rows, columns]
    target *= 1 - strength[..., None] * (1 - RED)
    target *= 1 - (np.float32(0.16) * upper)[..., None]
    return _gloss(skin.shape[:2], rows, columns, lower * np.exp(-0.5 * ((y - line - 0.055 * a.lip) / 0.022) ** 2))


def _gloss(shape: tuple[int, ...], rows: slice, columns: slice, strength: np.ndarray) -> np.ndarray:
    gloss = np.zeros(shape, np.float32)
    gloss[rows, columns] = strength
    return gloss


def paint_mouth_line(lit: np.ndarray, frame: Frame, a: Anatomy) -> None:
    """The dark line between the lips and the dimples at its corners, over the lit face, in place."""
    rows, columns, x, y = _grid(frame, 0.0, a.mouth_y, reach_x=a.mouth + 0.15, reach_y=0.22)
    t = x / np.float32(a.mouth)
    line = _mouth_line(a, x, t)
    reach = 1 / (1 + np.exp((np.abs(t) - 1.0) / 0.03))
    dark = 0.72 * np.exp(-0.5 * ((y - line) / 0.0105) ** 2) * reach * (0.75 + 0.25 * np.abs(t))
    for side in (-1, 1):
        corner_y = a.mouth_y + a.corner_drop - 0.5 * side * a.asymmetry
        away = ((x - side * a.mouth) / 0.026) ** 2 + ((y - corner_y) / 0.020) ** 2
        dark = np.maximum(dark, 0.62 * np.exp(-0.5 * away))
        soft = ((x - side * (a.mouth + 0.02)) / 0.045) ** 2 + ((y - corner_y - 0.01) / 0.045) ** 2
        dark = dark + 0.14 * np.exp(-0.5 * soft)
    _darken(lit[rows, columns], dark)


def paint_nostrils(lit: np.ndarray, frame: Frame, a: Anatomy) -> None:
    """Two soft dark ellipses, a groove beside each wing, a shade under the tip and in the philtrum, in place."""
    rows, columns, x, y = _grid(frame, 0.0, a.nose_tip_y, reach_x=a.alae + 0.16, reach_y=0.36)
    dark = np.zeros((y.size, x.size), np.float32)
    shown = max(0.0, min(1.8, a.nostrils))
    high = 0.012 + 0.028 * shown
    for side in (-1, 1):
        across = (x - side * a.alae * 0.48) / ((0.205 + 0.06 * shown) * a.alae)
        along = (y - (a.nose_tip_y + 0.074 - 0.018 * shown) + 0.14 * (side * x - 0.5 * a.alae)) / high
        dark = np.maximum(dark, (0.66 + 0.20 * shown) * np.exp(-0.5 * (across**2 + along**2) ** 1.5))
        groove = (side * x - a.alae - 0.012 + 1.6 * (y - a.nose_tip_y - 0.02) ** 2) / 0.013
        dark = dark + 0.17 * np.exp(-0.5 * groove**2) * np.exp(-0.5 * ((y - a.nose_tip_y - 0.03) / 0.045) ** 2)
    under = np.exp(-0.5 * ((y - a.subnasale_y + 0.004) / 0.018) ** 2) * np.exp(-0.5 * (x / (0.7 * a.alae)) ** 2)
    groove = 0.10 * max(0.0, a.philtrum_depth) * np.exp(-0.5 * (x / 0.026) ** 2)
    along = np.exp(-0.5 * ((y - a.subnasale_y - 0.5 * a.philtrum) / (0.36 * a.philtrum)) ** 2)
    _darken(lit[rows, columns], dark + 0.14 * under + groove * along)


def _mouth_line(a: Anatomy, x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Height of the line between the lips: a slight bow, sinking or rising to the corners, tilted by asymmetry."""
    bow = 0.010 * np.exp(-0.5 * (t / 0.16) ** 2) - 0.008 * np.exp(-0.5 * ((np.abs(t) - 0.42) / 0.2) ** 2)
    reach = np.clip(np.abs(t), 0, 1.1)
    return (
        np.float32(a.mouth_y)
        + np.float32(a.corner_drop) * reach**2.2
        + bow
        - np.float32(0.5 * a.asymmetry) * np.clip(t, -1, 1)
    )


def _between(y: np.ndarray, top: np.ndarray, bottom: np.ndarray, *, softness: float) -> np.ndarray:
    gap = np.minimum(y - top, bottom - y) / np.float32(softness)
    return np.clip(gap + 0.35, 0, 1) * (bottom - top > 1e-4)


def _darken(target: np.ndarray, dark: np.ndarray) -> None:
    amount = np.clip(dark, 0, 0.92)[..., None]
    target[...] = target * (1 - amount) + target * DEEP * amount * 1.6


def _grid(frame: Frame, x: float, y: float, *, reach_x: float, reach_y: float) -> tuple:
    rows, columns = frame.window(x, y, reach_x=reach_x, reach_y=reach_y)
    return rows, columns, frame.x[:, columns], frame.y[rows]
