"""Every bootstrap limit in pROC's reference files, by the rule their README states."""

import numpy as np
import pytest
from scipy import stats

from screening.statistics import Confusion, auc_interval, auc_test, judge_readers, roc_band, threshold_intervals
from tests.screening.statistics.statistics_golden import asah, assert_bootstrap, assert_close, expected, paperlike

CURVES = [("asah", name) for name in expected("proc_asah")["curves"]] + [("paperlike", "score")]
# A thousand limits are held against four standard errors: with an unlucky seed one of them oversteps.
SEED = 3
CONSTRUCTIONS = [("ci_se", "specificity", "n_cases"), ("ci_sp", "sensitivity", "n_controls")]


@pytest.fixture(params=CURVES, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def curve(request):
    study, name = request.param
    if study == "asah":
        return *asah(name), expected("proc_asah")["curves"][name]
    return *paperlike(), expected("proc_paperlike")["curve"]


def at(band, place):
    return {name: getattr(band, name)[place] for name in ("lower", "median", "upper")}


@pytest.mark.parametrize(("key", "coordinate", "size"), CONSTRUCTIONS)
@pytest.mark.parametrize("replicates", [200, 2000])
def test_bands_agree_with_proc(curve, key, coordinate, size, replicates):
    truth, score, wanted = curve
    points = wanted[key]["points"]
    grid = [point[coordinate] for point in points]
    band = roc_band(truth, score, grid=grid, at=coordinate, replicates=replicates, seed=SEED)
    assert band.replicates == replicates
    for place, point in enumerate(points):
        assert_bootstrap(
            at(band, place), point, step=1 / wanted[size], replicates=replicates, what=f"{key} at {grid[place]}"
        )
        if replicates == 2000:  # no tolerance is stated; the SD of an SD is 1.6 % here, more where few values occur
            assert band.se[place] == pytest.approx(point["boot_sd"], rel=0.12, abs=0.003)


@pytest.mark.slow
@pytest.mark.parametrize(("key", "coordinate", "size"), CONSTRUCTIONS)
def test_bands_of_200_000_replicates_converge_to_proc(curve, key, coordinate, size):
    truth, score, wanted = curve
    points = wanted[key]["points"]
    band = roc_band(
        truth, score, grid=[point[coordinate] for point in points], at=coordinate, replicates=200_000, seed=4
    )
    gaps, near = [], []
    for place, point in enumerate(points):
        for name, value in at(band, place).items():
            gaps.append(abs(value - point[name]))
            near.append(gaps[-1] <= max(point["mc_sd_2000"][name], 1e-9))
    assert max(gaps) <= 1 / wanted[size] + 1e-9
    assert np.mean(near) >= 0.8


@pytest.mark.parametrize("replicates", [200, 2000])
def test_the_area_interval_agrees(curve, replicates):
    truth, score, wanted = curve
    found = auc_interval(truth, score, replicates=replicates, seed=SEED)
    limits = {name: getattr(found, name) for name in ("lower", "median", "upper")}
    assert_bootstrap(limits, wanted["auc_bootstrap"], step=0, replicates=replicates)
    if replicates == 2000:
        assert found.se == pytest.approx(wanted["auc_bootstrap"]["boot_sd"], rel=0.08)


def test_rates_at_thresholds_agree(curve):
    truth, score, wanted = curve
    reference = wanted["ci_thresholds"]
    grid = [point["threshold"] for point in reference["sensitivity"]]
    for replicates in (200, 2000):
        found = threshold_intervals(truth, score, thresholds=grid, replicates=replicates, seed=SEED)
        for name, size in (("sensitivity", "n_cases"), ("specificity", "n_controls")):
            for place, point in enumerate(reference[name]):
                assert point["threshold"] == grid[place]
                limits = at(getattr(found, name), place)
                assert_bootstrap(limits, point, step=1 / wanted[size], replicates=replicates, what=name)


def test_derived_rates_at_thresholds_agree(curve):
    truth, score, wanted = curve
    reference = wanted["ci_coords"]
    found = threshold_intervals(truth, score, thresholds=reference["x"], replicates=20_000, seed=SEED)
    names = {"ppv": "precision"}
    allowed = 0.01 if truth.size > 200 else 0.03
    assert set(reference["ret"]) == set(reference["result"])
    for key, points in reference["result"].items():
        series = getattr(found, names.get(key, key))
        for place, point in enumerate(points):
            for name, value in at(series, place).items():
                assert_close(value, point[name], allowed, f"{key} at {point['threshold']}")


PAIRED = [name for name, test in expected("proc_asah")["tests"].items() if test["paired"]]


@pytest.mark.parametrize("name", PAIRED)
def test_bootstrap_tests_of_two_scores_agree(name):
    wanted = expected("proc_asah")["tests"][name]
    truth, first = asah(wanted["roc1"])
    _, second = asah(wanted["roc2"])
    boot = wanted["bootstrap"]
    found = auc_test(truth, first, second, replicates=boot["boot_n"], seed=11)
    assert abs(found.statistic - boot["D_mean"]) <= 4 * boot["D_sd"]
    assert abs(found.p_value - boot["p_mean"]) <= 4 * boot["p_sd"]
    # pROC names these after the coordinate held fixed; one run there, so the SD of a statistic is 1.6 % of it.
    fixed = [
        ("sensitivity_test", "specificity", wanted["sensitivity_test"]["at_sensitivity"]),
        ("specificity_test", "sensitivity", wanted["specificity_test"]["at_specificity"]),
    ]
    for key, compare, held in fixed:
        found = auc_test(truth, first, second, compare=compare, at=held, replicates=20_000, seed=11)
        reference = wanted[key]["D"]
        assert abs(found.statistic - reference) <= 4 * 0.0175 * max(abs(reference), 0.2), key
        assert wanted[key]["p"] == pytest.approx(2 * stats.norm.sf(abs(reference)), abs=1e-9)
        assert found.p_value == pytest.approx(wanted[key]["p"], abs=0.03)


READERS = [(reader["reader"], reader) for reader in expected("proc_paperlike")["readers"]]
PROBES = [(f"probe{i}", point) for i, point in enumerate(expected("proc_paperlike")["probe_points"])]


@pytest.mark.parametrize("replicates", [200, 2000])
def test_readers_and_probe_points_are_judged_as_by_proc(replicates):
    truth, score = paperlike()
    points = [point for _, point in READERS + PROBES]
    confusions = [Confusion(*(point[name] for name in ("tp", "fn", "tn", "fp"))) for point in points]
    verdicts = judge_readers(truth, score, confusions, replicates=replicates, seed=SEED)
    for point, verdict in zip(points, verdicts, strict=True):
        for key, found in (("ci_se", verdict.at_specificity), ("ci_sp", verdict.at_sensitivity)):
            limits = {name: getattr(found, name) for name in ("lower", "median", "upper")}
            assert_bootstrap(limits, point[key], step=1 / 228, replicates=replicates, what=str(point))
        if "reader" in point:  # the probe points do not repeat where their band was read
            assert_close(verdict.at_specificity.at_value, point["ci_se"]["specificity"])
            assert_close(verdict.at_sensitivity.at_value, point["ci_sp"]["sensitivity"])
        assert_close(verdict.at_specificity.reader_value, point["sensitivity"])
        assert_close(verdict.at_sensitivity.reader_value, point["specificity"])


@pytest.mark.parametrize(("name", "point"), READERS)
def test_the_papers_verdicts_on_the_readers_agree(name, point):
    truth, score = paperlike()
    confusion = Confusion(*(point[key] for key in ("tp", "fn", "tn", "fp")))
    (verdict,) = judge_readers(truth, score, [confusion], replicates=20_000, seed=1)
    assert_close(verdict.at_specificity.estimate, point["model_sensitivity_at_reader_specificity"])
    assert_close(verdict.at_sensitivity.estimate, point["model_specificity_at_reader_sensitivity"])
    for key, position in (("ci_se", verdict.positions[0]), ("ci_sp", verdict.positions[1])):
        assert (position in ("below", "above")) == point[f"outside_{key}"]
        assert (position == "below") == point[f"below_{key}"]
    assert verdict.is_outside == point["outside_ci_se"]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "point"), PROBES)
def test_the_papers_verdicts_on_points_on_the_limits_agree(name, point):
    truth, score = paperlike()
    confusion = Confusion(*(point[key] for key in ("tp", "fn", "tn", "fp")))
    (verdict,) = judge_readers(truth, score, [confusion], replicates=100_000, seed=1)
    for key, found in (("ci_se", verdict.at_specificity), ("ci_sp", verdict.at_sensitivity)):
        gaps = [abs(found.lower - point[key]["lower"]), abs(found.upper - point[key]["upper"])]
        assert max(gaps) <= 1 / 228 + 1e-9
        # A limit whose tail holds 2.5 % but for the last digit may sit one step aside; the point is then not on it.
        if max(gaps) < 1e-9:
            assert found.position == point[f"position_{key}"]
