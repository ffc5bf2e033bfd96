"""Gallas' U- and V-statistics against iMRMC, value by value."""

import importlib

import numpy as np
import pytest

from screening.statistics import StatisticsWarning, to_plain
from screening.statistics.mrmc import obuchowski_rockette, u_statistic
from tests.screening.statistics.mrmc_golden import study
from tests.screening.statistics.statistics_golden import assert_close, expected

# The package names the function as its module.
u_statistics = importlib.import_module("screening.statistics.mrmc.u_statistic")
IMRMC = expected("mrmc_vandyke_imrmc")
BINARY = expected("mrmc_vandyke_binary_imrmc")
COMPONENTS = ["N", "D", "ND", "R", "NR", "DR", "RND"]


def index(name):
    """iMRMC's "m2", "r3" as places from 0; "NO_MOD" is no second test."""
    return None if name == "NO_MOD" else int(name[1:]) - 1


def find(result, row):
    a, b = index(row["modalityA"]), index(row["modalityB"])
    return next(
        one for one in (result.tests if b is None else result.differences) if (one.test_a, one.test_b) == (a, b)
    )


def check_row(result, row):
    """One line of iMRMC's summary: U ("Ustat") or V ("MLE")."""
    found = find(result, row)
    inference = found.u if row["UstatOrMLE"] == "Ustat" else found.v
    a, b = index(row["modalityA"]), index(row["modalityB"])
    is_u = row["UstatOrMLE"] == "Ustat"

    def variance(test):
        return (result.tests[test].u if is_u else result.tests[test].v).variance

    assert (result.n_readers, result.n_controls, result.n_diseased) == (row["NR"], row["N0"], row["N1"])
    assert_close([result.tests[a].value, variance(a)], [row["AUCA"], row["varAUCA"]])
    if b is not None:
        assert_close([result.tests[b].value, variance(b)], [row["AUCB"], row["varAUCB"]])
        assert_close([found.value, inference.variance], [row["AUCAminusAUCB"], row["varAUCAminusAUCB"]])
    assert_close(
        [inference.normal_lower, inference.normal_upper, inference.normal_p_value],
        [row["botCInormal"], row["topCInormal"], row["pValueNormal"]],
    )
    assert_close(
        [inference.df, inference.lower, inference.upper, inference.p_value],
        [row["dfBDG"], row["botCIBDG"], row["topCIBDG"], row["pValueBDG"]],
        1e-8,
    )
    assert (inference.p_value < 0.05) == bool(row["rejectBDG"])
    assert (inference.normal_p_value < 0.05) == bool(row["rejectNormal"])


@pytest.fixture(scope="module")
def areas():
    return u_statistic(*study())


@pytest.mark.parametrize("row", IMRMC["Ustat"] + IMRMC["MLEstat"], ids=lambda r: f"{r['UstatOrMLE']}-{r['modalityB']}")
def test_u_and_v_statistics_of_areas_agree(areas, row):
    check_row(areas, row)


@pytest.mark.parametrize("row", expected("mrmc_vandyke_other_designs_mrmcaov")["missing60_imrmc"]["Ustat"])
def test_the_u_statistic_takes_missing_readings(row):
    check_row(u_statistic(*study("vandyke_missing60")), row)


@pytest.mark.parametrize("row", IMRMC["Ustat_full"], ids=lambda r: f"{r['modalityID.1']}{r['modalityID.2']}")
def test_moments_coefficients_and_components_agree(areas, row):
    a, b = index(row["modalityID.1"]), index(row["modalityID.2"])
    found = next(m for m in areas.moments if (m.test_a, m.test_b) == (a, b))
    assert_close([found.covariance, found.covariance_biased], [row["covAUC"], row["covAUC.biased"]])
    for place in range(8):
        assert_close(found.unbiased[place], row[f"M{place + 1}"])
        assert_close(found.biased[place], row[f"M{place + 1}.b"])
        assert_close(found.coefficients[place], row[f"M{place + 1}.coeff"])
    for name in COMPONENTS:
        assert_close(found.components[name], row[f"BCK.{name}"])
        assert_close(found.components_biased[name], row[f"BCK.{name}.b"])
        assert_close(found.components_coefficients[name], row[f"BCK.{name}.coeff"])
    assert (areas.n_readers, areas.n_controls, areas.n_diseased) == (row["NR"], row["N0"], row["N1"])
    for name in ("N", "D", "R"):
        df = round(1 / found.components_coefficients[name] - 1)
        assert df == row[f"df{name}"] == (row[f"df{name}.diff"] or df)
    assert_close([areas.tests[a].value, areas.tests[b].value], [row["AUC.1"], row["AUC.2"]])
    one = areas.tests[a] if a == b else next(d for d in areas.differences if (d.test_a, d.test_b) == (a, b))
    suffix = "" if a == b else ".diff"
    assert_close([one.u.df, one.v.df], [row[f"dfBDG{suffix}"], row[f"dfBDG.biased{suffix}"]], 1e-8)
    for end, inference in (("", one.u), (".biased", one.v)):
        assert_close(
            [inference.normal_lower, inference.normal_upper, inference.normal_p_value],
            [row[f"{key}{end}"] for key in ("botCInormal", "topCInormal", "pValueNormal")],
        )
        assert_close(
            [inference.lower, inference.upper, inference.p_value],
            [row[f"{key}BDG{end}"] for key in ("botCI", "topCI", "pValue")],
        )
        rejected = bool(row[f"rejectNormal{end}"]), bool(row[f"rejectBDG{end}"])
        assert rejected == (inference.normal_p_value < 0.05, inference.p_value < 0.05)
    if a != b:
        assert_close(one.value, row["AUC1minusAUC2"])
        assert_close([one.u.variance, one.v.variance], [row["varAUC1minusAUC2"], row["varAUC1minusAUC2.biased"]])


