"""Import rate and peak memory.

    DATA_DIR=$(mktemp -d) .venv/bin/python tests/bench/bench_import.py [photos] [long side]

Makes a ZIP of that many different pictures, imports it as ``manage.py import_cohort`` does, and prints photos/s and the
process's peak memory before and after. The pictures are noise over a few colours: about as costly as photographs.
"""

import io
import os
import resource
import sys
import time
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readerstudy.settings")

import django

django.setup()

import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from PIL import Image  # noqa: E402

from readerstudy import queue  # noqa: E402
from readerstudy.accounts.models import User  # noqa: E402
from readerstudy.studies.services.cohorts import create_cohort, run_import, start_import  # noqa: E402


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def make(folder: Path, n: int, side: int) -> tuple[Path, Path]:
    archive, manifest = folder / f"bench-{n}.zip", folder / f"bench-{n}.csv"
    rng = np.random.default_rng(1)
    rows = ["subject_id,file,label"]
    with zipfile.ZipFile(archive, "w") as packed:
        for i in range(n):
            cells = rng.integers(0, 255, (10, 8, 3), dtype=np.uint8)
            out = io.BytesIO()
            Image.fromarray(cells).resize((side * 4 // 5, side), Image.Resampling.BICUBIC).save(out, "JPEG", quality=92)
            packed.writestr(f"{i:06d}.jpg", out.getvalue())
            rows.append(f"B{i:06d},{i:06d}.jpg,{('GS', 'control')[i % 2]}")
    manifest.write_text("\n".join(rows))
    return archive, manifest


def main(n: int, side: int) -> None:
    queue._publish = lambda name, args: None  # no broker: only the import itself is timed
    call_command("migrate", verbosity=0)
    archive, manifest = make(settings.DATA_DIR, n, side)
    owner = User.objects.create_user(f"bench-{time.time()}@example.org", name="Bench", may_coordinate=True)
    cohort = create_cohort(name=f"Bench {time.time()}", kind="test", created_by=owner)
    before = peak_mb()
    began, cpu = time.perf_counter(), time.process_time()
    batch = start_import(cohort=cohort, archive=archive, manifest=manifest, created_by=owner, wake=False)
    batch = run_import(batch_id=batch.pk)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(f"{n} photos of {side * 4 // 5} x {side} pixels, {archive.stat().st_size / 1e6:.0f} MB: {batch.status}")
    print(f"{n / seconds:.0f} photos/s ({seconds:.1f} s, of it {cpu:.1f} s CPU)")
    print(f"peak memory {before:.0f} MB before, {peak_mb():.0f} MB after")
    print({verdict: batch.lines.filter(verdict=verdict).count() for verdict in ("added", "review", "rejected")})


if __name__ == "__main__":
    main(*(int(a) for a in (sys.argv[1:] + ["1000", "600"][len(sys.argv) - 1 :])))
