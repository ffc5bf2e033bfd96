"""From scores to a picture: measurements move as stated, and the landmarks lie where the face is drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from readerstudy.phantoms.anatomy import HEIGHT, WIDTH, Frame, landmarks, measure
from readerstudy.phantoms.camera import Pose
from readerstudy.phantoms.design import generate
from readerstudy.phantoms.gestalts import SCORES
from readerstudy.phantoms.relief import half_width, outline, relief
from readerstudy.phantoms.render import render


@pytest.fixture(scope="module")
def phantom():
    return generate(n=4, seed=5)[0]


def scored(**scores):
    return tuple(float(scores.get(name, 0.0)) for name in SCORES)


def facing(phantom, **looks):
    """The same child straight ahead."""
    return replace(phantom, looks=replace(phantom.looks, yaw=0.0, pitch=0.0, roll=0.0, **looks))


@pytest.mark.parametrize(
    ("score", "measurement", "grows"),
    [
        ("eye_spacing", "pupil_x", True),
        ("slant", "slant", True),
        ("fissure_len", "fissure", True),
        ("fissure_open", "opening", True),
        ("ptosis", "opening", False),
        ("epicanthus", "epicanthus", True),
        ("periorbital", "lid_fullness", True),
        ("brow_arch", "brow_arch", True),
        ("brow_thick", "brow_half", True),
        ("forehead_w", "forehead", True),
        ("forehead_h", "crown_y", False),
        ("bridge", "bridge", False),
        ("nose_len", "nose_tip_y", True),
        ("nose_tip", "alae", True),
        ("anteversion", "nostrils", True),
        ("philtrum_len", "philtrum", True),
        ("philtrum_flat", "philtrum_depth", False),
        ("mouth_w", "mouth", True),
        ("lips", "lip", True),
        ("mouth_droop", "corner_drop", True),
        ("chin", "chin_y", True),
        ("jaw", "jaw", True),
        ("cheeks", "cheeks", True),
        ("midface", "midface", False),
        ("ear_low", "ear_y", True),
        ("ear_size", "ear_half", True),
        ("asym", "asymmetry", True),
    ],
)
def test_every_score_moves_its_measurement_monotonically(score, measurement, grows):
    values = [getattr(measure(scored(**{score: value}), age_months=60), measurement) for value in (-6, -1, 0, 1, 6)]
    assert np.all(np.diff(values) > 0 if grows else np.diff(values) < 0)


@pytest.mark.parametrize("score", SCORES)
def test_every_score_shows_in_the_picture(phantom, score):
    """From -3 to 3 SD at least a hundred pixels change visibly, all else being equal."""
    low, high = (facing(replace(phantom, scores=scored(**{score: value}))) for value in (-3.0, 3.0))
    difference = np.abs(render(low)[0].astype(int) - render(high)[0].astype(int)).max(axis=2)
    assert (difference > 12).sum() > 100


def test_a_newborn_differs_from_a_schoolchild():
    newborn, child = (measure(scored(), age_months=age) for age in (1, 150))
    assert newborn.chin_y < child.chin_y
    assert newborn.crown_y < child.crown_y
    assert newborn.bridge < child.bridge


def test_the_picture_has_its_stated_shape_and_type(phantom):
    picture, points = render(phantom)
    assert (picture.shape, picture.dtype, points.shape) == ((HEIGHT, WIDTH, 3), np.uint8, (5, 2))
    assert 20 < picture.mean() < 235
    assert picture.std() > 20


def test_the_same_phantom_gives_the_same_pixels_whatever_was_drawn_before(phantom):
    first, first_points = render(phantom)
    render(generate(n=4, seed=6)[1])
    again, points = render(phantom)
    assert np.array_equal(first, again)
    assert np.array_equal(first_points, points)


def test_landmarks_follow_the_order_of_the_viewers_left(phantom):
    (left_eye, right_eye, nose, mouth_left, mouth_right) = render(phantom)[1]
    assert left_eye[0] < nose[0] < right_eye[0]
    assert mouth_left[0] < mouth_right[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(mouth_left[1], mouth_right[1])


def test_a_face_straight_ahead_has_its_landmarks_where_the_anatomy_says(phantom):
    straight = facing(phantom)
    anatomy = measure(straight.scores, age_months=straight.age_months)
    frame = Frame(straight, anatomy)
    expected = [frame.pixel(x, y) for x, y in landmarks(anatomy)]
    assert np.allclose(render(straight)[1], expected)


def test_pupils_are_darker_than_the_cheeks_below(phantom):
    pale = facing(replace(phantom, scores=scored(), looks=replace(phantom.looks, tone=0.2)))
    picture, points = render(pale)
    for column, row in points[:2].round().astype(int):
        eye = picture[row - 4 : row + 5, column - 4 : column + 5].mean()
        cheek = picture[row + 45 : row + 54, column - 4 : column + 5].mean()
        assert eye < 0.75 * cheek


def test_a_turned_head_moves_the_nose_more_than_the_ears(phantom):
    straight, turned = facing(phantom), facing(phantom)
    turned = replace(turned, looks=replace(turned.looks, yaw=8.0))
    shift = render(turned)[1][:, 0] - render(straight)[1][:, 0]
    assert abs(shift[2]) > 8
    assert abs(shift[2]) > np.abs(shift[:2]).max()


def test_the_pose_sends_points_where_it_sends_pixels(phantom):
    posed = replace(phantom, looks=replace(phantom.looks, yaw=8.0, pitch=-6.0, roll=7.0))
    anatomy = measure(posed.scores, age_months=posed.age_months)
    frame = Frame(posed, anatomy)
    pose = Pose(posed.looks, frame, relief(frame, anatomy, outline(frame, anatomy)))
    points = np.array([(200.0, 290.0), (260.0, 300.0), (240.0, 350.0)])
    for point, expected in zip(points, pose.forward(points), strict=True):
        columns, rows = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
        spot = np.exp(-((columns - point[0]) ** 2 + (rows - point[1]) ** 2) / 18).astype(np.float32)
        moved = pose.apply(spot)
        centre = np.array([(moved * columns).sum(), (moved * rows).sum()]) / moved.sum()
        assert np.linalg.norm(centre - expected) < 0.8


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_outline_grows_a_spike_or_a_gap(seed):
    for phantom in generate(n=6, seed=seed):
        anatomy = measure(phantom.scores, age_months=phantom.age_months)
        heights = np.linspace(anatomy.crown_y * 0.97, anatomy.chin_y * 0.97, 400)
        widths = half_width(heights, anatomy)
        assert np.all(widths > 0.1)
        assert np.abs(np.diff(widths)).max() < 0.06
        head = outline(Frame(phantom, anatomy), anatomy)
        assert np.all(np.isfinite(head.edge))
        middle = head.cover[:, round(phantom.looks.centre_x)]
        assert (np.abs(np.diff(middle)) > 0.02).sum() < 8


def test_extreme_scores_still_draw_a_face(phantom):
    for value in (-40.0, 40.0):
        picture, points = render(replace(phantom, scores=(value,) * len(SCORES)))
        assert np.all(np.isfinite(points))
        assert picture.std() > 15
