"""Seconds and memory of a study's files: 200 readers x 500 cases, streamed.

    DATA_DIR=$(mktemp -d) .venv/bin/python tests/bench/bench_exports.py [readers] [cases]

Fills an empty database in bulk and makes every file in a process of its own. Printed: bytes, seconds to the first piece
and to the last, processor time, and the process's peak memory (VmHWM) before and after. A second, ten times smaller
study says whether the peak grows with the rows.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readerstudy.settings")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from readerstudy.accounts.models import User  # noqa: E402
from readerstudy.reading.models import Call, Exposure, ReadingSession, Trial  # noqa: E402
from readerstudy.studies.models import Case, Reader, Study  # noqa: E402
from screening.downloads import DOWNLOADS, fetch  # noqa: E402
from tests.screening.app.paperlike import build, rows  # noqa: E402
from training.models import TrainingRun  # noqa: E402


def peak_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def fill(*, name: str, readers: int, cases: int) -> Study:
    """A closed study whose every reader has called every case."""
    world = build(name=name, n=min(cases, len(rows("paperlike_scores.csv"))), readers=False)
    _more_cases(world.study, cases)
    chosen = list(world.study.cases.order_by("number"))
    now, protocol = timezone.now(), world.study.protocols.get()
    for i in range(readers):
        user = User.objects.create(email=f"{name}-{i}@example.org", name=f"Reader {i}", is_simulated=True)
        reader = Reader.objects.create(study=world.study, user=user, code=f"SP {i + 1}", is_simulated=True)
        held = ReadingSession.objects.create(reader=reader, protocol=protocol, seed=i, started_at=now, finished_at=now)
        trials = Trial.objects.bulk_create(
            [Trial(session=held, case=case, position=p + 1, issued_at=now) for p, case in enumerate(chosen)]
        )
        Exposure.objects.bulk_create([_exposure(trial, now) for trial in trials], batch_size=500)
        Call.objects.bulk_create([_call(trial, i) for trial in trials], batch_size=500)
    return world.study


def _more_cases(study: Study, wanted: int) -> None:
    """The golden files have 456 subjects; more are copies of the first."""
    source = list(study.cases.select_related("photo__subject").order_by("number"))
    for number in range(len(source) + 1, wanted + 1):
        photo = source[number % len(source)].photo
        subject = photo.subject
        subject.pk, subject.code, subject._state.adding = None, f"X{number}", True
        subject.save()
        photo.pk, photo.subject, photo.sha256, photo._state.adding = None, subject, f"{subject.pk:064d}", True
        photo.token = type(photo)._meta.get_field("token").get_default()
        photo.save()
        Case.objects.create(study=study, photo=photo, number=number)


def _exposure(trial: Trial, now) -> Exposure:
    return Exposure(
        trial=trial,
        started_at=now,
        ended_at=now,
        end="complete",
        requested_ms=10_000,
        onset_ms=100.0,
        offset_ms=10_100.0 + trial.position % 3,
        frames=600,
        frame_period_ms=16.7,
        longest_gap_ms=17.0,
        flags=["The page was hidden for a moment."] if trial.position % 50 == 0 else [],
    )


def _call(trial: Trial, reader: int) -> Call:
    return Call(
        trial=trial,
        is_gs=(trial.position + reader) % 3 == 0,
        confidence=1 + (trial.position * 7 + reader) % 5,
        response_ms=2500.0 + trial.position,
        input="key",
        idempotency_key=str(trial.token),
    )


def measure(study: int, name: str) -> None:
    """In a process of its own: one line."""
    found = Study.objects.get(pk=study)
    run = TrainingRun.objects.get(cohort=found.cohort)
    by = User.objects.get(memberships__study=found, memberships__role="investigator")
    before, began, first, size = peak_mb(), time.perf_counter(), None, 0
    cpu = time.process_time()
    for piece in fetch(download=DOWNLOADS[name], study=found, run=run, by=by):
        first = first or time.perf_counter() - began
        size += len(piece)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    print(
        f"{name:22} {size / 1e6:7.2f} MB  first piece {first:6.2f} s  all {seconds:6.2f} s  CPU {cpu:5.2f} s  "
        f"peak {before:4.0f} -> {peak_mb():4.0f} MB"
    )


def main(readers: int, cases: int) -> None:
    call_command("migrate", verbosity=0)
    for label, n in (("small", max(readers // 10, 1)), ("large", readers)):
        began = time.perf_counter()
        study = fill(name=f"{label} {time.time():.0f}", readers=n, cases=cases)
        print(f"{n} readers x {cases} cases (filled in {time.perf_counter() - began:.0f} s)", flush=True)
        for name in DOWNLOADS:
            subprocess.run([sys.executable, __file__, "--one", str(study.pk), name], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(int(sys.argv[2]), sys.argv[3])
    else:
        main(*(int(a) for a in (sys.argv[1:] + ["200", "500"][len(sys.argv) - 1 :])))
