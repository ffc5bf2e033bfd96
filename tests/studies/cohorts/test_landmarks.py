"""A face marked by hand: cut as the engine would cut it, ready, audited; and another photo taken instead."""

import io

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from PIL import Image

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies import aligned
from readerstudy.studies.models import Photo, Subject
from readerstudy.studies.services import cohorts as services
from readerstudy.studies.services.faces import take_instead
from readerstudy.studies.services.landmarks import place_landmarks, upright_turn

POINTS = np.array([(200.0, 240.0), (280.0, 244.0), (240.0, 290.0), (212.0, 330.0), (270.0, 332.0)])


def noise(size: tuple[int, int] = (480, 600), seed: int = 1) -> Image.Image:
    cells = np.random.default_rng(seed).integers(0, 255, (12, 10, 3), dtype=np.uint8)
    return Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC)


def make_photo(subject: Subject, name: str, *, status: str, is_index: bool = True) -> Photo:
    photo = Photo(
        subject=subject,
        cohort=subject.cohort,
        original_name=name,
        sha256=name.ljust(64, "0"),
        width=480,
        height=600,
        status=status,
        is_index=is_index,
    )
    out = io.BytesIO()
    noise().save(out, "JPEG", quality=95)
    photo.file.save(f"{photo.token}.jpg", ContentFile(out.getvalue()), save=False)
    photo.save()
    return photo


@pytest.fixture
def photo(db, coordinator):
    cohort = services.create_cohort(name="By hand", created_by=coordinator)
    subject = Subject.objects.create(cohort=cohort, code="A", has_syndrome=False)
    return make_photo(subject, "a.jpg", status=Photo.Status.REVIEW)


def fields(points=POINTS) -> dict[str, float]:
    return {f"{axis}{i}": point[k] for i, point in enumerate(points) for k, axis in enumerate("xy")}


@pytest.mark.parametrize("scale", [0.4, 1.0, 2.3, 5.0])
@pytest.mark.parametrize("angle", [0, 17, 90, 200])
def test_the_crop_is_the_engines_crop(scale, angle):
    from training.engine.align import align

    turn = np.exp(1j * np.radians(angle))
    z = ((POINTS - [240, 285]) @ [1, 1j]) * turn * scale
    side = int(700 * scale)
    points = np.stack([z.real, z.imag], axis=1) + side / 2
    image = noise((side, side), seed=angle)
    ours = aligned.crop(image, points).astype(int)
    theirs = align(np.asarray(image), points).astype(int)
    assert np.abs(ours - theirs).mean() < 1.0
    assert np.abs(ours - theirs).max() < 24


def test_marking_a_face_makes_the_photo_ready_and_is_audited(photo, coordinator):
    face = place_landmarks(photo=photo, landmarks=POINTS.tolist(), by=coordinator)
    photo.refresh_from_db()
    assert photo.status == Photo.Status.READY
    assert (face.detector_version, face.accepted_by, face.is_found, face.rotation) == ("by hand", coordinator, True, 0)
    with Image.open(face.crop) as crop, Image.open(face.rendition) as shown:
        assert (crop.size, shown.size) == ((224, 224), (768, 960))
    event = AuditEvent.objects.get(action="photo.landmarks_placed")
    assert event.actor == f"user:{coordinator.pk}"
    assert event.detail["landmarks"] == face.landmarks


