"""Agreement between readers: kappas, Krippendorff's alpha, Gwet's AC1, percent agreement.

Ratings are an array (readers, cases). Categories are the distinct values in ascending order; weights go by the INDEX of
a category. All ratings equal: chance agreement is total and a kappa undefined (NaN, with a warning).

References
----------
Cohen 1960, Educ Psychol Meas 20:37; 1968, Psychol Bull 70:213. Fleiss, Cohen, Everitt 1969, Psychol Bull 72:323. Fleiss
1971, Psychol Bull 76:378. Conger 1980, Psychol Bull 88:322. Light 1971, Psychol Bull 76:365. Krippendorff 2004, Content
Analysis. Gwet 2008, Br J Math Stat Psychol 61:29.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import Floats, Ints, Seed, check_choice, warn
from screening.statistics.coefficients import Kappa as Kappa
from screening.statistics.coefficients import normal_p, undefined, with_bootstrap
from screening.statistics.intervals import normal_quantile
from screening.statistics.krippendorff import krippendorff_alpha as krippendorff_alpha


@dataclass(frozen=True)
class CategoryKappa:
    """Fleiss' kappa of one category against all others."""

    category: str
    value: float
    z: float
    p_value: float


def cohen_kappa(a: ArrayLike, b: ArrayLike, *, weights: str = "none", level: float = 0.95) -> Kappa:
    """Cohen's kappa of two readers with a large-sample interval.

    Parameters
    ----------
    a, b : arrays of shape (cases,)
        Categories (numbers, booleans or strings); no missing values.
    weights : {"none", "linear", "quadratic"}
        Disagreement grows with nothing, |i - j|, or (i - j)^2 over the category index.
    level : float in (0, 1)

    Returns
    -------
    Kappa

    Raises
    ------
    ValueError
        Readers who rated different numbers of cases, or missing ratings.

    Examples
    --------
    >>> round(cohen_kappa([0, 0, 1, 1, 1], [0, 1, 1, 1, 1]).value, 4)
    0.5455
    """
    check_choice(weights, "weights", ("none", "linear", "quadratic"))
    codes, size = _codes([a, b])
    n = codes.shape[1]
    p = np.zeros((size, size))
    np.add.at(p, (codes[0], codes[1]), 1 / n)
    agreement = _agreement_weights(size, weights)
    value, null_se, se = _cohen(p, agreement, n)
    if not math.isnan(value) and min(null_se, se) == 0:
        warn(
            "Kappa's large-sample variance is zero (full agreement, or a reader with one rating): what it gives is NaN."
        )
    z = value / null_se if null_se > 0 else math.nan
    half = normal_quantile(level) * se if se > 0 else math.nan
    method = "cohen" if weights == "none" else f"cohen, {weights} weights"
    return Kappa(
        value, z, normal_p(z), value - half, value + half, level, "large-sample", method, n_readers=2, n_cases=n
    )


def fleiss_kappa(ratings: ArrayLike, *, level: float = 0.95, replicates: int = 0, seed: Seed | None = None) -> Kappa:
    """Fleiss' kappa of several readers.

    ``z`` uses Fleiss' null variance: it tests kappa = 0 and must not be turned into an interval. For an interval give
    ``replicates`` (2000, say) and a ``seed``: cases are resampled and percentiles taken.

    Parameters
    ----------
    ratings : array of shape (readers, cases), complete
    level : float in (0, 1)
    replicates : int
        0 for no interval (NaN).
    seed : int or numpy.random.Generator
        Needed with replicates.

    Returns
    -------
    Kappa
        NaN with a warning when all ratings are equal.

    Raises
    ------
    ValueError
        Missing ratings, fewer than two readers, or replicates without a seed.

    Examples
    --------
    >>> round(fleiss_kappa([[1, 1, 0, 0, 1], [1, 1, 0, 1, 1], [1, 0, 0, 0, 1]]).value, 4)
    0.4444
    """
    counts, readers = _counts_per_case(ratings)
    value, z = _fleiss(counts, readers)
    return with_bootstrap(
        counts,
        (value, z, normal_p(z)),
        lambda drawn: _fleiss(drawn, readers)[0],
        method="fleiss",
        level=level,
        replicates=replicates,
        seed=seed,
        n_readers=readers,
    )


