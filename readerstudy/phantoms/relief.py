"""The depth of a head: a dome inside its outline, with some forty-five Gaussian hills and hollows."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from readerstudy.phantoms.anatomy import Anatomy, Frame

CENTRE_Y = -0.05  # the pole of the outline's polar form, on the mid-line
_STEPS = 4096


def half_width(y: np.ndarray, anatomy: Anatomy) -> np.ndarray:
    """Half width of the face at each height: an ellipse above the eyes, a superellipse below."""
    up = np.clip(y / anatomy.crown_y, 0, 1)
    down = np.clip(y / anatomy.chin_y, 0, 1)
    blend = np.clip(up / 0.5, 0, 1)
    above = (1 + (anatomy.forehead - 1) * blend * blend * (3 - 2 * blend)) * np.sqrt(1 - up**2.15)
    cheek = 1 + (0.015 + 0.35 * (anatomy.cheeks - 0.09)) * np.exp(-(((y - 0.42) / 0.25) ** 2))
    jaw = 1 + (anatomy.jaw - 1.035) * np.exp(-(((down - 0.86) / 0.24) ** 2))
    below = np.clip(1 - down**2.35, 0, 1) ** 0.54 * cheek * jaw
    return np.where(y < 0, above, below)


@dataclass(frozen=True)
class Head:
    """The outline in polar form. All arrays (H, W) float32."""

    angle: np.ndarray  # 0 at the chin .. pi at the crown, the same on both sides
    distance: np.ndarray  # from the pole
    edge: np.ndarray  # distance of the outline at that angle
    cover: np.ndarray  # 1 inside, soft over one pixel at the edge

    def cut(self, rows: slice) -> Head:
        """The same outline on some of the rows."""
        return Head(self.angle[rows], self.distance[rows], self.edge[rows], self.cover[rows])

    @property
    def ratio(self) -> np.ndarray:
        """0 at the pole, 1 on the outline."""
        return self.distance / self.edge


def outline(frame: Frame, anatomy: Anatomy) -> Head:
    """The head's outline around its pole; polar, so that the chin grows no spike and the halves meet unseen."""
    dx = np.broadcast_to(np.abs(frame.x), (frame.y.size, frame.x.size))
    dy = np.broadcast_to(frame.y - np.float32(CENTRE_Y), dx.shape)
    distance, angle = cv2.cartToPolar(np.ascontiguousarray(dy), np.ascontiguousarray(dx))
    table, slope = _edge_table(anatomy)
    index = np.clip(angle * ((_STEPS - 1) / np.pi), 0, _STEPS - 1).astype(np.intp)
    edge = table[index]
    pixels = (edge - distance) * np.float32(frame.radius) * slope[index]
    return Head(angle, distance, edge, np.clip(pixels + np.float32(0.5), 0, 1))


def _edge_table(anatomy: Anatomy) -> tuple[np.ndarray, np.ndarray]:
    """Distance of the edge by angle, and the cosine between the ray and the edge's normal."""
    turn = np.linspace(0, np.pi, 2000)
    middle, half = (anatomy.chin_y + anatomy.crown_y) / 2, (anatomy.chin_y - anatomy.crown_y) / 2
    y = middle + half * np.cos(turn)
    x = half_width(y, anatomy)
    angles = np.linspace(0, np.pi, _STEPS)
    table = np.interp(angles, np.arctan2(x, y - CENTRE_Y), np.hypot(x, y - CENTRE_Y))
    padded = np.pad(table, 120, mode="reflect")
    table = np.convolve(padded, np.hanning(121) / np.hanning(121).sum(), mode="same")[120:-120]
    slope = 1 / np.sqrt(1 + (np.gradient(table, angles) / table) ** 2)
    return table.astype(np.float32), slope.astype(np.float32)


def relief(frame: Frame, anatomy: Anatomy, head: Head) -> np.ndarray:
    """Depth towards the viewer in face units, shape (H, W) float32, 0 outside the head."""
    depth = 0.80 * np.sqrt(np.clip(1 - 0.985 * head.ratio**2.3, 0, 1))
    inside = np.clip((1 - head.ratio) / np.float32(0.06), 0, 1)
    hills = np.zeros_like(depth)
    for bump in bumps(anatomy):
        _add(hills, frame, bump)
    return cv2.GaussianBlur(depth + hills * inside, (0, 0), 1.0)


def _add(hills: np.ndarray, frame: Frame, bump: tuple[float, ...]) -> None:
    """Add one separable Gaussian within three SD."""
    x, y, sd_x, sd_y, height = bump
    rows, columns = frame.window(x, y, reach_x=3 * sd_x, reach_y=3 * sd_y)
    across = np.exp(-0.5 * ((frame.x[:, columns] - np.float32(x)) / np.float32(sd_x)) ** 2)
    along = np.exp(-0.5 * ((frame.y[rows] - np.float32(y)) / np.float32(sd_y)) ** 2)
    hills[rows, columns] += np.float32(height) * along * across


