"""What pretrained weights answer to one fixed picture: the same network gives the same answer, whatever file it is in.

Channels in another order, a transposed kernel, another mean or a layer in the wrong place all change it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import training.engine.quiet  # noqa: F401 (loads TensorFlow in silence)

# isort: split
from keras import ops

from training.engine.weights import NAMES, VggFace, WeightsError

SIDE = 224
TOLERANCE = 2e-3
"""Relative difference that another processor's arithmetic may make."""


def fingerprint(weights: VggFace) -> tuple[float, ...]:
    """Mean activation after each of the five blocks, then of fc6 and fc7 where the file has them.

    Refuses weights that answer nothing, or nothing finite: shapes alone do not make a trained network.
    """
    x = picture()[None] - np.array(weights.mean, np.float32)
    found = []
    for name in [*NAMES, "fc6", "fc7"]:
        if name not in weights.layers:
            break
        kernel, bias = weights.layers[name]
        x = ops.relu(ops.conv(x, kernel, padding="valid" if name.startswith("fc") else "same") + bias)
        if name in LAST:
            found.append(_level(x, name))
            x = x if name.startswith("fc") else ops.max_pool(x, 2)
    return tuple(found)


LAST = {name for name, after in zip(NAMES, [*NAMES[1:], ""], strict=True) if name[:6] != after[:6]} | {"fc6", "fc7"}
"""The convolutions after which the activation is read: the last of each block, and both of the head."""


def is_same(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether two fingerprints are of the same network, as far as both files go."""
    shared = min(len(one), len(other))
    return shared >= 5 and bool(np.allclose(one[:shared], other[:shared], rtol=TOLERANCE))


def picture() -> NDArray[np.float32]:
    """(224, 224, 3) in 0..255: ramp, waves and blocks, another pattern in each colour and along each axis."""
    down, right = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    red = 255 * down / (SIDE - 1)
    green = 128 + 100 * np.cos(2 * np.pi * right / 37)
    blue = 30 + 180 * ((down // 16 + right // 24) % 2)
    return np.stack([red, green, blue], axis=-1).astype(np.float32)


def _level(x: object, name: str) -> float:
    level = float(np.asarray(x, np.float64).mean())
    if not np.isfinite(level) or level <= 0:
        raise WeightsError(f"{name} answers a test picture with {level:g} throughout: these are no trained weights")
    return float(f"{level:.6g}")
