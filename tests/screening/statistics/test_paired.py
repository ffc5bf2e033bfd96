"""The paired comparison of a reader with the model."""

import numpy as np
import pytest

from screening.statistics import StatisticsWarning, mcnemar_calls, non_inferiority, reader_vs_model, sensitivity_at
from tests.screening.statistics.statistics_golden import assert_close, expected, paperlike, reader_calls

PAIRED = expected("paired_reader_vs_model_paperlike")["readers"]


@pytest.mark.parametrize("wanted", PAIRED, ids=lambda w: w["reader"])
def test_the_paired_bootstrap_agrees_with_the_reference(wanted):
    truth, score = paperlike()
    result = reader_vs_model(truth, score, reader_calls(wanted["reader"]), replicates=2000, seed=20210803)
    found = result.sensitivity
    assert_close(
        [result.reader_sensitivity, result.reader_specificity, found.model, found.difference],
        [
            wanted[key]
            for key in (
                "reader_sensitivity",
                "reader_specificity",
                "model_sensitivity_at_reader_specificity",
                "difference",
            )
        ],
    )
    for value, limit, spread in zip((found.lower, found.upper), wanted["ci95"], wanted["mc_sd_2000"], strict=True):
        assert abs(value - limit) <= max(0.006, 4 * spread)
    assert_close(found.median, wanted["median"], 2.01 / 228)
    assert found.se == pytest.approx(wanted["boot_sd"], rel=0.08)


@pytest.mark.slow
@pytest.mark.parametrize("wanted", PAIRED, ids=lambda w: w["reader"])
def test_the_paired_bootstrap_converges_to_the_reference(wanted):
    truth, score = paperlike()
    found = reader_vs_model(truth, score, reader_calls(wanted["reader"]), replicates=200_000, seed=8).sensitivity
    # A limit sits on a multiple of 1/228 whose tail may hold 2.5 % but for the last digit: then it moves by one step.
    assert_close(
        [found.lower, found.median, found.upper], [wanted["ci95"][0], wanted["median"], wanted["ci95"][1]], 0.0045
    )
    assert found.se == pytest.approx(wanted["boot_sd"], rel=0.01)
    # A handful of replicates decide so small a p value: five of its own standard errors.
    most = wanted["bootstrap_p_two_sided_at_most"]
    assert found.p_value <= most + 5 * (2 * most / 200_000) ** 0.5


def test_the_mirror_image_is_the_same_comparison_with_the_classes_exchanged():
    truth, score = paperlike()
    calls = reader_calls("JP2")
    upright = reader_vs_model(truth, score, calls, replicates=4000, seed=1)
    mirrored = reader_vs_model(~truth, -score, ~calls, replicates=4000, seed=2)
    assert upright.specificity.difference == pytest.approx(mirrored.sensitivity.difference, abs=1e-12)
    assert upright.specificity.lower == pytest.approx(mirrored.sensitivity.lower, abs=0.012)
    assert upright.specificity.upper == pytest.approx(mirrored.sensitivity.upper, abs=0.012)


def test_a_reader_who_is_the_model_differs_by_nothing():
    truth, score = paperlike()
    result = reader_vs_model(truth, score, score >= 0.5, replicates=500, seed=3)
    # The curve is read at the top of its step, so it passes through its own point or just above it, never below.
    for found in (result.sensitivity, result.specificity):
        assert 0 <= found.difference <= 1 / 228 + 1e-12
        assert found.lower >= 0
    assert result.sensitivity.p_value == 1


def test_unstratified_resampling_is_close_to_stratified():
    truth, score = paperlike()
    calls = reader_calls("SP2")
    plain = reader_vs_model(truth, score, calls, replicates=2000, seed=1, stratified=False)
    strata = reader_vs_model(truth, score, calls, replicates=2000, seed=1)
    assert plain.sensitivity.lower == pytest.approx(strata.sensitivity.lower, abs=0.02)
    assert plain.sensitivity.se == pytest.approx(strata.sensitivity.se, rel=0.15)


def test_the_margin_decides_non_inferiority():
    truth, score = paperlike()
    calls = reader_calls("SP1")
    result = reader_vs_model(truth, score, calls, replicates=500, seed=1, margin=0.05)
    assert result.sensitivity.is_noninferior
    assert result.sensitivity.is_superior
    assert non_inferiority(-0.02, -0.06, 0.02, margin=0.05).is_noninferior is False
    with pytest.raises(ValueError, match="margin"):
        reader_vs_model(truth, score, calls, seed=1, margin=-0.1)


def test_a_reader_with_one_call_for_all_is_warned_about():
    truth, score = paperlike()
    with pytest.warns(StatisticsWarning, match="same call"):
        result = reader_vs_model(truth, score, np.zeros_like(truth), replicates=50, seed=1)
    assert result.sensitivity.model == sensitivity_at(truth, score, 1.0)


def test_a_missing_call_is_refused():
    truth, score = paperlike()
    calls = reader_calls("SP1").astype(float)
    calls[3] = np.nan
    with pytest.raises(ValueError, match="missing"):
        reader_vs_model(truth, score, calls, seed=1)
    with pytest.raises(ValueError, match="cases"):
        mcnemar_calls(truth, score >= 0.5, calls[:-1] == 1)
