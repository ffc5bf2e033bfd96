"""Everything deterministic against the naive definitions, on small and awkward data of our own.

Four to ten cases, two to five distinct ratings (ties everywhere), one to three tests, reversed direction, readings
missing.
"""

import math
import warnings

import numpy as np
import pytest
from scipy import stats

from screening.statistics import (
    StatisticsWarning,
    auc,
    best_threshold,
    cohen_kappa,
    delong_covariance,
    delong_interval,
    delong_test,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    partial_auc,
    roc_curve,
    sensitivity_at,
    specificity_at,
    standalone_vs_readers,
)
from screening.statistics.mrmc import dorfman_berbaum_metz, obuchowski_rockette, u_statistic
from tests.screening.statistics import naive
from tests.screening.statistics.statistics_golden import assert_close

pytestmark = pytest.mark.filterwarnings("ignore::screening.statistics.StatisticsWarning")
SEEDS = range(24)


def draw(seed):
    """Truth with at least two of each class, and a generator with the number of distinct ratings."""
    rng = np.random.default_rng([seed, 6])
    n = 4 + seed % 7
    truth = np.zeros(n, dtype=bool)
    truth[: 2 + rng.integers(0, n - 3)] = True
    return rng.permutation(truth), rng, 2 + seed % 4


def draw_study(seed, *, tests=None, missing=0.0):
    truth, rng, levels = draw(seed)
    shape = (tests or 1 + seed % 3, 2 + seed % 3, truth.size)
    ratings = rng.integers(0, levels, shape).astype(float) + (rng.random(shape) < 0.5) * truth
    if missing:  # two cases and two controls stay read by everybody
        spared = np.concatenate([np.flatnonzero(truth)[:2], np.flatnonzero(~truth)[:2]])
        gaps = rng.random(shape) < missing
        gaps[:, :, spared] = False
        ratings[gaps] = np.nan
    return truth, ratings


