"""What must hold for any data: invariances, identities, and agreement of methods that must agree."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from screening.statistics import (
    Confusion,
    StatisticsWarning,
    auc,
    auc_interval,
    benjamini_hochberg,
    bonferroni,
    clopper_pearson,
    cohen_kappa,
    confusion,
    delong_covariance,
    delong_interval,
    fleiss_kappa,
    hochberg,
    holm,
    krippendorff_alpha,
    mcnemar,
    ordered,
    partial_auc,
    rates_at_threshold,
    roc_band,
    roc_curve,
    sensitivity_at,
    specificity_at,
    wilson,
)
from screening.statistics.mrmc import dorfman_berbaum_metz, obuchowski_rockette, standalone_vs_readers, u_statistic
from screening.statistics.ordered import OrderedCurves
from screening.statistics.rates import rates
from screening.statistics.replicates import counted_replicates, curve_replicates
from screening.statistics.resampling import Sample

pytestmark = pytest.mark.filterwarnings("ignore::screening.statistics.checks.StatisticsWarning")
FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def samples(draw, most=30):
    """Truth and score, with many ties as often as none."""
    n1, n0 = draw(st.integers(2, most)), draw(st.integers(2, most))
    levels = draw(st.sampled_from([2, 3, 5, 1000]))
    score = draw(hnp.arrays(np.int64, n1 + n0, elements=st.integers(0, levels)))
    truth = np.random.default_rng(draw(st.integers(0, 1000))).permutation(np.repeat([True, False], [n1, n0]))
    return truth, score.astype(float)


@st.composite
def studies(draw):
    """Truth (cases,) and ratings (tests, readers, cases)."""
    truth, _ = draw(samples(most=12))
    shape = (draw(st.integers(2, 3)), draw(st.integers(2, 4)), truth.size)
    levels = draw(st.sampled_from([3, 5, 1000]))
    return truth, draw(hnp.arrays(np.int64, shape, elements=st.integers(0, levels))).astype(float)


@FEW
@given(samples())
def test_the_area_is_the_mann_whitney_probability(sample):
    truth, score = sample
    u = stats.mannwhitneyu(score[truth], score[~truth]).statistic
    assert auc(truth, score) == pytest.approx(u / (truth.sum() * (~truth).sum()), abs=1e-12)
    assert auc(truth, score) == pytest.approx(roc_auc_score(truth, score), abs=1e-12)
    curve = roc_curve(truth, score)
    trapezoid = np.trapezoid(curve.sensitivity, 1 - curve.specificity)
    assert curve.auc == pytest.approx(trapezoid, abs=1e-12)
    assert partial_auc(truth, score, low=0).value == pytest.approx(trapezoid, abs=1e-12)


@FEW
@given(samples(), st.integers(0, 2**32 - 1))
def test_only_the_order_of_scores_matters(sample, seed):
    truth, score = sample
    moved = np.exp(score / 100) * 3 - 7
    order = np.random.default_rng(seed).permutation(truth.size)
    for other_truth, other in ((truth, moved), (truth[order], score[order])):
        a, b = roc_curve(truth, score), roc_curve(other_truth, other)
        assert np.array_equal(a.sensitivity, b.sensitivity)
        assert np.array_equal(a.specificity, b.specificity)
        grid = np.linspace(0, 1, 7)
        assert np.array_equal(sensitivity_at(truth, score, grid), sensitivity_at(other_truth, other, grid))
    one, two = (roc_band(truth, s, grid=[0.3, 0.8], replicates=50, seed=seed) for s in (score, moved))
    assert np.array_equal(one.lower, two.lower)
    assert np.array_equal(one.simultaneous_upper, two.simultaneous_upper)


@FEW
@given(samples())
def test_exchanging_the_classes_mirrors_the_curve(sample):
    truth, score = sample
    assert auc(~truth, score) == pytest.approx(1 - auc(truth, score), abs=1e-12)
    assert auc(truth, score, direction=">") == pytest.approx(auc(truth, -score), abs=0)
    a, b = roc_curve(truth, score), roc_curve(~truth, -score)
    assert np.array_equal(a.sensitivity[::-1], b.specificity)
    grid = np.linspace(0, 1, 9)
    assert np.array_equal(sensitivity_at(truth, score, grid), specificity_at(~truth, -score, grid))
    down = roc_curve(truth, -score, direction=">")
    assert np.array_equal(a.sensitivity, down.sensitivity)
    assert np.array_equal(a.thresholds, -down.thresholds)


@FEW
@given(samples(), st.integers(2, 4))
def test_duplicating_every_case_leaves_the_curve_and_shrinks_the_variance(sample, times):
    truth, score = sample
    many_truth, many = np.tile(truth, times), np.tile(score, times)
    assert auc(many_truth, many) == pytest.approx(auc(truth, score), abs=1e-12)
    grid = np.linspace(0, 1, 9)
    assert np.allclose(sensitivity_at(truth, score, grid), sensitivity_at(many_truth, many, grid), atol=1e-12)
    a, b = (delong_covariance(t, s).covariance[0, 0] for t, s in ((truth, score), (many_truth, many)))
    assert b <= a / times + 1e-15


@FEW
@given(samples())
def test_the_curve_passes_through_the_counts_at_its_thresholds(sample):
    truth, score = sample
    curve = roc_curve(truth, score)
    assert np.all(np.diff(curve.thresholds) < 0)
    for place, threshold in enumerate(curve.thresholds):
        table = rates_at_threshold(truth, score, threshold)
        assert (table.sensitivity, table.specificity) == (curve.sensitivity[place], curve.specificity[place])
        assert table == confusion(truth, score >= threshold)
        # Read at a vertex's own specificity, the curve gives the top of the step there.
        top = curve.sensitivity[curve.specificity == curve.specificity[place]].max()
        assert sensitivity_at(truth, score, curve.specificity[place]) == pytest.approx(top, abs=1e-12)


@FEW
@given(samples(most=15), st.integers(0, 2**32 - 1), st.sampled_from(["specificity", "sensitivity"]), st.booleans())
def test_a_band_is_the_percentiles_of_rebuilt_curves(sample, seed, at, stratified):
    """Against the definition: draw rows, rebuild the curve, read it; here with the very rows the band drew."""
    truth, score = sample
    grid = np.array([0.0, 0.2, 0.5, 0.77, 1.0])
    rows = Sample(score[~truth], score[truth], stratified)
    if at == "sensitivity":
        rows = rows.swapped()
    fast = counted_replicates(rows, grid, 20, rng=np.random.default_rng(seed))
    slow = []
    for draw in rows.draws(20, np.random.default_rng(seed)):
        for controls, cases in zip(draw.controls, draw.cases, strict=True):
            if not stratified:
                n0 = rows.controls.size
                controls, cases = controls[controls < n0], cases[cases >= n0] - n0
                if not controls.size or not cases.size:
                    continue
            drawn = np.concatenate([rows.controls[controls], rows.cases[cases]])
            drawn_truth = np.repeat([False, True], [controls.size, cases.size])
            slow.append(sensitivity_at(drawn_truth, drawn, grid))
    assert fast == pytest.approx(np.array(slow), abs=1e-12)


@FEW
@given(samples(), st.integers(0, 2**32 - 1))
def test_sorting_the_draws_reads_the_curves_as_counting_does(sample, seed):
    truth, score = sample
    rows = Sample(np.sort(score[~truth]), np.sort(score[truth]), True)
    wanted = np.sort(np.r_[0.0, rows.controls.size, np.random.default_rng(seed).uniform(0, rows.controls.size, 5), 1])
    curves = OrderedCurves(rows.controls, rows.cases, wanted)
    for draw in rows.draws(30, np.random.default_rng(seed)):
        fast = curves.heights_of(draw.controls, draw.cases)
        slow = rows.counter().count(draw).height_at(np.broadcast_to(wanted, (30, wanted.size)))
        assert fast == pytest.approx(slow, abs=1e-12)


@pytest.mark.parametrize("levels", [3, 12, 10_000])
@pytest.mark.parametrize("at_most", [0, 10**6])
def test_drawing_only_what_is_looked_at_has_the_law_of_resampling_all(monkeypatch, levels, at_most):
    """Means, covariances and distributions of both fast routes against counting, few to many ties."""
    monkeypatch.setattr(ordered, "SORTED_ROWS", at_most)
    rng = np.random.default_rng(7)
    sample = Sample(
        rng.integers(0, levels, 60).astype(float), rng.integers(levels // 5, levels + 1, 45).astype(float), True
    )
    grid, n = np.array([0, 0.04, 0.05, 0.1, 1 / 3, 0.35, 0.5, 0.52, 0.8, 0.97, 1.0]), 12_000
    slow = counted_replicates(sample, grid, n, rng=np.random.default_rng(1))
    fast = curve_replicates(sample, grid, n, rng=np.random.default_rng(2))
    assert np.all(fast[:, 0] == 1)
    error = np.sqrt((slow.var(axis=0) + fast.var(axis=0)) / n) + 1e-12
    assert np.all(np.abs(slow.mean(axis=0) - fast.mean(axis=0)) < 4.5 * error)
    a, b = np.cov(slow.T), np.cov(fast.T)
    assert np.abs(a - b).max() < 0.06 * a.max()
    for place in range(1, grid.size):
        assert stats.ks_2samp(slow[:, place], fast[:, place]).pvalue > 1e-4


@FEW
@given(samples(), st.integers(0, 2**32 - 1))
def test_limits_are_in_order_and_the_simultaneous_band_is_the_wider(sample, seed):
    truth, score = sample
    band = roc_band(truth, score, grid=np.linspace(0, 1, 11), replicates=200, seed=seed)
    assert np.all(band.simultaneous_lower <= band.lower)
    assert np.all(band.lower <= band.median)
    assert np.all(band.median <= band.upper)
    assert np.all(band.upper <= band.simultaneous_upper)
    assert np.all(np.diff(band.lower) <= 1e-12)
    assert band.seed == seed
    again = roc_band(truth, score, grid=band.grid, replicates=200, seed=np.random.default_rng(seed))
    assert np.array_equal(band.lower, again.lower)
    assert again.seed is None


def test_the_band_holds_its_own_curve():
    rng = np.random.default_rng(3)
    for n in (20, 100, 400):
        truth = np.repeat([False, True], n)
        score = rng.normal(1.2 * truth)
        for at in ("specificity", "sensitivity"):
            band = roc_band(truth, score, grid=np.linspace(0, 1, 21), at=at, seed=n)
            assert np.all(band.lower <= band.estimate + 1e-12)
            assert np.all(band.estimate <= band.upper + 1e-12)
        found = auc_interval(truth, score, seed=n)
        assert found.lower < found.value < found.upper
        other = delong_interval(truth, score)
        assert found.se == pytest.approx(other.se, rel=0.12)


@FEW
@given(studies())
def test_pseudovalues_and_obuchowski_rockette_give_one_test(data):
    truth, ratings = data
    a, b = obuchowski_rockette(truth, ratings), dorfman_berbaum_metz(truth, ratings)
    assume(a.rrrc.denominator > 1e-9)
    assert a.rrrc.statistic == pytest.approx(b.rrrc.statistic, rel=1e-7, abs=1e-9)
    assert a.rrrc.p_value == pytest.approx(b.rrrc.p_value, abs=1e-7)
    assert np.allclose(a.figures, b.figures)


@FEW
@given(studies(), st.integers(0, 2**32 - 1))
def test_the_order_of_readers_and_cases_does_not_matter(data, seed):
    truth, ratings = data
    rng = np.random.default_rng(seed)
    readers, cases = rng.permutation(ratings.shape[1]), rng.permutation(truth.size)
    for covariance in ("jackknife", "delong", "unbiased"):
        a = obuchowski_rockette(truth, ratings, covariance=covariance)
        b = obuchowski_rockette(truth[cases], ratings[:, readers][:, :, cases], covariance=covariance)
        found, wanted = vars(a.components), vars(b.components)
        assert list(found.values()) == pytest.approx(list(wanted.values()), abs=1e-12)
    a, b = u_statistic(truth, ratings), u_statistic(truth[cases], ratings[:, readers][:, :, cases])
    assert a.tests[0].u.variance == pytest.approx(b.tests[0].u.variance, abs=1e-12)


@FEW
@given(studies())
def test_the_closed_jackknife_is_the_refitted_one(data):
    truth, ratings = data
    a = obuchowski_rockette(truth, ratings)
    b = obuchowski_rockette(truth, ratings, metric=lambda t, s: auc(t, s))
    assume(min(truth.sum(), (~truth).sum()) > 2)
    assert np.allclose(a.covariance_matrix, b.covariance_matrix, atol=1e-12)


@FEW
@given(studies())
def test_delongs_matrix_is_the_one_of_the_curves_together(data):
    truth, ratings = data
    a = obuchowski_rockette(truth, ratings, covariance="delong")
    b = delong_covariance(truth, ratings.reshape(-1, truth.size))
    assert np.allclose(a.covariance_matrix, b.covariance, atol=1e-14)


@FEW
@given(studies())
def test_gallas_variance_is_that_of_obuchowski_rockettes_unbiased_components(data):
    """U variance of one test = (VarR + error variance + (J - 1) Cov2) / J with the unbiased covariance matrix."""
    truth, ratings = data
    found = u_statistic(truth, ratings).tests[0].u.variance
    mean = obuchowski_rockette(truth, ratings[:1], covariance="unbiased").rrrc.tests[0]
    assert found == pytest.approx((mean.ms_r + ratings.shape[1] * mean.cov2) / ratings.shape[1], abs=1e-12)


@FEW
@given(studies())
def test_the_standalone_test_is_the_two_test_analysis_with_the_model_repeated(data):
    truth, ratings = data
    model, readers = ratings[0, 0], ratings[1]
    a = standalone_vs_readers(truth, model, readers)
    b = obuchowski_rockette(truth, np.stack([readers, np.broadcast_to(model, readers.shape)]))
    assume(a.rrrc.se > 1e-6)
    assert a.rrrc.statistic**2 == pytest.approx(b.rrrc.statistic, rel=1e-7, abs=1e-9)
    assert a.rrrc.p_value == pytest.approx(b.rrrc.p_value, abs=1e-7)


@FEW
@given(st.integers(0, 60), st.integers(1, 60), st.sampled_from([0.8, 0.95, 0.99]))
def test_intervals_of_a_proportion_mirror_and_nest(count, n, level):
    assume(count <= n)
    for interval in (wilson, clopper_pearson):
        a, b = interval(count, n, level=level), interval(n - count, n, level=level)
        assert (a.lower, a.upper) == pytest.approx((1 - b.upper, 1 - b.lower), abs=1e-12)
        assert 0 <= a.lower <= a.value <= a.upper <= 1
    exact = stats.binomtest(count, n).proportion_ci(level, method="exact")
    assert (
        clopper_pearson(count, n, level=level).lower,
        clopper_pearson(count, n, level=level).upper,
    ) == pytest.approx((exact.low, exact.high), abs=1e-10)


@FEW
@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_every_rate_lies_in_its_interval(tp, fn, tn, fp):
    assume(tp + fn + tn + fp > 0)
    table = rates(Confusion(tp, fn, tn, fp))
    for name, estimate in vars(table).items():
        if name != "confusion" and not np.isnan(estimate.value):
            assert estimate.lower - 1e-12 <= estimate.value <= estimate.upper + 1e-12, name


@FEW
@given(hnp.arrays(np.float64, st.integers(1, 12), elements=st.floats(0, 1)))
def test_adjusted_p_values_keep_their_order_and_never_shrink(p):
    for adjust in (holm, hochberg, bonferroni, benjamini_hochberg):
        found = adjust(p).adjusted
        assert np.all(found >= p - 1e-15)
        assert np.all(found <= 1)
        order = np.argsort(p, kind="stable")
        assert np.all(np.diff(found[order]) >= 0)
    assert np.all(holm(p).adjusted <= bonferroni(p).adjusted)
    assert np.all(benjamini_hochberg(p).adjusted <= holm(p).adjusted + 1e-15)


@FEW
@given(st.integers(0, 50), st.integers(0, 50))
def test_mcnemars_exact_test_is_the_binomial_one(b, c):
    found = mcnemar(b, c)
    if b + c:
        assert found.exact_p == pytest.approx(stats.binomtest(b, b + c).pvalue, abs=1e-12)
    assert found.mid_p <= found.exact_p <= 1
    assert found == mcnemar(b, c)
    assert found.exact_p == mcnemar(c, b).exact_p


@FEW
@given(hnp.arrays(np.int64, st.tuples(st.integers(2, 4), st.integers(3, 25)), elements=st.integers(0, 3)))
def test_agreement_coefficients_agree_where_they_must(ratings):
    assume(np.unique(ratings).size > 1)
    n = ratings.size
    fleiss, alpha = fleiss_kappa(ratings).value, krippendorff_alpha(ratings, pairs="krippendorff").value
    # Krippendorff's nominal alpha is Fleiss' kappa with a correction of one reading.
    assert alpha == pytest.approx(1 - (1 - fleiss) * (n - 1) / n, abs=1e-9)
    names = {"none": None, "linear": "linear", "quadratic": "quadratic"}
    for weights, other in names.items():
        mine = cohen_kappa(ratings[0], ratings[1], weights=weights)
        assume(np.unique(ratings[:2]).size > 1)
        labels = np.unique(ratings[:2])
        wanted = cohen_kappa_score(ratings[0], ratings[1], weights=other, labels=labels)
        assert mine.value == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("at", ["specificity", "sensitivity"])
def test_the_simultaneous_band_holds_the_whole_true_curve(at):
    """Where the curve nears a corner, percentiles alone hold it in one run of ten; 95 % are promised."""
    grid = np.arange(0.05, 1, 0.05)
    curve = stats.norm.cdf(2 - stats.norm.ppf(grid))
    truth, whole, pointwise = np.repeat([False, True], 50), 0, 0
    for seed in range(150):
        score = np.random.default_rng([seed, 2]).normal(2.0 * truth)
        band = roc_band(truth, score, grid=grid, at=at, replicates=300, seed=seed)
        whole += np.all((band.simultaneous_lower <= curve) & (curve <= band.simultaneous_upper))
        pointwise += np.all((band.lower <= curve) & (curve <= band.upper))
    assert whole >= 0.9 * 150
    assert pointwise < 0.5 * 150


def test_a_reversed_score_gives_the_same_band_with_its_own_direction():
    rng = np.random.default_rng(1)
    truth = np.repeat([False, True], 40)
    score = np.round(rng.normal(truth), 1)
    a = roc_band(truth, score, grid=[0.3, 0.8], seed=1)
    b = roc_band(truth, -score, grid=[0.3, 0.8], seed=1, direction=">")
    assert np.array_equal(a.lower, b.lower)
    assert auc_interval(truth, score, seed=1).lower == auc_interval(truth, -score, seed=1, direction=">").lower
    against = auc_interval(truth, -score, seed=1)
    assert against.value < 0.5


def test_warnings_have_their_own_kind():
    assert issubclass(StatisticsWarning, UserWarning)