def bumps(a: Anatomy) -> list[tuple[float, ...]]:
    """(x, y, SD across, SD along, height) of every hill and hollow."""
    pairs = _orbit_bumps(a) + _cheek_bumps(a) + _nose_pairs(a) + _mouth_pairs(a)
    mirrored = [(side * x, y - 0.6 * side * a.asymmetry, *rest) for x, y, *rest in pairs for side in (-1, 1)]
    return mirrored + _nose_bumps(a) + _mouth_bumps(a)


def _orbit_bumps(a: Anatomy) -> list[tuple[float, ...]]:
    full = a.lid_fullness
    return [
        (a.pupil_x, -0.03, 0.21, 0.13, -0.10 + 0.012 * (full - 0.9)),
        (a.pupil_x, -0.005, 0.135, 0.105, 0.06),
        (a.pupil_x - 1.15 * a.fissure, 0.0, 0.055, 0.07, -0.03),
        (a.pupil_x, a.brow_y + 0.03, 0.22, 0.065, 0.024),
        (a.pupil_x, 0.125, 0.16, 0.038, 0.018 * max(0.0, full)),
        (a.pupil_x - 0.01, 0.205, 0.15, 0.03, -0.010),
        (0.86, -0.32, 0.12, 0.22, -0.05),
    ]


def _cheek_bumps(a: Anatomy) -> list[tuple[float, ...]]:
    return [
        (0.53, 0.43, 0.25, 0.24, a.cheeks),
        (0.50, 0.75, 0.20, 0.16, 0.5 * (a.cheeks - 0.06)),
        (0.42, 0.33, 0.17, 0.16, a.midface),
        (a.alae + 0.09, a.subnasale_y - 0.03, 0.035, 0.085, -0.020),
        (a.alae + 0.15, a.subnasale_y + 0.09, 0.04, 0.09, -0.018),
    ]


def _nose_pairs(a: Anatomy) -> list[tuple[float, ...]]:
    return [
        (a.alae - 0.055, a.nose_tip_y + 0.025, 0.060, 0.058, 0.095),
        (a.alae + 0.045, a.nose_tip_y + 0.02, 0.022, 0.055, -0.022),
        (0.055, a.subnasale_y + 0.5 * a.philtrum, 0.024, 0.36 * a.philtrum, 0.026 * max(0.0, a.philtrum_depth)),
    ]


def _mouth_pairs(a: Anatomy) -> list[tuple[float, ...]]:
    corner = a.mouth_y + a.corner_drop
    return [
        (a.mouth + 0.02, corner, 0.045, 0.05, -0.026),
        (a.mouth + 0.10, corner + 0.02, 0.06, 0.10, 0.012),
        (0.42 * a.mouth, a.mouth_y - 0.045 * a.lip, 0.13, 0.035 * a.lip**0.5, 0.022),
    ]


def _nose_bumps(a: Anatomy) -> list[tuple[float, ...]]:
    tilt = a.asymmetry
    steps = [(0.06 + 0.20 * i) for i in range(5)]
    bridge = [
        (
            tilt * step,
            -0.13 + (a.nose_tip_y + 0.13) * step,
            0.072 + 0.028 * step,
            0.095,
            a.bridge * (0.50 + 0.50 * step) * (1.05 - 0.35 * step),
        )
        for step in steps
    ]
    return [
        *bridge,
        (tilt, a.nose_tip_y, a.nose_tip, 0.088, 0.15),
        (tilt, a.subnasale_y + 0.015, 0.10, 0.038, -0.055),
        (0.0, -0.62, 0.45, 0.26, 0.035),
        (0.0, 0.36, 0.42, 0.22, 1.2 * a.midface),
    ]


def _mouth_bumps(a: Anatomy) -> list[tuple[float, ...]]:
    root = a.lip**0.5
    return [
        (0.0, a.subnasale_y + 0.5 * a.philtrum, 0.026, 0.36 * a.philtrum, -0.042 * max(0.0, a.philtrum_depth)),
        (0.0, a.mouth_y - 0.02, 0.24, 0.16, 0.045),
        (0.0, a.mouth_y - 0.048 * root, 0.15, 0.034 * root, 0.040 * root),
        (0.0, a.mouth_y, 0.22, 0.014, -0.03),
        (0.0, a.mouth_y + 0.060 * root, 0.15, 0.044 * root, 0.058 * root),
        (0.0, a.mouth_y + 0.085 * root + 0.065, 0.17, 0.035, -0.050),
        (0.0, a.chin_y - 0.14, 0.16, 0.12, 0.085),
    ]
