"""Readers' proportions, McNemar tests, adjusted p values and agreement against R's stats and irr, value by value."""

import numpy as np
import pytest

from screening.statistics import (
    agresti_coull,
    benjamini_hochberg,
    benjamini_yekutieli,
    bonferroni,
    clopper_pearson,
    cohen_kappa,
    confusion,
    conger_kappa,
    fleiss_by_category,
    fleiss_kappa,
    hochberg,
    holm,
    jeffreys,
    krippendorff_alpha,
    light_kappa,
    mcnemar,
    mcnemar_calls,
    percent_agreement,
    wald,
    wilson,
)
from screening.statistics.rates import rates
from tests.screening.statistics.statistics_golden import (
    READERS,
    assert_close,
    column,
    expected,
    paperlike,
    reader_calls,
)

# Pairs without discord and kappas of full agreement are among the reference values.
pytestmark = pytest.mark.filterwarnings("ignore::screening.statistics.StatisticsWarning")
STATS = expected("paperlike_reads_stats")
TABLES = expected("small_tables")
INTERVALS = {
    "wilson": wilson,
    "wilson_continuity": lambda x, n: wilson(x, n, continuity=True),
    "clopper_pearson": clopper_pearson,
    "agresti_coull": agresti_coull,
    "wald": wald,
    "jeffreys": jeffreys,
}
ADJUSTMENTS = {
    "holm": holm,
    "hochberg": hochberg,
    "bonferroni": bonferroni,
    "BH": benjamini_hochberg,
    "BY": benjamini_yekutieli,
}


def check_proportion(wanted):
    assert set(wanted) == {"x", "n", "estimate", *INTERVALS}
    for name, interval in INTERVALS.items():
        found = interval(wanted["x"], wanted["n"])
        assert_close([found.value, found.lower, found.upper], [wanted["estimate"], *wanted[name]], what=name)


def check_mcnemar(found, wanted):
    assert_close([found.exact_p, found.mid_p], [wanted["exact_p"], wanted["midp"]])
    for key, statistic, p_value in (
        ("chisq_corrected", found.chi_squared_corrected, found.chi_squared_corrected_p),
        ("chisq_uncorrected", found.chi_squared, found.chi_squared_p),
    ):
        reference = wanted[key] or {"statistic": None, "p": None}
        assert_close([statistic, p_value], [reference["statistic"], reference["p"]], what=key)


def check_kappas(ratings, wanted):
    """``ratings`` (readers, cases) against one block of irr's results."""
    if wanted["cohen"] is not None:
        for weights, reference in wanted["cohen"].items():
            found = cohen_kappa(*ratings, weights={"unweighted": "none"}.get(weights, weights))
            assert_close([found.value, found.z, found.p_value], list(reference.values()), what=weights)
    fleiss = fleiss_kappa(ratings)
    reference = wanted["fleiss"]
    assert_close([fleiss.value, fleiss.z, fleiss.p_value], [reference[key] for key in ("value", "z", "p")])
    # irr prints the kappas of single categories with three decimals.
    for found, category in zip(fleiss_by_category(ratings), reference["by_category"], strict=True):
        assert found.category == category["category"]
        assert_close([found.value, found.z, found.p_value], [category[k] for k in ("kappa", "z", "p")], 5.1e-4)
    assert_close(conger_kappa(ratings).value, wanted["fleiss_exact_conger"])
    assert_close(light_kappa(ratings).value, wanted["light"])
    assert_close(100 * percent_agreement(ratings), wanted["percent_agreement"])
    for metric, value in wanted["kripp_alpha"].items():
        assert_close(krippendorff_alpha(ratings, metric).value, value, what=metric)
        # irr leaves out the weight of a case's pairs; the definition differs by less than 1 in the number of readings.
        by_definition = krippendorff_alpha(ratings, metric, pairs="krippendorff").value
        assert value - 1e-12 <= by_definition < value + 1 / ratings.size


@pytest.mark.parametrize("wanted", TABLES["proportion_ci"], ids=lambda w: f"{w['x']}of{w['n']}")
def test_intervals_of_a_proportion_agree(wanted):
    check_proportion(wanted)


