"""Contingency tables, t tests and Mann-Whitney against R, and what they refuse."""

import numpy as np
import pytest
from scipy import stats

from screening.statistics import StatisticsWarning, chi_squared, fisher_exact, mann_whitney, t_test
from tests.screening.statistics.statistics_golden import assert_close, expected

TABLES = expected("small_tables")


@pytest.mark.parametrize("wanted", TABLES["contingency"], ids=lambda w: str(w["table"]))
def test_contingency_tests_agree(wanted):
    found = chi_squared(wanted["table"])
    assert_close([found.statistic, found.df, found.p_value], list(wanted["pearson"].values()))
    assert_close([found.yates_statistic, found.df, found.yates_p_value], list(wanted["yates"].values()))
    exact, reference = fisher_exact(wanted["table"]), wanted["fisher_exact"]
    assert_close(exact.p_value, reference["p"])
    if reference["odds_ratio"] is None:
        assert exact.odds_ratio is exact.lower is exact.upper is None
    else:
        assert_close(exact.odds_ratio, reference["odds_ratio"], 1e-4)
        # R searches 1/odds with a tolerance of 1.2e-4; ours solves the same equation to the end (checked below).
        assert [exact.lower, exact.upper] == pytest.approx(reference["ci"], rel=5e-4)


@pytest.mark.parametrize("wanted", TABLES["t_tests"])
def test_two_sample_tests_agree(wanted):
    for method in ("student", "welch"):
        found = t_test(wanted["x"], wanted["y"], method=method)
        reference = wanted["result"][method]
        assert_close([found.statistic, found.df, found.p_value, [found.lower, found.upper]], list(reference.values()))
    ranks = mann_whitney(wanted["x"], wanted["y"])
    assert_close([ranks.statistic, ranks.p_value], list(wanted["result"]["mann_whitney"].values()))


@pytest.mark.parametrize("wanted", [w for w in TABLES["contingency"] if len(w["table"][0]) == 2])
def test_the_odds_ratios_limits_cut_off_their_tails(wanted):
    (a, b), (c, d) = wanted["table"]
    found = fisher_exact(wanted["table"])
    law = stats.nchypergeom_fisher
    assert law.sf(a - 1, a + b + c + d, a + b, a + c, found.lower) == pytest.approx(0.025, abs=1e-9)
    assert law.cdf(a, a + b + c + d, a + b, a + c, found.upper) == pytest.approx(0.025, abs=1e-9)


def test_the_exact_test_of_a_larger_table_sums_all_tables():
    table = np.array([[2, 0, 1], [0, 3, 1], [1, 0, 2]])
    # A 2 x 2 table by enumeration must be scipy's closed form; the 3 x 3 one is then the same code.
    two = [[3, 1], [2, 6]]
    rng = np.random.default_rng(0)
    assert stats.fisher_exact(two)[1] == pytest.approx(fisher_exact(two).p_value, abs=1e-12)
    drawn = stats.random_table(table.sum(axis=1), table.sum(axis=0)).rvs(40_000, random_state=rng)
    law = stats.random_table(table.sum(axis=1), table.sum(axis=0))
    share = np.mean(law.logpmf(drawn) <= law.logpmf(table) + 1e-7)
    assert fisher_exact(table).p_value == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ([[1, 2]], "at least two rows"),
        ([[0, 0], [3, 4]], "empty"),
        ([[1.5, 2], [3, 4]], "whole counts"),
        ([[-1, 2], [3, 4]], "whole counts"),
    ],
)
def test_it_refuses_what_is_no_table(table, sentence):
    for test in (chi_squared, fisher_exact):
        with pytest.raises(ValueError, match=sentence):
            test(table)


def test_it_refuses_groups_that_do_not_vary():
    with pytest.raises(ValueError, match="Neither group varies"):
        t_test([1, 1, 1], [2, 2, 2])
    with pytest.warns(StatisticsWarning, match="All values are equal"):
        assert np.isnan(mann_whitney([1, 1], [1, 1]).p_value)
    with pytest.raises(ValueError, match="tied"):
        mann_whitney([1, 2], [2, 3], exact=True)