def test_marking_again_replaces_the_pictures(photo, coordinator):
    first = place_landmarks(photo=photo, landmarks=POINTS.tolist(), by=coordinator)
    before = (first.pk, first.crop.name, first.crop.read())
    second = place_landmarks(photo=photo, landmarks=(POINTS + 40).tolist(), by=coordinator)
    assert (second.pk, second.crop.name) == before[:2]
    assert second.crop.read() != before[2]
    assert AuditEvent.objects.filter(action="photo.landmarks_placed").last().detail["instead_of"] == "by hand"


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_face_that_lies_on_its_side_is_turned(rotation):
    from readerstudy.studies.pictures import turned_points

    lying = turned_points(POINTS, size=(480, 600), rotation=360 - rotation)
    assert upright_turn(lying) == rotation


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (POINTS[:4], "five points"),
        ([["a", 1]] * 5, "five points"),
        ([[float("nan"), 1]] * 5, "five points"),
        (POINTS + np.array([0, 300]), "corner of the mouth on the left lies outside"),
        (POINTS[[1, 0, 2, 4, 3]], "swapped"),
        (POINTS[[0, 1, 2, 4, 3]], "swapped"),
        (POINTS[[3, 4, 2, 0, 1]], "swapped"),
        ((POINTS - POINTS[0]) * 0.1 + POINTS[0], "close together"),
    ],
)
def test_points_that_cannot_be_a_face_are_refused(photo, coordinator, points, words):
    with pytest.raises(Refused, match=words):
        place_landmarks(photo=photo, landmarks=points, by=coordinator)
    assert Photo.objects.get().status == Photo.Status.REVIEW


def test_a_frozen_case_is_not_marked_anew(study, coordinator):
    with pytest.raises(Refused, match="frozen"):
        place_landmarks(photo=study.cases.first().photo, landmarks=POINTS, by=coordinator)


def test_a_photo_that_waits_or_is_erased_is_not_marked(photo, coordinator):
    for status, words in (("imported", "wait"), ("erased", "gone")):
        Photo.objects.update(status=status)
        with pytest.raises(Refused, match=words):
            place_landmarks(photo=photo, landmarks=POINTS, by=coordinator)


def test_the_page_saves_and_goes_back_to_the_queue(client, photo, coordinator):
    client.force_login(coordinator)
    url = reverse("studies:photo_landmarks", args=[photo.cohort_id, photo.pk])
    page = client.get(url + "?from=review").content.decode()
    assert "Tip of the nose" in page
    wrong = client.post(url, {**fields(POINTS[[1, 0, 2, 4, 3]]), "from": "review"})
    assert wrong.status_code == 400
    assert "swapped" in wrong.content.decode()
    saved = client.post(url, {**fields(), "from": "review"})
    assert saved["Location"] == reverse("studies:review", args=[photo.cohort_id])
    assert Photo.objects.get().status == "ready"


def test_a_script_marks_a_face_too(client, photo, coordinator):
    client.force_login(coordinator)
    url = reverse("studies_api:photo_landmarks", args=[photo.cohort_id, photo.pk])
    answer = client.post(url, {"landmarks": POINTS.tolist()}, content_type="application/json")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    assert client.post(url, {"landmarks": [[1, 2]]}, content_type="application/json").status_code == 400


def test_another_photo_is_taken_instead(client, photo, coordinator):
    other = make_photo(photo.subject, "b.jpg", status=Photo.Status.READY, is_index=False)
    client.force_login(coordinator)
    page = client.get(reverse("studies:review", args=[photo.cohort_id])).content.decode()
    url = reverse("studies:photo_instead", args=[photo.cohort_id, photo.pk, other.pk])
    assert url in page
    assert client.post(url, {"from": "review"})["Location"] == reverse("studies:review", args=[photo.cohort_id])
    photo.refresh_from_db()
    other.refresh_from_db()
    assert (photo.status, photo.is_index, other.is_index) == ("unusable", False, True)
    assert "b.jpg" in photo.face.reason


def test_only_a_photo_of_the_same_subject_can_be_taken_instead(photo, coordinator):
    subject = Subject.objects.create(cohort=photo.cohort, code="B", has_syndrome=False)
    other = make_photo(subject, "b.jpg", status=Photo.Status.READY)
    with pytest.raises(Refused, match="same subject"):
        take_instead(photo=photo, other=other, by=coordinator)
    assert Photo.objects.get(pk=photo.pk).status == "review"