@pytest.mark.parametrize("direction", ["<", ">"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_curve_is_its_definition(seed, direction):
    truth, rng, levels = draw(seed)
    score = rng.integers(0, levels, truth.size).astype(float)
    turned = (score if direction == "<" else -score).tolist()
    points = naive.vertices(truth, turned)
    found = roc_curve(truth, score, direction=direction)
    assert_close(list(zip(found.specificity, found.sensitivity, strict=True))[::-1], points)
    assert_close([auc(truth, score, direction=direction), found.auc], [naive.area(truth, turned)] * 2)
    grid = [0.0, 0.1, 0.25, 1 / 3, 0.5, 0.6, 2 / 3, 0.75, 0.9, 1.0]
    mirrored = [(y, x) for x, y in points][::-1]
    for x in grid:
        assert_close(sensitivity_at(truth, score, x, direction=direction), naive.height_at(points, x))
        assert_close(specificity_at(truth, score, x, direction=direction), naive.height_at(mirrored, x))
    for focus, polyline in (("specificity", points), ("sensitivity", mirrored)):
        options = {"low": 0.3, "high": 0.95, "focus": focus, "direction": direction}
        part = naive.partial_area(polyline, 0.3, 0.95)
        assert_close(partial_auc(truth, score, **options).value, part)
        least, most = (0.7**2 - 0.05**2) / 2, 0.65
        corrected = partial_auc(truth, score, corrected=True, **options).value
        assert_close(corrected, (1 + (part - least) / (most - least)) / 2 if part >= least - 1e-12 else None)


@pytest.mark.parametrize("direction", ["<", ">"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_best_threshold_is_found_by_trying_all(seed, direction):
    truth, rng, levels = draw(seed)
    score = rng.integers(0, levels, truth.size).astype(float)
    points = naive.vertices(truth, (score if direction == "<" else -score).tolist())
    for cost, prevalence in ((1.0, 0.5), (3.0, 0.1)):
        weight = (1 - prevalence) / (cost * prevalence)
        options = {"cost": cost, "prevalence": prevalence, "direction": direction, "tolerance": 1e-12}
        wanted = max(se + weight * sp for sp, se in points)
        found = best_threshold(truth, score, **options)
        assert_close(found.criterion, wanted)
        assert found.threshold.size == sum(abs(se + weight * sp - wanted) <= 1e-12 for sp, se in points)
        wanted = min((1 - se) ** 2 + weight * (1 - sp) ** 2 for sp, se in points)
        found = best_threshold(truth, score, method="closest_topleft", **options)
        assert_close(found.criterion, wanted)
        for place, threshold in enumerate(found.threshold):
            called = score >= threshold if direction == "<" else score <= threshold
            assert_close(
                [called[truth].mean(), (~called)[~truth].mean()], [found.sensitivity[place], found.specificity[place]]
            )


@pytest.mark.parametrize("seed", SEEDS)
def test_delongs_covariance_interval_and_tests_are_their_definitions(seed):
    truth, rng, levels = draw(seed)
    scores = rng.integers(0, levels, (3, truth.size)).astype(float)
    found = delong_covariance(truth, scores)
    wanted = [[naive.delong(truth, a, b) for b in scores.tolist()] for a in scores.tolist()]
    assert_close(found.covariance, wanted)
    down = delong_covariance(truth, -scores, direction=">")
    assert_close(down.covariance, wanted)
    se = math.sqrt(wanted[0][0])
    interval, value = delong_interval(truth, scores[0], level=0.9), naive.area(truth, scores[0].tolist())
    half = stats.norm.ppf(0.95) * se
    limits = [max(value - half, 0), min(value + half, 1)] if se > 0 else [None, None]
    assert_close([interval.lower, interval.upper, interval.se], [*limits, se])
    test = delong_test(truth, scores[0], scores[1])
    variance = wanted[0][0] + wanted[1][1] - 2 * wanted[0][1]
    if variance > 1e-12:
        z = (value - naive.area(truth, scores[1].tolist())) / math.sqrt(variance)
        assert_close([test.statistic, test.p_value], [z, 2 * stats.norm.sf(abs(z))])
    else:
        assert math.isnan(test.p_value)


def check_rockette(found, figures, matrix):
    """Every number of the three analyses from the figures and their covariance matrix, by SEMANTICS' table."""
    tests, readers = np.shape(figures)
    part = naive.covariances(matrix, tests, readers)
    assert_close(found.figures, figures)
    assert_close(found.covariance_matrix, matrix)
    assert_close(vars(found.components), {name: part[name] for name in part})
    if tests < 2:
        return
    ms_t, ms_r, ms_tr = naive.mean_squares(figures)
    assert_close([found.ms_t, found.ms_r, found.ms_tr], [ms_t, ms_r, ms_tr])
    gap = part["cov2"] - part["cov3"]
    rows = {
        "rrrc": (ms_tr + readers * max(gap, 0), (tests - 1) * (readers - 1)),
        "rrfc": (ms_tr, (tests - 1) * (readers - 1)),
        "frrc": (part["var"] - part["cov1"] + (readers - 1) * gap, math.inf),
    }
    for name, (denominator, df) in rows.items():
        analysis = getattr(found, name)
        assert_close(analysis.denominator, denominator, what=name)
        if not denominator > 1e-9:
            continue
        df2 = df if name != "rrrc" else denominator**2 / (ms_tr**2 / df) if ms_tr > 1e-12 else math.inf
        check_tests(analysis, figures, ms_t, denominator, df2)


def check_tests(analysis, figures, ms_t, denominator, df2):
    tests, readers = np.shape(figures)
    if math.isinf(df2):
        statistic = (tests - 1) * ms_t / denominator if analysis.name == "FRRC" else ms_t / denominator
        scaled = statistic if analysis.name == "FRRC" else (tests - 1) * statistic
        p_value = stats.chi2.sf(scaled, tests - 1)
    else:
        statistic = ms_t / denominator
        p_value = stats.f.sf(statistic, tests - 1, df2)
    assert analysis.statistic == pytest.approx(statistic, rel=1e-7, abs=1e-9)
    assert_close(analysis.p_value, p_value)
    pairs = [(a, b) for a in range(tests) for b in range(a + 1, tests)]
    assert [(d.test_a, d.test_b) for d in analysis.differences] == pairs
    se = math.sqrt(2 * denominator / readers)
    law = stats.norm() if math.isinf(df2) else stats.t(df2)
    for one in analysis.differences:
        gap = sum(figures[one.test_a]) / readers - sum(figures[one.test_b]) / readers
        wanted = [gap, se, gap - law.ppf(0.975) * se, gap + law.ppf(0.975) * se, 2 * law.sf(abs(gap / se))]
        assert_close([one.difference, one.se, one.lower, one.upper, one.p_value], wanted, 1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_obuchowski_rockette_with_the_refitted_jackknife(seed):
    truth, ratings = draw_study(seed)
    found = obuchowski_rockette(truth, ratings)
    figures = [[naive.area(truth, curve) for curve in test] for test in ratings.tolist()]
    check_rockette(found, figures, naive.jackknife(truth, ratings.tolist(), "auc"))
    turned = obuchowski_rockette(truth, -ratings, direction=">")
    assert_close(turned.covariance_matrix, found.covariance_matrix)


@pytest.mark.parametrize("metric", ["sensitivity", "specificity", "balanced_accuracy"])
@pytest.mark.parametrize("seed", SEEDS)
def test_obuchowski_rockette_of_calls_with_the_refitted_jackknife(seed, metric):
    truth, ratings = draw_study(seed)
    calls = (ratings >= 1).astype(float)
    found = obuchowski_rockette(truth, ratings, metric=metric, threshold=1)
    figures = [[naive.METRICS[metric](truth, curve) for curve in test] for test in calls.tolist()]
    check_rockette(found, figures, naive.jackknife(truth, calls.tolist(), metric))


@pytest.mark.parametrize("covariance", ["delong", "unbiased"])
@pytest.mark.parametrize("seed", SEEDS)
def test_obuchowski_rockette_with_covariances_by_kernels(seed, covariance):
    truth, ratings = draw_study(seed)
    curves = [curve for test in ratings.tolist() for curve in test]
    matrix = [[getattr(naive, covariance)(truth, a, b) for b in curves] for a in curves]
    figures = [[naive.area(truth, curve) for curve in test] for test in ratings.tolist()]
    check_rockette(obuchowski_rockette(truth, ratings, covariance=covariance), figures, matrix)


@pytest.mark.parametrize("covariance", ["jackknife", "unbiased"])
@pytest.mark.parametrize("seed", SEEDS)
def test_missing_readings_change_no_definition(seed, covariance):
    truth, ratings = draw_study(seed, missing=0.4)
    table, curves = ratings.tolist(), [curve for test in ratings.tolist() for curve in test]
    if covariance == "jackknife":
        read = ~np.isnan(ratings).all(axis=(0, 1))
        matrix = naive.jackknife(truth[read], ratings[:, :, read].tolist(), "auc")
    else:
        matrix = [[naive.unbiased(truth, a, b) for b in curves] for a in curves]
    figures = [[naive.area(truth, curve) for curve in test] for test in table]
    check_rockette(obuchowski_rockette(truth, ratings, covariance=covariance), figures, matrix)


@pytest.mark.parametrize("seed", SEEDS)
def test_pseudovalues_give_the_f_test_of_the_refitted_jackknife(seed):
    truth, ratings = draw_study(seed, tests=2 + seed % 2)
    a, b = obuchowski_rockette(truth, ratings), dorfman_berbaum_metz(truth, ratings)
    if a.rrrc.denominator > 1e-9:
        assert b.rrrc.statistic == pytest.approx(a.rrrc.statistic, rel=1e-7, abs=1e-9)
        assert_close(b.rrrc.p_value, a.rrrc.p_value, 1e-8)


@pytest.mark.parametrize("missing", [0.0, 0.4])
@pytest.mark.parametrize("seed", SEEDS)
def test_gallas_moments_are_means_over_index_tuples(seed, missing):
    truth, ratings = draw_study(seed, missing=missing)
    found = u_statistic(truth, ratings)
    variance = {}
    for one in found.moments:
        moments, shares = naive.success_moments(truth, ratings[one.test_a].tolist(), ratings[one.test_b].tolist())
        assert_close(one.unbiased, moments)
        assert_close(one.coefficients, [*shares[:7], shares[7] - 1])
        variance[one.test_a, one.test_b] = sum(c * m for c, m in zip(shares, moments, strict=True)) - moments[7]
        assert_close(one.covariance, variance[one.test_a, one.test_b])
    for one in found.differences:
        a, b = one.test_a, one.test_b
        assert_close(one.u.variance, variance[a, a] + variance[b, b] - 2 * variance[a, b])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_standalone_test_is_that_of_jackknifed_differences(seed):
    truth, ratings = draw_study(seed, tests=1)
    readers = ratings[0]
    model = np.random.default_rng(seed).normal(truth)
    found = standalone_vs_readers(truth, model, readers)
    matrix = np.array(naive.jackknife(truth, [[model.tolist(), *readers.tolist()]], "auc"))
    figures = [naive.area(truth, curve) for curve in [model.tolist(), *readers.tolist()]]
    n = len(readers)
    contrast = np.hstack([-np.ones((n, 1)), np.eye(n)])
    of_differences = contrast @ matrix @ contrast.T
    cov2 = (of_differences.sum() - np.trace(of_differences)) / (n * (n - 1))
    gaps = np.array(figures[1:]) - figures[0]
    square = gaps.var(ddof=1)
    denominator = square + n * max(cov2, 0)
    assert_close([found.difference, found.ms_r, found.cov2], [gaps.mean(), square, cov2])
    if denominator > 1e-12 and square > 1e-12:
        df = denominator**2 / (square**2 / (n - 1))
        t = gaps.mean() / math.sqrt(denominator / n)
        assert_close([found.rrrc.statistic, found.rrrc.p_value], [t, 2 * stats.t.sf(abs(t), df)])


@pytest.mark.parametrize("seed", SEEDS)
def test_agreement_is_its_definition(seed):
    rng = np.random.default_rng([seed, 9])
    ratings = rng.integers(0, 2 + seed % 4, (2 + seed % 3, 4 + seed % 7))
    if np.unique(ratings).size < 2:
        ratings[0, 0] = ratings.max() + 1
    table = ratings.tolist()
    for weights in ("none", "linear", "quadratic"):
        if len(set(table[0]) | set(table[1])) > 1:
            assert_close(cohen_kappa(ratings[0], ratings[1], weights=weights).value, naive.kappa(*table[:2], weights))
    assert_close(fleiss_kappa(ratings).value, naive.fleiss(table))
    assert_close(gwet_ac1(ratings).value, naive.gwet(table))
    gaps = ratings.astype(float)
    gaps[rng.random(gaps.shape) < 0.2] = np.nan
    gaps[:2, :2] = [[0, 1], [1, 1]]
    for metric in ("nominal", "ordinal", "interval", "ratio"):
        for pairs, is_weighted in (("krippendorff", True), ("irr", False)):
            found = krippendorff_alpha(ratings, metric, pairs=pairs).value
            assert_close(found, naive.alpha(table, metric, is_weighted=is_weighted), what=metric)
        wanted = naive.alpha(gaps.tolist(), metric, is_weighted=bool(np.isnan(gaps).any()))
        assert_close(krippendorff_alpha(gaps, metric).value, wanted, what=metric)


def test_the_drawn_studies_are_as_awkward_as_they_should_be():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StatisticsWarning)
        found = [obuchowski_rockette(*draw_study(seed, missing=0.4)) for seed in SEEDS]
    assert {one.n_tests for one in found} == {1, 2, 3}
    assert sum(one.design == "partly_crossed" for one in found) > 10
    assert min(one.n_cases for one in found) == 4
    assert any(one.components.cov2 < one.components.cov3 for one in found)
