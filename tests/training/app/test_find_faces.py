"""The face finder's task, with a stand-in for the detector where not marked slow."""

import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.files.base import ContentFile
from PIL import Image

from readerstudy.studies.models import Face, Photo
from training import services, tasks
from training.engine.results import FaceResult

LANDMARKS = np.array([[80, 90], [144, 90], [112, 125], [88, 160], [136, 160]], float)


@pytest.fixture
def detector(monkeypatch):
    """A detector that finds the same face everywhere; ``built`` counts how often it was made."""
    made = SimpleNamespace(built=0, seen=[], result=found())

    class FaceFinder:
        def __init__(self):
            made.built += 1

        def find(self, picture):
            made.seen.append(picture.shape)
            if isinstance(made.result, Exception):
                raise made.result
            return made.result

    def align(picture, landmarks, *, size=224):
        return np.full((size, size, 3), 7, np.uint8)

    monkeypatch.setitem(sys.modules, "training.engine.faces", SimpleNamespace(FaceFinder=FaceFinder, align=align))
    return made


def found(**changes):
    fields = {"status": "ready", "box": (40.0, 40.0, 140.0, 140.0), "landmarks": LANDMARKS, "confidence": 0.99,
              "faces_found": 1, "eye_distance": 64.0, "detector_version": "test 1"}  # fmt: skip
    return FaceResult(**(fields | changes))


@pytest.fixture
def waiting(cohort):
    """The ids of three photos that have no face yet."""
    ids = list(cohort.photos.order_by("id").values_list("pk", flat=True)[:3])
    Face.objects.filter(photo__in=ids).delete()
    Photo.objects.filter(pk__in=ids).update(status=Photo.Status.IMPORTED)
    return ids


def test_waiting_photos_get_their_faces(waiting, detector):
    tasks.find_faces(waiting)
    faces = Face.objects.filter(photo__in=waiting)
    assert (faces.count(), detector.built) == (3, 1)
    assert set(Photo.objects.filter(pk__in=waiting).values_list("status", flat=True)) == {"ready"}
    face = faces.first()
    assert face.landmarks == LANDMARKS.tolist()
    with face.crop.open() as stream:
        assert Image.open(stream).size == (224, 224)
    assert detector.seen == [(224, 224, 3)] * 3


def test_the_same_message_twice_does_nothing_and_builds_no_detector(waiting, detector):
    services.find_faces(photo_ids=waiting)
    assert services.find_faces(photo_ids=waiting) == 0
    assert detector.built == 1


def test_a_doubtful_face_waits_for_a_person_with_its_reason(waiting, detector):
    detector.result = found(status="review", reason="Two faces are about equally large.", faces_found=2)
    services.find_faces(photo_ids=waiting[:1])
    photo = Photo.objects.get(pk=waiting[0])
    assert (photo.status, photo.face.reason) == ("review", "Two faces are about equally large.")
    assert photo.face.crop


def test_a_photo_without_a_face_keeps_the_reason_and_gets_no_crop(waiting, detector):
    detector.result = found(status="review", reason="No face was found.", landmarks=None, box=None, faces_found=0)
    services.find_faces(photo_ids=waiting[:1])
    face = Face.objects.get(photo=waiting[0])
    assert (face.is_found, face.reason, bool(face.crop)) == (False, "No face was found.", False)


def test_one_photo_that_cannot_be_read_takes_no_other_down(waiting, detector):
    broken = Photo.objects.get(pk=waiting[1])
    broken.file.save("broken.png", ContentFile(b"no picture"))
    assert services.find_faces(photo_ids=waiting) == 3
    broken.refresh_from_db()
    assert broken.status == "review"
    assert "could not work on this photo" in broken.face.reason
    assert Photo.objects.filter(pk__in=waiting, status="ready").count() == 2


def test_a_detector_that_fails_on_a_picture_leaves_it_to_a_person(waiting, detector):
    detector.result = ValueError("odd picture")
    services.find_faces(photo_ids=waiting[:1])
    assert Photo.objects.get(pk=waiting[0]).status == "review"


@pytest.mark.slow
def test_a_phantoms_face_is_found_by_the_real_detector(waiting):
    from readerstudy.phantoms.design import generate
    from readerstudy.phantoms.render import render

    picture, landmarks = render(generate(n=20, seed=1)[0])
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "PNG")
    photo = Photo.objects.get(pk=waiting[0])
    photo.file.save("phantom.png", ContentFile(data.getvalue()))
    services.find_faces(photo_ids=[photo.pk])
    photo.refresh_from_db()
    assert (photo.status, photo.face.reason) == ("ready", "")
    error = np.linalg.norm(np.array(photo.face.landmarks) - landmarks, axis=1).mean()
    assert error < 0.1 * photo.face.eye_distance
