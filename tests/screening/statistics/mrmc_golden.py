"""Reader-study data as arrays (tests, readers, cases), and one block of MRMCaov's output held against a result."""

import math

import numpy as np

from tests.screening.statistics.statistics_golden import READERS, assert_close, paperlike, reader_calls, rows

# MRMCaov's numbers of the designs it knows.
DESIGNS = {1: "crossed", 2: "cases_nested_in_readers", 3: "cases_nested_in_tests", -1: "partly_crossed"}


def study(name="vandyke", case_column="case"):
    """Truth (cases,) and ratings (tests, readers, cases) of a data file in long form."""
    table = rows(name)
    levels = {key: sorted({row[key] for row in table}, key=float) for key in ("treatment", "reader", case_column)}
    place = {key: {value: i for i, value in enumerate(values)} for key, values in levels.items()}
    ratings = np.full([len(levels[key]) for key in ("treatment", "reader", case_column)], np.nan)
    truth = np.zeros(ratings.shape[2], dtype=bool)
    for row in table:
        t, r, c = (place[key][row[key]] for key in ("treatment", "reader", case_column))
        ratings[t, r, c] = float(row["rating"])
        truth[c] = row["truth"] == "1"
    return truth, ratings


def calls_of_five_readers_and_model():
    """Truth, readers' calls (readers, cases) in MRMCaov's alphabetical order, the model's calls (cases,)."""
    truth, score = paperlike()
    calls = np.stack([reader_calls(reader) for reader in sorted(READERS)]).astype(float)
    return truth, calls, (score >= 0.5).astype(float)


def pick(row, *names):
    """The first of several column names that a block uses."""
    return next((row[name] for name in names if name in row), None)


def check_mrmcaov(result, wanted, tolerance=1e-9):
    """Every value of one MRMCaov block (one choice of random factors and covariance)."""
    kind = {("random", "random"): "rrrc", ("fixed", "random"): "frrc", ("random", "fixed"): "rrfc"}
    factors = wanted.get("factors") or {"reader": "random", "case": "random"}
    analysis = getattr(result, kind[factors["reader"], factors["case"]])
    assert (wanted["cov_method"] or "jackknife").lower() in (result.covariance, "null")
    assert result.design == DESIGNS[wanted["design"]]
    check_figures(result, wanted, tolerance)
    check_components(result, wanted, tolerance)
    (equality,) = wanted["test_equality"]
    squares = {"MS(T)": result.ms_t, "MS(T:R)": result.ms_tr, "MS(R)": result.ms_r}
    shared = {"Cov1": result.components.cov1, "Cov2": result.components.cov2, "Cov3": result.components.cov3}
    for name, value in (squares | shared).items():
        if name in equality:
            assert_close(value, equality[name], tolerance, name)
    assert_close(analysis.statistic, pick(equality, "F", "X2"), tolerance, "statistic")
    assert_close(analysis.p_value, equality["p-value"], tolerance, "p")
    assert_close(analysis.df1, pick(equality, "df1", "df"), tolerance, "df1")
    if "df2" in equality:
        assert_close(analysis.df2, equality["df2"], tolerance, "df2")
    if "Denominator" in equality:
        assert_close(analysis.denominator, equality["Denominator"], tolerance, "denominator")
    check_differences(analysis.differences, wanted["test_diffs"], tolerance)
    check_differences(analysis.reader_differences, wanted.get("reader_test_diffs") or [], tolerance)
    for found, row in zip(analysis.tests, wanted["test_means"], strict=True):
        check_mean(found, row, tolerance)
    for found, row in zip(analysis.reader_values, wanted.get("reader_means") or [], strict=False):
        columns = (next(iter(row.values())), row["StdErr"], row["CI.Lower"], row["CI.Upper"])
        assert_close([found.value, found.se, found.lower, found.upper], columns, tolerance, "reader mean")


def check_figures(result, wanted, tolerance):
    by_cell = {}
    for row in wanted["reader_test_values"]:
        by_cell.setdefault(row["treatment"], []).append(next(iter(row.values())))
    assert_close(result.figures, list(by_cell.values()), tolerance, "figures")
    if wanted.get("cov_matrix"):
        labels = [f"{test + 1}.{reader + 1}" for test, reader in result.cells]
        assert labels == list(wanted["cov_matrix"]["labels"])
        assert_close(result.covariance_matrix, wanted["cov_matrix"]["values"], tolerance, "covariance")
    assert_close([result.ms_t, result.ms_r, result.ms_tr], [wanted["anova"][k] for k in ("T", "R", "TR")], tolerance)


def check_components(result, wanted, tolerance):
    found = result.components
    values = {
        "reader": found.var_r,
        "treatment:reader": found.var_tr,
        "Error": found.var,
        "Cov1": found.cov1,
        "Cov2": found.cov2,
        "Cov3": found.cov3,
    }
    for row in wanted["vcov_comps"] or []:
        assert_close(values[row["name"]], row["Estimate"], tolerance, row["name"])
        if row["Correlation"] is not None:
            assert_close(values[row["name"]] / found.var, row["Correlation"], max(tolerance, 1e-9), row["name"])


def check_differences(found, wanted, tolerance):
    assert len(found) == len(wanted)
    for one, row in zip(found, wanted, strict=True):
        if "Comparison" in row:  # tests in the order of their names: "1 - 2", "human - model"
            assert row["Comparison"].split(" - ") == sorted(row["Comparison"].split(" - "))
            assert one.test_a < one.test_b
        if "Reader" in row:
            assert row["Reader"] == str(one.reader + 1)
        columns = [
            row["Estimate"],
            row["StdErr"],
            row["CI.Lower"],
            row["CI.Upper"],
            pick(row, "t", "z"),
            row["p-value"],
        ]
        values = [one.difference, one.se, one.lower, one.upper, one.statistic, one.p_value]
        assert_close(values, columns, tolerance, str(row))
        if "df" in row:
            assert_close(one.df, row["df"], tolerance * max(1, row["df"]), "df")


def check_mean(found, row, tolerance):
    values = {
        "Estimate": found.value,
        "MS(R)": found.ms_r,
        "Var(Error)": found.var,
        "Cov2": found.cov2,
        "StdErr": found.se,
        "df": found.df,
        "CI.Lower": found.lower,
        "CI.Upper": found.upper,
    }
    assert set(row) <= set(values) | {"name"}
    for name in set(row) - {"name"}:
        if name == "df" and (row[name] is None or row[name] > 1e9):
            assert math.isinf(found.df)
        else:
            assert_close(values[name], row[name], tolerance, name)
