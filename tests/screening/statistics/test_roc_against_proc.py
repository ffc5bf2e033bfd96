"""The ROC curve, its areas, operating points and DeLong tests, held against every value pROC gave."""

import numpy as np
import pytest

from screening.statistics import (
    auc,
    best_threshold,
    delong_covariance,
    delong_interval,
    delong_test,
    partial_auc,
    rates_at_threshold,
    roc_curve,
    sensitivity_at,
    specificity_at,
)
from screening.statistics.rates import rates
from tests.screening.statistics.statistics_golden import asah, assert_close, column, expected, number, paperlike

CURVES = [("asah", name) for name in expected("proc_asah")["curves"]] + [("paperlike", "score")]


def case(study, name):
    if study == "asah":
        return *asah(name), expected("proc_asah")["curves"][name]
    return *paperlike(), expected("proc_paperlike")["curve"]


@pytest.fixture(params=CURVES, ids=lambda pair: f"{pair[0]}-{pair[1]}")
def curve(request):
    return case(*request.param)


def test_the_curve_has_every_vertex_of_proc(curve):
    truth, score, wanted = curve
    found = roc_curve(truth, score, direction=wanted["direction"])
    points = wanted["roc_points"]
    assert (found.n_cases, found.n_controls, found.thresholds.size) == (
        wanted["n_cases"],
        wanted["n_controls"],
        wanted["n_thresholds"],
    )
    assert np.isinf(found.thresholds[0])
    # pROC lists ascending thresholds, we walk down from infinity.
    assert_close(found.thresholds[::-1], [number(p["threshold"]) for p in points], what="threshold")
    assert_close(found.sensitivity[::-1], [p["sensitivity"] for p in points], what="sensitivity")
    assert_close(found.specificity[::-1], [p["specificity"] for p in points], what="specificity")


def test_the_area_and_delongs_interval_agree(curve):
    truth, score, wanted = curve
    assert_close(auc(truth, score), wanted["auc"])
    for level, key in ((0.95, "ci95"), (0.9, "ci90")):
        found = delong_interval(truth, score, level=level)
        assert_close([found.lower, found.value, found.upper], wanted["auc_delong"][key])
        assert_close(found.se**2, wanted["auc_delong"]["variance"])


def test_partial_areas_agree(curve):
    truth, score, wanted = curve
    keys = {
        "spec_1_0.9": {},
        "spec_1_0.9_corrected": {"corrected": True},
        "sens_1_0.9": {"focus": "sensitivity"},
    }
    assert set(keys) == set(wanted["partial_auc"])
    for key, options in keys.items():
        assert_close(partial_auc(truth, score, **options).value, wanted["partial_auc"][key], what=key)


@pytest.mark.parametrize(
    ("key", "method", "criterion"),
    [("best_youden", "youden", "youden"), ("best_closest_topleft", "closest_topleft", "closest.topleft")],
)
def test_best_thresholds_agree(curve, key, method, criterion):
    truth, score, wanted = curve
    found = best_threshold(truth, score, method=method)
    for name, values in (
        ("threshold", found.threshold),
        ("sensitivity", found.sensitivity),
        ("specificity", found.specificity),
    ):
        assert_close(sorted(values), sorted(point[name] for point in wanted[key]), what=name)
    assert_close(found.criterion, wanted[key][0][criterion])


def test_rates_at_given_thresholds_agree(curve):
    truth, score, wanted = curve
    for point in wanted["coords_at_thresholds"]:
        counts = rates_at_threshold(truth, score, number(point["threshold"]))
        table = rates(counts)
        found = {name: getattr(counts, name) for name in ("tp", "fn", "tn", "fp")}
        found |= {name: getattr(table, name).value for name in ("sensitivity", "specificity", "accuracy", "npv")}
        # pROC's "youden" is the sum of both rates, without the 1 taken off.
        found |= {"ppv": table.precision.value, "youden": table.youden.value + 1, "threshold": point["threshold"]}
        assert set(point) <= set(found)
        assert_close(found, point, what=str(point["threshold"]))


def test_reading_the_curve_at_a_rate_agrees(curve):
    truth, score, wanted = curve
    at = wanted["sensitivity_at_specificity"]
    found = sensitivity_at(truth, score, [point["specificity"] for point in at])
    assert_close(found, [point["sensitivity"] for point in at])
    at = wanted["specificity_at_sensitivity"]
    found = specificity_at(truth, score, [point["sensitivity"] for point in at])
    assert_close(found, [point["specificity"] for point in at])


@pytest.mark.parametrize("name", [n for n, t in expected("proc_asah")["tests"].items() if t["paired"]])
def test_delongs_paired_tests_agree(name):
    wanted = expected("proc_asah")["tests"][name]
    truth, first = asah(wanted["roc1"])
    _, second = asah(wanted["roc2"])
    found = delong_test(truth, first, second)
    delong = wanted["delong"]
    assert found.df is delong["df"] is None
    assert_close(
        [found.statistic, found.p_value, found.auc_a, found.auc_b, found.lower, found.upper, found.covariance],
        [
            delong["statistic"],
            delong["p_value"],
            delong["auc1"],
            delong["auc2"],
            *delong["conf_int"],
            delong["covariance"],
        ],
    )
    assert_close(delong_covariance(truth, [first, second]).covariance[0, 1], delong["covariance"])


def test_delongs_unpaired_test_agrees():
    wanted = expected("proc_asah")["tests"]["s100b_male_vs_female_unpaired"]["delong"]
    truth, score = asah("s100b")
    is_male = column("asah", "gender", str) == "Male"
    found = delong_test(truth[is_male], score[is_male], score[~is_male], truth_b=truth[~is_male])
    assert not found.paired
    assert_close(
        [found.statistic, found.p_value, found.auc_a, found.auc_b, found.df],
        [wanted["statistic"], wanted["p_value"], wanted["auc1"], wanted["auc2"], wanted["df"]],
    )


def test_a_partial_area_on_the_diagonal_is_one_half_whatever_rounding_does():
    """Summed up, this area is an ulp below the diagonal's, which is no reason to call the correction undefined."""
    truth, score = [False, False, True, True], [2.0, 2, 2, 2]
    assert partial_auc(truth, score, low=0.9).value == pytest.approx(0.005, abs=1e-15)
    assert partial_auc(truth, score, low=0.9, corrected=True).value == pytest.approx(0.5, abs=1e-12)
