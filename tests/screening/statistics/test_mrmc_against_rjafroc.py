"""Obuchowski-Rockette, Dorfman-Berbaum-Metz and standalone analyses against RJafroc, value by value."""

import math

import numpy as np
import pytest

from screening.statistics.mrmc import dorfman_berbaum_metz, obuchowski_rockette, standalone_vs_readers
from tests.screening.statistics.mrmc_golden import calls_of_five_readers_and_model, check_differences, study
from tests.screening.statistics.statistics_golden import READERS, assert_close, expected

OR = expected("mrmc_vandyke_rjafroc")["OR"]
DBM = expected("mrmc_vandyke_rjafroc")["DBM"]


@pytest.fixture(scope="module")
def rockette():
    # RJafroc clips Cov2 - Cov3 in the FRRC denominator and cuts no interval.
    return obuchowski_rockette(*study(), clip_frrc=True, cut=False)


@pytest.fixture(scope="module")
def pseudovalues():
    return dorfman_berbaum_metz(*study(), cut=False)


def values(row):
    return [value for key, value in row.items() if key != "name"]


def check_figures(figures, wanted):
    assert_close(figures, [values(row) for row in wanted["foms"]])
    assert_close(figures.mean(axis=1), [row["Estimate"] for row in wanted["trtMeans"]])
    assert_close(figures.mean(axis=1)[0] - figures.mean(axis=1)[1], wanted["trtMeanDiffs"][0]["Estimate"])


def check_analysis(analysis, wanted, ms_t):
    test, error = wanted["FTests"]
    assert_close(ms_t, test["MS"])
    assert_close(analysis.statistic, test.get("FStat", test.get("F", test.get("Chisq"))))
    assert_close(analysis.p_value, test["p"])
    assert_close(analysis.df1, test["DF"])
    assert_close(analysis.denominator, error["MS"])
    if error["DF"] is not None:
        assert_close(analysis.df2, error["DF"])
    renamed = {"PrGTt": "p-value", "PrGTz": "p-value", "CILower": "CI.Lower", "CIUpper": "CI.Upper", "DF": "df"}
    for key, found in (("ciDiffTrt", analysis.differences), ("ciDiffTrtEachRdr", analysis.reader_differences)):
        check_differences(found, [{renamed.get(k, k): v for k, v in row.items()} for row in wanted.get(key, [])], 1e-9)
    for found, row in zip(analysis.tests, wanted["ciAvgRdrEachTrt"], strict=True):
        columns = [row[key] for key in ("Estimate", "StdErr", "CILower", "CIUpper")]
        assert_close([found.value, found.se, found.lower, found.upper], columns)
        if "Cov2" in row:
            assert_close(found.cov2, row["Cov2"])
        # For fixed readers RJafroc prints K - 1 beside a normal interval.
        if math.isfinite(found.df):
            assert_close(found.df, row["DF"])


@pytest.mark.parametrize("name", ["RRRC", "FRRC", "RRFC"])
def test_obuchowski_rockette_agrees(rockette, name):
    check_analysis(getattr(rockette, name.lower()), OR[name], rockette.ms_t)


def test_obuchowski_rockettes_anova_and_components_agree(rockette):
    check_figures(rockette.figures, OR["FOMs"])
    tests, readers = rockette.figures.shape
    squares = {"T": rockette.ms_t, "R": rockette.ms_r, "TR": rockette.ms_tr}
    df = {"T": tests - 1, "R": readers - 1, "TR": (tests - 1) * (readers - 1)}
    for row in OR["ANOVA"]["TRanova"]:
        name = row["name"]
        assert_close([squares[name] * df[name], df[name], squares[name]], values(row))
    found = rockette.components
    parts = {
        "VarR": found.var_r_clipped,
        "VarTR": found.var_tr_clipped,
        "Cov1": found.cov1,
        "Cov2": found.cov2,
        "Cov3": found.cov3,
        "Var": found.var,
    }
    for row in OR["ANOVA"]["VarCom"]:
        assert_close(parts[row["name"]], row["Estimates"])
        if row["Rhos"] is not None:
            assert_close(parts[row["name"]] / found.var, row["Rhos"])
    for test, row in zip(rockette.rrrc.tests, OR["ANOVA"]["IndividualTrt"], strict=True):
        assert_close([readers - 1, test.ms_r, test.var, test.cov2], values(row))


