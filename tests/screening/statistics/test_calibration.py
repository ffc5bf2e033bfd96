"""Calibration of probabilities: identities, and agreement with other routes to the same number."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from screening.statistics import StatisticsWarning, wilson
from screening.statistics.calibration import (
    brier_score,
    calibration_line,
    expected_calibration_error,
    reliability_curve,
)
from tests.screening.statistics.statistics_golden import paperlike


def test_the_brier_score_is_scikit_learns_and_decomposes():
    truth, p = paperlike()
    found = brier_score(truth, p)
    assert found.score == pytest.approx(brier_score_loss(truth, p), abs=1e-14)
    assert found.reliability - found.resolution + found.uncertainty == pytest.approx(found.score, abs=1e-12)
    assert found.skill == pytest.approx(1 - found.score / 0.25)


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_the_reliability_curve_is_scikit_learns_with_intervals(strategy):
    truth, p = paperlike()
    found = reliability_curve(truth, p, bins=8, strategy=strategy)
    observed, predicted = calibration_curve(truth, p, n_bins=8, strategy=strategy)
    assert [one.observed.value for one in found.bins] == pytest.approx(observed.tolist(), abs=1e-12)
    assert [one.predicted for one in found.bins] == pytest.approx(predicted.tolist(), abs=1e-12)
    assert sum(one.n for one in found.bins) == truth.size
    first = found.bins[0]
    assert first.observed == wilson(round(first.observed.value * first.n), first.n)


def test_the_expected_error_is_the_mean_gap_with_an_interval():
    truth, p = paperlike()
    curve = reliability_curve(truth, p)
    gaps = [abs(one.predicted - one.observed.value) * one.n / truth.size for one in curve.bins]
    found = expected_calibration_error(truth, p, replicates=300, seed=1)
    assert found.value == pytest.approx(sum(gaps), abs=1e-12)
    assert found.lower <= found.upper
    assert curve.maximal_error >= curve.expected_error
    assert found == expected_calibration_error(truth, p, replicates=300, seed=1)


def test_the_calibration_line_maximises_the_likelihood():
    truth, p = paperlike()
    p = np.clip(p, 1e-3, 1 - 1e-3)
    logit = np.log(p / (1 - p))
    found = calibration_line(truth, p)

    def loss(beta):
        eta = beta[0] + beta[1] * logit
        return np.sum(np.logaddexp(0, eta)) - eta[truth].sum()

    best = minimize(loss, [0, 1], method="BFGS", options={"gtol": 1e-9}).x
    assert [found.intercept.value, found.slope.value] == pytest.approx(best, abs=1e-5)
    assert found.slope.lower < found.slope.value < found.slope.upper
    shifted = calibration_line(truth, 1 / (1 + np.exp(-(logit - 0.7))))
    assert shifted.in_the_large.value == pytest.approx(found.in_the_large.value + 0.7, abs=1e-8)
    assert shifted.slope.value == pytest.approx(found.slope.value, abs=1e-8)


def test_it_refuses_or_warns_where_calibration_is_undefined():
    with pytest.raises(ValueError, match="between 0 and 1"):
        brier_score([True, False], [1.2, 0.1])
    with pytest.raises(ValueError, match="logit"):
        calibration_line([True, False], [1.0, 0.1])
    with pytest.raises(ValueError, match="equal"):
        calibration_line([True, False], [0.3, 0.3])
    with pytest.raises(ValueError, match="both classes"):
        brier_score([True, True], [0.3, 0.3])
    with pytest.warns(StatisticsWarning, match="separates"):
        line = calibration_line([True, True, False, False], [0.8, 0.7, 0.2, 0.1])
    assert np.isnan(line.slope.value)
