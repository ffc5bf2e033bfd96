"""Skin: its colour in linear light, and how lamp and relief shade it."""

from __future__ import annotations

import cv2
import numpy as np

from readerstudy.phantoms import textures
from readerstudy.phantoms.anatomy import HEIGHT, WIDTH, Anatomy, Frame
from readerstudy.phantoms.phantom import Looks

TONES = np.array(
    [
        (246, 214, 196),
        (236, 196, 170),
        (222, 174, 140),
        (198, 146, 110),
        (166, 116, 84),
        (128, 86, 61),
        (92, 62, 46),
    ],
    dtype=float,
)
"""Seven skin tones, sRGB-like bytes, from light to dark."""

WRAP = np.array((0.40, 0.27, 0.20), dtype=np.float32)  # how far light creeps round the edge: most in red


def linear(colour: tuple[float, float, float]) -> np.ndarray:
    """A colour in 0..1 as linear light (gamma 2: the square root at the end is cheap), shape (3,) float32."""
    return np.square(np.array(colour, dtype=np.float32))


def tone_colour(tone: float) -> np.ndarray:
    """Linear skin colour of a tone in 0..1, shape (3,) float32."""
    place = tone * (len(TONES) - 1)
    mixed = [np.interp(place, np.arange(len(TONES)), TONES[:, channel]) / 255 for channel in range(3)]
    return linear((mixed[0], mixed[1], mixed[2]))


def albedo(frame: Frame, anatomy: Anatomy, looks: Looks, rng: np.random.Generator) -> np.ndarray:
    """The face's own colour, linear, shape (H, W, 3) float32."""
    clouds = textures.patch(textures.fractal(), rng, height=HEIGHT, width=WIDTH)
    grain = textures.patch(textures.pores(), rng, height=HEIGHT, width=WIDTH)
    texture = 1 + np.float32(0.035 * looks.blotch) * clouds + np.float32(0.028) * grain
    skin = tone_colour(looks.tone) * texture[..., None]
    red = _redness(frame, anatomy) * np.float32(looks.redness)
    mottled = red * (1 + np.float32(0.25) * textures.patch(textures.fractal(), rng, height=HEIGHT, width=WIDTH))
    skin[..., 1] *= 1 - np.float32(0.20) * mottled
    skin[..., 2] *= 1 - np.float32(0.17) * mottled
    if looks.freckles:
        skin *= (1 - np.float32(looks.freckles) * _freckles(frame, rng))[..., None] ** np.array(
            (0.6, 1.0, 1.2), np.float32
        )
    return skin


def _redness(frame: Frame, a: Anatomy) -> np.ndarray:
    def spot(x: float, y: float, sd_x: float, sd_y: float) -> np.ndarray:
        return np.exp(-0.5 * ((frame.y - y) / sd_y) ** 2) * np.exp(-0.5 * ((frame.x - x) / sd_x) ** 2)

    red = 0.8 * spot(-0.56, 0.42, 0.20, 0.16) + 0.8 * spot(0.56, 0.42, 0.20, 0.16)
    red += 0.65 * spot(0, a.nose_tip_y, 0.15, 0.11) + 0.35 * spot(0, a.chin_y - 0.14, 0.2, 0.12)
    red += 0.4 * spot(-a.pupil_x, 0.0, 0.2, 0.11) + 0.4 * spot(a.pupil_x, 0.0, 0.2, 0.11)
    return red.astype(np.float32)


def _freckles(frame: Frame, rng: np.random.Generator) -> np.ndarray:
    """Small spots over nose and cheeks, 0..1."""
    dots = np.zeros((HEIGHT, WIDTH), np.float32)
    for x, y in rng.normal((0, 0.32), (0.42, 0.16), (150, 2)):
        column, row = frame.pixel(x, y)
        if 2 < column < WIDTH - 3 and 2 < row < HEIGHT - 3:
            dots[int(row), int(column)] += rng.uniform(1.0, 3.2)
    return np.clip(cv2.GaussianBlur(dots, (0, 0), 1.15), 0, 0.42)