def test_each_readers_variances_agree(rockette):
    matrix, figures = rockette.covariance_matrix, rockette.figures
    cells = np.array(rockette.cells)
    for reader, row in enumerate(OR["ANOVA"]["IndividualRdr"]):
        first, second = np.flatnonzero(cells[:, 1] == reader)
        own = [1, figures[:, reader].var(ddof=1), (matrix[first, first] + matrix[second, second]) / 2]
        assert_close([*own, matrix[first, second]], values(row))
        # These are what the reader's own test is made of.
        assert_close(rockette.frrc.reader_differences[reader].se ** 2 / 2, own[2] - matrix[first, second])
    for row, both in zip(OR["ANOVA"]["IndividualRdr"], OR["FRRC"]["IndividualRdrVarCov1"], strict=True):
        assert values(row)[2:] == values(both)


@pytest.mark.parametrize("name", ["RRRC", "FRRC", "RRFC"])
def test_dorfman_berbaum_metz_agrees(pseudovalues, name):
    check_analysis(getattr(pseudovalues, name.lower()), DBM[name], pseudovalues.anova["T"].mean_square)


def test_the_pseudovalues_anova_and_components_agree(pseudovalues):
    check_figures(pseudovalues.figures, DBM["FOMs"])
    rows = {row["name"]: row for row in DBM["ANOVA"]["TRCanova"]}
    total = rows.pop("Total")
    for name, row in rows.items():
        found = pseudovalues.anova[name]
        assert_close([found.sum_of_squares, found.df, found.mean_square], values(row), what=name)
    assert_close(sum(effect.sum_of_squares for effect in pseudovalues.anova.values()), total["SS"])
    assert sum(effect.df for effect in pseudovalues.anova.values()) == total["DF"]
    found = pseudovalues.components
    parts = dict(
        zip(
            ("VarR", "VarC", "VarTR", "VarTC", "VarRC", "VarErr"),
            (found.var_r, found.var_c, found.var_tr, found.var_tc, found.var_rc, found.var_error),
            strict=True,
        )
    )
    for row in DBM["ANOVA"]["VarCom"]:
        assert_close(parts[row["name"]], row["Estimates"], what=row["name"])
    for key, table in (("IndividualTrt", pseudovalues.per_test), ("IndividualRdr", pseudovalues.per_reader)):
        for place, row in enumerate(DBM["ANOVA"][key]):
            assert_close(table[:, place], [v for k, v in row.items() if k not in ("name", "DF")], what=row["name"])


def test_both_methods_are_the_same_test():
    truth, ratings = study()
    one, other = obuchowski_rockette(truth, ratings), dorfman_berbaum_metz(truth, ratings)
    k = truth.size
    assert_close([one.ms_t * k, one.ms_r * k, one.ms_tr * k], [other.anova[n].mean_square for n in ("T", "R", "TR")])
    for a, b in ((one.rrrc, other.rrrc), (one.rrfc, other.rrfc)):
        assert_close([a.statistic, a.df2, a.p_value], [b.statistic, b.df2, b.p_value])
        for first, second in zip(a.tests, b.tests, strict=True):
            assert_close(
                [first.se, first.df, first.ms_r, first.var, first.cov2],
                [second.se, second.df, second.ms_r, second.var, second.cov2],
            )


def check_one_test(found, test, wanted):
    assert_close(found.model, wanted["fomCAD"])
    assert_close(found.readers, wanted["fomRAD"])
    assert_close([found.readers_mean, found.difference], [wanted["avgRadFom"], wanted["avgDiffFom"]])
    assert_close([test.lower, test.upper], wanted["CIAvgDiffFom"])
    # RJafroc prints the difference's interval, shifted by the model's value, as that of the readers' mean.
    shifted = wanted.get("CIAvgRad", wanted.get("CIAvgRadFom"))
    assert_close([test.lower + found.model, test.upper + found.model], shifted)
    assert_close(
        [found.ms_r, test.statistic, test.df, test.p_value], [wanted[k] for k in ("varR", "Tstat", "df", "pval")]
    )
    if "varError" in wanted:
        assert_close([found.var, found.cov2], [wanted["varError"], wanted["cov2"]])


