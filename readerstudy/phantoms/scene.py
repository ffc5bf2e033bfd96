"""Around the face: wall, shirt, neck and ears. Simple, with noise."""

from __future__ import annotations

import cv2
import numpy as np

from readerstudy.phantoms import textures
from readerstudy.phantoms.anatomy import HEIGHT, WIDTH, Anatomy, Frame
from readerstudy.phantoms.phantom import Looks
from readerstudy.phantoms.skin import Lamp, linear, tone_colour


def wall(frame: Frame, looks: Looks, lamp: Lamp, rng: np.random.Generator) -> np.ndarray:
    """A painted wall, brighter on the lamp's side, with the child's soft shadow, (H, W, 3) linear."""
    clouds = cv2.GaussianBlur(textures.patch(textures.fractal(), rng, height=HEIGHT, width=WIDTH), (0, 0), 6)
    fall_off = 1 + np.float32(0.16) * lamp.direction[0] * frame.x - np.float32(0.07) * frame.y
    shadow_x, shadow_y = -0.9 * lamp.direction[0], 0.25 - 0.3 * lamp.direction[1]
    away = ((frame.x - shadow_x) / 1.25) ** 2 + ((frame.y - shadow_y) / 1.6) ** 2
    light = fall_off * (1 + np.float32(0.035) * clouds) * (1 - np.float32(0.22) * np.exp(-0.5 * away**1.3))
    return linear(looks.wall) * lamp.tint * light[..., None]


