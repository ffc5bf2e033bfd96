"""Gallas' one-shot U-statistic of multi-reader areas (and of rates of calls), with the V-statistic beside it.

References
----------
Gallas 2006, Acad Radiol 13:353. Gallas, Pennello, Myers 2007, JOSA A 24:B70. Gallas et al. 2009, Commun Stat Theor
38:2586.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import Direction, Floats, check_level, warn
from screening.statistics.intervals import normal_quantile
from screening.statistics.mrmc.analysis import t_p_value, t_quantile
from screening.statistics.mrmc.covariance import BLOCK_NUMBERS
from screening.statistics.mrmc.study import METRICS, Study, prepare

# Above this many degrees of freedom iMRMC uses the normal distribution.
MOST_DF = 50
# Moments 1 to 8 in terms of "same control", "same case", "same reader".
BCK = {
    "N": (0, 0, 0, 0, 0, 0, 1, -1),
    "D": (0, 0, 0, 0, 0, 1, 0, -1),
    "ND": (0, 0, 0, 0, 1, -1, -1, 1),
    "R": (0, 0, 0, 1, 0, 0, 0, -1),
    "NR": (0, 0, 1, -1, 0, 0, -1, 1),
    "DR": (0, 1, 0, -1, 0, -1, 0, 1),
    "RND": (1, -1, -1, 1, -1, 1, 1, -1),
}
# Which moments' coefficients add up to that of a component: index pairs that share what the component names.
SHARED = {
    "N": (0, 2, 4, 6),
    "D": (0, 1, 4, 5),
    "ND": (0, 4),
    "R": (0, 1, 2, 3),
    "NR": (0, 2),
    "DR": (0, 1),
    "RND": (0,),
}


@dataclass(frozen=True)
class Inference:
    """Variance of an estimate with normal and t (BDG df) inference; NaN where the variance is not positive.

    The null hypothesis is ``null``: 0 for a difference, 1/2 (chance) for a single test.

    ``lower`` and ``upper`` use the df (floor(df), the normal distribution above 50), the others the normal one.
    """

    null: float
    variance: float
    se: float
    df: float
    p_value: float
    lower: float
    upper: float
    normal_p_value: float
    normal_lower: float
    normal_upper: float


@dataclass(frozen=True, eq=False)
class Moments:
    """Moments of a pair of tests (a test with itself: its variance). Arrays of length 8 (4 for rates of calls).

    ``unbiased`` are means over index pairs of each kind, ``biased`` those with equal indices included; ``coefficients``
    the share of each kind among all pairs, less 1 for the last. ``covariance`` = coefficients @ unbiased.
    """

    test_a: int
    test_b: int
    unbiased: Floats
    biased: Floats
    coefficients: Floats
    covariance: float
    covariance_biased: float
    components: dict[str, float]
    components_biased: dict[str, float]
    components_coefficients: dict[str, float]


@dataclass(frozen=True)
class UTest:
    """One test's value, or the difference test a minus test b, by the U-statistic and by the V-statistic ("MLE")."""

    test_a: int
    test_b: int | None
    value: float
    u: Inference
    v: Inference


@dataclass(frozen=True, eq=False)
class UStatistic:
    """Result of :func:`u_statistic`."""

    tests: tuple[UTest, ...]
    differences: tuple[UTest, ...]
    moments: tuple[Moments, ...]
    metric: str
    design: str
    level: float
    n_readers: int
    n_controls: int
    n_diseased: int


def u_statistic(
    truth: ArrayLike,
    ratings: ArrayLike,
    *,
    metric: str = "auc",
    threshold: float | None = None,
    level: float = 0.95,
    direction: Direction = "<",
) -> UStatistic:
    """One-shot analysis of variance of reader-averaged areas or rates; any design with enough shared readings.

    The value of a test is the mean over all (reader, case, control) triples that were read; with missing readings it
    is not the plain mean over readers. The U-statistic's variance is unbiased and CAN be negative or, with few readers,
    far too small: the V-statistic (never negative, larger) stands beside it.

    Parameters
    ----------
    truth : bool array of shape (cases,)
    ratings : float array of shape (tests, readers, cases)
        NaN where not read.
    metric : {"auc", "sensitivity", "specificity", "balanced_accuracy"}
    threshold : float, optional
        Makes calls (rating >= threshold) for the rates.
    level : float in (0, 1)
    direction : {"<", ">"}

    Returns
    -------
    UStatistic

    Raises
    ------
    ValueError
        A callable metric, one reader or one case only, or readings that share nothing.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(5)
    >>> truth = np.repeat([False, True], 40)
    >>> ratings = rng.normal(size=80) + rng.normal(size=(2, 4, 80)) + truth * np.array([1.0, 3.0])[:, None, None]
    >>> result = u_statistic(truth, ratings)
    >>> result.differences[0].u.variance < result.differences[0].v.variance
    True
    """
    if callable(metric):
        raise ValueError(f"The U-statistic is that of one of {', '.join(METRICS)}, not of a callable.")
    check_level(level)
    study = prepare(truth, ratings, metric=metric, threshold=threshold, direction=direction)
    is_rate = metric in ("sensitivity", "specificity")
    score, read = _gather(study, is_rate=is_rate)
    pair_moments = {pair: _moments(score.of(*pair), read.of(*pair), pair, is_rate=is_rate) for pair in score.pairs}
    values = [score.total(test) / read.total(test) for test in range(study.n_tests)]
    tests = tuple(_one_test(pair_moments[test, test], values[test], level) for test in range(study.n_tests))
    pairs = combinations(range(study.n_tests), 2)
    return UStatistic(
        tests=tests,
        differences=tuple(_difference(pair_moments, values, pair, level) for pair in pairs),
        moments=tuple(pair_moments.values()),
        metric=metric,
        design=study.design,
        level=level,
        n_readers=study.n_readers,
        n_controls=int((~study.truth).sum()),
        n_diseased=int(study.truth.sum()),
    )


