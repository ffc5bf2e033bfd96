"""Degenerate counts, calls and p values: a sentence, or NaN with a warning."""

import math

import numpy as np
import pytest

from screening.statistics import (
    Confusion,
    StatisticsWarning,
    cohen_kappa,
    confusion,
    conger_kappa,
    expected_calibration_error,
    fleiss_kappa,
    fold_summary,
    gwet_ac1,
    holm,
    krippendorff_alpha,
    mcnemar,
    reader_vs_model,
    wilson,
)
from screening.statistics.rates import rates
from tests.screening.statistics.degenerate import TRUTH, changed


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