def shirt(
    frame: Frame, a: Anatomy, looks: Looks, *, lamp: Lamp, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Colour (H, W, 3) and cover (H, W) of a knitted shirt."""
    x, y = frame.x, frame.y
    top = shoulder_line(x, a)
    cover = np.clip((y - top) * np.float32(frame.radius) * 0.8, 0, 1)
    folds = _folds(frame, rng)
    depth = 0.35 * np.clip(1 - (x / 2.3) ** 2, 0, 1) ** 0.5 + np.minimum(y - top, 0.5) * 0.35 + folds
    light, _ = lamp.shade(np.ascontiguousarray(depth, dtype=np.float32), radius=frame.radius)
    knit = textures.patch(textures.cloth(), rng, height=HEIGHT, width=WIDTH)
    colour = np.broadcast_to(linear(looks.shirt), (HEIGHT, WIDTH, 3)) * (1 + np.float32(0.045) * knit)[..., None]
    trim = _trim(frame, looks, top, folds)[..., None]
    colour = colour + (linear(looks.shirt_trim) - colour) * trim
    return colour * light * np.float32(0.95), cover.astype(np.float32)


def shoulder_line(x: np.ndarray, a: Anatomy) -> np.ndarray:
    """Height of the shirt's upper edge: a round neckline, then sloping shoulders."""
    width = 0.58
    collar = np.clip(1 - (x / width) ** 2, 0, 1)
    slope = np.clip(np.abs(x) - width, 0, 4)
    return (a.chin_y + 0.27 + 0.17 * collar**0.6 + 0.30 * slope + 0.10 * slope**2).astype(np.float32)


def _folds(frame: Frame, rng: np.random.Generator) -> np.ndarray:
    cloud = textures.patch(textures.fractal(), rng, height=HEIGHT, width=WIDTH)
    return cv2.GaussianBlur(cloud, (0, 0), 16, sigmaY=9) * np.float32(0.045)


def _trim(frame: Frame, looks: Looks, top: np.ndarray, folds: np.ndarray) -> np.ndarray:
    below = frame.y - top
    collar = np.clip((0.055 - below) * 40, 0, 1) * (np.abs(frame.x) < 0.66)
    if looks.shirt_pattern == "trim":
        return collar * 0.9
    if looks.shirt_pattern == "stripes":
        wave = np.sin((frame.y + 0.06 * frame.x**2 + 1.2 * folds) * np.float32(2 * np.pi / 0.26))
        return np.clip(wave * 5 + 0.3, 0, 1) * 0.85
    return np.zeros((HEIGHT, WIDTH), np.float32)


def neck(
    frame: Frame, a: Anatomy, looks: Looks, *, lamp: Lamp, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Colour and cover of the neck: a column, darker under the chin."""
    x, y = frame.x, frame.y
    below = np.clip((y - a.chin_y) / 0.35, -1.5, 1.2)
    half = np.float32(0.50 - 0.03 * a.infancy) + np.float32(0.10) * np.clip(below, 0, 1.2) ** 2
    cover = np.clip((half - np.abs(x)) * np.float32(frame.radius) + 0.5, 0, 1) * (y > 0.3)
    cover = cover * np.clip((shoulder_line(x, a) + 0.02 - y) * np.float32(frame.radius) * 0.7, 0, 1)
    depth = np.float32(0.45) * np.sqrt(np.clip(1 - (x / half) ** 2, 0.02, 1)) * np.ones_like(y)
    light, _ = lamp.shade(depth.astype(np.float32), radius=frame.radius)
    shade = 0.42 + 0.48 / (1 + np.exp(-(y - a.chin_y - 0.20 + 0.10 * x * x) / 0.055))
    clouds = textures.patch(textures.fractal(), rng, height=HEIGHT, width=WIDTH)
    colour = (
        tone_colour(looks.tone) * (1 + np.float32(0.03) * clouds)[..., None] * np.array((0.99, 0.93, 0.91), np.float32)
    )
    return colour * light * shade[..., None].astype(np.float32), cover.astype(np.float32)


def paint_ear(
    picture: np.ndarray, frame: Frame, a: Anatomy, looks: Looks, *, side: int, edge: float, lamp: Lamp
) -> None:
    """One ear behind the face's edge: helix, antihelix and concha as functions of its radius; in place."""
    half = a.ear_half
    centre_x, centre_y = side * (edge + 0.030), a.ear_y - 0.6 * side * a.asymmetry
    rows, columns = frame.window(centre_x, centre_y, reach_x=0.75 * half, reach_y=1.25 * half)
    u = side * (frame.x[:, columns] - np.float32(centre_x)) / np.float32(0.50 * half)
    v = (frame.y[rows] - np.float32(centre_y)) / np.float32(half)
    u = u + 0.22 * v  # ears lean back: wider at the top
    narrow = 1 - 0.30 * np.clip(v, 0, 1.2) ** 1.5
    radius = np.sqrt((u / narrow) ** 2 + v * v)
    cover = np.clip((1 - radius) * np.float32(0.5 * half * frame.radius) + 0.5, 0, 1)[..., None]
    light, gloss = lamp.shade(np.ascontiguousarray(_ear_relief(radius, u, v) * np.float32(half)), radius=frame.radius)
    target = picture[rows, columns]
    colour = tone_colour(looks.tone) * np.array((1.0, 0.87, 0.85), np.float32) ** np.float32(looks.redness)
    shaded = colour * light * np.float32(0.88) + (0.5 * looks.gloss * gloss)[..., None]
    target[...] = target + (shaded.astype(np.float32) - target) * cover


def _ear_relief(radius: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    lobe = 1 / (1 + np.exp(-(v - 0.62) / 0.08))
    helix = 0.20 * np.exp(-0.5 * ((radius - 0.86) / 0.10) ** 2)
    scapha = -0.10 * np.exp(-0.5 * ((radius - 0.66) / 0.09) ** 2)
    antihelix = 0.12 * np.exp(-0.5 * ((radius - 0.47) / 0.09) ** 2) * (u > -0.6)
    concha = -0.26 * np.exp(-0.5 * (((u + 0.10) / 0.30) ** 2 + ((v - 0.10) / 0.26) ** 2))
    fall = 0.30 * np.sqrt(np.clip(1 - radius**2, 0, 1))
    return ((helix + scapha + antihelix + concha) * (1 - lobe) + 0.10 * lobe + fall).astype(np.float32)
