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
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from screening.statistics.checks import Floats, Ints, Seed, check_choice, check_count, check_level, generator, warn
from screening.statistics.intervals import normal_quantile


@dataclass(frozen=True)
class Kappa:
    """An agreement coefficient.

    ``z`` and ``p_value`` test the value 0 with the null variance; ``lower`` and ``upper`` come from the large-sample SE
    (Cohen) or from a bootstrap of cases. What a coefficient does not have is NaN (None for the bookkeeping).
    """

    value: float
    z: float
    p_value: float
    lower: float
    upper: float
    level: float
    interval: str
    method: str
    n_readers: int
    n_cases: int
    replicates: int | None = None
    seed: int | None = None


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
    z = value / null_se if null_se > 0 else math.nan
    half = normal_quantile(level) * se
    method = "cohen" if weights == "none" else f"cohen, {weights} weights"
    return Kappa(
        value, z, _normal_p(z), value - half, value + half, level, "large-sample", method, n_readers=2, n_cases=n
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

    Examples
    --------
    >>> round(fleiss_kappa([[1, 1, 0, 0, 1], [1, 1, 0, 1, 1], [1, 0, 0, 0, 1]]).value, 4)
    0.4444
    """
    counts, readers = _counts_per_case(ratings)
    value, z = _fleiss(counts, readers)
    return _with_bootstrap(
        counts,
        (value, z, _normal_p(z)),
        lambda drawn: _fleiss(drawn, readers)[0],
        method="fleiss",
        level=level,
        replicates=replicates,
        seed=seed,
        n_readers=readers,
    )


def fleiss_by_category(ratings: ArrayLike) -> tuple[CategoryKappa, ...]:
    """Fleiss' kappa of every category against the rest.

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
        CategoryKappa(str(category), float(value), float(value / se), _normal_p(float(value / se)))
        for category, value in zip(categories.tolist(), values, strict=True)
    )


