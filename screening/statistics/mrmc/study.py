"""The data of a reader study, checked, with its design named and its figures of merit worked out."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import (
    Bools,
    Direction,
    Floats,
    as_bools,
    as_numbers,
    check_choice,
    check_direction,
    warn,
)
from screening.statistics.delong import placements

Metric: TypeAlias = str | Callable[[Bools, Floats], float]
# What sums of a few hundred fractions may lose.
ROUNDING = 1e-12
METRICS = ("auc", "sensitivity", "specificity", "balanced_accuracy")


@dataclass(frozen=True, eq=False)
class Study:
    """A checked reader study.

    ``ratings`` (tests, readers, cases) are turned so that larger means more diseased (0 and 1 for the rates made from
    calls), NaN where not read. ``cells`` lists (test, reader) of every curve, in the order of the covariance matrix.
    """

    truth: Bools
    ratings: Floats
    metric: Metric
    design: str
    cells: tuple[tuple[int, int], ...]

    @property
    def n_tests(self) -> int:
        return int(self.ratings.shape[0])

    @property
    def n_readers(self) -> int:
        return int(self.ratings.shape[1])

    @property
    def metric_name(self) -> str:
        return self.metric if isinstance(self.metric, str) else getattr(self.metric, "__name__", "callable")

    @property
    def deleted(self) -> Bools:
        """The cases a jackknife deletes: those the figure of merit depends on."""
        if self.metric == "sensitivity":
            return self.truth
        return ~self.truth if self.metric == "specificity" else np.ones_like(self.truth)

    def curve(self, cell: tuple[int, int]) -> tuple[Bools, Floats]:
        """Which cases were read for a curve, and their ratings."""
        values = self.ratings[cell]
        read = ~np.isnan(values)
        return read, values[read]


def prepare(
    truth: ArrayLike,
    ratings: ArrayLike,
    *,
    metric: Metric,
    threshold: float | None = None,
    direction: Direction = "<",
) -> Study:
    """Check a study and name its design. See :func:`obuchowski_rockette` for the parameters."""
    positive = as_bools(truth, "truth")
    values = as_numbers(ratings, "ratings")
    if values.ndim != 3 or values.shape[2] != positive.size or 0 in values.shape:
        raise ValueError(
            f"ratings must have the shape (tests, readers, cases) with {positive.size} cases as in truth, "
            f"not {values.shape}."
        )
    if np.isinf(values).any():
        raise ValueError("ratings hold infinite values; NaN stands for a case that was not read.")
    if isinstance(metric, str):
        check_choice(metric, "metric", METRICS)
    if check_direction(direction) == ">":
        values = -values
        threshold = None if threshold is None else -threshold
    if metric in METRICS[1:]:
        values = _calls(values, threshold)
    elif threshold is not None:
        raise ValueError("threshold makes calls out of ratings: it goes with sensitivity, specificity and their mean.")
    # A case that nobody read is not part of the study; a jackknife must not count it.
    is_read = ~np.isnan(values).all(axis=(0, 1))
    positive, values = positive[is_read], values[:, :, is_read]
    read = ~np.isnan(values)
    study = Study(
        positive, values, metric, _design(read), tuple(zip(*map(_ints, np.nonzero(read.any(axis=2))), strict=True))
    )
    for test, reader in study.cells:
        _check_curve(positive[read[test, reader]], test, reader)
    return study


def figures_of_merit(study: Study) -> tuple[Floats, Floats]:
    """Figures (curves,) and their leave-one-out values (deleted cases, curves), in closed form where there is one.

    A curve that does not contain the deleted case keeps its full value.
    """
    columns, values = [], []
    for cell in study.cells:
        read, ratings = study.curve(cell)
        figure, without = _figure(study, read, ratings)
        column = np.full(study.truth.size, figure)
        column[read] = without
        values.append(figure)
        columns.append(column[study.deleted])
    return np.array(values), np.stack(columns, axis=1)


def warn_of_certainty(values: Floats, without: Floats, names: list[str]) -> None:
    """A figure that no single case moves (all right, or a constant rating) looks certain and is not."""
    for place in np.flatnonzero(np.ptp(without, axis=0) < ROUNDING):
        warn(
            f"The figure of {names[place]} is {values[place]:g} whichever case is left out: its variance is zero and "
            "its interval has no width, which says nothing."
        )


def _figure(study: Study, read: Bools, ratings: Floats) -> tuple[float, Floats]:
    """One curve's figure of merit and its value without each of the cases read."""
    truth = study.truth[read]
    if not isinstance(study.metric, str):
        return _refitted(study.metric, truth, ratings)
    if study.metric in ("sensitivity", "specificity"):
        right = ratings if study.metric == "sensitivity" else 1 - ratings
        mine = truth if study.metric == "sensitivity" else ~truth
        n, figure = int(mine.sum()), float(right[mine].mean())
        return figure, np.where(mine, (n * figure - right) / (n - 1), figure)
    # The area under the curve of a call is the mean of sensitivity and specificity.
    below, above = placements(ratings[~truth], ratings[truth])
    area = float(below.mean())
    without = np.empty(ratings.size)
    without[truth] = (below.size * area - below) / (below.size - 1)
    without[~truth] = (above.size * area - above) / (above.size - 1)
    return area, without


def _refitted(metric: Callable[[Bools, Floats], float], truth: Bools, ratings: Floats) -> tuple[float, Floats]:
    full = float(metric(truth, ratings))
    kept = ~np.eye(truth.size, dtype=bool)
    without = np.array([metric(truth[mask], ratings[mask]) for mask in kept], dtype=np.float64)
    if not math.isfinite(full) or not np.isfinite(without).all():
        raise ValueError("The metric is not a finite number for every curve, or not when one case is left out.")
    return full, without


def _calls(values: Floats, threshold: float | None) -> Floats:
    if threshold is not None:
        return np.where(np.isnan(values), np.nan, (values >= threshold).astype(np.float64))
    given = values[~np.isnan(values)]
    if not np.all((given == 0) | (given == 1)):
        raise ValueError("A rate of calls needs ratings of 0 and 1, or a threshold that makes calls of them.")
    return values


def _design(read: Bools) -> str:
    """Name the design from which readings exist."""
    present: Bools = np.any(read, axis=2)
    if (present.sum(axis=0) == 1).all() and present.shape[0] > 1:
        if not present.any(axis=1).all():
            raise ValueError("A test has no readings at all.")
        return "readers_nested_in_tests"
    if not present.all():
        test, reader = (int(place[0]) for place in np.nonzero(~present))
        raise ValueError(
            f"Reader {reader} has no reading with test {test}: every reader needs all tests, or every reader one."
        )
    if read.all() or (read == read[0, 0]).all():
        return "crossed"
    tests, readers = read.shape[:2]
    same_over_tests, same_over_readers = (read == read[:1]).all(), (read == read[:, :1]).all()
    if readers > 1 and same_over_tests and (read[0].sum(axis=0) <= 1).all():
        return "cases_nested_in_readers"
    if tests > 1 and same_over_readers and (read[:, 0].sum(axis=0) <= 1).all():
        return "cases_nested_in_tests"
    return "partly_crossed"


def _check_curve(truth: Bools, test: int, reader: int) -> None:
    n1, n0 = int(truth.sum()), int((~truth).sum())
    if min(n1, n0) < 2:
        raise ValueError(
            f"Reader {reader} read {n1} diseased and {n0} healthy cases with test {test}: two of each are needed."
        )


def _ints(values: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> list[int]:
    return [int(value) for value in values]
