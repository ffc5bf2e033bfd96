"""A stock face detector finds the phantoms, and their landmarks where they were drawn."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from readerstudy.phantoms.cohort import POINTS
from readerstudy.phantoms.design import generate
from readerstudy.phantoms.render import render

RETRIES = (0.9, 0.6, 0.8, 1.1)
PHANTOMS = 60


def find(detector, picture):
    """Scale at which exactly a face was found, and its five points in the picture's pixels, shape (5, 2)."""
    for scale in (1.0, *RETRIES):
        scaled = (
            picture if scale == 1.0 else cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        )
        faces = detector.detect_faces(scaled)
        if faces:
            assert len(faces) == 1
            return scale, np.array([faces[0]["keypoints"][point] for point in POINTS], dtype=float) / scale
    raise AssertionError(f"No face was found at any of the scales 1.0, {RETRIES}.")


@pytest.mark.slow
def test_mtcnn_finds_the_faces_and_their_landmarks():
    mtcnn = pytest.importorskip("mtcnn", reason="the worker extra with the face detector is not installed")
    detector = mtcnn.MTCNN()
    scales, errors = [], []
    for phantom in generate(n=PHANTOMS, seed=11):
        picture, truth = render(phantom)
        scale, points = find(detector, picture)
        scales.append(scale)
        errors.append(np.linalg.norm(points - truth, axis=1) / np.linalg.norm(truth[0] - truth[1]))
    assert np.mean(np.array(scales) == 1.0) >= 0.95
    assert np.mean(errors) <= 0.05
    assert np.percentile(np.mean(errors, axis=1), 95) <= 0.08
