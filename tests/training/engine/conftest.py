from pathlib import Path

import numpy as np
import pytest
from PIL import Image

DATA = Path(__file__).parent / "data"


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
