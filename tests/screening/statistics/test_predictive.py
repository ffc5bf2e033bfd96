"""Predictive values at a stated prevalence, and how unusual one value is in a sample."""

import math

import numpy as np
import pytest

from screening.statistics import Confusion, predictive_values, tail

COUNTS = Confusion(tp=200, fn=28, tn=164, fp=64)


def test_at_the_samples_own_prevalence_they_are_its_shares():
    found = predictive_values(COUNTS, 228 / 456)
    assert found.ppv.value == pytest.approx(200 / 264)
    assert found.npv.value == pytest.approx(164 / 192)


@pytest.mark.parametrize("n", [30, 228])
def test_the_limits_cover_the_truth_as_often_as_they_say(n):
    draw = np.random.default_rng(7)
    sensitivity, specificity, prevalence = 0.85, 0.7, 0.02
    ppv = 1 / (1 + (1 - prevalence) / prevalence * (1 - specificity) / sensitivity)
    npv = 1 / (1 + prevalence / (1 - prevalence) * (1 - sensitivity) / specificity)
    hits = np.zeros(2)
    for tp, tn in zip(draw.binomial(n, sensitivity, 3000), draw.binomial(n, specificity, 3000), strict=True):
        found = predictive_values(Confusion(tp=int(tp), fn=n - int(tp), tn=int(tn), fp=n - int(tn)), prevalence)
        hits += found.ppv.lower <= ppv <= found.ppv.upper, found.npv.lower <= npv <= found.npv.upper
    assert (np.abs(hits / 3000 - 0.95) < 0.02).all()


def test_rates_of_one_and_nought_have_limits_all_the_same():
    found = predictive_values(Confusion(tp=20, fn=0, tn=30, fp=0), 0.01)
    assert (found.ppv.value, found.npv.value) == (1.0, 1.0)
    assert 0 < found.ppv.lower < 1 == found.ppv.upper
    assert 0.99 < found.npv.lower < 1
    silent = predictive_values(Confusion(tp=0, fn=20, tn=30, fp=0), 0.01)
    assert math.isnan(silent.ppv.value)
    assert silent.npv.value == pytest.approx(0.99)


@pytest.mark.parametrize("prevalence", [0, 1, -0.1, math.nan])
def test_a_prevalence_that_is_none_is_refused(prevalence):
    with pytest.raises(ValueError, match="prevalence"):
        predictive_values(COUNTS, prevalence)


def test_one_class_has_no_predictive_values():
    with pytest.raises(ValueError, match="cases and controls"):
        predictive_values(Confusion(tp=0, fn=0, tn=30, fp=2), 0.01)


def test_a_value_from_the_same_source_is_rarely_called_unusual():
    draw = np.random.default_rng(3)
    samples = draw.normal(size=(4000, 40))
    for side in ("low", "high", "both"):
        p = np.array([tail(row[0], row[1:], side=side).p for row in samples])
        assert np.mean(p <= 0.1) <= 0.115


def test_ties_count_as_at_least_as_extreme():
    assert tail(2, [2, 2, 3], side="low").beyond == 2
    assert tail(2, [2, 2, 3], side="both").share == 1.0


def test_nothing_to_compare_with_is_refused():
    with pytest.raises(ValueError, match="empty"):
        tail(1.0, [])
    with pytest.raises(ValueError, match="side"):
        tail(1.0, [1.0], side="left")
