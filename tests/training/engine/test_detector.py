import numpy as np
import pytest

pytestmark = pytest.mark.slow


def test_the_pyramid_never_goes_below_the_cell_of_the_first_network():
    from training.engine.detector import PNET_CELL, pyramid

    for width, height, face in [(640, 480, 96), (640, 480, 20), (97, 96, 96), (12, 12, 20), (4000, 40, 20)]:
        scales = pyramid(width, height, min_face=face)
        assert (scales * min(width, height) >= PNET_CELL - 1e-6).all()


def test_a_picture_smaller_than_the_smallest_face_has_no_pyramid():
    from training.engine.detector import pyramid

    assert len(pyramid(15, 15, min_face=20)) == 0
    assert len(pyramid(20, 20, min_face=20)) == 1


def test_a_larger_smallest_face_still_finds_the_face(finder, picture):
    detector = finder._detector
    for face in (20, 40, 72, 120):
        found = detector.detect(picture("duplicate-a"), min_face=face)
        assert len(found) == 1, face
        assert found[0].confidence > 0.9


def test_a_probe_is_most_certain_upright(finder, picture):
    detector = finder._detector
    image = picture("duplicate-a")
    box = detector.detect(image)[0].box
    probe = detector.probe(image, box)
    assert probe.certainty.argmax() == 0
    assert probe.certainty[0] > 5


def test_a_probe_on_plain_wall_is_not_steady(finder, picture):
    probe = finder._detector.probe(picture("duplicate-a"), np.array([10.0, 10.0, 90.0, 90.0]))
    assert probe.certainty.max() < 1
