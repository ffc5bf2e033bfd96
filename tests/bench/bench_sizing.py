"""What a photograph, a reading and a run weigh: the figures that docs/sizing.md multiplies.

    DATA_DIR=$(mktemp -d) .venv/bin/python tests/bench/bench_sizing.py [photos] [reads]

Phantoms go through the import's own door, readers through the services of a reading. Bytes only; bench_load,
bench_import, bench_faces and bench_speed measure times.
"""

import os
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readerstudy.settings")

import django  # noqa: E402

django.setup()

from bench_reading_simulate import make_study  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from PIL import Image  # noqa: E402

from readerstudy import queue, stored  # noqa: E402
from readerstudy.accounts.models import User  # noqa: E402
from readerstudy.phantoms.cohort import write_cohort  # noqa: E402
from readerstudy.reading.simulate import simulate_reader  # noqa: E402
from readerstudy.studies import aligned  # noqa: E402
from readerstudy.studies.faces import FaceFinding  # noqa: E402
from readerstudy.studies.services.cohorts import create_cohort, run_import, start_import, store_face  # noqa: E402


def database_bytes() -> int:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
        cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        return int(cursor.fetchone()[0])


def photographs(n: int) -> dict[str, float]:
    """Bytes a photograph by folder, and in the database."""
    user = User.objects.create_user("sizing@example.org", name="Sizing", may_coordinate=True)
    before = database_bytes()
    with tempfile.TemporaryDirectory() as where:
        folder = Path(where)
        write_cohort(where, n=n, seed=3, processes=1)
        manifest = folder / "manifest.csv"
        with zipfile.ZipFile(folder / "all.zip", "w") as packed:
            for file in (folder / "photos").iterdir():
                packed.write(file, f"photos/{file.name}")
        cohort = create_cohort(name="Sizing", created_by=user, kind="phantom")
        batch = start_import(cohort=cohort, archive=folder / "all.zip", manifest=manifest, created_by=user)
        done = run_import(batch_id=batch.pk)
    if cohort.photos.count() != n:
        raise SystemExit(
            f"{cohort.photos.count()} of {n} photographs were taken: {done.problem or done.lines.first().reason}"
        )
    for photo in cohort.photos.all():
        _store(photo)
    sizes: dict[str, float] = {"database": (database_bytes() - before) / n}
    for name, size in stored.sizes_below():
        kind = name.partition("/")[0]
        sizes[kind] = sizes.get(kind, 0.0) + size / n
    return sizes


def _store(photo: object) -> None:
    w, h = photo.width, photo.height
    points = [
        (0.38 * w, 0.42 * h),
        (0.62 * w, 0.42 * h),
        (0.5 * w, 0.55 * h),
        (0.41 * w, 0.66 * h),
        (0.59 * w, 0.66 * h),
    ]
    with photo.file.open("rb") as file, Image.open(file) as image:
        crop = aligned.crop(image, points)
    finding = FaceFinding(
        is_found=True, status="ready", detector_version="sizing", box=(0, 0, w, h), landmarks=points, confidence=1.0,
        faces_found=1, eye_distance=0.24 * w, crop=crop,
    )  # fmt: skip
    store_face(photo=photo, finding=finding)


def reads(n: int) -> float:
    """Bytes of the database for one face read: trial, exposure, call, and their indexes."""
    study = make_study(100, max(1, n // 100))
    truth = {case.pk: case.photo.subject.has_syndrome for case in study.cases.select_related("photo__subject")}
    before = database_bytes()
    for number, reader in enumerate(study.readers.all()):
        simulate_reader(reader=reader, sensitivity=0.8, specificity=0.75, truth=truth, seed=number)
    return (database_bytes() - before) / (100 * study.readers.count())


def main(photos: int = 24, looked_at: int = 500) -> None:
    queue._publish = lambda name, args: None
    call_command("migrate", verbosity=0)
    print(f"On {connection.display_name}. Bytes a photograph ({photos} phantoms):")
    sizes = photographs(photos)
    for kind, size in sorted(sizes.items()):
        print(f"  {kind:<12} {size / 1000:8.1f} kB")
    print(f"  {'together':<12} {sum(sizes.values()) / 1000:8.1f} kB")
    print(f"Bytes of the database a face read ({looked_at} reads): {reads(looked_at) / 1000:.2f} kB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
