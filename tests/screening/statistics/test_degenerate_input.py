"""Degenerate input never gives a silent number: a sentence, or NaN with a warning."""

import json
import math
from dataclasses import FrozenInstanceError

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
    cohen_kappa,
    confusion,
    conger_kappa,
    delong_covariance,
    delong_interval,
    delong_test,
    expected_calibration_error,
    fleiss_kappa,
    fold_summary,
    gwet_ac1,
    holm,
    judge_readers,
    krippendorff_alpha,
    mcnemar,
    partial_auc,
    rates_at_threshold,
    reader_against_band,
    reader_vs_model,
    roc_band,
    roc_curve,
    sensitivity_at,
    threshold_intervals,
    to_plain,
    wilson,
)
from screening.statistics.mrmc import dorfman_berbaum_metz, obuchowski_rockette, standalone_vs_readers, u_statistic
from screening.statistics.rates import rates

TRUTH = np.repeat([False, True], 6)
SCORE = np.array([1, 2, 3, 4, 5, 6, 4, 5, 6, 7, 8, 9.0])
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


def changed(values, place, value):
    values = np.array(values, dtype=float)
    values[place] = value
    return values


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


def test_a_reader_without_positive_call_has_no_precision():
    with pytest.warns(StatisticsWarning, match="no positive call"):
        table = rates(Confusion(tp=0, fn=5, tn=5, fp=0))
    assert math.isnan(table.precision.value)
    assert math.isnan(table.precision.lower)
    assert table.sensitivity.value == 0
    assert table.f1.value == 0
    with pytest.warns(StatisticsWarning, match="undefined"):
        assert math.isnan(rates(Confusion(tp=0, fn=0, tn=5, fp=0)).f1.value)
    with pytest.raises(ValueError, match="empty"):
        rates(Confusion(0, 0, 0, 0))


@pytest.mark.parametrize("counts", [(-1, 0, 0, 0), (0.5, 0, 0, 0), (True, 0, 0, 0), (math.nan, 0, 0, 0)])
def test_counts_are_whole_numbers(counts):
    with pytest.raises(ValueError, match="whole number"):
        Confusion(*counts)


def test_a_missing_call_is_refused_not_dropped():
    with pytest.raises(ValueError, match="missing"):
        confusion(TRUTH, changed(TRUTH, 1, np.nan))
    with pytest.raises(ValueError, match="11 cases"):
        confusion(TRUTH[:-1], TRUTH)


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


def test_proportions_of_nothing_are_undefined():
    with pytest.warns(StatisticsWarning, match="undefined"):
        assert math.isnan(wilson(0, 0).lower)
    with pytest.raises(ValueError, match="larger"):
        wilson(3, 2)
    with pytest.raises(ValueError, match="b must be"):
        mcnemar(-1, 2)
    with pytest.raises(ValueError, match="at least two folds"):
        fold_summary([1.0])


def test_p_values_are_checked():
    with pytest.raises(ValueError, match="between 0 and 1"):
        holm([0.1, 1.2])
    with pytest.raises(ValueError, match="at least one"):
        holm([])
    with pytest.warns(StatisticsWarning, match="undefined p value"):
        found = holm([0.01, math.nan, 0.02])
    assert found.n == 2
    assert found.adjusted[0] == 0.02
    assert math.isnan(found.adjusted[1])


@pytest.mark.parametrize("kappa", [fleiss_kappa, conger_kappa, gwet_ac1, krippendorff_alpha])
def test_agreement_of_equal_ratings_is_undefined(kappa):
    with pytest.warns(StatisticsWarning, match="undefined"):
        assert math.isnan(kappa(np.ones((3, 5))).value)


def test_agreement_refuses_missing_or_single_ratings():
    with pytest.warns(StatisticsWarning, match="undefined"):
        assert math.isnan(cohen_kappa([1, 1], [1, 1]).value)
    with pytest.raises(ValueError, match="missing"):
        fleiss_kappa([[1, np.nan], [1, 0]])
    with pytest.raises(ValueError, match="two readers"):
        fleiss_kappa([[1, 0]])
    with pytest.raises(ValueError, match="No case was read by two"):
        krippendorff_alpha([[1, np.nan], [np.nan, 1]])
    with pytest.raises(ValueError, match="seed"):
        fleiss_kappa([[1, 0], [1, 0]], replicates=10)


def test_kappa_intervals_come_from_resampled_cases():
    rng = np.random.default_rng(1)
    ratings = (rng.random(60) < 0.5) ^ (rng.random((4, 60)) < 0.2)
    found = fleiss_kappa(ratings, replicates=300, seed=2)
    assert found.lower < found.value < found.upper
    assert found.seed == 2
    assert found == fleiss_kappa(ratings, replicates=300, seed=2)


RATINGS = np.random.default_rng(0).integers(1, 6, (2, 3, 12)).astype(float)