def check_two_tests(truth, model, ratings, wanted):
    """The model repeated as one test, the readers the other: the same F, df and p by the two-test analysis."""
    result = obuchowski_rockette(truth, np.stack([np.broadcast_to(model, ratings.shape), ratings]), cut=False)
    analysis, found = result.rrrc, result.components
    assert_close(
        [analysis.statistic, analysis.df1, analysis.df2, analysis.p_value],
        [wanted[k] for k in ("FStat", "ndf", "df", "pval")],
    )
    assert_close(
        [found.var_r_clipped, found.var_tr_clipped, found.cov1, found.cov2, found.cov3, found.var],
        [wanted[key] for key in ("varR", "varTR", "cov1", "cov2", "cov3", "varError")],
    )
    (difference,), (row,) = analysis.differences, wanted["ciDiffFom"]
    assert row["name"] == "trt2-trt1"
    assert_close(
        [-difference.difference, difference.se, difference.df, -difference.statistic, difference.p_value],
        [row[key] for key in ("Estimate", "StdErr", "DF", "t", "PrGTt")],
    )
    assert_close([-difference.upper, -difference.lower], [row["CILower"], row["CIUpper"]])
    for mean, row in zip(analysis.tests, wanted["ciAvgRdrEachTrt"], strict=True):
        columns = [row[key] for key in ("Estimate", "StdErr", "CILower", "CIUpper", "Cov2")]
        assert_close([mean.value, mean.se, mean.lower, mean.upper, mean.cov2], columns)
        assert math.isinf(mean.df) if row["DF"] is None else mean.df == pytest.approx(row["DF"], abs=1e-9)
    assert_close([result.figures[0, 0], result.figures[1].mean()], [wanted["fomCAD"], wanted["avgRadFom"]])
    assert_close(result.figures[1], wanted["fomRAD"])
    assert_close(result.figures[1].var(ddof=1), wanted["varDiffFom"])
    assert_close(result.figures[1].mean() - result.figures[0, 0], wanted["avgDiffFom"])


def cast(name):
    """Truth, the model's and the readers' ratings, and RJafroc's three analyses."""
    if name == "vandyke":
        truth, ratings = study()
        wanted = expected("standalone_vs_readers_vandyke_rjafroc")
        test = int(wanted["meta"]["treatment"]) - 1
        return truth, ratings[test, 0], ratings[test, 1:], wanted
    truth, calls, model = calls_of_five_readers_and_model()
    in_order = [sorted(READERS).index(reader) for reader in READERS]
    return truth, model, calls[in_order], expected("model_vs_readers_paperlike")["rjafroc"]


@pytest.mark.parametrize("name", ["vandyke", "paperlike"])
def test_the_model_against_the_population_of_readers_agrees(name):
    truth, model, ratings, wanted = cast(name)
    found = standalone_vs_readers(truth, model, ratings)
    check_one_test(found, found.rrrc, wanted["1T-RRRC"])
    check_one_test(found, found.rrfc, wanted["1T-RRFC"])
    check_two_tests(truth, model, ratings, wanted["2T-RRRC"])


@pytest.mark.parametrize("metric", ["sensitivity", "specificity", "balanced_accuracy"])
def test_rates_of_calls_of_model_and_readers_agree_with_the_two_test_analysis(metric):
    truth, calls, model = calls_of_five_readers_and_model()
    wanted = expected("model_vs_readers_paperlike")[metric]
    found = standalone_vs_readers(truth, model, calls, metric=metric)
    (difference,) = wanted["test_diffs"]
    assert_close(
        [found.difference, found.rrrc.se, found.rrrc.df, found.rrrc.lower, found.rrrc.upper, found.rrrc.statistic],
        [difference[key] for key in ("Estimate", "StdErr", "df", "CI.Lower", "CI.Upper", "t")],
    )
    assert_close(found.rrrc.p_value, difference["p-value"])
