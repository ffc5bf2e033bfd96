"""Everything about a picture that says nothing of the class: skin, hair, light, pose, clothes, camera."""

from __future__ import annotations

import colorsys

import numpy as np

from readerstudy.phantoms.phantom import Colour, Looks

WALLS = ((0.62, 0.63, 0.66), (0.33, 0.42, 0.55), (0.30, 0.38, 0.33), (0.72, 0.70, 0.66), (0.50, 0.47, 0.46))
# From light to dark; the darker the skin, the further towards the first entries.
HAIR = ((0.085, 0.070, 0.065), (0.15, 0.105, 0.08), (0.25, 0.165, 0.11), (0.40, 0.27, 0.16), (0.60, 0.45, 0.28))
IRISES = ((0.20, 0.115, 0.06), (0.27, 0.165, 0.085), (0.36, 0.28, 0.15), (0.33, 0.40, 0.30), (0.32, 0.43, 0.54))


def draw_looks(rng: np.random.Generator, *, tone: float, sex: str, age_months: float) -> Looks:
    """The looks of one picture. Tone is dealt by the design; style depends on age and sex as on the street."""
    return Looks(
        texture_seed=int(rng.integers(2**31)),
        tone=tone,
        **_colouring(rng, tone),
        **_hair(rng, sex=sex, age_months=age_months),
        **_pose(rng),
        **_light(rng),
        **_surroundings(rng),
        **_camera(rng),
    )


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return float(rng.uniform(low, high))


def _jitter(rng: np.random.Generator, colour: Colour, spread: float) -> Colour:
    shade = rng.normal(1.0, spread)
    red, green, blue = np.clip(np.array(colour) * shade * rng.normal(1.0, spread / 3, 3), 0.02, 0.95)
    return float(red), float(green), float(blue)


def _by_tone(rng: np.random.Generator, table: tuple[Colour, ...], tone: float) -> Colour:
    """Dark colours for everyone, light ones only on lighter skin."""
    reach = (len(table) - 1) * max(0.0, 1.0 - 1.4 * tone)
    place = reach * rng.beta(1.25, 1.1)
    lower = int(place)
    share = place - lower
    pair = np.array(table[lower]), np.array(table[min(lower + 1, len(table) - 1)])
    mixed = (1 - share) * pair[0] + share * pair[1]
    return _jitter(rng, (mixed[0], mixed[1], mixed[2]), 0.09)


def _colouring(rng: np.random.Generator, tone: float) -> dict:
    freckled = tone < 0.3 and rng.random() < 0.22
    return {
        "redness": _between(rng, 0.5, 1.25) * (1 - 0.55 * tone),
        "freckles": _between(rng, 0.35, 1.0) if freckled else 0.0,
        "blotch": _between(rng, 0.6, 1.3),
        "iris": _by_tone(rng, IRISES, tone),
        "hair": _by_tone(rng, HAIR, tone),
        "brow_weight": _between(rng, 0.85, 1.1),
    }


def _hair(rng: np.random.Generator, *, sex: str, age_months: float) -> dict:
    draw = rng.random()
    if age_months < 4 + 14 * draw:
        style = "sparse"
    elif sex == "F" and age_months > 20:
        style = "long" if draw < 0.45 else "bob" if draw < 0.8 else "short"
    else:
        style = "bob" if draw < (0.3 if sex == "F" else 0.07) else "short"
    return {
        "hair_style": style,
        "hair_thickness": _between(rng, 0.06, 0.125),
        "hairline": _between(rng, -0.035, 0.035),
        "whorl": float(rng.choice([-1, 1])) * _between(rng, 0.08, 0.42),
    }


def _pose(rng: np.random.Generator) -> dict:
    yaw, pitch, roll = np.clip(rng.standard_normal(3), -2.5, 2.5) * (4.0, 3.0, 3.0)
    return {
        "radius": _between(rng, 104, 122),
        "centre_x": 240 + _between(rng, -12, 12),
        "eye_row": _between(rng, 278, 302),
        "yaw": float(yaw),
        "pitch": float(pitch),
        "roll": float(roll),
        "gaze_x": float(np.clip(rng.normal(0, 0.010), -0.02, 0.02)),
        "gaze_y": float(np.clip(rng.normal(0, 0.006), -0.012, 0.012)),
    }


def _light(rng: np.random.Generator) -> dict:
    return {
        "lamp_x": float(rng.choice([-1, 1])) * _between(rng, 0.05, 0.75),
        "lamp_y": -_between(rng, 0.2, 0.7),
        "key": _between(rng, 0.72, 0.95),
        "ambient": _between(rng, 0.18, 0.36),
        "warmth": _between(rng, -0.06, 0.06),
        "gloss": _between(rng, 0.03, 0.11),
    }


def _surroundings(rng: np.random.Generator) -> dict:
    hue, saturation, value = rng.random(), _between(rng, 0.15, 0.65), _between(rng, 0.25, 0.75)
    shirt = colorsys.hsv_to_rgb(hue, saturation, value)
    trim = colorsys.hsv_to_rgb(
        (hue + rng.normal(0, 0.12)) % 1, saturation * 0.7, min(0.9, value * rng.uniform(0.7, 1.5))
    )
    return {
        "wall": _jitter(rng, WALLS[int(rng.integers(len(WALLS)))], 0.12),
        "shirt": shirt,
        "shirt_trim": trim,
        "shirt_pattern": str(rng.choice(["plain", "plain", "stripes", "trim"])),
    }


def _camera(rng: np.random.Generator) -> dict:
    red, green, blue = rng.normal(1.0, 0.025, 3)
    return {
        "white_balance": (float(red), float(green), float(blue)),
        "exposure": _between(rng, 0.90, 1.16),
        "blur": _between(rng, 0.45, 0.95),
        "noise": _between(rng, 0.006, 0.018),
    }
