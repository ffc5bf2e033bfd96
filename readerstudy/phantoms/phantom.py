"""The plain data of one phantom: its truth, its scores, and how it happens to be photographed."""

from __future__ import annotations

from dataclasses import dataclass

VERSION = "1"
"""Version of the drawing: raised when the same seed would give other scores or another kind of picture."""

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Looks:
    """All that a picture shows beside anatomy. Drawn from the same distribution for both classes.

    Colours are RGB in 0..1. Pixels refer to the 480 x 600 picture, angles are in degrees.
    """

    texture_seed: int
    tone: float  # 0 the lightest skin .. 1 the darkest
    redness: float
    freckles: float
    blotch: float
    iris: Colour
    hair: Colour
    hair_style: str  # sparse, short, bob or long
    hair_thickness: float
    hairline: float
    whorl: float
    brow_weight: float
    radius: float
    centre_x: float
    eye_row: float
    yaw: float
    pitch: float
    roll: float
    gaze_x: float
    gaze_y: float
    lamp_x: float
    lamp_y: float
    key: float
    ambient: float
    warmth: float
    gloss: float
    wall: Colour
    shirt: Colour
    shirt_trim: Colour
    shirt_pattern: str  # plain, stripes or trim
    white_balance: Colour
    exposure: float
    blur: float
    noise: float


@dataclass(frozen=True)
class Phantom:
    """One subject of a phantom cohort. Stylised, not clinically valid."""

    code: str
    file: str
    has_syndrome: bool
    diagnosis: str  # empty for a control
    confirmation: str  # karyotype, array or sequencing; empty for a control
    is_expressed: bool  # False: a case whose syndrome does not show in the face
    sex: str  # F or M
    age_months: float
    scores: tuple[float, ...]  # in the order of gestalts.SCORES
    llr: float
    difficulty: float  # normal score of llr within the class
    seed: int
    preset: str
    looks: Looks
    version: str = VERSION