def fleiss_by_category(ratings: ArrayLike) -> tuple[CategoryKappa, ...]:
    """Fleiss' kappa of every category against the rest.

    Parameters
    ----------
    ratings : array of shape (readers, cases), complete

    Returns
    -------
    tuple of CategoryKappa
        In ascending order of the categories.

    Raises
    ------
    ValueError
        Missing ratings or fewer than two readers.

    Examples
    --------
    >>> [round(k.value, 4) for k in fleiss_by_category([[1, 1, 0, 0, 1], [1, 1, 0, 1, 1], [1, 0, 0, 0, 1]])]
    [0.4444, 0.4444]
    """
    counts, readers = _counts_per_case(ratings)
    categories = np.unique(np.asarray(ratings))
    n = counts.shape[0]
    share = counts.sum(axis=0) / (n * readers)
    disagreement = (counts * (readers - counts)).sum(axis=0) / (n * readers * (readers - 1))
    se = math.sqrt(2 / (n * readers * (readers - 1)))
    spread = share * (1 - share)
    values = 1 - np.divide(disagreement, spread, out=np.full(spread.shape, np.nan), where=spread > 0)
    return tuple(
        CategoryKappa(str(category), float(value), float(value / se), normal_p(float(value / se)))
        for category, value in zip(categories.tolist(), values, strict=True)
    )


def conger_kappa(ratings: ArrayLike, *, level: float = 0.95, replicates: int = 0, seed: Seed | None = None) -> Kappa:
    """Conger's exact kappa: as Fleiss', but each reader keeps their own marginal shares.

    Parameters
    ----------
    ratings, level, replicates, seed
        As for :func:`fleiss_kappa`.

    Returns
    -------
    Kappa
        Without a test: z and p are NaN.

    Raises
    ------
    ValueError
        Missing ratings, fewer than two readers, or replicates without a seed.

    Examples
    --------
    >>> round(conger_kappa([[1, 1, 0, 0, 1], [1, 1, 0, 1, 1], [1, 0, 0, 0, 1]]).value, 4)
    0.4737
    """
    codes, size = _codes(list(_complete(ratings)))
    return with_bootstrap(
        codes.T,
        (_conger(codes, size), math.nan, math.nan),
        lambda drawn: _conger(drawn.T, size),
        method="conger",
        level=level,
        replicates=replicates,
        seed=seed,
        n_readers=codes.shape[0],
    )


def light_kappa(ratings: ArrayLike, *, level: float = 0.95, replicates: int = 0, seed: Seed | None = None) -> Kappa:
    """Light's kappa: the mean of Cohen's kappas over all pairs of readers.

    Parameters
    ----------
    ratings, level, replicates, seed
        As for :func:`fleiss_kappa`.

    Returns
    -------
    Kappa
        Without a test: z and p are NaN.

    Raises
    ------
    ValueError
        Missing ratings, fewer than two readers, or replicates without a seed.

    Examples
    --------
    >>> round(light_kappa([[1, 1, 0, 0, 1], [1, 1, 0, 1, 1], [1, 0, 0, 0, 1]]).value, 4)
    0.4822
    """
    codes, size = _codes(list(_complete(ratings)))
    return with_bootstrap(
        codes.T,
        (_light(codes, size), math.nan, math.nan),
        lambda drawn: _light(drawn.T, size),
        method="light",
        level=level,
        replicates=replicates,
        seed=seed,
        n_readers=codes.shape[0],
    )


def gwet_ac1(ratings: ArrayLike, *, level: float = 0.95, replicates: int = 0, seed: Seed | None = None) -> Kappa:
    """Gwet's AC1, which stays sensible when nearly all ratings fall into one category.

    Parameters
    ----------
    ratings, level, replicates, seed
        As for :func:`fleiss_kappa`.

    Returns
    -------
    Kappa
        Without a test: z and p are NaN.

    Raises
    ------
    ValueError
        Missing ratings, fewer than two readers, or replicates without a seed.

    Examples
    --------
    >>> round(gwet_ac1([[1, 1, 0, 0, 1], [1, 1, 0, 1, 1], [1, 0, 0, 0, 1]]).value, 4)
    0.4872
    """
    counts, readers = _counts_per_case(ratings)
    return with_bootstrap(
        counts,
        (_gwet(counts, readers), math.nan, math.nan),
        lambda drawn: _gwet(drawn, readers),
        method="gwet_ac1",
        level=level,
        replicates=replicates,
        seed=seed,
        n_readers=readers,
    )


def percent_agreement(ratings: ArrayLike) -> float:
    """Share (0 to 1) of cases on which all readers agree.

    Parameters
    ----------
    ratings : array of shape (readers, cases), complete

    Returns
    -------
    float
        From 0 to 1.

    Raises
    ------
    ValueError
        Missing ratings or fewer than two readers.

    Examples
    --------
    >>> percent_agreement([[1, 1, 0, 0], [1, 1, 0, 1]])
    0.75
    """
    table = _complete(ratings)
    return float(np.all(table == table[0], axis=0).mean())


