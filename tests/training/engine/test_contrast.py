"""Local contrast: the light goes, the drawing stays."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from training.engine.contrast import FLOOR, LIMIT, LUMINANCE, RADIUS, LocalContrast


def pictures(seed=0, n=2, side=48):
    smooth = gaussian_filter(np.random.default_rng(seed).random((n, side, side, 3)), (0, 2, 2, 0))
    return np.clip(0.5 + 3 * (smooth - smooth.mean()), 0.05, 0.95).astype(np.float32)


def test_three_channels_come_back_alike_and_bounded():
    found = np.asarray(LocalContrast()(pictures()))
    assert found.shape == (2, 48, 48, 3)
    assert np.array_equal(found[..., 0], found[..., 1])
    assert np.array_equal(found[..., 0], found[..., 2])
    assert np.abs(found).max() <= LIMIT
    assert found.std() > 0.5


@pytest.mark.parametrize("gain", [0.5, 0.8])
def test_a_darker_lamp_changes_little(gain):
    bright, dark = (np.asarray(LocalContrast()(pictures() * factor)) for factor in (1.0, gain))
    assert np.corrcoef(bright.ravel(), dark.ravel())[0, 1] > 0.99


def test_a_flat_picture_is_flat_up_to_its_borders():
    flat = np.full((1, 32, 32, 3), 0.6, np.float32)
    assert np.abs(np.asarray(LocalContrast()(flat))).max() < 1e-4


def test_inside_it_is_the_gaussian_neighbourhood():
    image = pictures(n=1, side=64)
    grey = (image[0] * LUMINANCE).sum(-1)
    sigma = RADIUS * 64
    deviation = grey - gaussian_filter(grey, sigma, truncate=2.5)
    wanted = np.clip(deviation / np.sqrt(gaussian_filter(deviation**2, sigma, truncate=2.5) + FLOOR), -LIMIT, LIMIT)
    found = np.asarray(LocalContrast()(image))[0, :, :, 0]
    middle = slice(30, 34)  # where neither the kernel nor the deviations it averages meet a border
    assert np.corrcoef(found.ravel(), wanted.ravel())[0, 1] > 0.95
    assert np.allclose(found[middle, middle], wanted[middle, middle], atol=0.15)