class Lamp:
    """One soft key light over an even ambient one."""

    def __init__(self, looks: Looks) -> None:
        direction = np.array((looks.lamp_x, looks.lamp_y, 1.0))
        self.direction = (direction / np.linalg.norm(direction)).astype(np.float32)
        half = self.direction + np.array((0, 0, 1), np.float32)
        self.half = half / np.linalg.norm(half)
        self.ambient, self.key = np.float32(looks.ambient), np.float32(looks.key)
        self.tint = np.array((1 + looks.warmth, 1.0, 1 - looks.warmth), np.float32)

    def shade(self, depth: np.ndarray, *, radius: float) -> tuple[np.ndarray, np.ndarray]:
        """Light on a relief: (H, W, 3) to multiply a colour by, and the gloss (H, W) to add."""
        normal = normals(depth, radius=radius)
        facing = sum(normal[i] * self.direction[i] for i in range(3))
        shadow = cast_shadow(depth, self.direction, radius=radius)
        openness = cavities(depth)
        lit = self.key * shadow * (0.72 + 0.28 * openness)
        sky = self.ambient * (0.55 + 0.45 * openness) * (0.72 + 0.28 * openness)
        light = self._soft(facing, lit=lit, sky=sky)
        gloss = np.clip(sum(normal[i] * self.half[i] for i in range(3)), 0, 1) ** 26
        return light, gloss * shadow

    def wash(self, depth: np.ndarray, *, radius: float) -> np.ndarray:
        """Light without shadows and gloss, for plain things: (H, W, 3)."""
        normal = normals(depth, radius=radius)
        facing = sum(normal[i] * self.direction[i] for i in range(3))
        return self._soft(facing, lit=self.key, sky=self.ambient)

    def _soft(self, facing: np.ndarray, *, lit: np.ndarray | np.float32, sky: np.ndarray | np.float32) -> np.ndarray:
        """Wrapped diffuse light per channel: it creeps furthest round an edge in red."""
        light = np.empty((*facing.shape, 3), np.float32)
        for channel, wrap in enumerate(WRAP):
            diffuse = np.maximum((facing + wrap) * (self.tint[channel] / (1 + wrap)), 0)
            light[..., channel] = diffuse * lit + sky
        return light

    def flat(self, facing: float = 0.75) -> np.ndarray:
        """Light on a plain surface, shape (3,)."""
        return self.tint * (self.key * np.float32(facing)) + self.ambient


def normals(depth: np.ndarray, *, radius: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit normals of a depth map, three arrays (H, W)."""
    scale = radius / 8
    dx = np.clip(cv2.Sobel(depth, cv2.CV_32F, 1, 0, ksize=3, scale=scale), -3, 3)
    dy = np.clip(cv2.Sobel(depth, cv2.CV_32F, 0, 1, ksize=3, scale=scale), -3, 3)
    length = 1 / np.sqrt(dx * dx + dy * dy + 1)
    return -dx * length, -dy * length, length


def cavities(depth: np.ndarray) -> np.ndarray:
    """How open each place is to the sky, about 0.4..1.1, from the depth at a quarter of the size."""
    small = cv2.resize(depth, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    fine, coarse = cv2.GaussianBlur(small, (0, 0), 2), cv2.GaussianBlur(small, (0, 0), 6)
    openness = np.clip(1 - 5 * (fine - small) - 2.2 * (coarse - small), 0.3, 1.1)
    return cv2.resize(openness, (depth.shape[1], depth.shape[0]), interpolation=cv2.INTER_LINEAR)


def cast_shadow(depth: np.ndarray, lamp: np.ndarray, *, radius: float) -> np.ndarray:
    """1 in the light .. 0.45 in full shadow, soft: six steps towards the lamp, at half size."""
    small = cv2.resize(depth, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    sideways = float(np.hypot(lamp[0], lamp[1]))
    blocked = np.zeros_like(small)
    for step in (0.04, 0.08, 0.13, 0.19, 0.26, 0.35):
        pixels = step * radius / 2 / sideways
        shift = np.array([[1, 0, -lamp[0] * pixels], [0, 1, -lamp[1] * pixels]], np.float32)
        ahead = cv2.warpAffine(small, shift, (small.shape[1], small.shape[0]), borderMode=cv2.BORDER_REPLICATE)
        blocked = np.maximum(blocked, ahead - small - np.float32(step * lamp[2] / sideways))
    shadow = 1 - np.float32(0.55) * np.clip(cv2.GaussianBlur(blocked, (0, 0), 2.0) / np.float32(0.07), 0, 1)
    return cv2.resize(shadow, (depth.shape[1], depth.shape[0]), interpolation=cv2.INTER_LINEAR)
