"""Obuchowski-Rockette analyses of every kind and design against MRMCaov, value by value."""

import numpy as np
import pytest

from screening.statistics import to_plain
from screening.statistics.mrmc import covariance as covariances
from screening.statistics.mrmc import obuchowski_rockette
from tests.screening.statistics.mrmc_golden import calls_of_five_readers_and_model, check_mrmcaov, study
from tests.screening.statistics.statistics_golden import assert_close, expected

VANDYKE = expected("mrmc_vandyke_mrmcaov")
BINARY = expected("mrmc_vandyke_binary_mrmcaov")
DESIGNS = expected("mrmc_vandyke_other_designs_mrmcaov")


@pytest.mark.parametrize("analysis", ["RRRC", "FRRC"])
@pytest.mark.parametrize("covariance", ["jackknife", "DeLong", "unbiased"])
def test_areas_agree_for_every_covariance(analysis, covariance):
    truth, ratings = study()
    check_mrmcaov(obuchowski_rockette(truth, ratings, covariance=covariance.lower()), VANDYKE[analysis][covariance])


def test_areas_agree_with_fixed_cases():
    check_mrmcaov(obuchowski_rockette(*study()), VANDYKE["RRFC"])


@pytest.mark.parametrize("covariance", ["jackknife", "DeLong"])
def test_a_single_reader_with_a_single_test_is_described(covariance):
    truth, ratings = study()
    wanted = VANDYKE["single_test_single_reader"]
    t, r = int(wanted["treatment"]) - 1, int(wanted["reader"]) - 1
    result = obuchowski_rockette(truth, ratings[t : t + 1, r : r + 1], covariance=covariance.lower())
    (found,) = result.frrc.reader_values
    assert_close([found.value, found.se, found.lower, found.upper], list(wanted[covariance].values()))
    assert result.rrrc is result.rrfc is None
    assert "two readers" in result.refused["RRRC"]


@pytest.mark.parametrize("analysis", ["RRRC", "FRRC", "RRFC"])
@pytest.mark.parametrize(("key", "metric"), [("sens", "sensitivity"), ("spec", "specificity")])
def test_sensitivity_and_specificity_agree(key, metric, analysis):
    result = obuchowski_rockette(*study(), metric=metric, threshold=BINARY["meta"]["binary_threshold"])
    check_mrmcaov(result, BINARY[key][analysis])


@pytest.mark.parametrize("covariance", ["jackknife", "unbiased"])
@pytest.mark.parametrize(
    ("key", "data", "design"),
    [
        ("cases_nested_in_readers", ("vandyke", "case2"), "cases_nested_in_readers"),
        ("cases_nested_in_treatments", ("vandyke", "case3"), "cases_nested_in_tests"),
        ("missing60", ("vandyke_missing60", "case"), "partly_crossed"),
    ],
)
def test_nested_and_incomplete_designs_agree(key, data, design, covariance):
    result = obuchowski_rockette(*study(*data), covariance=covariance)
    assert result.design == design
    check_mrmcaov(result, DESIGNS[key][covariance])


@pytest.mark.parametrize("metric", ["sensitivity", "specificity", "balanced_accuracy"])
def test_the_model_repeated_as_a_second_test_agrees(metric):
    truth, calls, model = calls_of_five_readers_and_model()
    wanted = expected("model_vs_readers_paperlike")[metric]
    result = obuchowski_rockette(truth, np.stack([calls, np.broadcast_to(model, calls.shape)]), metric=metric)
    check_mrmcaov(result, wanted)


def test_the_unbiased_covariance_is_the_same_in_blocks_of_few_cases(monkeypatch):
    rng = np.random.default_rng(4)
    truth = np.arange(40) < 17
    ratings = np.round(rng.normal(3 + truth, 1, (2, 3, 40)))
    ratings[:, 1, [2, 30]] = np.nan
    whole = obuchowski_rockette(truth, ratings, covariance="unbiased")
    monkeypatch.setattr(covariances, "BLOCK_NUMBERS", 1)
    pieces = obuchowski_rockette(truth, ratings, covariance="unbiased")
    assert_close(to_plain(pieces.components), to_plain(whole.components))
