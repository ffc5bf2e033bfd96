"""What can be asserted exactly about the phantom model (recipe, section 4)."""

from __future__ import annotations

import numpy as np
import pytest

from readerstudy.phantoms.gestalts import GESTALTS, SCORES, directions, scaled_counts, shares
from readerstudy.phantoms.observers import (
    auc_ideal,
    auc_one_gestalt,
    auc_template,
    auc_told,
    empirical_auc,
    incomplete_expression,
    log_likelihood_ratio,
    mean_template,
)

TABLE = [  # kappa, told the syndrome, ideal, mean template
    (0.8, 0.9558, 0.8839, 0.8241),
    (1.0, 0.9825, 0.9368, 0.8599),
    (1.3, 0.9964, 0.9792, 0.8929),
    (1.6, 0.9993, 0.9945, 0.9124),
    (2.0, 0.9999, 0.9993, 0.9280),
]


def test_the_table_holds_35_gestalts_and_228_cases():
    counts = [gestalt.count for gestalt in GESTALTS]
    assert (len(counts), sum(counts), counts[:3], counts.count(1)) == (35, 228, [108, 52, 14], 19)
    assert len({gestalt.name for gestalt in GESTALTS}) == 35
    assert len(SCORES) == len(set(SCORES)) == 27


def test_every_direction_has_its_stated_length_and_known_scores():
    assert directions().shape == (35, 27)
    assert np.allclose(np.linalg.norm(directions(), axis=1), [gestalt.distance for gestalt in GESTALTS])
    for gestalt in GESTALTS:
        assert np.count_nonzero(gestalt.direction) == len(gestalt.weights.split())


@pytest.mark.parametrize("cases", [1, 2, 5, 10, 30, 100, 228, 500])
def test_counts_scale_with_the_cohort_and_keep_the_big_gestalts(cases):
    counts = scaled_counts(cases)
    assert sum(counts) == cases
    assert counts[0] == max(counts)
    assert np.all(np.abs(np.array(counts) - shares() * cases) < 1)


@pytest.mark.parametrize(("distance", "auc"), [(1, 0.7602), (1.5, 0.8556), (2, 0.9214), (3, 0.9831)])
def test_one_gestalt_against_controls(distance, auc):
    assert auc_one_gestalt(distance) == pytest.approx(auc, abs=5e-5)


def test_one_gestalt_formula_agrees_with_simulated_scores():
    rng = np.random.default_rng(5)
    mean = GESTALTS[1].direction * 0.5
    controls, cases = rng.standard_normal((20_000, 27)), rng.standard_normal((20_000, 27)) + mean
    assert empirical_auc(cases @ mean, controls @ mean) == pytest.approx(auc_one_gestalt(1.5), abs=0.008)


@pytest.mark.parametrize(("kappa", "told", "ideal", "template"), TABLE)
def test_the_observers_reach_the_published_table(kappa, told, ideal, template):
    assert auc_told(kappa=kappa) == pytest.approx(told, abs=6e-5)
    assert auc_template(mean_template(), kappa=kappa) == pytest.approx(template, abs=6e-5)
    assert auc_ideal(kappa=kappa, draws=60_000) == pytest.approx(ideal, abs=0.003)


def test_nobody_beats_the_observer_who_is_told_and_inner_noise_costs():
    told, ideal = auc_told(kappa=1.0), auc_ideal(kappa=1.0, draws=60_000)
    clear = auc_template(mean_template(), kappa=1.0)
    noisy = auc_template(mean_template(), kappa=1.0, inner_noise=2.0)
    assert told > ideal > clear > noisy > 0.5


def test_incomplete_expression_mixes_with_chance():
    assert incomplete_expression(0.9993, 0.94) == pytest.approx(0.969, abs=5e-4)
    assert auc_told(kappa=2.0, rho=0.5) == pytest.approx((auc_told(kappa=2.0) + 0.5) / 2)
    assert auc_ideal(kappa=1.3, rho=0.0, draws=2_000) == pytest.approx(0.5)


def test_incomplete_expression_agrees_with_simulated_cases():
    rng = np.random.default_rng(7)
    controls, cases = rng.standard_normal((2, 30_000, 27))
    cases += directions()[rng.choice(35, size=30_000, p=shares())] * (rng.random(30_000) < 0.7)[:, None]
    simulated = empirical_auc(*(log_likelihood_ratio(scores, kappa=1.0, rho=0.7) for scores in (cases, controls)))
    assert simulated == pytest.approx(auc_ideal(kappa=1.0, rho=0.7, draws=60_000), abs=0.008)


def test_the_order_by_l_does_not_depend_on_expression():
    scores = np.random.default_rng(3).standard_normal((200, 27))
    full, part = (log_likelihood_ratio(scores, kappa=1.0, rho=rho) for rho in (1.0, 0.6))
    assert np.array_equal(np.argsort(full), np.argsort(part))
    assert part.min() > np.log(0.4)


def test_without_severity_nothing_can_be_told():
    assert auc_ideal(kappa=0.0, draws=2_000) == 0.5
    assert auc_told(kappa=0.0) == 0.5
    scores = np.random.default_rng(3).standard_normal((50, 27))
    assert np.allclose(log_likelihood_ratio(scores, kappa=0.0), 0)


def test_the_empirical_auc_counts_ties_half():
    assert empirical_auc(np.array([1.0, 1.0]), np.array([1.0])) == 0.5
    assert empirical_auc(np.array([2.0]), np.array([1.0, 0.0])) == 1.0
