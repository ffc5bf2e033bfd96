"""95 % intervals for the model card: of a proportion and of one area under the curve.

Comparing areas, and readers with the model, is the statistics package's business.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import binomtest, norm, rankdata

Z = float(norm.ppf(0.975))


def wilson(cases: int, n: int) -> tuple[float, float] | None:
    """Wilson 1927; None without any.

    >>> [round(limit, 3) for limit in wilson(8, 10)]
    [0.49, 0.943]
    """
    if not n:
        return None
    found = binomtest(cases, n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def auc_interval(truth: NDArray[np.bool_], scores: NDArray[np.float64]) -> tuple[float, float] | None:
    """DeLong 1988 on the scale of the log-odds, truth and scores (n,); None where the variance cannot be told.

    >>> truth = np.arange(40) % 2 == 0
    >>> low, high = auc_interval(truth, np.linspace(0, 1, 40) + 0.3 * truth)
    >>> 0.5 < low < high < 1
    True
    """
    truth = np.asarray(truth, bool)
    cases, controls = int(truth.sum()), int((~truth).sum())
    if cases < 2 or controls < 2:
        return None
    ranks = rankdata(scores)
    of_cases = (ranks[truth] - rankdata(scores[truth])) / controls
    of_controls = 1 - (ranks[~truth] - rankdata(scores[~truth])) / cases
    area = float(of_cases.mean())
    variance = float(of_cases.var(ddof=1) / cases + of_controls.var(ddof=1) / controls)
    if variance <= 0 or not 0 < area < 1:
        return None
    reach = Z * variance**0.5 / (area * (1 - area))
    return float(expit(logit(area) - reach)), float(expit(logit(area) + reach))
