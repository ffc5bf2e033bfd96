"""Predictive values, likelihood ratios and net benefit against formulas written out by hand."""

import math

import numpy as np
import pytest

from screening.statistics import (
    at_prevalence,
    decision_curve,
    net_benefit,
    operating_points,
    rates_at_threshold,
    roc_curve,
    wilson,
    wilson_limits,
)
from tests.screening.statistics.statistics_golden import paperlike


def test_many_wilson_limits_are_the_single_ones():
    counts = np.arange(46)
    lower, upper = wilson_limits(counts, 45, level=0.9)
    for count in counts:
        one = wilson(int(count), 45, level=0.9) if count <= 45 else None
        assert (lower[count], upper[count]) == pytest.approx((one.lower, one.upper), abs=1e-15)
    assert np.isnan(wilson_limits([0], [0])[0][0])
    with pytest.raises(ValueError, match="between 0 and its n"):
        wilson_limits([3], [2])


def test_every_operating_point_is_the_count_at_its_threshold():
    truth, score = paperlike()
    points = operating_points(truth, score)
    for k in range(0, points.thresholds.size, 13):
        table = rates_at_threshold(truth, score, points.thresholds[k])
        assert (points.tp[k], points.fn[k], points.tn[k], points.fp[k]) == (table.tp, table.fn, table.tn, table.fp)
        one = wilson(table.tp, table.n_cases)
        found = points.sensitivity
        assert (found.value[k], found.lower[k], found.upper[k]) == pytest.approx((one.value, one.lower, one.upper))


def test_the_point_of_a_threshold_is_the_number_of_scores_below_it():
    truth, score = paperlike()
    points = operating_points(truth, score)
    for threshold in (-1.0, 0.2, 0.5, score[7], 0.87, 2.0):
        k = int(np.searchsorted(points.values, threshold, "left"))
        table = rates_at_threshold(truth, score, threshold)
        assert (points.tp[k], points.fp[k]) == (table.tp, table.fp)


def test_smaller_scores_may_mean_disease():
    truth, score = paperlike()
    upright, mirrored = operating_points(truth, score), operating_points(truth, -score, direction=">")
    assert mirrored.tp.tolist() == upright.tp.tolist()
    assert roc_curve(truth, score).thresholds[::-1].tolist() == upright.thresholds.tolist()


def test_likelihood_ratios_have_limits_on_the_log_scale():
    found = at_prevalence(80, 20, 60, 40, prevalence=0.5)
    positive, negative = found.positive_ratio, found.negative_ratio
    se = math.sqrt(1 / 80 - 1 / 100 + 1 / 40 - 1 / 100)
    assert positive.value[0] == pytest.approx(2.0)
    assert positive.lower[0] == pytest.approx(2 * math.exp(-1.959964 * se), rel=1e-6)
    assert positive.upper[0] == pytest.approx(2 * math.exp(1.959964 * se), rel=1e-6)
    assert negative.value[0] == pytest.approx(1 / 3)


def test_predictive_values_are_bayes_rule_with_the_logit_interval():
    n1, n0, se, sp, p = 240, 178, 0.8542, 0.4213, 0.03
    tp, tn = round(n1 * se), round(n0 * sp)
    found = at_prevalence(tp, n1 - tp, tn, n0 - tn, prevalence=p)
    se, sp = tp / n1, tn / n0
    ppv = se * p / (se * p + (1 - sp) * (1 - p))
    spread = 1.959964 * math.sqrt((1 - se) / se / n1 + sp / (1 - sp) / n0)
    logit = math.log(ppv / (1 - ppv))
    assert found.ppv.value[0] == pytest.approx(ppv)
    assert found.ppv.lower[0] == pytest.approx(1 / (1 + math.exp(-(logit - spread))), rel=1e-6)
    assert found.ppv.upper[0] == pytest.approx(1 / (1 + math.exp(-(logit + spread))), rel=1e-6)
    npv = sp * (1 - p) / (sp * (1 - p) + (1 - se) * p)
    spread = 1.959964 * math.sqrt(se / (1 - se) / n1 + (1 - sp) / sp / n0)
    logit = math.log(npv / (1 - npv))
    assert found.npv.value[0] == pytest.approx(npv)
    assert found.npv.lower[0] == pytest.approx(1 / (1 + math.exp(-(logit - spread))), rel=1e-6)
    assert found.npv.upper[0] == pytest.approx(1 / (1 + math.exp(-(logit + spread))), rel=1e-6)


def test_the_expected_numbers_add_up_to_everybody():
    found = at_prevalence([200, 3], [28, 225], [200, 10], [28, 218], prevalence=1 / 4000)
    whole = found.found + found.missed + found.alarms + found.cleared
    assert whole == pytest.approx([100_000, 100_000])
    assert found.found + found.missed == pytest.approx([25, 25])
    assert found.ppv.value == pytest.approx(found.found / (found.found + found.alarms))
    assert found.npv.value == pytest.approx(found.cleared / (found.cleared + found.missed))
    assert found.needed_to_screen.value == pytest.approx(100_000 / found.found)
    assert found.alarms_per_found.value == pytest.approx(found.alarms / found.found)