def test_covariances_of_single_readers_are_the_unbiased_ones():
    result = obuchowski_rockette(*study(), covariance="unbiased")
    place = {cell: i for i, cell in enumerate(result.cells)}

    def covariance(first, second):
        return result.covariance_matrix[place[first], place[second]]

    for row in IMRMC["per_reader_pair_covariances"]:
        first = index(row["modalityID.1"]), index(row["readerID.1"])
        second = index(row["modalityID.2"]), index(row["readerID.2"])
        assert_close(
            [covariance(first, second), result.figures[first], result.figures[second]],
            [row["covAUC"], row["AUC.1"], row["AUC.2"]],
        )
    for row in IMRMC["perReader"]:
        reader, a, b = index(row["readerID"]), index(row["modalityA"]), index(row["modalityB"])
        first = (a, reader)
        assert (result.n_cases - result.n_diseased, result.n_diseased) == (row["N0"], row["N1"])
        assert_close([result.figures[first], covariance(first, first)], [row["AUCA"], row["varAUCA"]])
        if b is not None:
            second = (b, reader)
            assert_close([result.figures[second], covariance(second, second)], [row["AUCB"], row["varAUCB"]])
            variance = covariance(first, first) + covariance(second, second) - 2 * covariance(first, second)
            difference = result.figures[first] - result.figures[second]
            assert_close([difference, variance], [row["AUCAminusAUCB"], row["varAUCAminusAUCB"]])


@pytest.mark.parametrize(("key", "metric"), [("sens", "sensitivity"), ("spec", "specificity")])
@pytest.mark.parametrize("method", [0, 1])
def test_rates_of_calls_agree(key, metric, method):
    wanted = BINARY[key][method]
    truth, ratings = study()
    threshold = BINARY["meta"]["binary_threshold"]
    result = u_statistic(truth, ratings, metric=metric, threshold=threshold)
    a, b = result.tests
    (difference,) = result.differences
    assert_close([a.value, b.value, difference.value], list(wanted["mean"].values()))
    assert_close([a.u.variance, b.u.variance, difference.u.variance], list(wanted["var"].values()))
    assert result.n_readers == wanted["nR"]
    assert "jointD" in wanted["method"] or "conditionalD" in wanted["method"]
    assert wanted["nC"] == (truth.sum() if metric == "sensitivity" else (~truth).sum())
    by_pair = {(m.test_a, m.test_b): m for m in result.moments}
    kinds = ["c1r1", "c0r1", "c1r0", "c0r0"]
    for pair, moments, coefficients in zip([(0, 0), (1, 1), (0, 1)], wanted["moments"], wanted["coeff"], strict=True):
        assert_close(by_pair[pair].unbiased, [moments[kind] for kind in kinds])
        assert_close(by_pair[pair].coefficients, [coefficients[kind] for kind in kinds])
    spread = {pair: by_pair[pair].unbiased[0] - by_pair[pair].unbiased[3] for pair in by_pair}
    both = spread[0, 0] + spread[1, 1] - 2 * spread[0, 1]
    assert_close([spread[0, 0], spread[1, 1], both], list(wanted["var_1obs"].values()))
    figures = obuchowski_rockette(truth, ratings, metric=metric, threshold=threshold).figures
    assert_close(figures.T, [[row["A"], row["B"]] for row in wanted["mean_per_reader"]])


def test_a_variance_that_is_not_positive_is_warned_about():
    truth = np.repeat([False, True], 3)
    ratings = np.array([[[1, 2, 5, 3, 4, 6], [2, 1, 3, 5, 6, 4]], [[1, 3, 4, 2, 5, 6], [3, 1, 2, 6, 4, 5]]])
    with pytest.warns(StatisticsWarning, match="V-statistic"):
        result = u_statistic(truth, ratings)
    (difference,) = result.differences
    assert difference.u.variance <= 0
    assert np.isnan([difference.u.p_value, difference.u.lower]).all()
    assert difference.v.variance >= 0


def test_the_u_statistic_is_the_same_in_blocks_of_few_cases(monkeypatch):
    truth, ratings = study("vandyke_missing60")
    whole = u_statistic(truth, ratings)
    monkeypatch.setattr(u_statistics, "BLOCK_NUMBERS", 1)
    pieces = u_statistic(truth, ratings)
    assert_close(to_plain(pieces.differences[0]), to_plain(whole.differences[0]), 1e-12)
    for one, other in zip(pieces.moments, whole.moments, strict=True):
        assert_close(one.unbiased, other.unbiased, 1e-12)
