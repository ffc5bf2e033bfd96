"""What all agreement coefficients share: the result, its undefined value, intervals from resampled cases."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from screening.statistics.checks import Ints, Seed, check_count, check_level, generator, warn


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


def undefined() -> float:
    warn("All ratings are equal: the coefficient is undefined (NaN).")
    return math.nan


def normal_p(z: float) -> float:
    return float(2 * special.ndtr(-abs(z)))


def with_bootstrap(
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