def holed(*places):
    ratings = RATINGS.copy()
    for place in places:
        ratings[place] = np.nan
    return ratings


MRMC = {"or": obuchowski_rockette, "dbm": dorfman_berbaum_metz, "u": u_statistic}


@pytest.mark.parametrize("function", MRMC.values(), ids=MRMC)
@pytest.mark.parametrize(
    ("truth", "ratings", "options", "sentence"),
    [
        (TRUTH, RATINGS[0], {}, "tests, readers, cases"),
        (TRUTH[:-1], RATINGS, {}, "tests, readers, cases"),
        (TRUTH, np.where(RATINGS == 5, np.inf, RATINGS), {}, "infinite"),
        (np.ones(12, bool), RATINGS, {}, "two of each"),
        (TRUTH, holed((0, 1, slice(1, 6))), {}, "Reader 1 read 6 diseased and 1 healthy cases with test 0"),
        (TRUTH, holed((1, 2)), {}, "Reader 2 has no reading with test 1"),
        (TRUTH, RATINGS, {"metric": "sensitivity"}, "0 and 1, or a threshold"),
        (TRUTH, RATINGS, {"metric": "f1"}, "metric must be one of"),
        (TRUTH, RATINGS, {"threshold": 3}, "threshold makes calls"),
        (TRUTH, RATINGS, {"level": 0}, "level"),
    ],
)
def test_a_study_that_is_none_is_refused(function, truth, ratings, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        function(truth, ratings, **options)


def test_a_design_that_an_analysis_cannot_take_is_refused_with_the_reason():
    gaps = holed((0, 1, 3))
    with pytest.raises(ValueError, match="same cases"):
        obuchowski_rockette(TRUTH, gaps, covariance="delong")
    with pytest.raises(ValueError, match="fully crossed"):
        dorfman_berbaum_metz(TRUTH, gaps)
    with pytest.raises(ValueError, match="area under the curve"):
        obuchowski_rockette(TRUTH, RATINGS, metric="sensitivity", threshold=3, covariance="unbiased")
    with pytest.raises(ValueError, match="same cases"):
        standalone_vs_readers(TRUTH, SCORE, gaps[0])
    with pytest.raises(ValueError, match="at least two readers"):
        standalone_vs_readers(TRUTH, SCORE, RATINGS[0, :1])
    with pytest.raises(ValueError, match="callable"):
        u_statistic(TRUTH, RATINGS, metric=lambda t, s: 0.5)


def test_a_single_reader_can_only_be_described_as_fixed():
    result = obuchowski_rockette(TRUTH, RATINGS[:, :1])
    assert result.rrrc is result.rrfc is None
    assert set(result.refused) == {"RRRC", "RRFC"}
    assert result.frrc.differences[0].se > 0


def test_equal_tests_have_no_test():
    same = np.stack([RATINGS[0], RATINGS[0]])
    with pytest.warns(StatisticsWarning, match="not positive"):
        result = obuchowski_rockette(TRUTH, same)
    assert math.isnan(result.rrrc.p_value)
    assert math.isnan(result.rrrc.differences[0].p_value)


def test_a_case_that_nobody_read_is_not_in_the_study():
    more = np.concatenate([RATINGS, np.full((2, 3, 2), np.nan)], axis=2)
    a, b = obuchowski_rockette(TRUTH, RATINGS), obuchowski_rockette(np.r_[TRUTH, True, False], more)
    assert np.array_equal(a.covariance_matrix, b.covariance_matrix)
    assert a.n_cases == b.n_cases == 12


def test_readers_nested_in_tests_are_weighed_as_hillis_does():
    """3 + 3 readers: the weight of max(Cov2 - Cov3, 0) is 3; MRMCaov 0.3.0 takes -2."""
    rng = np.random.default_rng(4)
    truth = np.repeat([False, True], 30)
    ratings = np.full((2, 6, 60), np.nan)
    shared = rng.normal(size=60) + truth
    for reader in range(6):
        ratings[reader // 3, reader] = shared + rng.normal(size=60)
    result = obuchowski_rockette(truth, ratings)
    found = result.components
    assert result.design == "readers_nested_in_tests"
    gap = max(found.cov2 - found.cov3, 0)
    assert found.cov1 == 0
    assert result.rrrc.denominator == pytest.approx(result.ms_r + 3 * gap, abs=1e-15)
    assert result.rrrc.df2 == pytest.approx(result.rrrc.denominator**2 / (result.ms_r**2 / 4))
    difference = result.rrrc.differences[0]
    assert difference.se == pytest.approx(math.sqrt(2 * result.rrrc.denominator / 3))
    assert difference.statistic**2 == pytest.approx(result.rrrc.statistic)
    assert difference.p_value == pytest.approx(result.rrrc.p_value)
    assert result.frrc is None
    assert "nested" in result.refused["FRRC"]
    with pytest.raises(ValueError, match="fully crossed"):
        dorfman_berbaum_metz(truth, ratings)


def test_three_tests_take_each_readers_own_variance():
    """MRMCaov 0.3.0 recycles the standard errors of this table over the wrong rows with more than two tests."""
    rng = np.random.default_rng(5)
    truth = np.repeat([False, True], 30)
    ratings = rng.normal(size=(3, 4, 60)) * np.array([1, 1, 3, 9])[:, None] + truth
    result = obuchowski_rockette(truth, ratings)
    assert len(result.frrc.reader_differences) == 4 * 3
    cells = np.array(result.cells)
    for one in result.frrc.reader_differences:
        block = result.covariance_matrix[np.ix_(cells[:, 1] == one.reader, cells[:, 1] == one.reader)]
        off = (block.sum() - np.trace(block)) / 6
        assert one.se == pytest.approx(math.sqrt(2 * (np.trace(block) / 3 - off)))


def test_the_clipped_denominator_differs_only_where_cov2_is_below_cov3():
    rng = np.random.default_rng(0)
    seen = 0
    for _ in range(30):
        ratings = rng.integers(1, 6, (2, 3, 12)).astype(float)
        plain, clipped = (obuchowski_rockette(TRUTH, ratings, clip_frrc=flag) for flag in (False, True))
        gap = plain.components.cov2 - plain.components.cov3
        seen += gap < 0
        wanted = plain.frrc.denominator - 2 * min(gap, 0)
        assert clipped.frrc.denominator == pytest.approx(wanted, abs=1e-15)
    assert seen > 0


@pytest.mark.filterwarnings("ignore:The variance estimate")
def test_every_result_is_frozen_and_turns_into_plain_json():
    results = [
        roc_curve(TRUTH, SCORE),
        roc_band(TRUTH, SCORE, grid=[0.5], seed=1),
        auc_interval(TRUTH, SCORE, seed=1),
        delong_interval(TRUTH, SCORE),
        threshold_intervals(TRUTH, SCORE, thresholds=[4], seed=1),
        judge_readers(TRUTH, SCORE, [Confusion(3, 3, 3, 3)], seed=1)[0],
        holm([0.1, 0.2]),
        obuchowski_rockette(TRUTH, RATINGS),
        dorfman_berbaum_metz(TRUTH, RATINGS),
        u_statistic(TRUTH, RATINGS),
        standalone_vs_readers(TRUTH, SCORE, RATINGS[0]),
        rates(Confusion(3, 3, 3, 3)),
    ]
    for result in results:
        plain = to_plain(result)
        assert json.loads(json.dumps(plain, allow_nan=False)) == plain
        with pytest.raises(FrozenInstanceError):
            result.level = 0.5
    assert to_plain(roc_curve(TRUTH, SCORE))["thresholds"][0] == "inf"
    assert to_plain(math.nan) is None
    with pytest.raises(ValueError, match="no plain form"):
        to_plain(object())


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


def test_a_reader_without_a_mistake_is_named():
    perfect = np.stack([SCORE, TRUTH.astype(float)])
    for analyse in (
        lambda: obuchowski_rockette(TRUTH, np.stack([perfect, perfect + SCORE])),
        lambda: dorfman_berbaum_metz(TRUTH, np.stack([perfect, perfect + SCORE])),
        lambda: standalone_vs_readers(TRUTH, SCORE + TRUTH, perfect),
    ):
        with pytest.warns(StatisticsWarning, match="reader 1 .*variance is zero"):
            analyse()
    with pytest.warns(StatisticsWarning, match="the model is 1 whichever case"):
        standalone_vs_readers(TRUTH, TRUTH.astype(float), np.stack([SCORE, np.roll(SCORE, 1)]))


def test_a_kappa_without_variance_has_no_interval():
    for a, b in ((TRUTH, TRUTH), (TRUTH, np.ones(12, bool)), ([1, 1, 2, 1], [1, 1, 1, 1])):
        with pytest.warns(StatisticsWarning, match="variance is zero"):
            found = cohen_kappa(a, b)
        assert math.isnan(found.lower)
        assert math.isnan(found.upper)


def test_pairs_without_discord_have_no_chi_squared_test():
    with pytest.warns(StatisticsWarning, match="no discordant pair"):
        found = mcnemar(0, 0)
    assert (found.exact_p, found.mid_p) == (1, 1)
    assert math.isnan(found.chi_squared_p)


def test_a_difference_that_never_varies_is_warned_about():
    with pytest.warns(StatisticsWarning, match="does not vary between resamples"):
        reader_vs_model(TRUTH, TRUTH.astype(float), TRUTH, replicates=50, seed=1)
    with pytest.warns(StatisticsWarning, match="no width"):
        expected_calibration_error(TRUTH, TRUTH.astype(float), replicates=50, seed=1)
