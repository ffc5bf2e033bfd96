"""Around the face: wall, shirt, neck and ears. Simple, with noise."""

from __future__ import annotations

import numpy as np

from readerstudy.phantoms import textures
from readerstudy.phantoms.anatomy import HEIGHT, WIDTH, Anatomy, Frame
from readerstudy.phantoms.phantom import Looks
from readerstudy.phantoms.skin import Lamp, linear, tone_colour

Layer = tuple[slice, np.ndarray, np.ndarray]
"""Rows of the picture, colour (rows, W, 3) in linear light, cover (rows, W)."""


def wall(frame: Frame, looks: Looks, lamp: Lamp, rng: np.random.Generator) -> np.ndarray:
    """A painted wall, brighter on the lamp's side, with the child's soft shadow, (H, W, 3) linear."""
    clouds = textures.patch(textures.clouds(), rng, height=HEIGHT, width=WIDTH)
    fall_off = 1 + np.float32(0.16) * lamp.direction[0] * frame.x - np.float32(0.07) * frame.y
    shadow_x, shadow_y = -0.9 * lamp.direction[0], 0.25 - 0.3 * lamp.direction[1]
    away = ((frame.x - shadow_x) / 1.25) ** 2 + ((frame.y - shadow_y) / 1.6) ** 2
    light = fall_off * (1 + np.float32(0.028) * clouds) * (1 - np.float32(0.22) * np.exp(-0.5 * away**1.3))
    return linear(looks.wall) * lamp.tint * light[..., None]


def shirt(frame: Frame, a: Anatomy, looks: Looks, *, lamp: Lamp, rng: np.random.Generator) -> Layer:
    """A knitted shirt with soft folds."""
    rows, part = frame.below(a.chin_y + 0.2)
    x, y = part.x, part.y
    top = shoulder_line(x, a)
    below = y - top
    cover = np.clip(below * np.float32(frame.radius) * 0.8, 0, 1)
    folds = textures.patch(textures.folds(), rng, height=y.size, width=WIDTH) * np.float32(0.016)
    depth = 0.35 * np.clip(1 - (x / 2.3) ** 2, 0, 1) ** 0.5 + 0.10 * (1 - np.exp(-np.maximum(below, 0) / 0.10)) + folds
    light = lamp.wash(np.ascontiguousarray(depth, dtype=np.float32), radius=frame.radius)
    light *= (1 - 0.25 * np.exp(-np.maximum(below, 0) / 0.05))[..., None]
    knit = textures.patch(textures.cloth(), rng, height=y.size, width=WIDTH)
    colour = (
        linear(looks.shirt)
        + (linear(looks.shirt_trim) - linear(looks.shirt)) * _trim(part, looks, below, folds)[..., None]
    )
    colour = colour * (0.92 + np.float32(0.045) * knit)[..., None]
    return rows, (colour * light).astype(np.float32), cover.astype(np.float32)


def shoulder_line(x: np.ndarray, a: Anatomy) -> np.ndarray:
    """Height of the shirt's upper edge: a round neckline running smoothly into sloping shoulders."""
    out = np.sqrt(np.maximum(np.abs(x) - 0.50, 0) ** 2 + 0.0025) - 0.05
    collar = np.exp(-0.5 * (np.abs(x) / 0.40) ** 3)
    return (a.chin_y + 0.24 + 0.20 * collar + 0.26 * out + 0.13 * out**2).astype(np.float32)


def _trim(frame: Frame, looks: Looks, below: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Share of the second colour: a collar, stripes or nothing."""
    if looks.shirt_pattern == "trim":
        beside = np.clip((0.60 - np.abs(frame.x)) * 20, 0, 1)
        return np.clip((0.075 - below) * 60, 0, 1) * beside * 0.9
    if looks.shirt_pattern == "stripes":
        wave = np.sin((frame.y + 0.06 * frame.x**2 + 1.2 * folds) * np.float32(2 * np.pi / 0.26))
        return np.clip(wave * 5 + 0.3, 0, 1) * 0.85
    return np.zeros_like(folds)


def neck(frame: Frame, a: Anatomy, looks: Looks, *, lamp: Lamp, rng: np.random.Generator) -> Layer:
    """The neck: a column that widens to the shoulders, darker under the chin."""
    rows, part = frame.below(0.45, until=a.chin_y + 0.75)
    x, y = part.x, part.y
    below = np.clip((y - a.chin_y) / 0.35, 0, 1.2)
    half = np.float32(0.45 - 0.02 * a.infancy) + np.float32(0.11) * below**2
    cover = np.clip((half - np.abs(x)) * np.float32(frame.radius) + 0.5, 0, 1)
    cover = cover * np.clip((shoulder_line(x, a) + 0.02 - y) * np.float32(frame.radius) * 0.7, 0, 1)
    depth = np.float32(0.42) * np.sqrt(np.clip(1 - 0.97 * (x / half) ** 2, 0.02, 1))
    light = lamp.wash(depth.astype(np.float32), radius=frame.radius)
    shade = 0.40 + 0.48 / (1 + np.exp(-(y - a.chin_y - 0.17 + 0.16 * x * x - 0.12 * lamp.direction[0] * x) / 0.050))
    clouds = textures.patch(textures.fractal(), rng, height=y.size, width=WIDTH)
    colour = tone_colour(looks.tone) * np.array((0.99, 0.93, 0.91), np.float32)
    light *= ((1 + np.float32(0.03) * clouds) * shade)[..., None].astype(np.float32)
    return rows, colour * light, cover.astype(np.float32)


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
