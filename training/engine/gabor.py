"""Gabor energies on a grid over the aligned face: the classical description, in the line of Loos et al. 2003.

Loos et al. (2003, doi:10.1038/sj.ejhg.5200997) took Gabor jets at nodes that were fitted to the face. Here the
alignment has done the fitting, so the nodes are the cells of a fixed grid. A jet's phase is left out: its energy
stays the same when an edge moves by a pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from training.engine.results import Cancelled

Floats = NDArray[np.float32]

SIDE = 96
"""Pixels along a side at which the filters work."""

MIDDLE = 0.75
"""Share of the aligned crop that is looked at: from hairline to chin."""

CELL = 12
"""Pixels along a side of a grid cell; energies are averaged inside it."""

WAVELENGTHS = (4.0, 8.0)
"""Of the filters, in pixels of 96; an octave apart."""

ORIENTATIONS = 8
BANDWIDTH = 0.56
"""SD of a filter's envelope in wavelengths: one octave."""

FLOOR = 1e-2
"""Added before the logarithm, so that smooth skin is a finite number."""

NUMBERS = (SIDE // CELL) ** 2 * len(WAVELENGTHS) * ORIENTATIONS


def gabor_features(crops: Iterable[NDArray[np.uint8]], *, should_stop: Callable[[], bool] | None = None) -> Floats:
    """(n, 2, 1024) logarithms of the energies of n aligned crops (S, S, 3) uint8, each face and its mirror image.

    `should_stop` is asked before each face; where it says so, `Cancelled` is raised.
    """
    bank = _bank()
    features = []
    for crop in crops:
        if should_stop and should_stop():
            raise Cancelled("the run was cancelled while its faces were described")
        grey = _local_contrast(crop)
        features.append((_energies(grey, bank), _energies(np.ascontiguousarray(grey[:, ::-1]), bank)))
    return np.array(features, np.float32).reshape(-1, 2, NUMBERS)


def _bank() -> list[tuple[Floats, Floats]]:
    """(even, odd) filters, wavelength by wavelength."""
    return [
        (_kernel(wavelength, turn, 0.0), _kernel(wavelength, turn, np.pi / 2))
        for wavelength in WAVELENGTHS
        for turn in np.pi * np.arange(ORIENTATIONS) / ORIENTATIONS
    ]


def _kernel(wavelength: float, turn: float, phase: float) -> Floats:
    side = int(3 * wavelength) | 1
    kernel = cv2.getGaborKernel((side, side), BANDWIDTH * wavelength, turn, wavelength, 1.0, phase)
    return np.asarray(kernel - kernel.mean(), np.float32)  # no answer to even light


def _local_contrast(crop: NDArray[np.uint8]) -> Floats:
    """The middle of the crop in grey at 96 pixels, mean and contrast of each place's neighbourhood taken out."""
    margin = round(crop.shape[0] * (1 - MIDDLE) / 2)
    middle = crop[margin : crop.shape[0] - margin, margin : crop.shape[1] - margin]
    grey = cv2.resize(cv2.cvtColor(middle, cv2.COLOR_RGB2GRAY), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = grey.astype(np.float32) / 255
    reach = 0.107 * SIDE  # as in training.engine.contrast
    deviation = grey - cv2.GaussianBlur(grey, (0, 0), reach)
    spread = np.sqrt(cv2.GaussianBlur(deviation**2, (0, 0), reach) + 9e-4)
    return np.asarray(deviation / spread, np.float32)


def _energies(grey: Floats, bank: list[tuple[Floats, Floats]]) -> Floats:
    cells = []
    for even, odd in bank:
        energy = np.hypot(cv2.filter2D(grey, cv2.CV_32F, even), cv2.filter2D(grey, cv2.CV_32F, odd))
        cells.append(cv2.resize(energy, (SIDE // CELL, SIDE // CELL), interpolation=cv2.INTER_AREA))
    return np.log(FLOOR + np.stack(cells)).ravel().astype(np.float32)
