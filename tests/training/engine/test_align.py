import numpy as np
import pytest

from training.engine.align import align, similarity, template


def drawing(points, size=400):
    """A grey picture with a white dot at each point."""
    image = np.full((size, size, 3), 90, np.uint8)
    for x, y in points.round().astype(int):
        image[y - 3 : y + 4, x - 3 : x + 4] = 255
    return image


def moved(points, *, angle, scale, shift):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ turn.T + shift


@pytest.mark.parametrize("angle", [0.0, 0.3, np.pi / 2, np.pi, -np.pi / 2])
def test_landmarks_land_on_the_template_whatever_the_turn(angle):
    points = moved(template(224) - 112, angle=angle, scale=1.2, shift=[200, 190])
    crop = align(drawing(points), points)
    assert crop.shape == (224, 224, 3)
    assert crop.dtype == np.uint8
    for x, y in template(224).round().astype(int):
        assert crop[y, x, 0] > 200


def test_the_similarity_is_exact_for_similar_points():
    source = template(112)
    matrix = similarity(source, moved(source, angle=0.4, scale=2.5, shift=[7, -3]))
    np.testing.assert_allclose(np.hypot(matrix[0, 0], matrix[1, 0]), 2.5)
    np.testing.assert_allclose(matrix[:, 2], [7, -3])


def test_the_similarity_never_mirrors():
    source = template(112)
    mirrored = source * [-1, 1] + [112, 0]
    matrix = similarity(source, mirrored)
    assert np.linalg.det(matrix[:, :2]) > 0


def test_large_pictures_are_averaged_and_not_sampled():
    points = moved(template(224) - 112, angle=0.0, scale=8.0, shift=[1000, 1000])
    checkers = (np.indices((2000, 2000)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    assert align(checkers, points)[60:160, 60:160].std() < 10


def test_beyond_the_border_the_edge_is_continued():
    points = template(224) - [40, 0]
    crop = align(np.full((224, 224, 3), 130, np.uint8), points)
    assert (crop == 130).all()
