"""The faces of a run in one memory-mapped file: whole or not there, read-only, and never all in memory."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from training.engine.data import load, moved, shrink, view
from training.engine.moves import STILL, inside, room_of, store_side
from training.engine.recipe import PRESETS
from training.engine.store import Part, StoreError, read, write

RECIPE = replace(PRESETS["smoke"], input_size=32, batch_size=8)


def noise(count, side):
    draw = np.random.default_rng(count)
    for _ in range(count):
        yield draw.integers(0, 256, (side, side, 3), dtype=np.uint8)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run" / "faces.npy"


def test_what_is_written_is_read_back_and_only_the_store_is_left(path):
    write(path, noise(5, 40), count=5, side=40)
    np.testing.assert_array_equal(read(path), np.stack(list(noise(5, 40))))
    assert [file.name for file in path.parent.iterdir()] == ["faces.npy"]


def test_larger_crops_are_kept_as_small_as_shrinking_makes_them(path):
    side = store_side(RECIPE, crop_side=64)
    assert side == 37
    write(path, noise(6, 64), count=6, side=side)
    stored = read(path)
    np.testing.assert_array_equal(stored, shrink(np.stack(list(noise(6, 64))), RECIPE))
    assert shrink(stored, RECIPE) is stored


def test_the_full_network_gets_its_crops_as_they_are():
    assert store_side(PRESETS["paper"], crop_side=256) == 256
    assert store_side(PRESETS["paper"], crop_side=224) == 224


def test_room_at_the_edge_is_for_full_size_networks_that_move_the_face_over_it():
    still = {"rotation": 0.0, "scale": 0.0, "shift": 0.0}
    assert room_of(PRESETS["paper"]) == 256 / 224
    assert room_of(replace(PRESETS["paper"], crop=0.95, **still)) == 1.0
    assert room_of(replace(PRESETS["paper"], crop=0.7)) == 1.0
    assert room_of(PRESETS["demo"]) == room_of(PRESETS["smoke"]) == 1.0


def test_with_room_a_face_unmoved_looks_the_same_and_a_turned_one_shows_the_photo_and_not_a_continued_edge():
    """A picture of 256 px and its middle 224: what the network sees differs only where the turn reaches the edge."""
    recipe = PRESETS["paper"]
    room, wide = room_of(recipe), next(noise(1, 256))
    middle, look = wide[16:240, 16:240], inside(recipe, room=room)
    np.testing.assert_allclose(view(wide, look), view(middle, recipe), atol=1 / 255)
    turned = replace(STILL, angle=10.0)
    seen, continued = moved(wide, look, turned), moved(middle, recipe, turned)
    np.testing.assert_allclose(seen[60:164, 60:164], continued[60:164, 60:164], atol=3 / 255)
    assert np.abs(seen[0] - continued[0]).max() > 0.2


def test_nothing_can_be_written_into_an_open_store(path):
    write(path, noise(2, 8), count=2, side=8)
    with pytest.raises(ValueError, match="read-only"):
        read(path)[0, 0, 0, 0] = 1


def test_a_store_that_was_torn_off_never_gets_its_name(path):
    def breaks():
        yield from noise(2, 8)
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        write(path, breaks(), count=3, side=8)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("crops", "message"),
    [
        (lambda: noise(2, 8), "2 crops came for a store of 3"),
        (lambda: noise(4, 8), "crop 3"),
        (lambda: noise(3, 6), r"crop 0 is \(6, 6, 3\)"),
    ],
)
def test_too_few_too_many_or_too_small_crops_are_refused(path, crops, message):
    with pytest.raises(StoreError, match=message):
        write(path, crops(), count=3, side=8)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("spoil", [lambda data: data[:-200], lambda data: b"no store" + data[8:]])
def test_a_spoilt_file_is_told_with_a_way_out(path, spoil):
    write(path, noise(2, 16), count=2, side=16)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(StoreError, match="delete it"):
        read(path)


def test_an_array_of_another_kind_is_refused(path):
    path.parent.mkdir()
    np.save(path, np.zeros((2, 8, 8, 3), np.float32))
    with pytest.raises(StoreError, match="float32"):
        read(path)


def test_a_part_gives_its_rows_in_order_and_reads_what_is_asked_for(path):
    write(path, noise(9, 8), count=9, side=8)
    whole = read(path)
    rows = np.array([7, 2, 5])
    part = Part(whole, rows)
    assert (len(part), part.shape) == (3, (3, 8, 8, 3))
    np.testing.assert_array_equal(np.asarray(part), whole[rows])
    np.testing.assert_array_equal(part[1:], whole[[2, 5]])
    np.testing.assert_array_equal(np.stack(list(part)), whole[rows])


def test_a_batch_from_the_file_is_the_batch_from_memory(path):
    from training.engine.batches import BatchPlan

    write(path, noise(20, 37), count=20, side=37)
    truth = [True] * 10 + [False] * 10
    plan = BatchPlan(np.arange(20), has_syndrome=truth, diagnosis=["a"] * 20, recipe=RECIPE, seed=1)
    rows = plan.batches(0)[0]
    mapped, held = (load(plan, crops, epoch=0, rows=rows, batch=0) for crops in (read(path), np.array(read(path))))
    np.testing.assert_array_equal(mapped.images, held.images)


def test_memory_does_not_grow_with_the_number_of_faces(path):
    """600 faces of 96 px are 16.6 MB; writing them and making batches of them holds a few pictures at a time."""
    from training.engine.batches import BatchPlan

    recipe = replace(RECIPE, input_size=84)
    truth = [True, False] * 300
    plan = BatchPlan(np.arange(600), has_syndrome=truth, diagnosis=[""] * 600, recipe=recipe, seed=1)
    tracemalloc.start()
    try:
        write(path, noise(600, 96), count=600, side=96)
        store = read(path)
        assert shrink(store, recipe) is store
        for batch, rows in enumerate(plan.batches(0)):
            load(plan, store, epoch=0, rows=rows, batch=batch)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert store.nbytes > 16_000_000
    assert peak < 4_000_000
