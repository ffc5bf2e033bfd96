import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.metrics import roc_auc_score

from training.engine.metrics import probability_metrics
from training.engine.scale import LIMITS, Scale, fit_scale


def fit_temperature(truth, scores) -> float:
    scale = fit_scale(truth, scores, method="temperature")
    assert scale.offset is None
    return scale.temperature


def calibrated(scores, *, temperature):
    return Scale(temperature=temperature).of(scores)


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


@pytest.mark.parametrize(("temperature", "offset"), [(0.5, 0.8), (1.0, 0.0), (2.5, -1.2)])
def test_platt_finds_slope_and_offset(temperature, offset):
    draw = np.random.default_rng(4)
    odds = draw.normal(0, 2, 4000)
    truth = draw.random(4000) < expit(odds)
    found = fit_scale(truth, expit((odds - offset) * temperature), method="platt")
    assert found.temperature == pytest.approx(temperature, rel=0.1)
    assert found.offset == pytest.approx(offset, abs=0.15)


def test_it_is_the_minimum_of_what_it_says_it_minimises():
    """Against a minimiser that uses no gradient."""
    from scipy.optimize import minimize

    draw = np.random.default_rng(8)
    truth = draw.random(60) < 0.4
    odds = draw.normal(0.7, 1, 60) + truth
    target = np.where(truth, (truth.sum() + 1) / (truth.sum() + 2), 1 / ((~truth).sum() + 2))

    def loss(place):
        said = expit(place[0] * odds + place[1])
        log_loss = -(target * np.log(said) + (1 - target) * np.log(1 - said)).sum()
        return log_loss + ((place[0] - 1) ** 2 + place[1] ** 2) / 2

    slow = minimize(loss, [1, 0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12})
    found = fit_scale(truth, expit(odds), method="platt")
    assert (1 / found.temperature, found.offset) == pytest.approx(tuple(slow.x), abs=1e-5)


@pytest.mark.parametrize("seed", range(20))
def test_a_handful_of_faces_leaves_the_scale_sane(seed):
    """Eleven faces, told apart or the wrong way round: without a prior slope and offset would run to their limits."""
    draw = np.random.default_rng(seed)
    truth = np.arange(11) < 5
    for scores in (np.where(truth, 0.8, 0.3), np.where(truth, 0.3, 0.8), draw.random(11)):
        found = fit_scale(truth, scores, method="platt")
        assert 0.3 < found.temperature <= LIMITS[1]
        assert abs(found.offset) < 1.5


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("method", ["platt", "temperature"])
def test_no_order_no_auc_and_no_call_of_a_fold_changes(seed, method):
    from training.engine.metrics import best_threshold

    draw = np.random.default_rng(seed)
    truth = draw.random(91) < 0.5
    scores = expit(draw.normal(0, 3, 91) + 2 * truth).astype(np.float32).astype(np.float64)
    scale = fit_scale(truth, scores, method=method)
    after = scale.of(scores)
    assert roc_auc_score(truth, after) == roc_auc_score(truth, scores)
    threshold = best_threshold(truth, scores)
    np.testing.assert_array_equal(after >= scale.of(np.array(threshold)), scores >= threshold)


def test_networks_that_speak_in_their_own_ways_are_brought_to_one_scale():
    """Five networks equally good, each with an offset and slope of its own: pooled as they are, much is lost."""
    draw = np.random.default_rng(6)
    truths, raw, scaled, folds = [], [], [], []
    for slope, offset in [(1, 0), (0.5, 2), (2, -3), (1.5, 1), (0.7, -1)]:
        truth = draw.random(2 * 91) < 0.5
        scores = expit(slope * (draw.normal(0, 1, truth.size) + 2 * truth - 1) + offset)
        scale = fit_scale(truth[:91], scores[:91], method="platt")
        truths, raw, scaled = [*truths, *truth[91:]], [*raw, *scores[91:]], [*scaled, *scale.of(scores[91:])]
        folds.append(roc_auc_score(truth[91:], scores[91:]))
    assert roc_auc_score(truths, raw) < np.mean(folds) - 0.05
    assert roc_auc_score(truths, scaled) > np.mean(folds) - 0.01


def test_one_class_alone_leaves_everything_as_it_is_and_none_is_none():
    scores = np.array([0.2, 0.9])
    found = fit_scale([True, True], scores, method="platt")
    assert (found.temperature, found.offset) == (1.0, 0.0)
    np.testing.assert_allclose(found.of(scores), scores)
    assert fit_scale([True, False], scores, method="none") is None


def test_log_odds_and_probabilities_are_scipys():
    scores = np.random.default_rng(0).random(100)
    np.testing.assert_allclose(Scale(temperature=3.0, offset=-0.4).of(scores), expit(logit(scores) / 3 - 0.4))
