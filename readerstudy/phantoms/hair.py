"""Hair: a layer behind the ears and one on the forehead, both leaving ears and hairline free."""

from __future__ import annotations

import cv2
import numpy as np

from readerstudy.phantoms import textures
from readerstudy.phantoms.anatomy import Anatomy, Frame
from readerstudy.phantoms.phantom import Looks
from readerstudy.phantoms.relief import Head
from readerstudy.phantoms.scene import Layer
from readerstudy.phantoms.skin import Lamp, linear

LENGTH = {"bob": 0.95, "long": 2.0}  # how far falling hair reaches, in face units


def layers(frame: Frame, anatomy: Anatomy, looks: Looks, *, head: Head) -> tuple[BackHair, FrontHair]:
    """The two layers of one head."""
    reach = LENGTH.get(looks.hair_style, 0.2) + 0.3
    back = BackHair(frame, anatomy, looks, head=head, until=reach)
    return back, FrontHair(frame, anatomy, looks, head=head, until=0.35)


def _step(value: np.ndarray, softness: float) -> np.ndarray:
    """0 below 0, 1 above ``softness``, smooth between."""
    share = np.clip(value / np.float32(softness), 0, 1)
    return share * share * (3 - 2 * share)


class Hair:
    """One layer of a head's hair, on the rows that it can reach."""

    def __init__(self, frame: Frame, anatomy: Anatomy, looks: Looks, *, head: Head, until: float) -> None:
        self.rows, self.frame = frame.below(-9.0, until=until)
        self.anatomy, self.looks, self.head = anatomy, looks, head.cut(self.rows)

    def shade(self, strands: np.ndarray, light: np.ndarray) -> np.ndarray:
        tone = np.clip(0.78 + 0.30 * strands, 0.15, 2.2)
        return linear(self.looks.hair) * (tone * light)[..., None].astype(np.float32)


def _strands(column: np.ndarray, row: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The texture of strands at places of its own, mean 0, SD about 1."""
    left, top = rng.integers(0, textures.SIZE, 2).astype(np.float32)
    maps = [np.ascontiguousarray(place, dtype=np.float32) for place in np.broadcast_arrays(column + left, row + top)]
    return cv2.remap(textures.strands(), *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)


class BackHair(Hair):
    """What is seen behind ears and neck: close to the skull, or falling beside the neck."""

    def layer(self, lamp: Lamp, rng: np.random.Generator) -> Layer:
        x, y, radius = self.frame.x, self.frame.y, np.float32(self.frame.radius)
        fall = _strands(
            x * radius + 5 * np.sin(y * np.float32(3.1) + rng.uniform(0, 6)), y * radius * np.float32(0.8), rng
        )
        style, ragged = self.looks.hair_style, np.float32(0.030) * fall
        skull = _step(self.head.edge + 0.6 * self.looks.hair_thickness - self.head.distance + 0.5 * ragged, 0.05)
        cover = skull * _step(0.25 - y + ragged, 0.1)
        if style in LENGTH:
            cover = np.maximum(cover, self._curtain(np.abs(x), y, ragged))
        light = (0.30 + 0.25 * np.clip((1.15 - np.abs(x)) / 0.5, 0, 1)) * np.float32(lamp.ambient + 0.5 * lamp.key)
        light = light * (1 + 0.35 * lamp.direction[0] * x)
        density = 0.25 if style == "sparse" else 1.0
        return self.rows, self.shade(fall, light), (cover * density).astype(np.float32)

    def _curtain(self, x: np.ndarray, y: np.ndarray, ragged: np.ndarray) -> np.ndarray:
        """Hair that falls beside face and neck, from the widest part of the head down."""
        length = LENGTH[self.looks.hair_style]
        wide = 1.0 + 0.9 * self.looks.hair_thickness + 0.10 * _step(y + 0.2, 0.9) - 0.10 * _step(y - 1.1, 0.9)
        crown = _step(self.head.edge + self.looks.hair_thickness - self.head.distance, 0.05)
        inside = np.where(y < 0, crown, _step(wide - x + ragged, 0.05))
        # Below the neck it falls before the shoulders, not before the chest.
        beside = 1 - _step(y - self.anatomy.chin_y - 0.10, 0.15) * (1 - _step(x - 0.50 + ragged, 0.10))
        return inside * beside * _step(length - y + 2.2 * ragged - 0.12 * x * x, 0.10)


class FrontHair(Hair):
    """The cap above hairline and temples, combed from a whorl behind the crown."""

    def layer(self, lamp: Lamp, rng: np.random.Generator) -> Layer:
        self.texture = self._combed(rng)
        is_sparse = self.looks.hair_style == "sparse"
        cover = _step(self._outer(), 0.035) * _step(self._inner(), 0.16 if is_sparse else 0.075)
        if is_sparse:
            cover = cover * np.clip(0.62 + 0.22 * self.texture, 0.1, 0.92)
        return self.rows, self.shade(self.texture, self._light(lamp)), cover.astype(np.float32)

    def _combed(self, rng: np.random.Generator) -> np.ndarray:
        x, y = np.broadcast_arrays(self.frame.x, self.frame.y)
        dx, dy = x - np.float32(self.looks.whorl), y - np.float32(self.anatomy.crown_y * 1.10)
        radius, angle = cv2.cartToPolar(dy, dx)
        angle = angle + np.float32(0.30 * np.sign(self.looks.whorl)) * radius
        return _strands(angle * np.float32(textures.SIZE / (2 * np.pi)), radius * np.float32(95), rng)

    def _outer(self) -> np.ndarray:
        """Distance inside the hair's outer edge: full at the crown, thin at the temples."""
        rise = _step(self.head.angle - np.float32(1.55), 1.0)
        thick = np.float32(self.looks.hair_thickness * (0.55 if self.looks.hair_style == "sparse" else 1.0)) * (
            0.25 + 0.75 * rise
        )
        ragged = np.float32(0.016) * self.texture
        return self.head.edge + thick - self.head.distance + ragged

    def _inner(self) -> np.ndarray:
        """Distance above the hairline: high on the forehead, down to the ears beside the temples."""
        a, x = self.anatomy, np.abs(self.frame.x)
        middle = 0.665 * a.crown_y + self.looks.hairline - 0.07 * a.infancy
        temple = a.ear_y - 0.22
        share = np.clip(x / np.float32(0.97 * a.forehead), 0, 1.2)
        hairline = np.float32(middle) + np.float32(temple - middle) * share**3.6
        parting = np.float32(0.045) * np.exp(-0.5 * ((self.frame.x - np.float32(self.looks.whorl)) / 0.10) ** 2)
        return hairline - parting - self.frame.y + np.float32(0.050) * self.texture

    def _light(self, lamp: Lamp) -> np.ndarray:
        """Round shading of the cap with a soft band of gloss."""
        ratio = np.clip(self.head.distance / (self.head.edge + self.looks.hair_thickness), 0, 1)
        up = np.clip(-self.frame.y / -np.float32(self.anatomy.crown_y), 0, 1.2)
        side = self.frame.x * lamp.direction[0]
        body = lamp.ambient + lamp.key * np.clip(0.62 + 0.35 * side - 0.50 * ratio**3, 0.05, 1.2)
        band = np.exp(-0.5 * ((ratio - 0.84 - 0.02 * self.texture) / 0.055) ** 2) * np.clip(0.6 + side, 0, 1.3)
        root = 0.75 + 0.25 * up
        return (body * root + 0.75 * band * np.clip(0.6 + 0.5 * self.texture, 0, 2)).astype(np.float32)
