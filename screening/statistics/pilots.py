"""Variance components of a pilot study, for :mod:`screening.statistics.power`, and how much they hang on each reader.

References
----------
Hillis, Obuchowski, Berbaum 2011, Acad Radiol 18:129. Obuchowski, Rockette 1995, Commun Stat Simul 24:285.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import Direction, Floats, Ints
from screening.statistics.mrmc.obuchowski_rockette import obuchowski_rockette
from screening.statistics.mrmc.parts import mean_squares, mean_where
from screening.statistics.mrmc.study import Metric
from screening.statistics.power import Pilot

FEWEST_READERS = 3  # without one of them two must be left


@dataclass(frozen=True)
class PilotStudy:
    """Result of :func:`pilot_study`. ``difference`` is the mean figure of the first test minus that of the second.

    ``without_each_reader`` holds one pilot per reader, made from the others; it is empty with fewer than three readers.
    """

    pilot: Pilot
    without_each_reader: tuple[Pilot, ...]
    difference: float
    metric: str
    n_readers: int
    n_cases: int
    n_diseased: int


def pilot_study(
    truth: ArrayLike,
    ratings: ArrayLike,
    *,
    metric: Metric = "auc",
    threshold: float | None = None,
    direction: Direction = "<",
) -> PilotStudy:
    """Obuchowski-Rockette components of a fully crossed two-test study, and those without each of its readers.

    The components of a pilot with few readers are themselves uncertain, above all the one of readers (var_tr). What a
    plan becomes when any one reader had not taken part shows how much.

    Parameters
    ----------
    truth : bool array of shape (cases,)
    ratings : float array of shape (2, readers, cases)
        Complete. Readers against one model: the model's ratings repeated for each reader are the second test.
    metric, threshold, direction
        As for :func:`screening.statistics.mrmc.obuchowski_rockette`.

    Returns
    -------
    PilotStudy

    Raises
    ------
    ValueError
        Other than two tests, fewer than two readers, or readings missing.

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> truth = np.repeat([False, True], 40)
    >>> ratings = rng.normal(size=80) + rng.normal(size=(2, 4, 80)) + truth * np.array([1.0, 2.0])[:, None, None]
    >>> found = pilot_study(truth, ratings)
    >>> found.pilot.cases, len(found.without_each_reader), found.difference < 0
    (80, 4, True)
    """
    result = obuchowski_rockette(truth, ratings, metric=metric, threshold=threshold, direction=direction)
    if result.design != "crossed" or result.n_tests != 2 or result.n_readers < 2:
        raise ValueError(
            f"A pilot for planning is two tests read completely by at least two readers, not {result.n_tests} test(s), "
            f"{result.n_readers} reader(s), {result.design}."
        )
    readers = np.arange(result.n_readers)
    fewer = [np.delete(readers, reader) for reader in readers] if readers.size >= FEWEST_READERS else []
    return PilotStudy(
        pilot=_pilot(result.figures, result.covariance_matrix, readers, result.n_cases),
        without_each_reader=tuple(
            _pilot(result.figures, result.covariance_matrix, kept, result.n_cases) for kept in fewer
        ),
        difference=float(result.figures[0].mean() - result.figures[1].mean()),
        metric=result.metric,
        n_readers=result.n_readers,
        n_cases=result.n_cases,
        n_diseased=result.n_diseased,
    )


def _pilot(figures: Floats, matrix: Floats, readers: Ints, cases: int) -> Pilot:
    """Components of the study of these readers only: their rows and columns of the covariance matrix."""
    tests, every = figures.shape
    curves = (np.arange(tests)[:, None] * every + readers).ravel()
    own = matrix[np.ix_(curves, curves)]
    test, reader = np.repeat(np.arange(tests), readers.size), np.tile(readers, tests)
    same_test, same_reader = test[:, None] == test, reader[:, None] == reader
    var = float(np.diag(own).mean())
    cov1 = mean_where(own, ~same_test & same_reader)
    cov2 = mean_where(own, same_test & ~same_reader)
    cov3 = mean_where(own, ~same_test & ~same_reader)
    _, _, ms_tr = mean_squares(figures[:, readers])
    return Pilot(ms_tr - var + cov1 + cov2 - cov3, var, cov1, cov2, cov3, cases)
