"""What the classical models see of a face: Gabor energies, the geometry of five points, the network's embedding."""

import numpy as np
import pytest

from training.engine.gabor import NUMBERS, gabor_features
from training.engine.geometry import NAMES, GeometryError, landmark_features
from training.engine.neighbours import rank_syndromes
from training.engine.results import Cancelled

FACE = np.array([[80.0, 90], [144, 92], [115, 125], [90, 160], [134, 163]])


def stripes(*, upright: bool) -> np.ndarray:
    wave = (127 + 120 * np.sin(np.arange(224) * 2 * np.pi / 14)).astype(np.uint8)  # 8 px of 96
    picture = np.tile(wave, (224, 1)) if upright else np.tile(wave[:, None], (1, 224))
    return np.repeat(picture[..., None], 3, axis=2)


def test_upright_stripes_wake_the_filters_across_them():
    found = gabor_features(np.stack([stripes(upright=True), stripes(upright=False)]))
    assert found.shape == (2, 2, NUMBERS)
    energy = np.exp(found[:, 0].reshape(2, 2, 8, 8, 8)).mean(axis=(3, 4))  # face, wavelength, orientation
    assert energy[0, 1].argmax() == 0
    assert energy[1, 1].argmax() == 4


def test_brightness_of_the_whole_picture_changes_little():
    draw = np.random.default_rng(0)
    crop = draw.integers(60, 120, (1, 224, 224, 3), dtype=np.uint8)
    bright = crop + 60
    np.testing.assert_allclose(gabor_features(crop), gabor_features(bright), atol=0.05)


def test_the_mirror_image_of_a_face_is_the_face_of_its_mirror_image():
    crop = np.random.default_rng(1).integers(0, 255, (1, 224, 224, 3), dtype=np.uint8)
    face, mirrored = gabor_features(crop), gabor_features(np.ascontiguousarray(crop[:, :, ::-1]))
    np.testing.assert_allclose(face[:, 1], mirrored[:, 0], atol=1e-3)


def test_a_request_to_stop_is_heard_between_two_faces():
    answers = iter([False, True])
    with pytest.raises(Cancelled):
        gabor_features(np.zeros((5, 224, 224, 3), np.uint8), should_stop=lambda: next(answers))


def test_position_size_and_tilt_of_a_face_do_not_matter():
    turn = np.deg2rad(30)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    moved = 2.5 * FACE @ rotation + [40, 7]
    first, second = landmark_features(np.stack([FACE, moved]))
    assert first.shape == (2, len(NAMES))
    np.testing.assert_allclose(first, second, atol=1e-4)


def test_lengths_are_in_eye_distances():
    eyes_apart = FACE * 1.0
    eyes_apart[:, 1] = [0, 0, 32, 64, 64]
    eyes_apart[:, 0] = [0, 64, 32, 16, 48]
    told = dict(zip(NAMES, landmark_features(eyes_apart[None])[0, 0].tolist(), strict=True))
    assert told["nose, below the eyes"] == pytest.approx(0.5)
    assert told["mouth width"] == pytest.approx(0.5)
    assert told["mouth, below the eyes"] == pytest.approx(1.0)
    assert told["mouth width / distance from eyes to mouth"] == pytest.approx(0.5)
    assert abs(told["angle at the nose between the eyes"]) == pytest.approx(np.pi / 2)


def test_a_mirrored_face_differs_in_its_side_only():
    face, mirror = (dict(zip(NAMES, row.tolist(), strict=True)) for row in landmark_features(FACE[None])[0])
    assert mirror["nose, right of the middle"] == pytest.approx(-face["nose, right of the middle"])
    assert mirror["left eye to nose"] == pytest.approx(face["right eye to nose"])
    assert mirror["mouth width"] == pytest.approx(face["mouth width"])
    assert mirror["angle at the nose between the eyes"] == pytest.approx(face["angle at the nose between the eyes"])


@pytest.mark.parametrize(
    ("points", "sentence"),
    [
        (np.zeros((1, 5, 2)), "face 1 has both eyes in one place"),
        (np.full((1, 5, 2), np.nan), "finite numbers"),
        (np.zeros((1, 4, 2)), r"shape \(n, 5, 2\)"),
    ],
)
def test_landmarks_that_cannot_be_measured_are_refused(points, sentence):
    with pytest.raises(GeometryError, match=sentence):
        landmark_features(points)


def test_a_syndrome_stands_as_near_as_its_nearest_face():
    known = np.array([[1.0, 0], [-1, 0], [0, 1], [0.9, 0.1]])
    ranked = rank_syndromes(known, ["Down", "Down", "Noonan", ""], np.array([[0.9, 0.1], [0.1, 0.9]]))
    assert ranked == [["Down", "Noonan"], ["Noonan", "Down"]]


def test_without_named_faces_nothing_is_ranked():
    assert rank_syndromes(np.eye(2), ["", ""], np.eye(2)) == [[], []]


@pytest.mark.slow
def test_an_embedding_has_length_one_and_knows_its_mirror_image():
    from training.engine.embedding import embeddings
    from training.engine.network import build
    from training.engine.recipe import PRESETS

    recipe = PRESETS["smoke"]
    crops = np.random.default_rng(1).integers(0, 255, (35, 224, 224, 3), dtype=np.uint8)
    model = build(recipe)
    found = embeddings(model, crops, recipe=recipe)
    assert found.shape == (35, 2, recipe.embedding_size)
    np.testing.assert_allclose(np.linalg.norm(found, axis=2), 1, atol=1e-5)
    turned = embeddings(model, np.ascontiguousarray(crops[:2, :, ::-1]), recipe=recipe)
    np.testing.assert_allclose(turned[:, 0], found[:2, 1], atol=0.02)
