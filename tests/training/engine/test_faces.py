"""The face finder on real pixels: verdicts as in the table of odd inputs, positions under turning and scaling."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow

PHOTOGRAPHS = Path(__file__).parents[4] / "shared" / "reference" / "faces"


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("duplicate-a", "ready", ""),
        ("face-and-small-bystander", "ready", ""),
        ("two-faces", "review", "2 faces of similar size"),
        ("no-face", "review", "No face was found"),
        ("bit-rot", "review", "No face was found"),
        ("profile", "review", "turned to the side"),
        ("face-half-out-of-frame", "review", "cut off"),
        ("face-without-mouth", "review", "the mouth would lie outside"),
        ("privacy-bar-over-eyes", "review", "eyes cannot be seen"),
        ("upside-down-without-exif", "review", "stands on its head"),
        ("rotated-90-without-exif", "review", "lies on its side"),
        ("very-dark", "review", "too dark"),
        ("overexposed", "review", "overexposed"),
        ("name-burned-in", "review", "written into the picture"),
        ("out-of-focus", "review", "out of focus"),
        ("small-face-96px", "unusable", "17 pixels between the eyes, at least 40"),
        ("tiny-face-24px", "unusable", "too small"),
    ],
)
def test_it_gives_the_verdict_and_says_why(finder, picture, name, status, words):
    result = finder.find(picture(name))
    assert (result.status, words in result.reason) == (status, True), result
    assert (result.reason == "") == (status == "ready")
    assert result.attempts
    assert result.to_dict()["status"] == status


def test_the_large_face_is_taken_and_the_bystander_counted(finder, picture):
    result = finder.find(picture("face-and-small-bystander"))
    assert result.faces_found == 2
    assert result.landmarks[:, 0].max() < 480


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_picture_is_found_in_its_own_pixels_with_the_turn_that_rights_it(finder, picture, turns):
    upright = picture("duplicate-a")
    reference = finder.find(upright)
    turned = np.rot90(upright, turns)
    result = finder.find(np.ascontiguousarray(turned))
    assert result.rotation == (4 - turns) % 4 * 90
    righted = np.rot90(turned, result.rotation // 90)
    np.testing.assert_array_equal(righted, upright)
    from training.engine.align import align

    difference = align(upright, reference.landmarks).astype(float) - align(turned, result.landmarks)
    assert np.abs(difference).mean() < 6
    x, y, width, height = result.box
    inside = (result.landmarks > [x, y]) & (result.landmarks < [x + width, y + height])
    assert inside.all()


@pytest.mark.parametrize("factor", [0.6, 2.0, 4.0])
def test_landmarks_follow_the_size_of_the_picture(finder, picture, factor):
    upright = Image.fromarray(picture("duplicate-a"))
    reference = finder.find(np.asarray(upright))
    resized = upright.resize((round(upright.width * factor), round(upright.height * factor)), Image.Resampling.LANCZOS)
    result = finder.find(np.asarray(resized))
    error = np.linalg.norm(result.landmarks / factor - reference.landmarks, axis=1).mean() / reference.eye_distance
    assert error < 0.05


@pytest.mark.parametrize("shape", [(1, 1, 3), (4000, 1, 3), (11, 500, 3), (40, 40, 3)])
def test_it_survives_pictures_of_any_shape(finder, shape):
    assert finder.find(np.zeros(shape, np.uint8)).status == "review"


@pytest.mark.parametrize("bad", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3))])
def test_it_refuses_what_is_not_8_bit_rgb(finder, bad):
    with pytest.raises(ValueError, match="8-bit RGB"):
        finder.find(bad)


@pytest.mark.parametrize(("ink", "paper"), [(255, 60), (10, 230)])
def test_writing_is_noticed_light_on_dark_and_dark_on_light(ink, paper):
    import cv2

    from training.engine.lettering import has_lettering

    image = np.full((300, 400, 3), paper, np.uint8)
    assert not has_lettering(image)
    cv2.putText(image, "EXAMPLE NAME 0123", (20, 280), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (ink, ink, ink))
    assert has_lettering(image)


def test_noise_is_no_writing():
    from training.engine.lettering import has_lettering

    assert not has_lettering(np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8))


def test_noise_is_no_face(finder):
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    assert finder.find(noise).faces_found == 0


@pytest.mark.photographs
@pytest.mark.parametrize(("kind", "count", "ready"), [("child", 48, 48), ("adult", 39, 39), ("hard", 43, 0)])
def test_photographs_of_faces_are_ready_and_hard_ones_never_crash(finder, kind, count, ready):
    files = sorted((PHOTOGRAPHS / kind).glob("*.jpg"))
    results = [finder.find(np.asarray(Image.open(file).convert("RGB"))) for file in files]
    assert len(results) == count
    assert sum(result.status == "ready" for result in results) >= ready
