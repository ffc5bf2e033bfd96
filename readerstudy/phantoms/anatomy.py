"""From scores to measurements of a face, and the frame in which it is drawn.

The unit is half the width of the face, x to the viewer's right, y down, the eye line at y = 0. Every measurement is
mean + effect of one SD of its score + effect of age, after the recipe's table; scores are softly limited first.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np

from readerstudy.phantoms.gestalts import SCORES
from readerstudy.phantoms.phantom import Phantom

WIDTH, HEIGHT = 480, 600


@dataclass(frozen=True)
class Anatomy:
    """Measurements of one face in units of half its width (angles in radians, factors without unit)."""

    infancy: float  # 1 a newborn .. 0 grown
    pupil_x: float
    fissure: float  # half length
    opening: float  # half height
    slant: float
    iris: float
    epicanthus: float
    lid_fullness: float
    brow_y: float
    brow_arch: float
    brow_half: float
    forehead: float  # width factor
    crown_y: float
    bridge: float
    nose_tip_y: float
    nose_tip: float  # width
    alae: float
    nostrils: float  # how much they show
    subnasale_y: float
    philtrum: float
    philtrum_depth: float
    mouth: float  # half width
    lip: float
    corner_drop: float
    mouth_y: float
    chin_y: float
    jaw: float
    cheeks: float
    midface: float
    ear_y: float
    ear_half: float
    asymmetry: float


def measure(scores: tuple[float, ...], *, age_months: float) -> Anatomy:
    """The face of a score vector at an age. The soft limit 5 tanh(s / 5) is monotone: no information is lost."""
    s = {name: float(5 * np.tanh(score / 5)) for name, score in zip(SCORES, scores, strict=True)}
    k = float(np.exp(-age_months / 60))
    nose_tip_y = 0.415 + 0.026 * s["nose_len"] - 0.05 * k
    subnasale_y = nose_tip_y + 0.085
    philtrum = 0.170 + 0.019 * s["philtrum_len"]
    lip = float(np.exp(0.16 * s["lips"]))
    mouth_y = subnasale_y + philtrum + 0.085 * lip**0.5
    return Anatomy(
        infancy=k,
        **_eyes(s, k),
        **_brows(s, k),
        forehead=1.0 + 0.026 * s["forehead_w"] + 0.03 * k,
        crown_y=-1.34 - 0.035 * s["forehead_h"] - 0.03 * k,
        bridge=(0.120 - 0.024 * s["bridge"]) * (1 - 0.25 * k),
        nose_tip_y=nose_tip_y,
        nose_tip=0.115 * float(np.exp(0.09 * s["nose_tip"])),
        alae=0.200 + 0.013 * s["nose_tip"],
        nostrils=0.5 + 0.17 * s["anteversion"] + 0.15 * k,
        subnasale_y=subnasale_y,
        philtrum=philtrum,
        philtrum_depth=0.9 - 0.22 * s["philtrum_flat"],
        mouth=0.325 + 0.018 * s["mouth_w"] - 0.02 * k,
        lip=lip,
        corner_drop=-0.014 + 0.010 * s["mouth_droop"],
        mouth_y=mouth_y,
        chin_y=mouth_y + 0.085 * lip**0.5 + 0.330 + 0.030 * s["chin"] - 0.05 * k,
        jaw=1.0 + 0.028 * s["jaw"] + 0.02 * k,
        cheeks=0.090 + 0.020 * s["cheeks"] + 0.03 * k,
        midface=-0.018 * s["midface"],
        ear_y=0.10 + 0.042 * s["ear_low"],
        ear_half=0.335 * float(np.exp(0.065 * s["ear_size"])),
        asymmetry=0.015 * s["asym"],
    )


def _eyes(s: dict[str, float], k: float) -> dict[str, float]:
    return {
        "pupil_x": 0.425 + 0.020 * s["eye_spacing"],
        "fissure": 0.200 + 0.010 * s["fissure_len"] + 0.012 * k,
        "opening": max(0.030, 0.077 + 0.008 * s["fissure_open"] - 0.010 * s["ptosis"] + 0.013 * k),
        "slant": float(np.radians(2.5 + 2.4 * s["slant"])),
        "iris": 0.106,
        "epicanthus": 0.35 + 0.20 * s["epicanthus"],
        "lid_fullness": 0.9 + 0.35 * s["periorbital"],
    }


def _brows(s: dict[str, float], k: float) -> dict[str, float]:
    return {
        "brow_y": -0.285 + 0.02 * k - 0.012 * s["brow_arch"],
        "brow_arch": 0.055 + 0.014 * s["brow_arch"],
        "brow_half": 0.036 * float(np.exp(0.20 * s["brow_thick"])) * (1 - 0.3 * k),
    }


class Frame:
    """Where the face lies in the picture: its coordinates at every pixel, and back.

    ``x`` has shape (1, W), ``y`` (H, 1), float32. The asymmetry widens one half of the face and narrows the other.
    """

    def __init__(self, phantom: Phantom, anatomy: Anatomy) -> None:
        looks = phantom.looks
        self.radius, self.centre_x, self.eye_row = looks.radius, looks.centre_x, looks.eye_row
        self.asymmetry = anatomy.asymmetry
        across = (np.arange(WIDTH, dtype=np.float32) - np.float32(self.centre_x)) / np.float32(self.radius)
        stretch = np.where(across < 0, 1 - self.asymmetry, 1 + self.asymmetry)
        self.x = (across / stretch).astype(np.float32)[None, :]
        self.y = ((np.arange(HEIGHT, dtype=np.float32) - np.float32(self.eye_row)) / np.float32(self.radius))[:, None]

    def below(self, y: float, *, until: float = 9.0) -> tuple[slice, Frame]:
        """The rows between two heights, and a frame of these rows only."""
        top, bottom = (int(np.clip(self.pixel(0, edge)[1], 0, HEIGHT)) for edge in (y, until))
        part = copy(self)
        part.y = self.y[top:bottom]
        return slice(top, bottom), part

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """Column and row of a point of the face."""
        stretch = 1 - self.asymmetry if x < 0 else 1 + self.asymmetry
        return self.centre_x + self.radius * x * stretch, self.eye_row + self.radius * y

    def window(self, x: float, y: float, *, reach_x: float, reach_y: float) -> tuple[slice, slice]:
        """Rows and columns around a point, cut to the picture."""
        column, row = self.pixel(x, y)
        wide, high = reach_x * self.radius, reach_y * self.radius
        rows = slice(max(0, int(row - high)), min(HEIGHT, int(row + high) + 2))
        return rows, slice(max(0, int(column - wide)), min(WIDTH, int(column + wide) + 2))


def landmarks(anatomy: Anatomy) -> np.ndarray:
    """The five points in face units, shape (5, 2): eyes, nose tip, mouth corners; the viewer's left first."""
    tilt = anatomy.asymmetry
    corner_y = anatomy.mouth_y + anatomy.corner_drop
    return np.array(
        [
            (-anatomy.pupil_x, 0.6 * tilt),
            (anatomy.pupil_x, -0.6 * tilt),
            (tilt, anatomy.nose_tip_y),
            (-anatomy.mouth, corner_y + 0.5 * tilt),
            (anatomy.mouth, corner_y - 0.5 * tilt),
        ]
    )
