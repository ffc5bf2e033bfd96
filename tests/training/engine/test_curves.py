"""Curves and calibration of held-out scores against the statistics package, which is tested against R."""

import doctest

import numpy as np
import pytest

from screening import statistics
from training.engine import curves


@pytest.fixture(scope="module")
def scored():
    draw = np.random.default_rng(3)
    truth = draw.random(300) < 0.4
    return truth, np.clip(draw.normal(0.4 + 0.2 * truth, 0.2), 0, 1)


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(curves).failed == 0


def test_the_curve_has_the_area_and_the_ends_of_the_statistics_package(scored):
    curve, reference = curves.roc(*scored), statistics.roc_curve(*scored)
    assert curve.auc == pytest.approx(reference.auc)
    assert (curve.false_positive[0], curve.sensitivity[0]) == (0, 0)
    assert (curve.false_positive[-1], curve.sensitivity[-1]) == (1, 1)
    assert np.trapezoid(curve.sensitivity, curve.false_positive) == pytest.approx(reference.auc)


def test_calibration_agrees_with_the_statistics_package(scored):
    found, reference = curves.calibration(*scored), statistics.reliability_curve(*scored)
    assert found.expected_error == pytest.approx(reference.expected_error)
    assert found.brier == pytest.approx(statistics.brier_score(*scored).score)
    theirs = [(part.n, part.predicted, part.observed.lower, part.observed.upper) for part in reference.bins]
    ours = [(part.n, part.predicted, part.lower, part.upper) for part in found.bins]
    np.testing.assert_allclose(ours, theirs)


def test_one_class_has_no_curve_and_no_face_has_no_calibration():
    assert curves.roc(np.array([True, True]), np.array([0.1, 0.9])) is None
    assert curves.roc(np.array([], dtype=bool), np.array([])) is None
    assert curves.calibration(np.array([], dtype=bool), np.array([])) is None


def test_rates_without_cases_are_none_not_zero():
    rates = curves.calls(np.array([False, False]), np.array([False, False])).rates()
    assert rates == {"accuracy": 1.0, "sensitivity": None, "specificity": 1.0, "precision": None, "f1": None}