def conger_kappa(ratings: ArrayLike, *, level: float = 0.95, replicates: int = 0, seed: Seed | None = None) -> Kappa:
    """Conger's exact kappa: as Fleiss', but each reader keeps their own marginal shares. Parameters as there.

    Examples
    --------
    >>> round(conger_kappa([[1, 1, 0, 0, 1], [1, 1, 0, 1, 1], [1, 0, 0, 0, 1]]).value, 4)
    0.4737
    """
    codes, size = _codes(list(_complete(ratings)))
    return _with_bootstrap(
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
    """Light's kappa: the mean of Cohen's kappas over all pairs of readers. Parameters as for :func:`fleiss_kappa`.

    Examples
    --------
    >>> round(light_kappa([[1, 1, 0, 0, 1], [1, 1, 0, 1, 1], [1, 0, 0, 0, 1]]).value, 4)
    0.4822
    """
    codes, size = _codes(list(_complete(ratings)))
    return _with_bootstrap(
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
    """Gwet's AC1, which stays sensible when nearly all ratings fall into one category. Parameters as for Fleiss.

    Examples
    --------
    >>> round(gwet_ac1([[1, 1, 0, 0, 1], [1, 1, 0, 1, 1], [1, 0, 0, 0, 1]]).value, 4)
    0.4872
    """
    counts, readers = _counts_per_case(ratings)
    return _with_bootstrap(
        counts,
        (_gwet(counts, readers), math.nan, math.nan),
        lambda drawn: _gwet(drawn, readers),
        method="gwet_ac1",
        level=level,
        replicates=replicates,
        seed=seed,
        n_readers=readers,
    )


def krippendorff_alpha(
    ratings: ArrayLike,
    metric: str = "nominal",
    *,
    pairs: str = "krippendorff",
    level: float = 0.95,
    replicates: int = 0,
    seed: Seed | None = None,
) -> Kappa:
    """Krippendorff's alpha; readings may be missing.

    Parameters
    ----------
    ratings : float array of shape (readers, cases)
        NaN where a reader did not read. Cases with fewer than two readings are left out, by definition.
    metric : {"nominal", "ordinal", "interval", "ratio"}
    pairs : {"krippendorff", "irr"}
        A case's pairs of readings weigh 1 / (readings - 1), by definition. R's irr 0.84.1 forgets that weight when no
        reading is missing and there are more than two readers; "irr" repeats this, for comparison with its output only.
    level, replicates, seed
        As for :func:`fleiss_kappa`.

    Examples
    --------
    >>> import numpy as np
    >>> round(krippendorff_alpha([[1, 2, 3, np.nan], [1, 2, 4, 1], [1, 2, 3, 1]], "ordinal").value, 4)
    0.979
    """
    check_choice(metric, "metric", ("nominal", "ordinal", "interval", "ratio"))
    check_choice(pairs, "pairs", ("krippendorff", "irr"))
    values = np.asarray(ratings, dtype=np.float64)
    if values.ndim != 2 or values.shape[0] < 2 or np.isinf(values).any():
        raise ValueError("ratings must have the shape (readers, cases) with at least two readers and finite numbers.")
    levels = np.unique(values[~np.isnan(values)])
    counts = np.stack([(values == one).sum(axis=0) for one in levels], axis=1).reshape(values.shape[1], levels.size)
    counts = counts[counts.sum(axis=1) >= 2]
    if not counts.size:
        raise ValueError("No case was read by two readers: there is no agreement to measure.")
    is_weighted = pairs == "krippendorff" or bool(np.isnan(values).any())
    return _with_bootstrap(
        counts,
        (_alpha(counts, levels, metric, is_weighted=is_weighted), math.nan, math.nan),
        lambda drawn: _alpha(drawn, levels, metric, is_weighted=is_weighted),
        method=f"krippendorff_alpha, {metric}",
        level=level,
        replicates=replicates,
        seed=seed,
        n_readers=values.shape[0],
    )


def percent_agreement(ratings: ArrayLike) -> float:
    """Share (0 to 1) of cases on which all readers agree.

    Parameters
    ----------
    ratings : array of shape (readers, cases), complete

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
    return value, math.sqrt(max(null_variance, 0.0)), math.sqrt(max(variance, 0.0))


def _fleiss(counts: Ints, readers: int) -> tuple[float, float]:
    n = counts.shape[0]
    share = counts.sum(axis=0) / (n * readers)
    expected = float((share**2).sum())
    if 1 - expected < 1e-15:
        return _undefined(), math.nan
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
        return _undefined()
    observed = float((counts * (counts - 1)).sum()) / (n * readers * (readers - 1))
    return float((observed - expected) / (1 - expected))


def _light(codes: Ints, size: int) -> float:
    values = []
    for a, b in combinations(codes, 2):
        observed = float((a == b).mean())
        expected = float(np.bincount(a, minlength=size) @ np.bincount(b, minlength=size)) / a.size**2
        values.append((observed - expected) / (1 - expected) if expected < 1 else _undefined())
    return float(np.mean(values))


def _gwet(counts: Ints, readers: int) -> float:
    n, size = counts.shape
    if size < 2:
        return _undefined()
    share = counts.sum(axis=0) / (n * readers)
    expected = float((share * (1 - share)).sum()) / (size - 1)
    observed = float((counts * (counts - 1)).sum()) / (n * readers * (readers - 1))
    return float((observed - expected) / (1 - expected))


def _alpha(counts: Ints, levels: Floats, metric: str, *, is_weighted: bool) -> float:
    """From the coincidence matrix: 1 - observed / expected disagreement."""
    per_case = counts.sum(axis=1, keepdims=True)
    weighted = counts / (per_case - 1 if is_weighted else 1)
    coincidence = counts.T @ weighted - np.diag(weighted.sum(axis=0))
    totals = coincidence.sum(axis=0)
    distance = _squared_distance(totals, levels, metric)
    expected = float((np.outer(totals, totals) * distance).sum())
    if expected <= 0:
        return _undefined()
    return float(1 - (totals.sum() - 1) * (coincidence * distance).sum() / expected)


def _squared_distance(totals: Floats, levels: Floats, metric: str) -> Floats:
    if metric == "nominal":
        return 1 - np.eye(levels.size)
    if metric == "ordinal":
        middle = np.cumsum(totals) - totals / 2
        return (middle[:, None] - middle) ** 2
    gap = levels[:, None] - levels
    if metric == "interval":
        return gap**2
    total = levels[:, None] + levels
    return np.divide(gap, total, out=np.zeros_like(gap), where=total != 0) ** 2


def _undefined() -> float:
    warn("All ratings are equal: the coefficient is undefined (NaN).")
    return math.nan


def _normal_p(z: float) -> float:
    return float(2 * special.ndtr(-abs(z)))


def _with_bootstrap(
    rows: Ints,
    point: tuple[float, float, float],
    statistic: Callable[[Ints], float],
    *,
    method: str,
    level: float,
    replicates: int,
    seed: Seed | None,
    n_readers: int,
) -> Kappa:
    """The coefficient with percentile limits from resampled cases (rows), or none for 0 replicates."""
    check_level(level)
    lower = upper = math.nan
    kept_seed = None
    if check_count(replicates, "replicates"):
        if seed is None:
            raise ValueError("A bootstrap interval needs a seed.")
        rng, kept_seed = generator(seed)
        n = rows.shape[0]
        drawn = np.array([statistic(rows[rng.integers(0, n, n)]) for _ in range(replicates)])
        tail = (1 - level) / 2
        lower, upper = (float(limit) for limit in np.nanquantile(drawn, [tail, 1 - tail]))
    value, z, p_value = point
    return Kappa(
        value=value,
        z=z,
        p_value=p_value,
        lower=lower,
        upper=upper,
        level=level,
        interval="percentile bootstrap of cases" if replicates else "none",
        method=method,
        n_readers=n_readers,
        n_cases=rows.shape[0],
        replicates=replicates or None,
        seed=kept_seed,
    )
