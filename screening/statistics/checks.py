"""What every function here asks of its input, with one sentence per refusal."""

from __future__ import annotations

import warnings
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Direction: TypeAlias = Literal["<", ">"]
Seed: TypeAlias = int | np.random.Generator


class StatisticsWarning(UserWarning):
    """A value is undefined for this input (it is NaN), or an interval does not mean what it seems to."""


def warn(sentence: str) -> None:
    """Warn at the line of the caller outside this package."""
    warnings.warn(sentence, StatisticsWarning, stacklevel=3)


def as_bools(values: ArrayLike, name: str) -> Bools:
    """A vector of True and False; 0 and 1 are taken, anything else is refused."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} must be a vector with one entry per case, not an array of shape {array.shape}.")
    if array.dtype == np.bool_:
        return array
    if array.dtype.kind not in "iuf" or not np.all((array == 0) | (array == 1)):
        raise ValueError(f"{name} must hold only True and False (or 1 and 0): missing or other values are not calls.")
    return array.astype(np.bool_)


def as_numbers(values: ArrayLike, name: str) -> Floats:
    """An array of real numbers; words, dates and complex numbers are refused, not cast."""
    given = np.asarray(values)
    try:
        if given.dtype.kind in "biufO":
            return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        pass
    raise ValueError(f"{name} must hold real numbers, not {given.dtype.name} values.")


def as_floats(values: ArrayLike, name: str) -> Floats:
    """A vector of finite numbers."""
    array = as_numbers(values, name)
    if array.ndim != 1:
        raise ValueError(f"{name} must be a vector, not an array of shape {array.shape}.")
    if not np.all(np.isfinite(array)):
        raise ValueError(
            f"{name} holds NaN or infinite values at {_where(~np.isfinite(array))}: give every case a number."
        )
    return array


def truth_and(truth: ArrayLike, values: NDArray[Any], name: str) -> Bools:
    """The truth vector, as long as ``values`` and with both classes present."""
    positive = as_bools(truth, "truth")
    if positive.shape[0] != values.shape[-1]:
        raise ValueError(f"truth has {positive.shape[0]} cases but {name} has {values.shape[-1]}.")
    if positive.all() or not positive.any():
        present = "healthy" if not positive.any() else "diseased"
        raise ValueError(f"truth holds only {present} cases: both classes are needed.")
    return positive


def split(
    truth: ArrayLike, score: ArrayLike, direction: Direction = "<", *, name: str = "score"
) -> tuple[Floats, Floats]:
    """The scores of the controls and of the cases, turned so that larger means more diseased."""
    values = as_floats(score, name)
    positive = truth_and(truth, values, name)
    if values.min() == values.max():
        warn(f"{name} is the same for all cases: its ROC curve is the diagonal and says nothing.")
    if check_direction(direction) == ">":
        values = -values
    return values[~positive], values[positive]


def check_direction(direction: str) -> str:
    if direction not in ("<", ">"):
        raise ValueError(
            f"direction must be '<' (larger scores are more diseased) or '>' (smaller are), not {direction!r}."
        )
    return direction


def check_level(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, for example 0.95, not {level!r}.")
    return float(level)


def check_count(value: int, name: str, *, least: int = 0) -> int:
    """A whole number that is not below ``least``."""
    if isinstance(value, bool) or not np.isfinite(value) or int(value) != value or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {value!r}.")
    return int(value)


def check_choice(value: str, name: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def check_fractions(values: ArrayLike, name: str) -> Floats:
    """A vector (a single number becomes one entry) of fractions from 0 to 1."""
    array = as_floats(np.atleast_1d(as_numbers(values, name)), name)
    if array.size == 0 or array.min() < 0 or array.max() > 1:
        raise ValueError(f"{name} must hold fractions from 0 to 1, and at least one.")
    return array


def generator(seed: Seed) -> tuple[np.random.Generator, int | None]:
    """A random generator and the seed to put on record (None when a Generator was handed in)."""
    if isinstance(seed, np.random.Generator):
        return seed, None
    return np.random.default_rng(check_count(seed, "seed")), int(seed)


def _where(bad: Bools) -> str:
    places = np.flatnonzero(bad)
    shown = ", ".join(str(place) for place in places[:5])
    return f"position {shown}" + (f" and {places.size - 5} more" if places.size > 5 else "")
