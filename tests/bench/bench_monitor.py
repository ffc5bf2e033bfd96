"""How long the monitor of a large study takes, and how many questions it asks the database.

    DATA_DIR=$(mktemp -d) .venv/bin/python tests/bench/bench_monitor.py [readers] [faces]

Writes a study of 200 readers x 500 faces, all called, in a fresh database under DATA_DIR (made once, used again), and
times the figures alone, the page and the API's answer: first, best and median of several, by the clock and by the
processor's time (other work on the machine slows only the first).
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readerstudy.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from readerstudy.accounts.models import User  # noqa: E402
from readerstudy.reading.models import Call, Exposure, ReadingSession, Trial  # noqa: E402
from readerstudy.studies.models import Case, Cohort, Membership, Photo, Protocol, Reader, Study, Subject  # noqa: E402
from readerstudy.studies.selectors.monitor import progress_of  # noqa: E402

TURNS = 9


@transaction.atomic
def write(readers: int, faces: int) -> Study:
    coordinator = User.objects.create(email="bench@example.org", name="Bench", may_coordinate=True)
    cohort = Cohort.objects.create(name=f"Bench {readers} x {faces}", created_by=coordinator)
    study = Study.objects.create(
        cohort=cohort, name=cohort.name, created_by=coordinator, status="open", opened_at=timezone.now()
    )
    protocol = Protocol.objects.create(study=study, frozen_at=timezone.now(), digest="0" * 64)
    Membership.objects.create(study=study, user=coordinator, role="coordinator")
    subjects = Subject.objects.bulk_create(
        Subject(cohort=cohort, code=f"B{n}", has_syndrome=False) for n in range(faces)
    )
    photos = Photo.objects.bulk_create(
        Photo(subject=s, cohort=cohort, original_name="x", sha256=f"{n:064d}", width=9, height=9)
        for n, s in enumerate(subjects)
    )
    cases = Case.objects.bulk_create(Case(study=study, photo=p, number=n) for n, p in enumerate(photos, 1))
    users = User.objects.bulk_create(User(email=f"r{n}@example.org", name=f"Reader {n}") for n in range(readers))
    for n, user in enumerate(users):
        read(Reader.objects.create(study=study, user=user, code=f"SP {n + 1}"), protocol, cases)
    return study


def read(reader: Reader, protocol: Protocol, cases: list[Case]) -> None:
    now = timezone.now()
    session = ReadingSession.objects.create(reader=reader, protocol=protocol, seed=1, started_at=now)
    trials = Trial.objects.bulk_create(Trial(session=session, case=case, position=n) for n, case in enumerate(cases, 1))
    Exposure.objects.bulk_create(
        Exposure(trial=t, started_at=now, ended_at=now, requested_ms=10_000, onset_ms=0, offset_ms=10_000)
        for t in trials
    )
    Call.objects.bulk_create(
        Call(
            trial=t,
            is_gs=t.position % 2 == 0,
            response_ms=1000 + 7919 * t.position % 9000,
            idempotency_key=str(t.token),
        )
        for t in trials
    )


def timed(what: str, work: Callable[[], object]) -> None:
    clock, cpu = [], []
    for _ in range(TURNS):
        began, cpu_began = time.perf_counter(), time.process_time()
        work()
        clock.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - cpu_began))
    with CaptureQueriesContext(connection) as asked:
        work()
    print(
        f"{what:<12} first {clock[0]:5.0f} ms, best {min(clock):5.0f} ms, median {statistics.median(clock):5.0f} ms; "
        f"processor {statistics.median(cpu):5.0f} ms; {len(asked)} queries",
        flush=True,
    )
    if "-v" in sys.argv:
        for query in sorted(asked.captured_queries, key=lambda query: -float(query["time"]))[:6]:
            print(f"  {query['time']} s  {query['sql'][:3000]}")


def main() -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    readers, faces = (int(x) for x in ([a for a in sys.argv[1:] if a.isdecimal()] or ["200", "500"]))
    call_command("migrate", verbosity=0)
    study = Study.objects.filter(name=f"Bench {readers} x {faces}").first() or write(readers, faces)
    client = Client()
    client.force_login(study.created_by)
    timed("figures", lambda: progress_of(study))
    timed("page", lambda: client.get(f"/studies/{study.pk}/monitor/"))
    timed("API", lambda: client.get(f"/api/v1/studies/{study.pk}/monitor/"))


if __name__ == "__main__":
    main()
