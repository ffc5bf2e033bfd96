import pytest
from hypothesis import given
from hypothesis import strategies as st

from readerstudy.reading.order import draw_order


def test_the_same_seed_gives_the_same_order_whatever_order_the_cases_come_in():
    assert draw_order(range(1, 457), seed=11) == draw_order(list(range(456, 0, -1)), seed=11)


def test_another_seed_gives_another_order():
    assert draw_order(range(100), seed=1) != draw_order(range(100), seed=2)


def test_shuffle_1_is_nailed_down():
    """A stored seed and version must give the order that was read, for ever."""
    assert [case for case, _ in draw_order(range(1, 9), seed=2026)] == [5, 1, 6, 2, 3, 8, 7, 4]


@given(n=st.integers(1, 60), seed=st.integers(0, 2**62), percent=st.integers(0, 100))
def test_every_case_comes_once_and_repeats_are_as_many_as_asked(n: int, seed: int, percent: int):
    order = draw_order(range(n), seed=seed, repeats_percent=percent)
    assert sorted(case for case, repetition in order if repetition == 0) == list(range(n))
    repeated = [case for case, repetition in order if repetition == 1]
    assert len(set(repeated)) == len(repeated) == round(n * percent / 100)
    places = {item: place for place, item in enumerate(order)}
    assert all(places[case, 0] < places[case, 1] for case in repeated)


@pytest.mark.parametrize("percent", [5, 10, 50])
def test_a_repeat_keeps_its_distance_from_the_first_look(percent: int):
    order = draw_order(range(120), seed=3, repeats_percent=percent)
    places = {item: place for place, item in enumerate(order)}
    assert min(places[case, 1] - places[case, 0] for case, repetition in order if repetition) >= 120 // 6
