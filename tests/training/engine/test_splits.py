from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.engine.splits import SplitError, plan_folds

SYNDROMES = ["Williams-Beuren"] * 108 + ["Noonan"] * 52 + ["Down"] * 14 + [f"rare {i % 30}" for i in range(54)]
PAPER = ([True] * 228 + [False] * 228, SYNDROMES + [""] * 228, [f"S{i:03d}" for i in range(456)])


def counts_of(plans, values):
    return [Counter(values[row] for row in plan.test) for plan in plans]


def test_every_photo_is_tested_and_validated_exactly_once_and_parts_do_not_overlap():
    plans = plan_folds(*PAPER, seed=1)
    assert [plan.index for plan in plans] == [0, 1, 2, 3, 4]
    for part in ("test", "validation"):
        assert sorted(np.concatenate([getattr(plan, part) for plan in plans])) == list(range(456))
    for plan in plans:
        assert sorted(np.concatenate([plan.train, plan.validation, plan.test])) == list(range(456))


def test_fold_i_validates_on_the_test_part_of_the_next_fold():
    plans = plan_folds(*PAPER, seed=1)
    for plan in plans:
        np.testing.assert_array_equal(plan.validation, plans[(plan.index + 1) % 5].test)


def test_classes_and_every_syndrome_differ_by_at_most_one_between_folds():
    plans = plan_folds(*PAPER, seed=3)
    for values in (PAPER[0], PAPER[1]):
        counts = counts_of(plans, values)
        for value in set(values):
            numbers = [count[value] for count in counts]
            assert max(numbers) - min(numbers) <= 1, value


def test_the_same_seed_gives_the_same_folds_and_another_seed_others():
    first, same, other = (plan_folds(*PAPER, seed=seed) for seed in (1, 1, 2))
    assert all((a.test == b.test).all() for a, b in zip(first, same, strict=True))
    assert any(len(a.test) != len(b.test) or (a.test != b.test).any() for a, b in zip(first, other, strict=True))


def test_linked_photos_stay_together_through_subject_and_group():
    truth = [True] * 20 + [False] * 20
    subject = [i // 2 for i in range(40)]
    group = [f"g{i}" for i in range(40)]
    group[1] = group[2] = "twin"
    plans = plan_folds(truth, [""] * 40, subject, group=group, seed=1)
    home = {row: plan.index for plan in plans for row in plan.test}
    assert home[0] == home[1] == home[2] == home[3]
    assert all(home[2 * k] == home[2 * k + 1] for k in range(20))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_subject_ever_stands_on_two_sides(data):
    folds = data.draw(st.integers(3, 6))
    photos = data.draw(st.lists(st.integers(1, 3), min_size=8 * folds, max_size=12 * folds))
    subject = [who for who, count in enumerate(photos) for _ in range(count)]
    truth = [who % 2 == 0 for who in subject]
    plans = plan_folds(
        truth, [f"d{who % 7}" for who in subject], subject, folds=folds, seed=data.draw(st.integers(0, 99))
    )
    for plan in plans:
        sides = [{subject[row] for row in rows} for rows in (plan.train, plan.validation, plan.test)]
        assert sum(map(len, sides)) == len(set().union(*sides))


@pytest.mark.parametrize(
    ("cases", "controls", "message"),
    [
        (0, 20, "no subjects with a syndrome"),
        (20, 0, "no controls"),
        (4, 20, "4 subjects.*at least 5"),
        (9, 3, "3 con"),
    ],
)
def test_it_refuses_a_cohort_that_cannot_be_split(cases, controls, message):
    truth = [True] * cases + [False] * controls
    with pytest.raises(SplitError, match=message):
        plan_folds(truth, [""] * len(truth), range(len(truth)), seed=1)


def test_it_refuses_a_subject_with_two_truths():
    with pytest.raises(SplitError, match="subject 0 stands both"):
        plan_folds([True, False] * 10, [""] * 20, [i // 2 for i in range(20)], seed=1)


def test_it_refuses_when_linked_subjects_leave_a_part_with_one_class():
    truth, subject = [True] * 10 + [False] * 10, list(range(20))
    with pytest.raises(SplitError, match="one class only"):
        plan_folds(truth, [""] * 20, subject, group=["one family"] * 10 + subject[10:], seed=1)


def test_it_refuses_columns_of_different_length():
    with pytest.raises(SplitError, match="do not match"):
        plan_folds([True], [], ["a"], seed=1)
