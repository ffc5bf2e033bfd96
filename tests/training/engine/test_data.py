from dataclasses import replace

import numpy as np
import pytest

from training.engine.data import BatchPlan, augmented, load, shrink, view
from training.engine.recipe import PRESETS

RECIPE = replace(PRESETS["smoke"], input_size=64, crop=1.0, batch_size=8)


def plan(truth, diagnosis, *, rows=None, **changes):
    rows = np.arange(len(truth)) if rows is None else rows
    return BatchPlan(rows, has_syndrome=truth, diagnosis=diagnosis, recipe=replace(RECIPE, **changes), seed=3)


def cohort(cases=30, controls=30):
    truth = [True] * cases + [False] * controls
    return truth, [f"s{i % 5}" for i in range(cases)] + [""] * controls


def test_without_augmentation_the_whole_crop_comes_through_pixel_by_pixel():
    image = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    np.testing.assert_allclose(view(image, RECIPE), image / 255, atol=1e-6)
    np.testing.assert_allclose(view(image, RECIPE, mirrored=True), image[:, ::-1] / 255, atol=1e-6)


def test_a_tight_crop_shows_the_middle_only():
    image = np.zeros((100, 100, 3), np.uint8)
    image[25:75, 25:75] = 255
    seen = view(image, replace(RECIPE, crop=0.5))
    assert seen.shape == (64, 64, 3)
    assert seen.dtype == np.float32
    assert seen[2:-2, 2:-2].min() == pytest.approx(1.0)


def test_shrinking_averages_so_that_fine_checks_become_grey():
    checks = (np.indices((224, 224)).sum(axis=0) % 2 * 255).astype(np.uint8)[None, :, :, None].repeat(3, axis=3)
    small = shrink(checks, RECIPE)
    assert small.shape == (1, 74, 74, 3)
    assert small[:, 2:-2, 2:-2].std() < 30
    assert shrink(small, RECIPE) is small


@pytest.mark.parametrize(
    ("choice", "value"), [("rotation", 20.0), ("scale", 0.3), ("shift", 0.2), ("brightness", 0.4), ("flip", True)]
)
def test_each_augmentation_changes_the_picture_and_none_leaves_it(choice, value):
    still = replace(RECIPE, rotation=0.0, scale=0.0, shift=0.0, brightness=0.0, flip=False)
    image = np.random.default_rng(1).integers(0, 200, (64, 64, 3), dtype=np.uint8)
    seen = [augmented(image, still, np.random.default_rng(k)) for k in range(4)]
    assert all(np.allclose(other, view(image, still), atol=1e-6) for other in seen)
    moved = [augmented(image, replace(still, **{choice: value}), np.random.default_rng(k)) for k in range(4)]
    assert any(np.abs(other - view(image, still)).max() > 0.02 for other in moved)
    assert min(other.min() for other in moved) >= 0
    assert max(other.max() for other in moved) <= 1


def test_batches_are_balanced_and_every_row_is_seen_once_an_epoch():
    truth, diagnosis = cohort()
    rows = plan(truth, diagnosis, batch_size=10).batches(0)
    assert len(rows) == 6
    assert all(np.sum(np.array(truth)[batch]) == 5 for batch in rows)
    assert sorted(np.concatenate(rows)) == list(range(60))


def test_the_smaller_class_is_repeated_to_match_the_larger():
    truth, diagnosis = cohort(cases=12, controls=40)
    rows = plan(truth, diagnosis).batches(0)
    assert all(np.sum(np.array(truth)[batch]) == 4 for batch in rows)
    assert set(np.concatenate(rows)) == set(range(52))


def test_most_cases_meet_a_partner_of_their_syndrome():
    truth, diagnosis = cohort()
    balanced = plan(truth, diagnosis)
    groups = [balanced.groups(batch) for batch in balanced.batches(0)]
    partnered = sum(int(np.sum(group >= 2)) for group in groups)
    assert partnered >= 20


def test_a_lone_syndrome_shares_the_class_label():
    lone = plan([True, True, True, False], ["a", "a", "b", ""])
    np.testing.assert_array_equal(lone.groups(np.arange(4)), [2, 2, 1, 0])


def test_rows_outside_the_training_part_never_appear():
    truth, diagnosis = cohort()
    inside = np.arange(0, 60, 2)
    part = plan(truth, diagnosis, rows=inside)
    assert {row for epoch in range(5) for batch in part.batches(epoch) for row in batch} <= set(inside)


def test_epoch_and_batch_decide_order_and_pixels():
    truth, diagnosis = cohort()
    crops = np.random.default_rng(1).integers(0, 256, (60, 64, 64, 3), dtype=np.uint8)
    one, same = plan(truth, diagnosis), plan(truth, diagnosis)
    for epoch in (0, 1):
        for a, b in zip(one.batches(epoch), same.batches(epoch), strict=True):
            np.testing.assert_array_equal(a, b)
    assert not np.array_equal(np.concatenate(one.batches(0)), np.concatenate(one.batches(1)))
    rows = one.batches(0)[0]
    first = load(one, crops, epoch=0, rows=rows, batch=0)
    np.testing.assert_array_equal(first.images, load(same, crops, epoch=0, rows=rows, batch=0).images)
    assert not np.array_equal(first.images, load(same, crops, epoch=1, rows=rows, batch=0).images)


def test_unbalanced_batches_hold_every_row_once():
    truth, diagnosis = cohort(cases=10, controls=33)
    rows = plan(truth, diagnosis, balanced=False).batches(2)
    assert sorted(np.concatenate(rows)) == list(range(43))
