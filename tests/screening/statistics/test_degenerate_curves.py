"""Degenerate scores never give a silent curve: a sentence, or NaN with a warning."""

import math

import numpy as np
import pytest

from screening.statistics import (
    Confusion,
    StatisticsWarning,
    auc,
    auc_interval,
    auc_test,
    best_threshold,
    brier_score,
    delong_covariance,
    delong_interval,
    delong_test,
    judge_readers,
    partial_auc,
    rates_at_threshold,
    reader_against_band,
    roc_band,
    roc_curve,
    sensitivity_at,
    threshold_intervals,
)
from tests.screening.statistics.degenerate import SCORE, TRUTH, changed

ON_CURVES = {
    "roc_curve": roc_curve,
    "auc": auc,
    "partial_auc": partial_auc,
    "best_threshold": best_threshold,
    "delong_interval": delong_interval,
    "sensitivity_at": lambda t, s: sensitivity_at(t, s, 0.5),
    "rates_at_threshold": lambda t, s: rates_at_threshold(t, s, 4),
    "delong_test": lambda t, s: delong_test(t, s, s),
    "roc_band": lambda t, s: roc_band(t, s, grid=[0.5], seed=1),
    "auc_interval": lambda t, s: auc_interval(t, s, seed=1),
    "auc_test": lambda t, s: auc_test(t, s, s, seed=1),
    "threshold_intervals": lambda t, s: threshold_intervals(t, s, thresholds=[4], seed=1),
    "judge_readers": lambda t, s: judge_readers(t, s, [Confusion(1, 1, 1, 1)], seed=1),
}


@pytest.mark.parametrize("function", ON_CURVES.values(), ids=ON_CURVES)
@pytest.mark.parametrize(
    ("truth", "score", "sentence"),
    [
        (np.ones(12, bool), SCORE, "both classes"),
        (np.zeros(12, bool), SCORE, "both classes"),
        (TRUTH, changed(SCORE, 3, np.nan), "NaN or infinite values at position 3"),
        (TRUTH, changed(SCORE, 0, np.inf), "infinite"),
        (TRUTH[:-1], SCORE, "11 cases"),
        (TRUTH, SCORE[:, None], "vector"),
        (TRUTH[None], SCORE, "vector"),
        (changed(TRUTH, 2, 2), SCORE, "True and False"),
        (changed(TRUTH, 2, np.nan), SCORE, "True and False"),
        (np.array(["a"] * 12), SCORE, "True and False"),
        ([], [], "both classes"),
    ],
)
def test_it_refuses_what_is_no_curve(function, truth, score, sentence):
    with pytest.raises(ValueError, match=sentence):
        function(truth, score)


@pytest.mark.parametrize("function", [f for name, f in ON_CURVES.items() if name != "rates_at_threshold"])
def test_a_constant_score_is_warned_about(function):
    with pytest.warns(StatisticsWarning):
        function(TRUTH, np.ones(12))


def test_a_perfect_score_has_no_delong_interval():
    with pytest.warns(StatisticsWarning, match="variance is zero at AUC 1"):
        found = delong_interval(TRUTH, TRUTH.astype(float))
    assert found.value == 1
    assert math.isnan(found.lower)
    assert math.isnan(found.upper)
    with pytest.warns(StatisticsWarning, match="no width"):
        auc_interval(TRUTH, TRUTH.astype(float), seed=1)
    with pytest.warns(StatisticsWarning, match="no width"):
        roc_band(TRUTH, TRUTH.astype(float), grid=[0.0, 0.5, 0.9], seed=1)


def test_the_logit_scale_keeps_the_interval_inside():
    plain, logit = (delong_interval(TRUTH, SCORE, scale=scale) for scale in ("auc", "logit"))
    assert plain.upper == 1
    assert logit.lower < logit.value < logit.upper < 1
    assert logit.value - logit.lower > logit.upper - logit.value
    assert (plain.value, plain.se) == (logit.value, logit.se)


