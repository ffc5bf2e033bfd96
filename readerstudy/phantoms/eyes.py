"""Eyes: drawn at twice the size along their slanted axis, then laid into the lit face."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from readerstudy.phantoms.anatomy import Anatomy, Frame
from readerstudy.phantoms.phantom import Looks
from readerstudy.phantoms.skin import Lamp, linear

FINE = 2  # the patch is drawn so many times larger
SCLERA = np.array((0.80, 0.75, 0.72), np.float32)
CARUNCLE = np.array((0.62, 0.30, 0.26), np.float32)


@dataclass(frozen=True)
class _Patch:
    """One eye's own coordinates: ``t`` -1 at the inner corner .. 1 at the outer, ``v`` down, in face units."""

    rows: slice
    columns: slice
    u: np.ndarray  # along the axis, face units
    v: np.ndarray
    t: np.ndarray
    upper: np.ndarray  # v of the lids' edges
    lower: np.ndarray
    scale: float  # fine pixels a face unit

    def band(self, distance: np.ndarray, thickness: float) -> np.ndarray:
        """A soft line where ``distance`` is near 0."""
        return np.exp(-0.5 * (distance / np.float32(thickness)) ** 2)


def paint_eye(lit: np.ndarray, frame: Frame, anatomy: Anatomy, looks: Looks, *, side: int, lamp: Lamp) -> None:
    """Paint one eye (side -1 the viewer's left, 1 the right) into the lit face, in place."""
    patch = _patch(frame, anatomy, side)
    alpha = _aperture(patch)
    ball = _ball(patch, anatomy, looks, side=side, lamp=lamp)
    lids = _lids(patch, anatomy)
    lashes = _lashes(patch, anatomy, looks)
    target = lit[patch.rows, patch.columns]
    shape = (target.shape[1], target.shape[0])
    alpha, ball, lids, lashes = (
        cv2.resize(layer, shape, interpolation=cv2.INTER_AREA) for layer in (alpha, ball, lids, lashes)
    )
    face = target * lids
    target[...] = (face + (ball - face) * alpha[..., None]) * lashes[..., None]


def _patch(frame: Frame, a: Anatomy, side: int) -> _Patch:
    centre_x, centre_y = side * a.pupil_x, -0.6 * side * a.asymmetry
    rows, columns = frame.window(centre_x, centre_y, reach_x=0.36, reach_y=0.34)
    across, along = frame.x[0, columns], frame.y[rows, 0]
    x = np.interp(_fine(across.size), np.arange(across.size), across)[None, :].astype(np.float32)
    y = np.interp(_fine(along.size), np.arange(along.size), along)[:, None].astype(np.float32)
    outwards, down = side * (x - np.float32(centre_x)), y - np.float32(centre_y)
    cos, sin = np.float32(np.cos(a.slant)), np.float32(np.sin(a.slant))
    u, v = outwards * cos - down * sin, down * cos + outwards * sin
    t = u / np.float32(a.fissure)
    inside = np.clip(1 - t * t, 0, 1)
    upper = np.float32(-1.12 * a.opening) * inside**0.62
    fold = np.float32(max(0.0, a.epicanthus)) * np.exp(-0.5 * ((t + 0.80) / 0.26) ** 2)
    upper = upper + np.float32(0.75 * a.opening) * fold * inside**0.25
    lower = np.float32(0.88 * a.opening) * inside**0.85
    return _Patch(rows, columns, u, v, t, upper, lower, frame.radius * FINE)


def _fine(size: int) -> np.ndarray:
    return (np.arange(size * FINE) + 0.5) / FINE - 0.5


def _aperture(p: _Patch) -> np.ndarray:
    gap = np.minimum(p.v - p.upper, p.lower - p.v) * np.float32(p.scale * 0.7)
    return np.clip(gap + 0.5, 0, 1) * (np.abs(p.t) < 1)


