"""Seconds of a comparison, cold and cached, to the finished page: 456 cases x 5 readers and 10 000 x 50.

    DATA_DIR=$(mktemp -d) .venv/bin/python tests/bench/bench_comparison.py [cases readers] ...

Fills an empty database in bulk. Small studies are compared by the page's own form, large ones by the worker's function
in this process. Each line: wall clock and processor time (what a busy machine takes from us shows in the first only).
"""

import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readerstudy.settings")
if "DATA_DIR" not in os.environ:
    sys.exit("Set DATA_DIR to an empty directory: this script fills the database it finds there.")

import django  # noqa: E402

django.setup()

import numpy as np  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from django.utils import timezone  # noqa: E402

from readerstudy import queue  # noqa: E402
from readerstudy.accounts.models import User  # noqa: E402
from readerstudy.reading.models import Call, Exposure, ReadingSession, Trial  # noqa: E402
from readerstudy.studies.models import Case, Photo, Reader, Subject  # noqa: E402
from screening import jobs  # noqa: E402
from screening.analysis.options import Options  # noqa: E402
from screening.models import Comparison, ComparisonJob  # noqa: E402
from screening.work import make_comparison  # noqa: E402
from tests.screening.app.paperlike import Paperlike, build  # noqa: E402
from training.models import Prediction  # noqa: E402

BATCH = 5000
ROUNDS = 5


def fill(*, cases: int, readers: int) -> Paperlike:
    """A closed study whose readers have called every case; scores and calls drawn, the paper's rates roughly."""
    world = build(name=f"Bench {cases} x {readers}", readers=False)
    draw = np.random.default_rng(1)
    _more_cases(world, cases, draw)
    chosen = list(world.study.cases.select_related("photo__subject").order_by("number"))
    truth = np.array([case.photo.subject.has_syndrome for case in chosen])
    for i in range(readers):
        _read_all(world, i, chosen, draw.normal(1.5 * truth) > 0.75)
    return world


def _more_cases(world: Paperlike, wanted: int, draw: np.random.Generator) -> None:
    have, cohort, folds = world.study.cases.count(), world.study.cohort, list(world.run.folds.all())
    numbers = range(have + 1, wanted + 1)
    subjects = Subject.objects.bulk_create(
        [Subject(cohort=cohort, code=f"X{n}", has_syndrome=n % 2 == 0, age_months=n % 190, sex="F") for n in numbers],
        batch_size=BATCH,
    )
    photos = Photo.objects.bulk_create(
        [
            Photo(subject=one, cohort=cohort, sha256=f"{one.pk:064d}", width=9, height=9, status=Photo.Status.READY)
            for one in subjects
        ],
        batch_size=BATCH,
    )
    places = zip(numbers, photos, strict=True)
    Case.objects.bulk_create([Case(study=world.study, photo=photo, number=n) for n, photo in places], batch_size=BATCH)
    scores = 1 / (1 + np.exp(-draw.normal([2.2 * one.has_syndrome - 1.1 for one in subjects], 1.2)))
    Prediction.objects.bulk_create(
        [
            Prediction(run=world.run, fold=folds[i % 5], photo=photo, score=float(scores[i]))
            for i, photo in enumerate(photos)
        ],
        batch_size=BATCH,
    )


def _read_all(world: Paperlike, i: int, chosen: list[Case], calls: Any) -> None:
    now, name = timezone.now(), f"{world.study.pk}-{i}"
    user = User.objects.create(email=f"bench-{name}@example.org", name=f"Reader {i}")
    reader = Reader.objects.create(study=world.study, user=user, code=f"SP {i + 1}", is_simulated=True)
    held = ReadingSession.objects.create(
        reader=reader, protocol=world.study.protocols.get(), seed=i, started_at=now, finished_at=now
    )
    trials = Trial.objects.bulk_create(
        [Trial(session=held, case=case, position=p + 1, issued_at=now) for p, case in enumerate(chosen)],
        batch_size=BATCH,
    )
    Exposure.objects.bulk_create(
        [Exposure(trial=one, started_at=now, ended_at=now, end="complete", requested_ms=10_000) for one in trials],
        batch_size=BATCH,
    )
    Call.objects.bulk_create(
        [
            Call(
                trial=one,
                is_gs=bool(is_gs),
                confidence=1 + one.position % 5,
                response_ms=2500.0 + one.position,
                idempotency_key=str(one.token),
            )
            for one, is_gs in zip(trials, calls, strict=True)
        ],
        batch_size=BATCH,
    )


def timed(label: str, work: Callable[[], Any], *, rounds: int = 1) -> None:
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    told = f"median of {rounds}" if rounds > 1 else "once"
    print(
        f"  {label:52} {statistics.median(walls):7.2f} s wall  {statistics.median(cpus):7.2f} s CPU  ({told})",
        flush=True,
    )


def measure(world: Paperlike, replicates: int) -> None:
    client = Client()
    client.force_login(world.investigator)
    options = Options(replicates=replicates)
    measured = _measure_worker if jobs.is_large(world.study, options) else _measure_page
    measured(world, client, options)


def _measure_page(world: Paperlike, client: Client, options: Options) -> None:
    replicates = options.replicates
    form = {"run": world.run.pk, "replicates": replicates, "level": 0.95, "by": "specificity", "seed": 1}
    place = f"/analysis/{world.study.pk}/"

    def to_the_page() -> None:
        assert client.post(place, form, follow=True).status_code == 200

    def anew() -> None:
        Comparison.objects.all().delete()
        to_the_page()

    to_the_page()  # templates and imports
    timed(f"{replicates} replicates: form to finished page, first", anew, rounds=ROUNDS)
    timed(f"{replicates} replicates: form to finished page, cached", to_the_page, rounds=ROUNDS)
    address = f"{place}{Comparison.objects.latest('id').pk}/"
    timed("the page alone", lambda: client.get(address), rounds=ROUNDS)


def _measure_worker(world: Paperlike, client: Client, options: Options) -> None:
    def work() -> None:
        job = jobs.ask(study=world.study, run=world.run, options=options, by=world.investigator)
        make_comparison(job_id=job.pk)
        done = ComparisonJob.objects.get(pk=job.pk)
        assert done.comparison_id, done.problem

    timed(f"{options.replicates} replicates: the worker, first", work)
    timed(f"{options.replicates} replicates: the worker, cached", work)
    address = f"/analysis/{world.study.pk}/{Comparison.objects.latest('id').pk}/"
    for tail in ("", "cases/", "explorer/"):
        timed(f"its page {tail}", lambda tail=tail: client.get(f"{address}{tail}"))


def main(sizes: list[tuple[int, int]]) -> None:
    setup_test_environment()
    queue._publish = lambda name, args: None  # no broker: the worker's function is called here
    call_command("migrate", verbosity=0)
    for cases, readers in sizes:
        began = time.perf_counter()
        world = fill(cases=cases, readers=readers)
        print(f"{cases} cases x {readers} readers (filled in {time.perf_counter() - began:.0f} s)", flush=True)
        for replicates in (2000, 10_000):
            measure(world, replicates)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"  peak memory of the process {peak:.0f} MiB", flush=True)


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]] or [456, 5, 10_000, 50]
    main(list(zip(given[::2], given[1::2], strict=True)))