def _complete(ratings: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    table = np.asarray(ratings)
    if table.ndim != 2 or table.shape[0] < 2 or table.shape[1] < 1:
        raise ValueError(f"ratings must have the shape (readers, cases) with at least two readers, not {table.shape}.")
    if (table.dtype.kind == "f" and not np.isfinite(table).all()) or table.dtype.kind == "O":
        raise ValueError("ratings hold missing values: use krippendorff_alpha, which takes them.")
    return table


def _codes(readers: list[ArrayLike]) -> tuple[Ints, int]:
    """Category indices (readers, cases) over the categories that any reader used."""
    arrays = [np.asarray(reader) for reader in readers]
    if any(array.ndim != 1 or array.shape != arrays[0].shape for array in arrays):
        raise ValueError("The readers must have rated the same cases: vectors of one length.")
    table = _complete(np.stack(arrays))
    categories, codes = np.unique(table, return_inverse=True)
    return codes.reshape(table.shape), categories.size


def _counts_per_case(ratings: ArrayLike) -> tuple[Ints, int]:
    codes, size = _codes(list(_complete(ratings)))
    counts = np.stack([(codes == code).sum(axis=0) for code in range(size)], axis=1)
    return counts, codes.shape[0]


def _agreement_weights(size: int, weights: str) -> Floats:
    index = np.arange(size, dtype=np.float64)
    gap = np.abs(index[:, None] - index)
    if weights == "none":
        return np.eye(size)
    power = 1 if weights == "linear" else 2
    return 1 - (gap / max(size - 1, 1)) ** power


def _cohen(p: Floats, w: Floats, n: int) -> tuple[float, float, float]:
    """Kappa, its SE under the null and its large-sample SE (Fleiss, Cohen, Everitt 1969)."""
    row, column = p.sum(axis=1), p.sum(axis=0)
    chance = np.outer(row, column)
    observed, expected = float((w * p).sum()), float((w * chance).sum())
    if 1 - expected < 1e-15:
        warn("All ratings are equal: kappa is undefined (NaN).")
        return math.nan, math.nan, math.nan
    value = (observed - expected) / (1 - expected)
    mean = (w @ column)[:, None] + (row @ w)[None, :]
    null_variance = float((chance * (w - mean) ** 2).sum() - expected**2) / (n * (1 - expected) ** 2)
    inner = float((p * (w - mean * (1 - value)) ** 2).sum()) - (value - expected * (1 - value)) ** 2
    variance = inner / (n * (1 - expected) ** 2)
    # Differences of sums: what is left of a zero is of rounding size.
    null_se, se = (math.sqrt(left) if left > 1e-15 else 0.0 for left in (null_variance, variance))
    return value, null_se, se


def _fleiss(counts: Ints, readers: int) -> tuple[float, float]:
    n = counts.shape[0]
    share = counts.sum(axis=0) / (n * readers)
    expected = float((share**2).sum())
    if 1 - expected < 1e-15:
        return undefined(), math.nan
    observed = float((counts * (counts - 1)).sum()) / (n * readers * (readers - 1))
    spread = share * (1 - share)
    inner = float(spread.sum() ** 2 - (spread * (1 - 2 * share)).sum())
    se = math.sqrt(2 / (n * readers * (readers - 1))) * math.sqrt(inner) / float(spread.sum())
    value = (observed - expected) / (1 - expected)
    return value, value / se


def _conger(codes: Ints, size: int) -> float:
    readers, n = codes.shape
    counts = np.stack([(codes == code).sum(axis=0) for code in range(size)], axis=1)
    own = np.stack([(codes == code).mean(axis=1) for code in range(size)], axis=1)
    share = own.mean(axis=0)
    expected = float((share**2).sum() - own.var(axis=0, ddof=1).sum() / readers)
    if 1 - expected < 1e-15:
        return undefined()
    observed = float((counts * (counts - 1)).sum()) / (n * readers * (readers - 1))
    return float((observed - expected) / (1 - expected))


def _light(codes: Ints, size: int) -> float:
    values = []
    for a, b in combinations(codes, 2):
        observed = float((a == b).mean())
        expected = float(np.bincount(a, minlength=size) @ np.bincount(b, minlength=size)) / a.size**2
        values.append((observed - expected) / (1 - expected) if expected < 1 else undefined())
    return float(np.mean(values))


def _gwet(counts: Ints, readers: int) -> float:
    n, size = counts.shape
    if size < 2:
        return undefined()
    share = counts.sum(axis=0) / (n * readers)
    expected = float((share * (1 - share)).sum()) / (size - 1)
    observed = float((counts * (counts - 1)).sum()) / (n * readers * (readers - 1))
    return float((observed - expected) / (1 - expected))