def _ball(p: _Patch, a: Anatomy, looks: Looks, *, side: int, lamp: Lamp) -> np.ndarray:
    """Sclera, iris, pupil, wet rim and highlights in lamp light, (h, w, 3)."""
    gaze_u, gaze_v = side * looks.gaze_x, looks.gaze_y - 0.004
    du, dv = p.u - np.float32(gaze_u), p.v - np.float32(gaze_v)
    radius = np.sqrt(du * du + dv * dv) / np.float32(a.iris)
    roundness = 1 - 0.30 * np.clip(np.abs(p.t), 0, 1) ** 2.2
    colour = SCLERA**2 * (1.05 * roundness)[..., None]
    pink = p.band(p.t + 0.97, 0.10)[..., None]
    colour = colour * (1 - pink) + CARUNCLE**2 * pink
    edge = np.clip((1 - radius) * np.float32(p.scale * a.iris / 1.6) + 0.5, 0, 1)[..., None]
    colour = colour * (1 - edge) + _iris(radius, np.arctan2(dv, du), looks) * edge
    under_lid = 1 - 0.55 * np.exp(-np.clip(p.v - p.upper, 0, 1) / np.float32(0.028))
    rim = p.band(p.lower - p.v - 0.006, 0.006)[..., None] * 0.25
    colour = colour * (under_lid[..., None] * lamp.flat(0.72)) + rim * np.float32(0.35)
    return colour + _highlights(p, du, dv, side=side, lamp=lamp)[..., None]


def _iris(radius: np.ndarray, angle: np.ndarray, looks: Looks) -> np.ndarray:
    rng = np.random.default_rng(looks.texture_seed)
    fibres = np.zeros_like(radius)
    for turns, phase in zip((11, 17, 26, 39), rng.uniform(0, 6.28, 4), strict=True):
        fibres += np.sin(turns * angle + np.float32(phase) + 2 * np.sin(3 * radius)) * np.float32(0.10)
    lightness = 0.85 + fibres + 0.45 * np.exp(-0.5 * ((radius - 0.55) / 0.16) ** 2)
    lightness *= 1 - 0.75 / (1 + np.exp(-(radius - 0.90) / 0.045))
    lightness *= 1 / (1 + np.exp(-(radius - 0.40) / 0.03)) * 0.98 + 0.02
    return linear(looks.iris) * np.clip(lightness, 0.02, 2)[..., None]


def _highlights(p: _Patch, du: np.ndarray, dv: np.ndarray, *, side: int, lamp: Lamp) -> np.ndarray:
    """One strong reflection of the lamp, one weak opposite; the cornea is on the image's axes, not the eye's."""
    at_u, at_v = side * lamp.direction[0] * 0.055, lamp.direction[1] * 0.07
    strong = np.exp(-0.5 * (((du - at_u) / 0.0125) ** 2 + ((dv - at_v) / 0.0125) ** 2))
    weak = np.exp(-0.5 * (((du + at_u) / 0.026) ** 2 + ((dv + at_v) / 0.018) ** 2))
    return (0.95 * strong + 0.045 * weak).astype(np.float32)


def _lids(p: _Patch, a: Anatomy) -> np.ndarray:
    """What the lids do to the skin around: crease, fold, fullness, warm rims; a factor (h, w, 3)."""
    reach = 1 / (1 + np.exp((np.abs(p.t) - 0.98) / 0.07))
    arc = np.clip(1 - (p.t / 1.12) ** 2, 0, 1)
    crease_at = np.float32(-1.12 * a.opening) * arc**0.70 - np.float32(0.040 + 0.014 * a.lid_fullness) * arc**0.4
    crease = 0.30 * p.band(p.v - crease_at, 0.011) * (1 - np.clip(a.epicanthus, 0, 1) * np.exp(-2.2 * (p.t + 1)))
    shade = crease * reach + 0.14 * p.band(p.v - crease_at + 0.022, 0.030) * reach
    for offset, strength, width in ((0.048, 0.115, 0.011), (0.098, 0.10, 0.018)):
        line = p.lower * np.float32(0.8) + np.float32(offset) + np.float32(0.012) * np.cos(p.t * 1.6)
        shade += (
            strength * max(0.0, a.lid_fullness) * p.band(p.v - line, width) * np.exp(-0.5 * ((p.t - 0.05) / 0.62) ** 2)
        )
    shade += _fold(p, a)
    rim = p.band(p.v - p.lower - 0.008, 0.012) * reach * 0.10
    factor = 1 - np.clip(shade, 0, 0.8)[..., None] * np.array((0.80, 1.0, 1.05), np.float32)
    return factor * (1 - rim[..., None] * np.array((0.2, 1.0, 0.9), np.float32))


