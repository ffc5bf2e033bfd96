"""What the tests of this room put into a site of their own, through the site's code: run in its environment."""

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from readerstudy.accounts.models import User
from readerstudy.studies.models import Case, Cohort, Face, Membership, Photo, Protocol, Reader, Study, Subject


def picture(seed: int, *, size: tuple[int, int] = (224, 224), kind: str = "PNG") -> bytes:
    """A colourful picture that looks like no other seed's."""
    cells = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC).save(out, kind)
    return out.getvalue()


def cohort_of(owner: User, *, name: str, n: int) -> Cohort:
    """``n`` ready photos, alternately GS and control, each of a subject of its own."""
    cohort = Cohort.objects.create(name=name, created_by=owner, kind=Cohort.Kind.TEST)
    for i in range(n):
        has = i % 2 == 0
        subject = Subject.objects.create(
            cohort=cohort, code=f"T{i:03d}", has_syndrome=has, diagnosis="Noonan" if has else "", age_months=12.0 + i
        )
        _photo(subject, picture(i), seed=i)
    return cohort


def _photo(subject: Subject, data: bytes, *, seed: int) -> None:
    photo = Photo(
        subject=subject,
        cohort=subject.cohort,
        original_name=f"{seed}.png",
        sha256=f"{seed:064d}",
        width=224,
        height=224,
    )
    photo.status = Photo.Status.READY
    photo.file.save(f"{photo.token}.png", ContentFile(data), save=False)
    photo.save()
    face = Face(
        photo=photo, is_found=True, box=[40, 40, 140, 140], confidence=0.99, eye_distance=64, detector_version="test",
        landmarks=[[80, 90], [144, 90], [112, 125], [88, 160], [136, 160]],
    )  # fmt: skip
    face.crop.save(f"{photo.token}.png", ContentFile(data), save=False)
    face.rendition.save(f"{photo.token}.png", ContentFile(data), save=False)
    face.save()


def training_cohort(*, n: int) -> dict[str, int]:
    owner = User.objects.create_user("ines@example.org", name="Ines Investigator", may_coordinate=True)
    return {"cohort": cohort_of(owner, name="Faces", n=n).pk}


def reading_study(*, readers: int, faces: int, **rules: object) -> dict[str, object]:
    """An open study; of each reader the code and the cookie of somebody who is signed in."""
    clara = User.objects.create_user("clara@example.org", name="Clara Coordinator", may_coordinate=True)
    cohort = cohort_of(clara, name="Faces", n=faces)
    study = Study.objects.create(
        cohort=cohort, name="Readers", created_by=clara, status=Study.Status.OPEN, opened_at=timezone.now()
    )
    Protocol.objects.create(study=study, frozen_at=timezone.now(), digest="0" * 64, **rules)
    for number, photo in enumerate(cohort.photos.order_by("id"), 1):
        Case.objects.create(study=study, photo=photo, number=number)
    Membership.objects.create(study=study, user=clara, role="coordinator")
    seats = {}
    for number in range(1, readers + 1):
        user = User.objects.create_user(f"reader{number}@example.org", name=f"Reader {number}")
        seats[f"SP {number}"] = _signed_in(user)
        Reader.objects.create(study=study, user=user, code=f"SP {number}")
    return {"study": study.pk, "readers": seats}


def _signed_in(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def waiting_import(*, photos: int, folder: str) -> dict[str, int]:
    """An import of ``photos`` pictures that is checked first, so that no face finder is woken."""
    from readerstudy.studies.services.cohorts import create_cohort, start_import

    owner = User.objects.get(email="clara@example.org")
    archive, manifest = Path(folder) / "photos.zip", Path(folder) / "manifest.csv"
    with zipfile.ZipFile(archive, "w") as packed:
        for number in range(photos):
            packed.writestr(f"{number:04d}.jpg", picture(1000 + number, size=(960, 1200), kind="JPEG"))
    with manifest.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["subject_id", "file", "label"])
        writer.writerows(
            [f"P{number:04d}", f"{number:04d}.jpg", ("GS", "control")[number % 2]] for number in range(photos)
        )
    cohort = create_cohort(name="Imported", created_by=owner)
    batch = start_import(cohort=cohort, archive=archive, manifest=manifest, created_by=owner, is_checked_first=True)
    return {"batch": batch.pk}
