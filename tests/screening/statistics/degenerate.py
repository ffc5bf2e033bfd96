"""Twelve cases for the tests of degenerate input."""

import numpy as np

TRUTH = np.repeat([False, True], 6)
SCORE = np.array([1, 2, 3, 4, 5, 6, 4, 5, 6, 7, 8, 9.0])


def changed(values, place, value):
    values = np.array(values, dtype=float)
    values[place] = value
    return values
