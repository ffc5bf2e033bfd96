"""Noise pictures made once a process and looked up at an offset of each phantom's own. All float32, mean 0, SD 1."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import scipy.fft
from scipy.ndimage import fourier_gaussian

SIZE = 1024


def _standard(texture: np.ndarray) -> np.ndarray:
    return ((texture - texture.mean()) / texture.std()).astype(np.float32)


def _white(seed: int, size: int = SIZE) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((size, size), dtype=np.float32)


def _smooth(texture: np.ndarray, sigma_x: float, sigma_y: float) -> np.ndarray:
    """Gaussian blur that wraps around, by Fourier: as fast for long hair as for pores."""
    spectrum = fourier_gaussian(scipy.fft.rfft2(texture), (sigma_y, sigma_x), n=SIZE)
    return _standard(scipy.fft.irfft2(spectrum, s=texture.shape))


@cache
def fractal() -> np.ndarray:
    """Clouds: octaves from 2 to 64 pixels."""
    total = np.zeros((SIZE, SIZE), np.float32)
    for octave in range(6):
        small = cv2.resize(_white(10 + octave), (SIZE >> octave, SIZE >> octave), interpolation=cv2.INTER_AREA)
        total += cv2.resize(_standard(small), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC) * 1.6**octave
    return _standard(total)


@cache
def clouds() -> np.ndarray:
    """Large soft clouds, as on a painted backdrop."""
    return _smooth(fractal(), 6, 6)


@cache
def folds() -> np.ndarray:
    """Soft upright folds of cloth."""
    return _smooth(_white(60), 12, 26)


@cache
def pores() -> np.ndarray:
    """Skin's fine grain: a band around two pixels."""
    return _standard(_smooth(_white(20), 0.8, 0.8) - 0.8 * _smooth(_white(20), 2.2, 2.2))


@cache
def grain() -> np.ndarray:
    """The camera's noise, three channels, slightly smoothed as by demosaicing."""
    return np.stack([_smooth(_white(30 + channel), 0.55, 0.55) for channel in range(3)], axis=2)


@cache
def strands() -> np.ndarray:
    """Hair: fine across (x), long along (y), from single hairs to locks."""
    fine, lock, wisp = _smooth(_white(40), 0.7, 40), _smooth(_white(41), 2.4, 60), _smooth(_white(42), 9, 90)
    return _standard(fine + 0.9 * lock + 0.8 * wisp)


@cache
def cloth() -> np.ndarray:
    """A knit: fine ribs along both axes."""
    return _standard(_smooth(_white(50), 0.6, 3.0) + _smooth(_white(51), 3.0, 0.6))


def patch(texture: np.ndarray, rng: np.random.Generator, *, height: int, width: int) -> np.ndarray:
    """A random cutting of a texture, shape (height, width[, 3])."""
    top, left = rng.integers(0, SIZE - height + 1), rng.integers(0, SIZE - width + 1)
    return texture[top : top + height, left : left + width]
