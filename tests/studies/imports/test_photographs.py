"""Photographs and odd faces through the door and the real face finder. Slow: MTCNN runs on every one of them."""

from pathlib import Path

import pytest

from readerstudy.studies.models import Cohort, ImportBatch, Photo
from readerstudy.studies.services import cohorts as services

from .conftest import BAD_INPUTS, expected, listed, zipped
from .test_expected_verdicts import FACE_ROWS

FACES = Path(__file__).resolve().parents[4] / "shared" / "reference" / "faces"
pytestmark = [pytest.mark.slow, pytest.mark.django_db]
STATUSES = {"accept": {"ready"}, "review": {"review"}, "reject": {"unusable"}}


def find_all_faces() -> None:
    from training.services import find_faces

    find_faces(photo_ids=list(Photo.objects.values_list("pk", flat=True)))


def test_what_only_a_face_finder_can_judge_gets_its_verdict(take, coordinator):
    verdicts = {file: verdict for file, verdict in expected("images") if file in FACE_ROWS}
    for file in verdicts:  # a cohort each: the same phantom stands on most of them
        name = file.split("/")[1]
        own = services.create_cohort(name=name, created_by=coordinator)
        take(zipped({name: (BAD_INPUTS / file).read_bytes()}), listed([name]), into=own)
    find_all_faces()
    found = {f"images/{photo.original_name}": photo for photo in Photo.objects.select_related("face")}
    allowed = {file: set().union(*(STATUSES[word] for word in v.split(" or "))) for file, v in verdicts.items()}
    wrong = {file: photo.status for file, photo in found.items() if photo.status not in allowed[file]}
    assert wrong == {}
    assert all(photo.face.reason for photo in found.values() if photo.status != Photo.Status.READY)


@pytest.mark.photographs
def test_130_photographs_come_in_and_get_a_face_or_a_reason(take, coordinator):
    files = sorted(path.relative_to(FACES).as_posix() for path in FACES.rglob("*.jpg"))
    # Nobody on these pictures is a case or a control, so that no truth is stated.
    rows = [f"F{i:03d},{file},unlabelled" for i, file in enumerate(files)]
    manifest = "\n".join(["subject_id,file,label", *rows]).encode()
    cohort = services.create_cohort(name="Photographs", kind=Cohort.Kind.TEST, created_by=coordinator)
    batch = take(FACES, manifest, into=cohort)
    assert batch.status == ImportBatch.Status.FINISHED, batch.problem
    assert cohort.photos.count() == len(files) == 130
    assert not cohort.photos.filter(warnings__icontains="Looks the same").exists()
    find_all_faces()
    photos = list(cohort.photos.select_related("face"))
    assert all(photo.status != Photo.Status.IMPORTED for photo in photos)
    assert all(photo.face.rendition and photo.face.crop for photo in photos if photo.status == Photo.Status.READY)
    assert all(photo.face.reason for photo in photos if photo.status != Photo.Status.READY)
    plain = [photo for photo in photos if photo.original_name.startswith(("child-", "adult-"))]
    assert sum(photo.status == Photo.Status.READY for photo in plain) >= 0.85 * len(plain)
