"""What becomes of a face: stored as found, shown to readers on one canvas, accepted, refused or erased."""

import io

import numpy as np
import pytest
from django.core.files.base import ContentFile
from PIL import Image

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies import pictures
from readerstudy.studies.faces import FaceFinding
from readerstudy.studies.models import Face, Photo, Subject
from readerstudy.studies.services import cohorts as services

pytestmark = pytest.mark.django_db
LANDMARKS = [(200.0, 240.0), (280.0, 240.0), (240.0, 290.0), (210.0, 330.0), (270.0, 330.0)]


def finding(status: str = "ready", **changes) -> FaceFinding:
    fields = {
        "is_found": True,
        "status": status,
        "detector_version": "double",
        "box": (170.0, 180.0, 140.0, 200.0),
        "landmarks": LANDMARKS,
        "confidence": 0.99,
        "faces_found": 1,
        "eye_distance": 80.0,
        "crop": np.full((224, 224, 3), 120, np.uint8),
    }
    return FaceFinding(**{**fields, **changes})


def nothing_found(reason: str = "No face was found.") -> FaceFinding:
    return FaceFinding(is_found=False, status="review", detector_version="double", reason=reason)


@pytest.fixture
def photo(coordinator):
    cohort = services.create_cohort(name="Faces", created_by=coordinator)
    subject = Subject.objects.create(cohort=cohort, code="A", has_syndrome=False)
    photo = Photo(subject=subject, cohort=cohort, original_name="a.jpg", sha256="0" * 64, width=480, height=600)
    data = io.BytesIO()
    Image.effect_noise((480, 600), 80).convert("RGB").save(data, "JPEG")
    photo.file.save(f"{photo.token}.jpg", ContentFile(data.getvalue()), save=False)
    photo.save()
    return photo


def stored(photo: Photo) -> Photo:
    return Photo.objects.select_related("face").get(pk=photo.pk)


def test_a_good_face_makes_the_photo_ready(photo):
    face = services.store_face(photo=photo, finding=finding())
    assert stored(photo).status == Photo.Status.READY
    with Image.open(face.crop) as crop:
        assert (crop.format, crop.size) == ("PNG", (224, 224))
    assert face.landmarks[0] == [200.0, 240.0]


def test_a_rendition_has_one_canvas_one_length_and_no_metadata(photo):
    face = services.store_face(photo=photo, finding=finding())
    data = face.rendition.read()
    assert len(data) == pictures.RENDITION_BYTES
    with Image.open(io.BytesIO(data)) as shown:
        assert shown.size == pictures.CANVAS
        assert not shown.getexif()
        assert not {"exif", "comment", "xmp", "icc_profile"} & shown.info.keys()


def test_quiet_and_noisy_photos_give_renditions_of_the_same_length():
    quiet = Image.new("RGB", (480, 600), "white")
    noisy = Image.fromarray(np.random.default_rng(1).integers(0, 255, (960, 768, 3), dtype=np.uint8))
    lengths = {len(pictures.rendition(image, landmarks=LANDMARKS)) for image in (quiet, noisy)}
    assert lengths == {pictures.RENDITION_BYTES}


def test_a_rendition_shows_nothing_far_from_the_face():
    image = Image.new("RGB", (480, 1200), "green")
    image.paste("red", (0, 900, 480, 1200))  # where a name would be burned in
    with Image.open(io.BytesIO(pictures.rendition(image, landmarks=LANDMARKS))) as shown:
        red, green, _ = np.asarray(shown.convert("RGB"), int).reshape(-1, 3).T
    assert ((red > 200) & (green < 60)).sum() == 0


def test_a_rendition_is_grey_where_the_photo_ends():
    image = Image.new("RGB", (300, 400), "white")
    landmarks = [(x - 190, y - 200) for x, y in LANDMARKS]  # the face at the corner
    with Image.open(io.BytesIO(pictures.rendition(image, landmarks=landmarks))) as shown:
        assert shown.getpixel((3, 3)) == pictures.GROUND


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_photo_gives_the_same_upright_rendition(rotation):
    cells = np.random.default_rng(2).integers(0, 255, (12, 10, 3), dtype=np.uint8)
    upright = Image.fromarray(cells).resize((480, 600), Image.Resampling.BICUBIC)
    lying = upright.rotate(-rotation, expand=True)
    landmarks = pictures.turned_points(LANDMARKS, size=upright.size, rotation=360 - rotation)
    assert np.allclose(pictures.turned_points(landmarks, size=lying.size, rotation=rotation), LANDMARKS)
    one = np.asarray(Image.open(io.BytesIO(pictures.rendition(upright, landmarks=LANDMARKS))), int)
    turned = pictures.rendition(lying, landmarks=landmarks, rotation=rotation)
    other = np.asarray(Image.open(io.BytesIO(turned)), int)
    assert np.abs(one - other).mean() < 2


