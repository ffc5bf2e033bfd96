"""How many people can read at once on one machine: the real web process, on PostgreSQL and on SQLite.

    DATA_DIR=$(mktemp -d) .venv/bin/python tests/bench/bench_load.py [--readers 10 25 50 100] [--seconds 60]

Scripted readers look for ten seconds, decide for one to four, and begin anew: next, photo, start, exposure, call, each
over HTTP against gunicorn as the image starts it. The table says how long saving a call takes. The clients compute on
the same processors; their share is given. "held": the largest number with a p99 under 100 ms and no error.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).parent)]

from load import site  # noqa: E402
from load.reader import DECIDE, LOOK, Measured, Reader  # noqa: E402

from readerstudy.launcher.services import Postgres, Unavailable  # noqa: E402

Processes = tuple[psutil.Process, list[psutil.Process]]  # the web's first, and PostgreSQL's
CYCLE = LOOK + sum(DECIDE) / 2
HELD_MS = 100.0
HEAD = (
    "| database | readers | calls | calls a second | p50 ms | p99 ms | largest ms | errors | "
    "web ms a request | database ms a request | client ms a request | processors busy |"
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One number of readers on one database."""

    readers: int
    calls: np.ndarray
    requests: int
    seconds: float
    errors: list[str]
    web: float  # processor seconds
    database: float
    client: float
    busy: float

    @property
    def is_held(self) -> bool:
        return bool(self.calls.size and not self.errors and np.percentile(self.calls, 99) < HELD_MS)

    def line(self, database: str) -> str:
        p50, p99, largest = (np.percentile(self.calls, q) if self.calls.size else np.nan for q in (50, 99, 100))
        costs = [f"{1000 * spent / max(1, self.requests):.1f}" for spent in (self.web, self.database, self.client)]
        cells = [database, self.readers, self.calls.size, f"{self.calls.size / self.seconds:.1f}", f"{p50:.0f}",
                 f"{p99:.0f}", f"{largest:.0f}", len(self.errors), *costs, f"{self.busy:.0f} %"]  # fmt: skip
        return f"| {' | '.join(map(str, cells))} |"


async def crowd(port: int, seats: list[dict[str, str]], *, seconds: float) -> tuple[Measured, float]:
    """Everybody reads; what is measured begins when the last one has begun. Gives the moment of that, too."""
    measured, now = Measured(), time.monotonic()
    begin = now + CYCLE + 1
    readers = [Reader(port, seat, measured) for seat in seats]
    until = begin + seconds
    await asyncio.gather(
        *(one.read(until=until, delay=CYCLE * number / len(readers)) for number, one in enumerate(readers))
    )
    return measured, begin


def measure(port: int, processes: Processes, seats: list[dict[str, str]], *, seconds: float) -> Row:
    server, machine = processes
    here = psutil.Process()
    psutil.cpu_percent()
    before = site.cpu_seconds(server), site.cpu_seconds(*machine), sum(here.cpu_times()[:2])
    measured, begin = asyncio.run(crowd(port, seats, seconds=seconds))
    after = site.cpu_seconds(server), site.cpu_seconds(*machine), sum(here.cpu_times()[:2])
    web, database, client = (end - start for start, end in zip(before, after, strict=True))
    calls = [ms for at, ms in measured.times.get("call", []) if begin <= at <= begin + seconds]
    requests = sum(map(len, measured.times.values()))
    return Row(
        readers=len(seats), calls=np.array(calls), requests=requests, seconds=seconds, errors=measured.errors, web=web,
        database=database, client=client, busy=psutil.cpu_percent(),
    )  # fmt: skip


def on(database: str, server: Postgres | None, url: str, given: argparse.Namespace) -> int:
    """A line a number of readers; gives the largest number held."""
    faces = int(sum(given.seconds / LOOK + 4 for _ in given.readers))  # more than anybody can look at
    held = 0
    with tempfile.TemporaryDirectory(prefix="rs-load-") as folder:
        environment = site.environment(Path(folder), url)
        seats = site.seats(max(given.readers) + 12, faces, environment)
        machine = site.postmaster(server.directory if server else None)
        with site.web(environment) as (port, web):
            asyncio.run(crowd(port, seats[-12:], seconds=1))  # every worker has loaded everything
            for number in given.readers:
                row = measure(port, (web, machine), seats[:number], seconds=given.seconds)
                print(row.line(database), flush=True)
                if row.errors:
                    print(f"  {len(row.errors)} errors, the first: {row.errors[0]}", flush=True)
                held = max(held, number) if row.is_held else held
    return held


def main() -> None:
    parser = argparse.ArgumentParser(description="How many people can read at once.")
    parser.add_argument("--readers", type=int, nargs="+", default=[10, 25, 50, 100, 200, 300])
    parser.add_argument("--seconds", type=float, default=40.0, help="measured for each number of readers")
    parser.add_argument("--databases", nargs="+", default=["PostgreSQL", "SQLite"])
    given = parser.parse_args()
    print(f"{os.cpu_count()} processors, load average before {os.getloadavg()[0]:.1f}; {given.seconds:.0f} s each.\n")
    print(HEAD + "\n|" + " --- |" * HEAD.count(" |"), flush=True)
    held = {}
    for database in given.databases:
        server = None
        try:
            if database == "PostgreSQL":
                server = Postgres()
                url = server.start(is_durable=True)
            held[database] = on(database, server, url if server else "", given)
        except Unavailable as reason:
            print(f"No PostgreSQL: {reason}")
        finally:
            if server:
                server.stop()
    print(f"\nLoad average after: {os.getloadavg()[0]:.1f}; above {os.cpu_count()}, count only the processor's times.")
    told = "; ".join(f"{number or 'none'} on {database}" for database, number in held.items())
    print(f"\nReaders held with the 99th percentile of saving a call under {HELD_MS:.0f} ms: {told}.")


if __name__ == "__main__":
    main()
