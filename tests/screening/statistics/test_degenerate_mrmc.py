"""Degenerate studies of many readers: a sentence, or NaN with a warning."""

import math

import numpy as np
import pytest

from screening.statistics import (
    StatisticsWarning,
)
from screening.statistics.mrmc import dorfman_berbaum_metz, obuchowski_rockette, standalone_vs_readers, u_statistic
from tests.screening.statistics.degenerate import SCORE, TRUTH

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