def _area_success(study: Study) -> Iterator[tuple[Floats, Floats]]:
    """Success scores (tests, readers, controls, cases) and which of them exist (both read), some cases at a time."""
    controls = study.ratings[:, :, ~study.truth, None]
    every = study.ratings[:, :, None, study.truth]
    block = max(1, BLOCK_NUMBERS // controls.size)
    for first in range(0, every.shape[3], block):
        case = every[:, :, :, first : first + block]
        read = ~np.isnan(case) & ~np.isnan(controls)
        score: Floats = ((case > controls) + 0.5 * (case == controls)) * read
        yield score, read.astype(np.float64)


def _rate_success(study: Study) -> Iterator[tuple[Floats, Floats]]:
    """As for areas with a single pseudo-control: (tests, readers, 1, cases), 1 for a right call."""
    mine = study.truth if study.metric == "sensitivity" else ~study.truth
    calls = study.ratings[:, :, mine]
    read = ~np.isnan(calls)
    right = np.where(read, calls if study.metric == "sensitivity" else 1 - calls, 0.0)
    yield right[:, :, None, :], read.astype(np.float64)[:, :, None, :]


class _Sums:
    """Sums of products over index pairs, of every pair of tests, gathered from blocks of cases.

    ``of(a, b)`` gives those that share (control and case, case, control, nothing asked), shape (4, R, R).
    """

    def __init__(self, tests: int, readers: int, controls: int) -> None:
        self.pairs = [(a, b) for a in range(tests) for b in range(a, tests)]
        self.both = {pair: np.zeros((readers, readers)) for pair in self.pairs}
        self.case = {pair: np.zeros((readers, readers)) for pair in self.pairs}
        self.by_control = np.zeros((tests, readers, controls))

    def add(self, block: Floats) -> None:
        flat, by_case = block.reshape(*block.shape[:2], -1), block.sum(axis=2)
        self.by_control += block.sum(axis=3)
        for a, b in self.pairs:
            self.both[a, b] += flat[a] @ flat[b].T
            self.case[a, b] += by_case[a] @ by_case[b].T

    def of(self, a: int, b: int) -> Floats:
        left, right = self.by_control[a], self.by_control[b]
        every = np.outer(left.sum(axis=1), right.sum(axis=1))
        return np.stack([self.both[a, b], self.case[a, b], left @ right.T, every])

    def total(self, test: int) -> float:
        return float(self.by_control[test].sum())


def _gather(study: Study, *, is_rate: bool) -> tuple[_Sums, _Sums]:
    """Of the success scores and of the readings that exist."""
    controls = 1 if is_rate else int((~study.truth).sum())
    score, read = (_Sums(study.n_tests, study.n_readers, controls) for _ in range(2))
    for scores, exists in _rate_success(study) if is_rate else _area_success(study):
        score.add(scores)
        read.add(exists)
    return score, read


def _kinds(sums: Floats) -> tuple[Floats, Floats]:
    """Sums over the eight kinds of index pairs, exclusive and inclusive of equal indices."""
    both, case, control, every = sums
    exclusive = np.stack([both, case - both, control - both, every - case - control + both])
    same = np.trace(exclusive, axis1=1, axis2=2)
    same_inclusive = np.trace(sums, axis1=1, axis2=2)
    total, total_inclusive = exclusive.sum(axis=(1, 2)), sums.sum(axis=(1, 2))
    return np.concatenate([same, total - same]), np.concatenate([same_inclusive, total_inclusive])


def _moments(score: Floats, read: Floats, pair: tuple[int, int], *, is_rate: bool) -> Moments:
    """From the sums of products of scores and of readings that exist."""
    a, b = pair
    products, products_inclusive = _kinds(score)
    counts, counts_inclusive = _kinds(read)
    # A kind that never occurs carries no weight: its moment is undefined and must not spoil the sum.
    unbiased = np.divide(products, counts, out=np.zeros(8), where=counts > 0.5)
    biased = np.divide(products_inclusive, counts_inclusive, out=np.zeros(8), where=counts_inclusive > 0.5)
    share = np.where(counts > 0.5, counts, 0.0) / counts.sum()
    if share[7] == 0 and not is_rate:
        raise ValueError("No two readings share neither reader nor case nor control: there is no U-statistic.")
    if is_rate:
        # Without controls the "same control" kinds are all there is: same or other case, same or other reader.
        keep = [0, 2, 4, 6]
        unbiased, biased, share = unbiased[keep], biased[keep], share[keep]
    if share[-1] == 0:
        raise ValueError("Only one reader or one case: other readers' and cases' products are needed.")
    coefficients = share.copy()
    coefficients[-1] -= 1
    return Moments(
        test_a=a,
        test_b=b,
        unbiased=unbiased,
        biased=biased,
        coefficients=coefficients,
        covariance=float(coefficients @ unbiased),
        covariance_biased=float(coefficients @ biased),
        components=_bck(unbiased),
        components_biased=_bck(biased),
        components_coefficients=_bck_coefficients(share),
    )


def _bck(moments: Floats) -> dict[str, float]:
    if moments.size == 8:
        return {name: float(np.dot(weights, moments)) for name, weights in BCK.items()}
    both, reader, case, none = moments
    return {"D": float(case - none), "R": float(reader - none), "DR": float(both - reader - case + none)}


def _bck_coefficients(share: Floats) -> dict[str, float]:
    if share.size == 8:
        return {name: float(share[list(places)].sum()) for name, places in SHARED.items()}
    return {"D": float(share[0] + share[2]), "R": float(share[0] + share[1]), "DR": float(share[0])}


def _one_test(moments: Moments, value: float, level: float) -> UTest:
    biased, shares = moments.components_biased, moments.components_coefficients
    found = [
        _inference(value, variance, _df(variance, biased, shares), level=level, null=0.5)
        for variance in (moments.covariance, moments.covariance_biased)
    ]
    return UTest(moments.test_a, None, value, found[0], found[1])


def _difference(
    moments: dict[tuple[int, int], Moments], values: list[float], pair: tuple[int, int], level: float
) -> UTest:
    own_a, own_b, both = moments[pair[0], pair[0]], moments[pair[1], pair[1]], moments[pair]

    def contrast(a: float, b: float, ab: float) -> float:
        return a + b - 2 * ab

    biased = {
        name: contrast(own_a.components_biased[name], own_b.components_biased[name], both.components_biased[name])
        for name in both.components_biased
    }
    variances = (
        contrast(own_a.covariance, own_b.covariance, both.covariance),
        contrast(own_a.covariance_biased, own_b.covariance_biased, both.covariance_biased),
    )
    # Readers nested in tests share none between them: then each test's own share counts.
    shares = {
        name: share or own_a.components_coefficients[name] for name, share in both.components_coefficients.items()
    }
    value = values[pair[0]] - values[pair[1]]
    found = [
        _inference(value, variance, _df(variance, biased, shares), level=level, null=0.0) for variance in variances
    ]
    return UTest(pair[0], pair[1], value, found[0], found[1])


def _df(variance: float, biased: dict[str, float], shares: dict[str, float]) -> float:
    """Degrees of freedom after Gallas (BDG): never below the smallest of readers, cases and controls."""
    names = [name for name in ("N", "D", "R") if name in shares]
    each = {name: float(round(1 / shares[name] - 1)) for name in names if shares[name] > 0}
    if not each or min(each.values()) <= 0:
        return math.nan
    spread = sum(biased[name] ** 2 / df**3 for name, df in each.items())
    smallest = min(each.values())
    return max(variance**2 / spread, smallest) if spread > 0 else smallest


def _inference(value: float, variance: float, df: float, *, level: float, null: float) -> Inference:
    if not variance > 0:
        warn("The variance estimate is not positive: no interval and no test (NaN); look at the V-statistic.")
        return Inference(null, variance, math.nan, df, *[math.nan] * 6)
    se = math.sqrt(variance)
    used = math.inf if math.isnan(df) or df > MOST_DF else math.floor(df)
    half, normal = t_quantile(level, used) * se, normal_quantile(level) * se
    return Inference(
        null=null,
        variance=variance,
        se=se,
        df=df,
        p_value=t_p_value((value - null) / se, used),
        lower=value - half,
        upper=value + half,
        normal_p_value=t_p_value((value - null) / se, math.inf),
        normal_lower=value - normal,
        normal_upper=value + normal,
    )