def test_doubts_of_the_import_send_a_good_face_to_a_person(photo):
    photo.warnings = ["The photo has no colour."]
    photo.save()
    face = services.store_face(photo=photo, finding=finding())
    assert stored(photo).status == Photo.Status.REVIEW
    assert face.reason == "The photo has no colour."
    assert face.rendition


def test_no_face_is_a_reason_and_no_picture(photo):
    face = services.store_face(photo=photo, finding=nothing_found())
    assert stored(photo).status == Photo.Status.REVIEW
    assert (face.reason, bool(face.crop), bool(face.rendition)) == ("No face was found.", False, False)


def test_a_message_delivered_twice_changes_nothing(photo):
    first = services.store_face(photo=photo, finding=finding())
    second = services.store_face(photo=photo, finding=nothing_found())
    assert second.pk == first.pk
    assert stored(photo).status == Photo.Status.READY


def test_a_person_accepts_a_doubtful_face(photo, coordinator):
    services.store_face(photo=photo, finding=finding("review", reason="The face is too dark."))
    services.accept_photo(photo=photo, by=coordinator)
    assert stored(photo).status == Photo.Status.READY
    assert stored(photo).face.accepted_by == coordinator
    assert AuditEvent.objects.filter(action="photo.accepted").exists()


def test_a_photo_without_a_face_cannot_be_accepted(photo, coordinator):
    services.store_face(photo=photo, finding=nothing_found())
    with pytest.raises(Refused, match="No face"):
        services.accept_photo(photo=photo, by=coordinator)


def test_a_photo_that_waits_for_the_face_finder_cannot_be_settled(photo, coordinator):
    with pytest.raises(Refused, match="wait"):
        services.accept_photo(photo=photo, by=coordinator)


def test_a_person_refuses_with_a_reason(photo, coordinator):
    services.store_face(photo=photo, finding=finding())
    with pytest.raises(Refused, match="why"):
        services.refuse_photo(photo=photo, by=coordinator, reason=" ")
    services.refuse_photo(photo=photo, by=coordinator, reason="Not the child")
    assert stored(photo).status == Photo.Status.UNUSABLE
    assert stored(photo).face.reason == "Not the child"


def test_a_frozen_case_cannot_be_refused(study, coordinator):
    photo = study.cases.first().photo
    with pytest.raises(Refused, match="frozen"):
        services.refuse_photo(photo=photo, by=coordinator, reason="Late doubts")


def test_another_photo_can_become_the_index_photo(photo, coordinator):
    other = Photo.objects.create(
        subject=photo.subject,
        cohort=photo.cohort,
        original_name="b.jpg",
        sha256="1" * 64,
        width=1,
        height=1,
        is_index=False,
    )
    services.choose_index_photo(photo=other, by=coordinator)
    assert list(Photo.objects.filter(is_index=True)) == [other]


def test_withdrawn_consent_erases_every_picture_and_keeps_the_rows(study, coordinator, settings):
    photo = study.cases.first().photo
    names = [photo.file.name, photo.face.crop.name, photo.face.rendition.name]
    services.withdraw_consent(subject=photo.subject, by=coordinator, reason="letter of 3 May")
    assert not any((settings.MEDIA_ROOT / name).exists() for name in names)
    again = stored(photo)
    assert (again.status, again.face.is_found, again.face.landmarks) == (Photo.Status.ERASED, False, None)
    assert study.cases.filter(photo=photo).exists()
    assert AuditEvent.objects.get(action="consent.withdrawn").detail["photos"] == 1
    with pytest.raises(Refused, match="withdrawn"):
        services.withdraw_consent(subject=photo.subject, by=coordinator)


def test_what_a_crash_left_of_erased_photos_is_swept_up(photo, settings):
    path = settings.MEDIA_ROOT / photo.file.name
    Photo.objects.update(status=Photo.Status.ERASED)
    assert path.exists()
    assert services.erase_withdrawn() == 1
    assert not path.exists()
    assert services.erase_withdrawn() == 0


def test_a_late_finding_on_an_erased_photo_stores_nothing(photo, coordinator):
    services.withdraw_consent(subject=photo.subject, by=coordinator)
    assert services.store_face(photo=photo, finding=finding()) is None
    assert not Face.objects.exists()
