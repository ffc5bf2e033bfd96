"""The fast resampling of reader against model has the distribution of drawing every row."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from screening.statistics.paired import counted_draws
from screening.statistics.paired_ordered import differences
from tests.screening.statistics.statistics_golden import paperlike, reader_calls

MANY = 20_000


def both(truth, score, call, seed=3):
    counted = counted_draws(truth, score, call, replicates=MANY, stratified=True, rng=np.random.default_rng(seed))
    rng = np.random.default_rng(seed + 1)
    upright = differences(score[~truth], score[truth], (~call[~truth], call[truth]), MANY, rng=rng)
    lying = differences(-score[truth], -score[~truth], (call[truth], ~call[~truth]), MANY, rng=rng)
    return zip(counted, (upright, lying), strict=True)


def small(n=30, seed=8):
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 3 > 0
    score = rng.normal(truth)
    return truth, score, score + rng.normal(0, 0.8, n) > 0.4


def assert_alike(slow, fast):
    # Lattice values: rounding must not make two of one.
    assert ks_2samp(np.round(slow, 9), np.round(fast, 9)).pvalue > 1e-3
    assert fast.mean() == pytest.approx(slow.mean(), abs=5 * slow.std() * (2 / MANY) ** 0.5 + 1e-12)
    assert fast.std() == pytest.approx(slow.std(), rel=0.03)


@pytest.mark.parametrize("reader", ["SP1", "JP1", "JP2"])
def test_on_the_golden_study(reader):
    truth, score = paperlike()
    for slow, fast in both(truth, score, reader_calls(reader).astype(bool)):
        assert_alike(slow, fast)


def test_with_ties_between_and_within_the_classes():
    truth, score, call = small()
    for slow, fast in both(truth, np.round(score), call):
        assert_alike(slow, fast)


def test_in_small_classes_without_ties():
    truth, score, call = small(n=12, seed=2)
    for slow, fast in both(truth, score, call):
        assert_alike(slow, fast)


def test_a_reader_who_calls_nobody_or_everybody():
    truth, score, call = small()
    for every in (np.zeros_like(call), np.ones_like(call)):
        for slow, fast in both(truth, score, every):
            assert_alike(slow, fast)


def test_one_value_for_all_and_two_cases():
    truth, call = np.array([True, False, True, False]), np.array([True, False, False, True])
    for score in (np.zeros(4), np.array([0.9, 0.1, 0.4, 0.6])):
        for slow, fast in both(truth, score, call):
            assert_alike(slow, fast)


def test_the_same_seed_gives_the_same_draws():
    truth, score, call = small()
    draws = [
        differences(score[~truth], score[truth], (~call[~truth], call[truth]), 50, rng=np.random.default_rng(1))
        for _ in range(2)
    ]
    assert draws[0].tolist() == draws[1].tolist()