def test_a_partial_area_under_the_diagonal_is_not_corrected():
    with pytest.warns(StatisticsWarning, match="under the diagonal"):
        assert math.isnan(partial_auc(TRUTH, -SCORE, corrected=True).value)


def test_identical_curves_have_no_test():
    with pytest.warns(StatisticsWarning, match="zero variance"):
        assert math.isnan(delong_test(TRUTH, SCORE, SCORE * 2).p_value)
    with pytest.warns(StatisticsWarning, match="does not vary"):
        assert math.isnan(auc_test(TRUTH, SCORE, SCORE * 2, seed=1).p_value)


def test_too_few_of_a_class_have_no_variance():
    with pytest.raises(ValueError, match="two cases and two controls"):
        delong_interval([True, False, False], [1, 0, 2])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"grid": [1.2]}, "from 0 to 1"),
        ({"grid": []}, "from 0 to 1"),
        ({"grid": [np.nan]}, "NaN"),
        ({"at": "precision"}, "specificity, sensitivity"),
        ({"level": 95}, "0.95"),
        ({"replicates": 1}, "replicates"),
        ({"replicates": 10.5}, "whole number"),
        ({"direction": "auto"}, "direction"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_band_refuses_wrong_options(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        roc_band(TRUTH, SCORE, **({"grid": [0.5], "seed": 1} | options))


def test_resamples_without_a_class_are_dropped_aloud():
    truth, score = [True, False, False], [2, 1, 3]
    with pytest.warns(StatisticsWarning, match="lacked a class"):
        band = roc_band(truth, score, grid=[0.5], replicates=200, stratified=False, seed=1)
    assert 0 < band.replicates < 200


def test_a_band_without_the_readers_own_rate_is_refused():
    a = roc_band(TRUTH, SCORE, grid=[0.5], seed=1)
    b = roc_band(TRUTH, SCORE, grid=[0.5], at="sensitivity", seed=1)
    with pytest.raises(ValueError, match="does not hold the reader's specificity"):
        reader_against_band(a, b, Confusion(3, 3, 4, 2))
    with pytest.raises(ValueError, match="first"):
        reader_against_band(b, a, Confusion(3, 3, 3, 3))
    with pytest.raises(ValueError, match="no point"):
        reader_against_band(a, b, Confusion(3, 3, 0, 0))
    assert judge_readers(TRUTH, SCORE, [], seed=1) == []


@pytest.mark.parametrize("values", [["a"] * 12, [1j] * 12, [[1, 2], [3]] * 6, np.array(["2020-01-01"] * 12, "M8[D]")])
def test_scores_that_are_no_numbers_are_refused_and_never_cast(values):
    values = np.array(values, dtype=object) if isinstance(values, list) and isinstance(values[0], list) else values
    for function in (*ON_CURVES.values(), lambda t, s: delong_covariance(t, s), lambda t, s: brier_score(t, s)):
        with pytest.raises(ValueError, match="must hold real numbers, not"):
            function(TRUTH, values)


def test_a_perfect_curve_among_others_is_named():
    with pytest.warns(StatisticsWarning, match=r"zero at AUC 1 \(curve 1\)"):
        delong_covariance(TRUTH, [SCORE, TRUTH.astype(float)])
    with pytest.warns(StatisticsWarning, match="known exactly"):
        delong_test(TRUTH, SCORE, TRUTH.astype(float))
    with pytest.warns(StatisticsWarning, match="score_b gives the same value in every resample"):
        auc_test(TRUTH, SCORE, TRUTH.astype(float), replicates=50, seed=1)


def test_a_threshold_without_a_mistake_has_no_bootstrap_interval_worth_the_name():
    with pytest.warns(StatisticsWarning, match="At threshold 3.5 every resample has the same sensitivity"):
        found = threshold_intervals(TRUTH, SCORE, thresholds=[-1, 3.5, 5, 99], replicates=50, seed=1)
    assert found.sensitivity.lower[1] == found.sensitivity.upper[1] == 1
