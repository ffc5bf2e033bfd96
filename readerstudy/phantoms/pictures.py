"""The pictures of the reading instructions: a phantom and its mask, never a child.

    python -m readerstudy.phantoms.pictures static/img/reading

The same cohort seed gives the same pictures, so that they can be drawn again whenever the phantoms change.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from readerstudy.phantoms.design import generate
from readerstudy.phantoms.render import render

SIZE = (256, 320)  # shown at up to 128 x 160 CSS pixels
SEED = 1
YOUNGEST, OLDEST = 24, 96  # months; faces of toddlers and school children are the easiest to take in when small


def instruction_pictures() -> dict[str, Image.Image]:
    """``face`` and ``mask``, RGB of :data:`SIZE`: a phantom without a syndrome and its scrambled noise."""
    plain = [p for p in generate(n=60, seed=SEED) if not p.has_syndrome and YOUNGEST <= p.age_months <= OLDEST]
    face = Image.fromarray(render(plain[1])[0]).resize(SIZE, Image.Resampling.LANCZOS)
    return {"face": face, "mask": _scrambled(face)}


def _scrambled(picture: Image.Image) -> Image.Image:
    """All phases turned by the same noise in every channel, as the page's mask does it (static/js/reading/mask.js)."""
    pixels = np.asarray(picture, np.float64)
    noise = np.fft.fft2(np.random.default_rng(SEED).standard_normal(pixels.shape[:2]))
    turn = np.exp(1j * np.angle(noise))
    turn[0, 0] = 1  # the mean stays
    planes = [np.fft.ifft2(np.fft.fft2(pixels[..., channel]) * turn).real for channel in range(3)]
    return Image.fromarray(np.clip(np.stack(planes, axis=-1), 0, 255).astype(np.uint8))


def main(folder: str) -> None:
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, picture in instruction_pictures().items():
        picture.save(target / f"{name}.webp", "WEBP", quality=80, method=6)


if __name__ == "__main__":
    main(*sys.argv[1:])
