"""Slopes against the matrix formula, means against the one-sample t interval, quantiles against R's type 7."""

import math

import numpy as np
import pytest
from scipy import stats

from screening.statistics import StatisticsWarning, mean_over_readers, slope, summary


def by_matrices(x, y):
    """HC3 as White's sandwich with every residual over (1 - leverage), nothing simplified."""
    design = np.column_stack([np.ones_like(x), x])
    inner = np.linalg.inv(design.T @ design)
    leverage = np.diag(design @ inner @ design.T)
    found = inner @ design.T @ y
    middle = design.T @ np.diag(((y - design @ found) / (1 - leverage)) ** 2) @ design
    return found[1], math.sqrt((inner @ middle @ inner)[1, 1])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("is_share", [True, False])
def test_the_slope_is_least_squares_with_the_sandwich_of_hc3(seed, is_share):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.random(60))
    y = (rng.random(60) < 0.3 + 0.5 * x).astype(float) if is_share else 2 * x + rng.normal(0, 0.1 + x)
    value, se = by_matrices(x, y)
    found = slope(x, y, level=0.9)
    assert (found.value, found.se) == pytest.approx((value, se), rel=1e-10)
    half = stats.t.ppf(0.95, 58) * se
    assert (found.lower, found.upper) == pytest.approx((value - half, value + half), rel=1e-9)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(value / se), 58), rel=1e-9)


def test_a_slope_that_has_no_interval_says_so():
    with pytest.warns(StatisticsWarning, match="one line"):
        found = slope([0, 1, 2, 3], [1, 3, 5, 7])
    assert found.value == 2
    assert math.isnan(found.lower)
    for x, y in (([1, 2], [1, 2]), ([1, 1, 1], [0, 1, 0]), ([], [])):
        with pytest.warns(StatisticsWarning, match="three values"):
            assert math.isnan(slope(x, y).value)
    with pytest.raises(ValueError, match="2 values but y has 3"):
        slope([1, 2], [1, 2, 3])


def test_the_mean_over_readers_is_the_one_sample_t_interval():
    values = [0.12, -0.03, 0.08, 0.2, 0.01]
    test = stats.ttest_1samp(values, 0.0)
    interval = test.confidence_interval(0.95)
    found = mean_over_readers(values)
    assert found.p_value == pytest.approx(test.pvalue, rel=1e-10)
    assert (found.lower, found.upper) == pytest.approx((interval.low, interval.high), rel=1e-10)


def test_one_reader_or_equal_ones_have_a_mean_without_an_interval():
    assert math.isnan(mean_over_readers([0.4]).lower)
    assert math.isnan(mean_over_readers([0.4, 0.4]).p_value)
    with pytest.raises(ValueError, match="no reader"):
        mean_over_readers([])


def test_a_summary_holds_r_s_quantiles():
    # R: quantile(c(2, 3, 5, 7, 11, 13), c(.05, .25, .5, .75, .95)) gives 2.25, 3.5, 6, 10, 12.5
    found = summary([2, 3, 5, 7, 11, 13])
    assert (found.p5, found.q1, found.median, found.q3, found.p95) == pytest.approx((2.25, 3.5, 6, 10, 12.5))
    assert (found.minimum, found.maximum, found.n) == (2, 13, 6)
    assert math.isnan(summary([4]).sd)
    with pytest.raises(ValueError, match="no value"):
        summary([])
