"""A sample in ten numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import as_floats


@dataclass(frozen=True)
class Summary:
    """Mean and sample SD (n - 1), extremes and quantiles (linear interpolation, R's type 7)."""

    n: int
    mean: float
    sd: float
    minimum: float
    p5: float
    q1: float
    median: float
    q3: float
    p95: float
    maximum: float


def summary(values: ArrayLike) -> Summary:
    """Describe a sample.

    Parameters
    ----------
    values : float array of shape (n,), at least one; leave missing ones out

    Returns
    -------
    Summary

    Raises
    ------
    ValueError
        When there is no value, or one is not finite.

    Examples
    --------
    >>> found = summary([1, 2, 3, 4, 10])
    >>> found.median, found.q3, round(found.sd, 4)
    (3.0, 4.0, 3.5355)
    """
    array = as_floats(values, "values")
    if not array.size:
        raise ValueError("There is no value to describe.")
    p5, q1, median, q3, p95 = (float(found) for found in np.quantile(array, [0.05, 0.25, 0.5, 0.75, 0.95]))
    return Summary(
        n=array.size,
        mean=float(array.mean()),
        sd=float(array.std(ddof=1)) if array.size > 1 else math.nan,
        minimum=float(array.min()),
        p5=p5,
        q1=q1,
        median=median,
        q3=q3,
        p95=p95,
        maximum=float(array.max()),
    )
