import numpy as np
import pytest
from scipy.special import expit

from training.engine.metrics import probability_metrics
from training.engine.temperature import LIMITS, calibrated, fit_temperature


def overconfident(n: int = 4000, factor: float = 3.0):
    """Log-odds that are right, and scores that claim `factor` times as much."""
    draw = np.random.default_rng(0)
    odds = draw.normal(0, 2, n)
    return draw.random(n) < expit(odds), expit(odds * factor)


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_it_finds_the_factor_by_which_scores_overstate(factor):
    truth, scores = overconfident(factor=factor)
    assert fit_temperature(truth, scores) == pytest.approx(factor, rel=0.1)


def test_calibration_lowers_the_log_loss_of_new_faces_and_keeps_their_order():
    truth, scores = overconfident()
    temperature = fit_temperature(truth[:2000], scores[:2000])
    after = calibrated(scores[2000:], temperature=temperature)
    before = probability_metrics(truth[2000:], scores[2000:])
    assert probability_metrics(truth[2000:], after)["log_loss"] < 0.8 * before["log_loss"]
    assert probability_metrics(truth[2000:], after)["brier"] < before["brier"]
    np.testing.assert_array_equal(np.argsort(after), np.argsort(scores[2000:]))


def test_a_temperature_of_one_changes_nothing_and_certain_scores_stay_probabilities():
    scores = np.array([0.0, 1e-9, 0.3, 0.5, 1.0])
    np.testing.assert_allclose(calibrated(scores, temperature=1.0), scores, atol=2e-7)
    assert ((calibrated(scores, temperature=0.1) >= 0) & (calibrated(scores, temperature=0.1) <= 1)).all()


def test_one_class_alone_says_nothing_about_the_temperature():
    assert fit_temperature([True, True], np.array([0.2, 0.9])) == 1.0


def test_a_small_part_without_an_error_does_not_make_the_network_certain():
    """Without Platt's targets the best temperature would be the smallest allowed."""
    truth = np.arange(20) < 10
    scores = np.where(truth, 0.9, 0.1)
    temperature = fit_temperature(truth, scores)
    assert temperature > 2 * LIMITS[0]
    assert calibrated(scores, temperature=temperature).max() == pytest.approx(11 / 12, abs=1e-3)


def test_scores_without_any_information_end_within_the_limits():
    truth = np.arange(400) % 2 == 0
    temperature = fit_temperature(truth, np.random.default_rng(1).random(400))
    assert LIMITS[0] <= temperature <= LIMITS[1]
    assert probability_metrics(truth, np.full(400, 0.5)) == pytest.approx({"brier": 0.25, "log_loss": np.log(2)})
