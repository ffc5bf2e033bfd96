"""How long five simulated physicians take for a whole study.

    DATA_DIR=$(mktemp -d) .venv/bin/python tests/bench/bench_reading_simulate.py [faces] [readers]

Every face goes through the same five services as a person's; times are given per trial and for the whole.
"""

import io
import os
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readerstudy.settings")

import django

django.setup()

from django.core.files.base import ContentFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from readerstudy.accounts.models import User  # noqa: E402
from readerstudy.reading.simulate import simulate_reader  # noqa: E402
from readerstudy.studies.models import Case, Cohort, Face, Photo, Protocol, Reader, Study, Subject  # noqa: E402


def picture(number: int) -> bytes:
    noise = np.random.default_rng(number).integers(0, 255, (96, 77, 3), dtype=np.uint8)
    data = io.BytesIO()
    Image.fromarray(noise).resize((768, 960), Image.Resampling.BICUBIC).save(data, "JPEG", quality=88)
    return data.getvalue()


@transaction.atomic
def make_study(faces: int, readers: int, *, pictures: bool = False) -> Study:
    """``pictures``: noise that decodes like a photograph, else only bytes of that size."""
    owner = User.objects.create_user(f"bench-{time.time()}@example.org", name="Bench")
    cohort = Cohort.objects.create(name=f"Bench {time.time()}", created_by=owner, kind=Cohort.Kind.TEST)
    study = Study.objects.create(
        cohort=cohort, name=cohort.name, created_by=owner, status="open", opened_at=timezone.now()
    )
    Protocol.objects.create(study=study)
    for i in range(faces):
        subject = Subject.objects.create(cohort=cohort, code=f"B{i}", has_syndrome=i % 2 == 0)
        photo = Photo.objects.create(
            subject=subject,
            cohort=cohort,
            original_name=f"{i}.png",
            sha256=f"{cohort.pk:08d}{i:056d}",
            width=1,
            height=1,
        )
        face = Face(photo=photo, is_found=True, detector_version="bench")
        data = picture(i) if pictures else b"\xff\xd8"
        face.rendition.save(f"{photo.token}.jpg", ContentFile(data.ljust(300_000, b"\0")), save=False)
        face.save()
        Case.objects.create(study=study, photo=photo, number=i + 1)
    for i in range(readers):
        user = User.objects.create_user(f"reader-{i}-{time.time()}@example.org", name=f"R{i}", is_simulated=True)
        Reader.objects.create(study=study, user=user, code=f"R {i}", is_simulated=True)
    return study


def main(faces: int = 456, readers: int = 5) -> None:
    call_command("migrate", verbosity=0)
    study = make_study(faces, readers)
    truth = {case.pk: case.photo.subject.has_syndrome for case in study.cases.select_related("photo__subject")}
    begun = time.perf_counter()
    for number, reader in enumerate(study.readers.all()):
        one = time.perf_counter()
        simulate_reader(reader=reader, sensitivity=0.8, specificity=0.75, truth=truth, seed=number)
        print(f"{reader.code}: {time.perf_counter() - one:.1f} s")
    whole = time.perf_counter() - begun
    per_trial = 1000 * whole / (faces * readers)
    print(f"{readers} readers x {faces} faces on {connection.vendor}: {whole:.1f} s, {per_trial:.1f} ms a trial")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
