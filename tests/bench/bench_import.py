"""Import rate and peak memory.

    DATA_DIR=$(mktemp -d) .venv/bin/python tests/bench/bench_import.py [photos] [long side]

Makes a ZIP of that many different pictures and imports it twice: checked first and then confirmed, as the page does,
and at once, as ``manage.py import_cohort --yes`` does. Prints photos/s by the clock and by the processor's time (other
work on the machine slows only the first), the process's peak memory, and how long it takes to compare every photo with
every other. The pictures are noise over a few colours: about as costly as photographs.
"""

import io
import os
import re
import sys
import time
import zipfile
from collections.abc import Callable
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
from readerstudy.studies.models import Cohort, ImportBatch  # noqa: E402
from readerstudy.studies.selectors.likeness import alike_pairs  # noqa: E402
from readerstudy.studies.services.cohorts import confirm_import, create_cohort, run_import, start_import  # noqa: E402


def peak_mb() -> float:
    """Not getrusage: its peak is handed down from the process that started this one."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


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


def timed(what: str, n: int, work: Callable[[], object]) -> object:
    before, began, cpu = peak_mb(), time.perf_counter(), time.process_time()
    made = work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    rates = f"{n / seconds:6.0f} photos/s in {seconds:.1f} s, {n / cpu:6.0f} a CPU second"
    print(f"{what:<24} {rates}; peak memory {before:.0f} MB before, {peak_mb():.0f} MB after", flush=True)
    return made


def bring_in(cohort: Cohort, archive: Path, manifest: Path, *, is_checked_first: bool) -> ImportBatch:
    batch = start_import(
        cohort=cohort,
        archive=archive,
        manifest=manifest,
        created_by=cohort.created_by,
        wake=False,
        is_checked_first=is_checked_first,
    )
    return run_import(batch_id=batch.pk)


def store(batch: ImportBatch) -> ImportBatch:
    confirm_import(batch=batch, by=batch.created_by, wake=False)
    return run_import(batch_id=batch.pk)


def main(n: int, side: int) -> None:
    queue._publish = lambda name, args: None  # no broker: only the import itself is timed
    call_command("migrate", verbosity=0)
    archive, manifest = make(settings.DATA_DIR, n, side)
    print(f"{n} photos of {side * 4 // 5} x {side} pixels, {archive.stat().st_size / 1e6:.0f} MB")
    owner = User.objects.create_user(f"bench-{time.time()}@example.org", name="Bench", may_coordinate=True)
    first, second = (create_cohort(name=f"Bench {i} {time.time()}", kind="test", created_by=owner) for i in (1, 2))
    bring_in(first, *make(settings.DATA_DIR, 20, side), is_checked_first=False)  # libraries are loaded now
    second_batch = timed("checked", n, lambda: bring_in(second, archive, manifest, is_checked_first=True))
    second_batch = timed("confirmed and stored", n, lambda: store(second_batch))
    third = create_cohort(name=f"Bench 3 {time.time()}", kind="test", created_by=owner)
    batch = timed("at once", n, lambda: bring_in(third, archive, manifest, is_checked_first=False))
    timed("taken again", n, lambda: bring_in(third, archive, manifest, is_checked_first=False))
    timed("compared with each other", n, lambda: alike_pairs(third))
    for made in (second_batch, batch):
        print(made.status, {v: made.lines.filter(verdict=v).count() for v in ("added", "review", "rejected")})


if __name__ == "__main__":
    main(*(int(a) for a in (sys.argv[1:] + ["1000", "600"][len(sys.argv) - 1 :])))
