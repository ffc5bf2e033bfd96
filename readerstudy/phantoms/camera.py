"""Pose and camera: turn the flat picture by its depth, then what lens, sensor and JPEG do to it."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from readerstudy.phantoms import textures
from readerstudy.phantoms.anatomy import HEIGHT, WIDTH, Frame
from readerstudy.phantoms.phantom import Looks

JPEG_QUALITY = 92


@cache
def _grid() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns, rows, and a weight that calms all motion towards the picture's border, where nothing lies beyond."""
    columns, rows = np.meshgrid(np.arange(WIDTH, dtype=np.float32), np.arange(HEIGHT, dtype=np.float32))
    border = np.minimum(np.minimum(columns, WIDTH - 1 - columns), np.minimum(rows, HEIGHT - 1 - rows))
    share = np.clip(border / np.float32(70), 0, 1)
    return columns, rows, share * share * (3 - 2 * share)


class Pose:
    """Yaw and pitch as a shift by depth, then roll about the face's centre."""

    def __init__(self, looks: Looks, frame: Frame, depth: np.ndarray) -> None:
        small = cv2.GaussianBlur(
            cv2.resize(depth, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA), (0, 0), 13 / 4
        )
        self.depth = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
        self.shift = -frame.radius * np.sin(np.radians((looks.yaw, looks.pitch)))
        roll = np.radians(looks.roll)
        self.turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
        self.pivot = np.array(frame.pixel(0.0, 0.25))

    def apply(self, picture: np.ndarray) -> np.ndarray:
        """The posed picture: every pixel looks up where it came from."""
        columns, rows, calm = _grid()
        dx, dy = columns - np.float32(self.pivot[0]), rows - np.float32(self.pivot[1])
        (a, b), (c, d) = self.turn.T.astype(np.float32)  # the inverse turn
        x = a * dx + b * dy + np.float32(self.pivot[0])
        y = c * dx + d * dy + np.float32(self.pivot[1])
        z = cv2.remap(self.depth, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        x += z * np.float32(self.shift[0])
        y += z * np.float32(self.shift[1])
        x, y = columns + (x - columns) * calm, rows + (y - rows) * calm
        return cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

    def forward(self, points: np.ndarray) -> np.ndarray:
        """Where points (n, 2) of the unposed picture come to lie: a few fixed-point steps, then the roll."""
        turned = points.copy()
        for _ in range(6):
            z = np.array([self._depth_at(x, y) for x, y in turned])
            turned = points - z[:, None] * self.shift
        return (turned - self.pivot) @ self.turn.T + self.pivot

    def _depth_at(self, x: float, y: float) -> float:
        column, row = int(np.clip(round(x), 0, WIDTH - 1)), int(np.clip(round(y), 0, HEIGHT - 1))
        return float(self.depth[row, column])


def develop(picture: np.ndarray, looks: Looks, rng: np.random.Generator) -> np.ndarray:
    """From linear light to a uint8 picture: exposure, white balance, soft shoulder, blur and noise."""
    light = picture * (np.array(looks.white_balance, np.float32) * np.float32(looks.exposure))
    tone = cv2.sqrt(np.maximum(light, 0, out=light))
    over = np.maximum(tone - np.float32(0.78), 0)
    tone -= over
    over /= 1 + over * np.float32(2.6)
    tone += over
    tone = cv2.GaussianBlur(tone, (0, 0), looks.blur)
    grain = textures.patch(textures.grain(), rng, height=HEIGHT, width=WIDTH)
    return cv2.convertScaleAbs(np.maximum(tone + np.float32(looks.noise) * grain, 0), alpha=255)


def jpeg(picture: np.ndarray) -> bytes:
    """An RGB picture as JPEG bytes."""
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    if not done:
        raise RuntimeError("OpenCV could not encode the picture as JPEG.")
    return data.tobytes()
