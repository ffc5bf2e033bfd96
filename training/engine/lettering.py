"""Is something written into the picture? A name burned into the pixels must not reach a reader.

No text recognition: letters are small solid marks of one height on one base line, close together. The longest such row
has 27 marks where a name was burned in, and at most 4 in 130 photographs and 100 phantoms.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Marks = NDArray[np.int64]

LONGEST_ROW = 7
LARGEST_SIDE = 2000
TOO_MANY = 1500
"""More marks than this are texture, not writing."""


def has_lettering(image: Image) -> bool:
    """Whether a row of more than LONGEST_ROW letter-like marks stands anywhere on the RGB picture."""
    scale = min(1.0, LARGEST_SIDE / max(image.shape[:2]))
    small = image if scale == 1 else cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    window = cv2.getStructuringElement(cv2.MORPH_RECT, (15, 15))
    kinds = (cv2.MORPH_TOPHAT, cv2.MORPH_BLACKHAT)  # light on dark, dark on light
    return any(_longest_row(_marks(cv2.morphologyEx(grey, kind, window))) > LONGEST_ROW for kind in kinds)


def _marks(contrast: Image) -> Marks:
    """Left edge, base line and height (n, 3) of the marks that could be letters."""
    _, _, boxes, _ = cv2.connectedComponentsWithStats((contrast > 90).astype(np.uint8), connectivity=8)
    x, y, width, height, area = boxes[1:].T.astype(np.int64)
    fits = (height >= 5) & (height <= 40) & (width <= 2 * height) & (area >= 0.15 * width * height)
    marks = np.stack([x, y + height, height], axis=1)
    return np.asarray(marks[fits], np.int64)


def _longest_row(marks: Marks) -> int:
    if len(marks) > TOO_MANY:
        return 0
    return max((_row(marks, mark) for mark in marks), default=0)


def _row(marks: Marks, mark: Marks) -> int:
    """Marks in an unbroken row with this one: same base line and height, gaps under three heights."""
    _, base, height = mark
    level = (abs(marks[:, 1] - base) <= 1) & (abs(marks[:, 2] - height) <= max(1, 0.2 * height))
    gaps = np.diff(np.sort(marks[level, 0]))
    longest = run = 1
    for gap in gaps:
        run = run + 1 if 1 < gap <= 3 * height else 1
        longest = max(longest, run)
    return longest