@pytest.mark.parametrize("wanted", TABLES["mcnemar"], ids=lambda w: f"{w['b']}-{w['c']}")
def test_mcnemars_tests_agree(wanted):
    check_mcnemar(mcnemar(wanted["b"], wanted["c"]), wanted)


@pytest.mark.parametrize("reader", READERS)
def test_a_readers_rates_agree(reader):
    truth, _ = paperlike()
    wanted = STATS["readers"][reader]
    counts = confusion(truth, reader_calls(reader))
    assert vars(counts) == {name: wanted[name] for name in ("tp", "fn", "tn", "fp")}
    table = rates(counts)
    for key, name in (
        ("sensitivity", "sensitivity"),
        ("specificity", "specificity"),
        ("accuracy", "accuracy"),
        ("ppv", "precision"),
        ("npv", "npv"),
    ):
        check_proportion(wanted[key])
        estimate = getattr(table, name)
        assert_close(
            [estimate.value, estimate.lower, estimate.upper], [wanted[key]["estimate"], *wanted[key]["wilson"]]
        )
    assert_close(table.f1.value, wanted["f1"])


@pytest.mark.parametrize("reader", READERS)
def test_a_readers_mcnemar_tests_and_kappas_agree(reader):
    truth, score = paperlike()
    wanted = STATS["readers"][reader]
    calls, model = reader_calls(reader), score >= 0.5
    tests = mcnemar_calls(truth, model, calls)
    for name, reference in wanted["mcnemar"].items():
        found = getattr(tests, name)
        assert (found.b, found.c) == (reference["model_right_reader_wrong"], reference["model_wrong_reader_right"])
        check_mcnemar(found, reference)
    for key, other in (("cohen_kappa_with_model", model), ("cohen_kappa_with_truth", truth)):
        found = cohen_kappa(calls, other)
        assert_close([found.value, found.z, found.p_value], list(wanted[key].values()), what=key)


def test_the_models_rates_agree():
    truth, score = paperlike()
    wanted = STATS["model"]
    counts = confusion(truth, score >= 0.5)
    assert vars(counts) == {name: wanted[name] for name in ("tp", "fn", "tn", "fp")}
    check_proportion(wanted["sensitivity"])
    check_proportion(wanted["specificity"])


@pytest.mark.parametrize(
    "wanted",
    [*STATS["holm_over_readers_exact_p"].values(), STATS["holm_over_all_15"], TABLES["p_adjust"]],
    ids=["sens", "spec", "acc", "all15", "ties"],
)
def test_adjusted_p_values_agree(wanted):
    for name in set(wanted) - {"raw", "order"}:
        assert_close(ADJUSTMENTS[name](wanted["raw"]).adjusted, wanted[name], what=name)


@pytest.mark.parametrize("diseased_only", [False, True])
def test_agreement_of_five_readers_agrees(diseased_only):
    truth, _ = paperlike()
    ratings = np.stack([reader_calls(reader) for reader in READERS]).astype(int)
    key = "agreement_five_readers" + ("_diseased_only" if diseased_only else "")
    check_kappas(ratings[:, truth] if diseased_only else ratings, STATS[key])


@pytest.mark.parametrize("key", ["kappa_two_raters_ordinal5", "kappa_three_raters_binary"])
def test_kappas_of_small_tables_agree(key):
    ratings = np.array([list(row.values()) for row in TABLES[key]["ratings"]]).T
    check_kappas(ratings, TABLES[key]["result"])


def test_fleiss_own_example_agrees():
    wanted = TABLES["fleiss_diagnoses"]
    ratings = np.array([list(row.values()) for row in wanted["ratings"]]).T
    found = fleiss_kappa(ratings)
    assert_close([found.value, found.z, found.p_value], list(wanted["fleiss"].values()))
    assert_close(conger_kappa(ratings).value, wanted["exact_conger"])
    assert_close(light_kappa(ratings).value, wanted["light"])


@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval", "ratio"])
def test_krippendorffs_alpha_takes_missing_readings(metric):
    wanted = TABLES["krippendorff_with_missing"]
    ratings = np.array(wanted["units_in_columns"], dtype=float)
    assert_close(krippendorff_alpha(ratings, metric).value, wanted[metric])


def test_the_fold_column_covers_five_folds():
    assert sorted(set(column("paperlike_scores", "fold", int))) == [1, 2, 3, 4, 5]