def _fold(p: _Patch, a: Anatomy) -> np.ndarray:
    """The epicanthal fold: a dark arc around the inner corner."""
    ring = np.sqrt(((p.t + 0.82) * a.fissure / 0.056) ** 2 + ((p.v - 0.012) / 0.062) ** 2)
    inner = 1 / (1 + np.exp((p.t + 0.90) / 0.05))
    return np.float32(0.40 * np.clip(a.epicanthus, 0, 1.6)) * np.exp(-0.5 * ((ring - 1) / 0.20) ** 2) * inner


def _lashes(p: _Patch, a: Anatomy, looks: Looks) -> np.ndarray:
    """Lash lines: strong above and outwards, faint below; a factor (h, w)."""
    reach = 1 / (1 + np.exp((np.abs(p.t) - 0.97) / 0.025))
    thickness = np.float32(0.0095) + np.float32(0.0035) * p.t
    upper = 0.80 * np.exp(-0.5 * ((p.v - p.upper + 0.003) / thickness) ** 2) * reach
    lower = 0.26 * p.band(p.v - p.lower - 0.002, 0.007) * reach * (0.6 + 0.4 * p.t)
    strokes = _lash_strokes(p, a, looks)
    return (1 - np.clip(upper, 0, 0.85)) * (1 - np.clip(lower, 0, 1)) * (1 - 0.55 * strokes)


def _lash_strokes(p: _Patch, a: Anatomy, looks: Looks) -> np.ndarray:
    """Single lashes along the upper lid, drawn in the patch's (t, v) and looked up by remap-free polylines."""
    canvas = np.zeros(p.v.shape, np.uint8)
    rng = np.random.default_rng(looks.texture_seed + 1)
    inverse = _PatchInverse(p)
    for t in np.linspace(-0.65, 1.0, 17) + rng.normal(0, 0.02, 17):
        t = min(float(t), 0.995)
        v = -1.12 * a.opening * (1 - t * t) ** 0.62
        length = (0.022 + 0.026 * max(0.0, t)) * rng.uniform(0.7, 1.2)
        tip = (t * a.fissure + length * (0.25 + 0.6 * t), v - length * 0.85)
        start, end = inverse.pixel(t * a.fissure, v), inverse.pixel(*tip)
        cv2.line(canvas, start, end, 255, 1, cv2.LINE_AA, shift=4)
    return canvas.astype(np.float32) / 255


class _PatchInverse:
    """From (u, v) back to fine pixels, by the affine map that the patch's grids describe."""

    def __init__(self, p: _Patch) -> None:
        origin = np.array((p.u[0, 0], p.v[0, 0]), dtype=float)
        right = np.array((p.u[0, -1], p.v[0, -1]), dtype=float) - origin
        down = np.array((p.u[-1, 0], p.v[-1, 0]), dtype=float) - origin
        height, width = p.v.shape
        self.origin, self.matrix = origin, np.linalg.inv(np.stack([right / (width - 1), down / (height - 1)], axis=1))

    def pixel(self, u: float, v: float) -> tuple[int, int]:
        """Fixed-point (4 bits) column and row."""
        column, row = self.matrix @ (np.array((u, v)) - self.origin)
        return round(float(column) * 16), round(float(row) * 16)
