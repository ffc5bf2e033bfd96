"""One model against the population of readers.

References
----------
Hillis 2007, Stat Med 26:596, section 5.3. Kooi et al. 2017, Med Phys 44:1017. Chakraborty 2017, Observer Performance
Methods for Diagnostic Imaging.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import Direction, Floats, as_numbers, check_level, warn
from screening.statistics.mrmc.analysis import t_p_value, t_quantile
from screening.statistics.mrmc.covariance import covariance_matrix
from screening.statistics.mrmc.study import Metric, figures_of_merit, prepare, warn_of_certainty


@dataclass(frozen=True)
class StandaloneTest:
    """Mean reader minus model under one way of generalising ("RRRC" to readers and cases, "RRFC" to readers)."""

    name: str
    se: float
    df: float
    statistic: float
    p_value: float
    lower: float
    upper: float


@dataclass(frozen=True, eq=False)
class StandaloneVsReaders:
    """Result of :func:`standalone_vs_readers`. ``difference`` is the readers' mean minus the model's figure."""

    model: float
    readers: Floats
    readers_mean: float
    difference: float
    ms_r: float
    var: float
    cov2: float
    rrrc: StandaloneTest
    rrfc: StandaloneTest
    metric: str
    covariance: str
    level: float
    n_readers: int
    n_cases: int


def standalone_vs_readers(
    truth: ArrayLike,
    model: ArrayLike,
    ratings: ArrayLike,
    *,
    metric: Metric = "auc",
    covariance: str = "jackknife",
    threshold: float | None = None,
    level: float = 0.95,
    direction: Direction = "<",
) -> StandaloneVsReaders:
    """Is the model better or worse than readers of this kind, on cases of this kind?

    The differences reader minus model are analysed as one test of random readers and cases. Several individually worse
    readers need not make a significant result: the spread between readers enters.

    Parameters
    ----------
    truth : bool array of shape (cases,)
    model : float array of shape (cases,)
        The model's scores, or its calls (0 and 1) for a rate of calls.
    ratings : float array of shape (readers, cases)
        At least two readers who read all cases.
    metric, covariance, threshold, direction
        As for :func:`screening.statistics.mrmc.obuchowski_rockette`.
    level : float in (0, 1)

    Returns
    -------
    StandaloneVsReaders

    Raises
    ------
    ValueError
        Fewer than two readers, or cases that the model or a reader lacks.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(2)
    >>> truth = np.repeat([False, True], 50)
    >>> result = standalone_vs_readers(truth, rng.normal(3.0 * truth), rng.normal(truth, size=(5, 100)))
    >>> result.rrrc.upper < 0
    True
    """
    scores, readers = as_numbers(model, "model"), as_numbers(ratings, "ratings")
    if readers.ndim != 2 or readers.shape[0] < 2 or scores.shape != readers.shape[1:]:
        raise ValueError(
            "model must have the shape (cases,) and ratings (readers, cases) with at least two readers of the same "
            f"cases, not {scores.shape} and {readers.shape}."
        )
    check_level(level)
    together = np.concatenate([scores[None], readers])[None]
    study = prepare(truth, together, metric=metric, threshold=threshold, direction=direction)
    if study.design != "crossed":
        raise ValueError("The model and every reader must have read the same cases: leave out those that one lacks.")
    values, without = figures_of_merit(study)
    warn_of_certainty(values, without, ["the model", *(f"reader {reader}" for reader in range(len(readers)))])
    contrast = np.concatenate([-np.ones((1, readers.shape[0])), np.eye(readers.shape[0])])
    matrix = contrast.T @ covariance_matrix(study, without, covariance) @ contrast
    differences = values[1:] - values[0]
    n = differences.size
    ms_r, var = float(differences.var(ddof=1)), float(np.diag(matrix).mean())
    cov2 = float((matrix.sum() - np.trace(matrix)) / (n * (n - 1)))
    mean = float(differences.mean())
    return StandaloneVsReaders(
        model=float(values[0]),
        readers=values[1:],
        readers_mean=float(values[1:].mean()),
        difference=mean,
        ms_r=ms_r,
        var=var,
        cov2=cov2,
        rrrc=_test("RRRC", mean, (ms_r, n * max(cov2, 0.0)), n=n, level=level),
        rrfc=_test("RRFC", mean, (ms_r, 0.0), n=n, level=level),
        metric=study.metric_name,
        covariance=covariance,
        level=level,
        n_readers=n,
        n_cases=study.truth.size,
    )


def _test(name: str, mean: float, squares: tuple[float, float], *, n: int, level: float) -> StandaloneTest:
    total = sum(squares)
    if not total > 0:
        warn("The differences between readers and model do not vary: no test (NaN).")
        return StandaloneTest(name, 0.0, math.nan, math.nan, math.nan, math.nan, math.nan)
    df = math.inf if squares[0] == 0 else total**2 / (squares[0] ** 2 / (n - 1))
    se = math.sqrt(total / n)
    half = t_quantile(level, df) * se
    return StandaloneTest(name, se, df, mean / se, t_p_value(mean / se, df), mean - half, mean + half)
