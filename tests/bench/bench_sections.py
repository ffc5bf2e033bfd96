"""How long a comparison of the golden study takes, from the rows to the finished page.

    DATA_DIR=$(mktemp -d) python -m tests.bench.bench_sections [--cases 10000 --readers 50]

Wall and CPU seconds of this process: the first comparison (456 cases, 5 readers, 2000 replicates) with its page, the
same one asked for again, and with everything in it (two arms, repeats, flagged looks). With ``--cases`` also the
sections alone on a drawn table of that size.
"""

import argparse
import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import django
import numpy as np

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readerstudy.settings")
os.environ.setdefault("DEBUG", "1")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from screening.analysis.options import Options  # noqa: E402
from screening.analysis.sections import sections_side  # noqa: E402
from screening.services import compare  # noqa: E402
from screening.tables import ReaderColumn, Table  # noqa: E402
from tests.screening.app.paperlike import Paperlike, build  # noqa: E402
from tests.screening.app.rich import build_rich  # noqa: E402

AGAIN = Options(seed=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=0)
    parser.add_argument("--readers", type=int, default=50)
    options = parser.parse_args()
    call_command("migrate", verbosity=0)
    for what, world in (("golden study", build()), ("with two arms, repeats, flags", build_rich(name="Rich"))):
        client = Client(SERVER_NAME="localhost")
        client.force_login(world.investigator)
        finished_page(world, client)  # the first one pays for imports and templates
        clock(f"{what}: comparison and page", partial(finished_page, world, client, AGAIN))
        clock(f"{what}: the same again", partial(finished_page, world, client, AGAIN))
    if options.cases:
        table = drawn(options.cases, options.readers)
        made = {"readers": [], "population": None}
        what = f"sections alone, {options.cases} cases x {options.readers} readers"
        clock(what, lambda: sections_side(table, table, made, options=Options()))


def finished_page(world: Paperlike, client: Client, options: Options | None = None) -> None:
    made = compare(study=world.study, run=world.run, options=options or Options(), by=world.investigator)
    assert client.get(f"/analysis/{world.study.pk}/{made.pk}/").status_code == 200


def clock(what: str, work: Callable[[], Any]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    print(f"{what:<55} {time.perf_counter() - wall:6.2f} s   {time.process_time() - cpu:6.2f} s CPU", flush=True)


def drawn(n: int, readers: int) -> Table:
    rng = np.random.default_rng(1)
    truth = np.arange(n) % 2 == 0
    calls = (rng.random((readers, n)) < np.where(truth, 0.75, 0.3)).astype(float)
    nothing = np.zeros((readers, n), dtype=bool)
    return Table(
        number=np.arange(1, n + 1),
        photo=np.arange(n),
        truth=truth,
        diagnosis=[f"Syndrome {i % 60}" if gs else "" for i, gs in enumerate(truth)],
        age_months=rng.uniform(0, 200, n),
        sex=["FM"[i % 3 == 0] for i in range(n)],
        score=np.clip(rng.normal(0.35 + 0.3 * truth, 0.15), 0, 1),
        fold=np.arange(n) % 5.0,
        threshold=np.full(n, 0.5),
        readers=[reader(i) for i in range(readers)],
        calls=calls,
        confidence=rng.integers(1, 6, (readers, n)).astype(float),
        response_ms=rng.lognormal(8, 0.4, (readers, n)),
        is_flagged=nothing,
        is_represented=nothing,
        consent_withdrawn=0,
        position=rng.permuted(np.tile(np.arange(1.0, n + 1), (readers, 1)), axis=1),
        shown_ms=np.full((readers, n), 10_000.0),
    )


def reader(i: int) -> ReaderColumn:
    senior = i % 2 == 0
    return ReaderColumn(
        id=i,
        code=f"R {i + 1}",
        seniority="senior" if senior else "junior",
        seniority_label="senior paediatrician" if senior else "junior paediatrician",
        years_of_experience=None,
        has_genetics_training=None,
        is_simulated=True,
        is_withdrawn=False,
        forfeited=0,
    )


if __name__ == "__main__":
    main()
