"""Tables 1 and 2 of Hong et al. 2021, recomputed."""

import numpy as np
import pytest

from screening.statistics import (
    Confusion,
    auc,
    auc_interval,
    chi_squared,
    fisher_exact,
    fold_summary,
    rates_at_threshold,
    t_test,
    t_test_from_summary,
)
from screening.statistics.rates import rates
from tests.screening.statistics.statistics_golden import READERS, assert_close, column, expected, paperlike


def test_table_1_sexes_are_far_from_significant():
    wanted = expected("paper_table1")["gender"]
    found = chi_squared(wanted["table"])
    assert_close([found.statistic, found.df, found.p_value], list(wanted["pearson"].values()))
    assert_close([found.yates_statistic, found.df, found.yates_p_value], list(wanted["yates"].values()))
    exact = fisher_exact(wanted["table"])
    assert_close(exact.p_value, wanted["fisher_exact"]["p"])
    assert_close(exact.odds_ratio, wanted["fisher_exact"]["odds_ratio"], 1e-4)
    assert_close([exact.lower, exact.upper], wanted["fisher_exact"]["ci"], 1e-4)
    assert round(found.p_value, 3) == 0.573


@pytest.mark.parametrize("method", ["student", "welch"])
def test_table_1_ages_are_far_from_significant(method):
    table = expected("paper_table1")["age"]
    a, b = table["syndromes"], table["controls"]
    found = t_test_from_summary(a["mean"], a["sd"], a["n"], mean_y=b["mean"], sd_y=b["sd"], n_y=b["n"], method=method)
    assert_close([found.statistic, found.df, found.p_value, [found.lower, found.upper]], list(table[method].values()))
    assert round(found.p_value, 3) == 0.912


def test_a_t_test_of_raw_data_equals_that_of_its_summary():
    x, y = np.array([5.1, 4.9, 6.2, 5.7]), np.array([6.8, 7.1, 5.9])
    for method in ("student", "welch"):
        raw = t_test(x, y, method=method)
        printed = t_test_from_summary(
            x.mean(), x.std(ddof=1), x.size, mean_y=y.mean(), sd_y=y.std(ddof=1), n_y=y.size, method=method
        )
        assert raw == printed


@pytest.mark.parametrize("wanted", expected("paper_table2")["readers"], ids=READERS)
def test_table_2_follows_from_counts(wanted):
    table = rates(Confusion(*(wanted[name] for name in ("tp", "fn", "tn", "fp"))))
    for name, value in wanted["exact"].items():
        found = getattr(table, name).value
        assert_close(found, value, 1e-12, name)
        assert (f"{found:.4f}" == wanted["printed"][name]) == wanted["agrees_to_4_decimals"][name]


@pytest.mark.parametrize("solution", expected("paper_table2")["model_row"]["integer_fold_solutions"])
def test_the_model_row_needs_the_sample_sd_over_folds(solution):
    tables = [
        rates(Confusion(tp, n1 - tp, tn, n0 - tn))
        for tp, n1, tn, n0 in zip(*(solution[key] for key in ("tp", "diseased", "tn", "healthy")), strict=True)
    ]
    printed = expected("paper_table2")["model_row"]["printed"]
    names = {"recall": "sensitivity"}
    for key in ("accuracy", "recall", "specificity", "precision", "f1"):
        summary = fold_summary([getattr(table, names.get(key, key)).value for table in tables])
        mean, sd = (float(part) for part in printed[key].split(" +- "))
        assert summary.mean == pytest.approx(mean, abs=1.001e-4)
        assert round(summary.sd, 4) == pytest.approx(sd, abs=1e-9)


def test_the_model_row_comes_out_of_the_synthetic_scores():
    truth, score = paperlike()
    fold = column("paperlike_scores", "fold", int)
    wanted = expected("paperlike_reads_stats")["folds"]
    names = {"recall": "sensitivity"}
    collected = {key: [] for key in wanted["mean"]}
    for reference in wanted["per_fold"]:
        here = fold == reference["fold"]
        counts = rates_at_threshold(truth[here], score[here], 0.5)
        table = rates(counts)
        values = {key: getattr(table, names.get(key, key)).value for key in wanted["mean"] if key != "auc"}
        values["auc"] = auc(truth[here], score[here])
        assert_close(values | vars(counts) | {"fold": reference["fold"]}, reference)
        for key, value in values.items():
            collected[key].append(value)
    for key, values in collected.items():
        summary = fold_summary(values)
        assert_close([summary.mean, summary.sd], [wanted["mean"][key], wanted["sd_sample"][key]])
        assert_close(np.std(summary.values), wanted["sd_population"][key])
        assert f"{summary.mean:.4f} +- {summary.sd:.4f}"[:6] == wanted["printed_in_paper"][key][:6]


def test_the_papers_area_interval_is_met_by_its_own_200_replicates():
    truth, score = paperlike()
    low, high = map(float, expected("paper_table2")["model_row"]["printed"]["auc_ci95"].split(" - "))
    found = auc_interval(truth, score, replicates=200, seed=1)
    # Another curve than the paper's, and 200 replicates: the second decimal is what can be compared.
    assert found.lower == pytest.approx(low, abs=0.012)
    assert found.upper == pytest.approx(high, abs=0.012)
