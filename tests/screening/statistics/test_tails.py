"""How unusual one value is in a sample."""

import numpy as np
import pytest

from screening.statistics import tail


def test_a_value_from_the_same_source_is_rarely_called_unusual():
    draw = np.random.default_rng(3)
    samples = draw.normal(size=(4000, 40))
    for side in ("low", "high", "both"):
        p = np.array([tail(row[0], row[1:], side=side).p for row in samples])
        assert np.mean(p <= 0.1) <= 0.115


def test_ties_count_as_at_least_as_extreme():
    assert tail(2, [2, 2, 3], side="low").beyond == 2
    assert tail(2, [2, 2, 3], side="both").share == 1.0


def test_nothing_to_compare_with_is_refused():
    with pytest.raises(ValueError, match="empty"):
        tail(1.0, [])
    with pytest.raises(ValueError, match="side"):
        tail(1.0, [1.0], side="left")
