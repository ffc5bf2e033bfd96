"""The pictures of the reading instructions are phantoms, small, and as the program draws them."""

from pathlib import Path

import numpy as np
from PIL import Image

from readerstudy.phantoms.pictures import SIZE, instruction_pictures

FOLDER = Path(__file__).resolve().parents[2] / "static" / "img" / "reading"


def test_the_stored_pictures_are_those_that_the_program_draws():
    for name, drawn in instruction_pictures().items():
        file = FOLDER / f"{name}.webp"
        stored = Image.open(file).convert("RGB")
        assert stored.size == SIZE
        assert file.stat().st_size < 60_000
        difference = np.abs(np.asarray(stored, float) - np.asarray(drawn, float)).mean()
        assert difference < 8, f"{name}: draw it again with python -m readerstudy.phantoms.pictures static/img/reading"


def test_the_mask_keeps_the_colours_and_nothing_of_the_shape():
    pictures = {name: np.asarray(picture, float) for name, picture in instruction_pictures().items()}
    assert np.allclose(pictures["face"].mean(axis=(0, 1)), pictures["mask"].mean(axis=(0, 1)), atol=12)
    grey = [picture.mean(axis=2).ravel() for picture in pictures.values()]
    assert abs(np.corrcoef(*grey)[0, 1]) < 0.35