def test_the_limits_enclose_the_value_also_where_a_count_is_zero():
    truth, score = paperlike()
    points = operating_points(truth, score)
    found = at_prevalence(points.tp, points.fn, points.tn, points.fp, prevalence=1e-4)
    names = ("positive_ratio", "negative_ratio", "ppv", "npv", "needed_to_screen", "alarms_per_found")
    for name in names:
        series = getattr(found, name)
        known = ~np.isnan(series.value)
        assert known.sum() >= points.tp.size - 1, name
        assert np.all(series.lower[known] <= series.value[known] * (1 + 1e-12)), name
        assert np.all(series.value[known] <= series.upper[known] * (1 + 1e-12)), name
    nobody = points.tp.size - 1
    assert np.isnan(found.ppv.value[nobody])
    assert found.npv.value[nobody] == pytest.approx(1 - 1e-4)
    assert np.isinf(found.needed_to_screen.value[nobody])


@pytest.mark.parametrize("prevalence", [0, 1, -0.1, float("nan")])
def test_a_prevalence_that_is_none_is_refused(prevalence):
    with pytest.raises(ValueError, match="prevalence"):
        at_prevalence(1, 1, 1, 1, prevalence=prevalence)


def test_a_table_of_one_class_is_refused():
    with pytest.raises(ValueError, match="healthy"):
        at_prevalence(3, 1, 0, 0, prevalence=0.1)


def test_net_benefit_is_vickers_and_elkins_formula():
    truth, score = paperlike()
    share = truth.mean()
    curve = decision_curve(truth, score, threshold=[0.1, 0.3, 0.7], prevalence=share)
    for k, t in enumerate(curve.threshold):
        tp, fp = np.sum(truth & (score >= t)), np.sum(~truth & (score >= t))
        wanted = tp / truth.size - fp / truth.size * t / (1 - t)
        assert curve.benefit[k] * share == pytest.approx(wanted)
        assert curve.treat_all[k] * share == pytest.approx(share - (1 - share) * t / (1 - t))
        assert curve.lower[k] < curve.benefit[k] < curve.upper[k]


def test_at_another_prevalence_the_probabilities_move_by_bayes_rule():
    truth, score = paperlike()
    share, p = truth.mean(), 0.002
    odds = score / (1 - score) * ((1 - share) / share) * (p / (1 - p))
    moved = odds / (1 + odds)
    at = np.array([0.001, 0.01, 0.05])
    curve = decision_curve(truth, score, threshold=at, prevalence=p)
    assert curve.sensitivity == pytest.approx([np.mean(moved[truth] >= t) for t in at])
    assert curve.specificity == pytest.approx([np.mean(moved[~truth] < t) for t in at])
    again = net_benefit(curve.sensitivity[1], curve.specificity[1], threshold=[at[1]], prevalence=p)
    assert again[0] == pytest.approx(curve.benefit[1])


def test_the_limits_of_net_benefit_are_as_wide_as_resamples_say():
    truth, score = paperlike()
    curve = decision_curve(truth, score, threshold=[0.4], prevalence=0.1)
    rng = np.random.default_rng(4)
    cases, controls = np.flatnonzero(truth), np.flatnonzero(~truth)
    drawn = []
    for _ in range(2000):
        rows = np.r_[rng.choice(cases, cases.size), rng.choice(controls, controls.size)]
        drawn.append(decision_curve(truth[rows], score[rows], threshold=[0.4], prevalence=0.1).benefit[0])
    half = (curve.upper[0] - curve.lower[0]) / 2
    assert half == pytest.approx(1.959964 * np.std(drawn), rel=0.08)


@pytest.mark.parametrize("change", [{"threshold": [0.0]}, {"threshold": [1.0]}, {"prevalence": 0}, {"threshold": []}])
def test_a_threshold_that_is_no_probability_is_refused(change):
    with pytest.raises(ValueError, match="strictly between 0 and 1"):
        decision_curve([False, True], [0.2, 0.8], **({"threshold": [0.5], "prevalence": 0.5} | change))


def test_at_the_samples_own_prevalence_they_are_its_shares():
    found = at_prevalence(200, 28, 164, 64, prevalence=228 / 456)
    assert found.ppv.value[0] == pytest.approx(200 / 264)
    assert found.npv.value[0] == pytest.approx(164 / 192)


@pytest.mark.parametrize("n", [30, 228])
def test_the_limits_cover_the_truth_as_often_as_they_say(n):
    draw = np.random.default_rng(7)
    sensitivity, specificity, prevalence = 0.85, 0.7, 0.02
    ppv = 1 / (1 + (1 - prevalence) / prevalence * (1 - specificity) / sensitivity)
    npv = 1 / (1 + prevalence / (1 - prevalence) * (1 - sensitivity) / specificity)
    tp, tn = draw.binomial(n, sensitivity, 3000), draw.binomial(n, specificity, 3000)
    found = at_prevalence(tp, n - tp, tn, n - tn, prevalence=prevalence)
    for series, truth in ((found.ppv, ppv), (found.npv, npv)):
        assert np.mean((series.lower <= truth) & (truth <= series.upper)) == pytest.approx(0.95, abs=0.02)


def test_rates_of_one_and_nought_have_limits_all_the_same():
    found = at_prevalence(20, 0, 30, 0, prevalence=0.01)
    assert (found.ppv.value[0], found.npv.value[0]) == (1.0, 1.0)
    assert 0 < found.ppv.lower[0] < 1 == found.ppv.upper[0]
    assert 0.99 < found.npv.lower[0] < 1
    silent = at_prevalence(0, 20, 30, 0, prevalence=0.01)
    assert math.isnan(silent.ppv.value[0])
    assert silent.npv.value[0] == pytest.approx(0.99)
