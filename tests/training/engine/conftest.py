from pathlib import Path

import numpy as np
import pytest
from PIL import Image

DATA = Path(__file__).parents[2] / "data" / "bad-inputs" / "images"


@pytest.fixture(scope="session")
def finder():
    from training.engine.faces import FaceFinder

    return FaceFinder()


@pytest.fixture(scope="session")
def picture():
    """The named test picture as uint8 RGB."""

    def load(name: str) -> np.ndarray:
        return np.asarray(Image.open(DATA / f"{name}.jpg").convert("RGB"))

    return load


@pytest.fixture(scope="session")
def easy():
    """40 noisy crops that any network can tell apart: GS has a bright patch, each of three syndromes in its place."""
    draw = np.random.default_rng(0)
    crops = draw.integers(60, 120, (40, 64, 64, 3), dtype=np.uint8)
    truth = np.arange(40) < 20
    diagnosis = [f"syndrome {i % 3}" if gs else "" for i, gs in enumerate(truth)]
    for i in np.flatnonzero(truth):
        crops[i, 20:44, 14 + 6 * (i % 3) : 38 + 6 * (i % 3)] += 110
    return crops, truth, diagnosis
