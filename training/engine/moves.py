"""What augmentation does to a picture, as numbers: drawn within the recipe's limits, and the one affine map it makes.

Only numpy, so that a web process without OpenCV draws the same moves for a preview.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.engine.recipe import Recipe

HEADROOM = 1.15
"""The store is kept a little larger than the network's input, so that a zoom in does not blur."""

ALIGNED = 224
"""Pixels along a side of an aligned crop."""

STORED = 256
"""... and of what a network at full size is taught from: the aligned crop with 16 px more of the photo on each side."""


@dataclass(frozen=True, kw_only=True)
class Move:
    """What augmentation does to one picture: degrees, a factor, shares of the side right and down, the mirror, and
    the gain (3,) of each colour, None where light and colours stay."""

    angle: float
    zoom: float
    shift: tuple[float, float]
    mirrored: bool
    gain: NDArray[np.float32] | None = None


STILL = Move(angle=0.0, zoom=1.0, shift=(0.0, 0.0), mirrored=False)
MIRROR = Move(angle=0.0, zoom=1.0, shift=(0.0, 0.0), mirrored=True)


def draw_move(recipe: Recipe, draw: np.random.Generator) -> Move:
    """The next random move within the recipe's limits."""
    return draw_moves(recipe, draw, count=1)[0]


def draw_moves(recipe: Recipe, draw: np.random.Generator, *, count: int) -> list[Move]:
    """The next moves. Each takes its numbers from the generator in the same order, so that no move hangs on `count`."""
    numbers = draw.random((count, 4 + int(recipe.flip) + 4 * bool(recipe.brightness)))
    spread = np.array([recipe.rotation, recipe.scale, recipe.shift, recipe.shift])
    mirrored = (numbers[:, 4] < 0.5).tolist() if recipe.flip else [False] * count
    gains = _gains(numbers[:, -4:], recipe) if recipe.brightness else [None] * count
    return [
        Move(angle=angle, zoom=1.0 + zoom, shift=(right, down), mirrored=mirror, gain=gain)
        for (angle, zoom, right, down), mirror, gain in zip(
            (spread * (2 * numbers[:, :4] - 1)).tolist(), mirrored, gains, strict=True
        )
    ]


def _gains(numbers: NDArray[np.float64], recipe: Recipe) -> list[NDArray[np.float32]]:
    """Of red, green and blue (3,): one light for all, and half as much colour for each."""
    light, colour = 2 * numbers[:, :1] - 1, numbers[:, 1:] - 0.5
    return list((1.0 + recipe.brightness * (light + colour)).astype(np.float32))


def room_of(recipe: Recipe) -> float:
    """How many sides of the aligned crop a picture in the store spans.

    More than one where a network at full size turns, shrinks or shifts the face so far that the edge of the aligned
    crop would come into view: it then sees more of the photo instead of a continued edge.
    """
    is_full_size = store_side(recipe, crop_side=ALIGNED) == ALIGNED
    return STORED / ALIGNED if is_full_size and _reach(recipe) > 1.0 else 1.0


def _reach(recipe: Recipe) -> float:
    """Side of the part of the aligned crop that a picture can show after the widest move; 1 is all of it."""
    turn = math.radians(recipe.rotation)
    return recipe.crop * (math.cos(turn) + math.sin(turn) + 2 * recipe.shift) / (1.0 - recipe.scale)


def inside(recipe: Recipe, *, room: float) -> Recipe:
    """The recipe for pictures that span `room` sides of the aligned crop: what it shows of the face stays the same."""
    return recipe if room == 1.0 else replace(recipe, crop=recipe.crop / room)


def store_side(recipe: Recipe, *, crop_side: int) -> int:
    """Pixels along a side of a crop of `crop_side` px as it is kept for training."""
    return min(crop_side, round(recipe.input_size / recipe.crop * HEADROOM))


def matrix(move: Move, *, source: int, recipe: Recipe) -> NDArray[np.float64]:
    """(2, 3): from a stored crop of `source` px to the network's input; turn, crop, zoom, shift and mirror in one."""
    size, middle = recipe.input_size, (source - 1) / 2
    scale = size / (source * recipe.crop) * move.zoom
    turn = math.radians(move.angle)
    along, across = scale * math.cos(turn), scale * math.sin(turn)
    right, down = ((size - source) / 2 + share * size for share in move.shift)
    x = [along, across, (1 - along) * middle - across * middle + right]
    y = [-across, along, across * middle + (1 - along) * middle + down]
    if move.mirrored:
        x = [-x[0], -x[1], -x[2] + (size - 1)]
    return np.array([x, y])
