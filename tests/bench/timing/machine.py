"""How busy the machine is while a page is measured."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

BURNERS = {"idle": 0, "busy": os.cpu_count() or 2, "starved": 3, "jolted": os.cpu_count() or 2}
STEADY = "while True: pass"
JOLTS = """
import os, random, time
os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))  # needs root
while True:
    end = time.monotonic() + random.uniform(0.05, 0.4)
    while time.monotonic() < end:
        pass
    time.sleep(random.uniform(0.2, 1.5))
"""


@contextlib.contextmanager
def condition(name: str) -> Iterator[None]:
    """``idle``: ahead of everybody else's work, where that is permitted (real-time scheduling, as by ``chrt -r 1``).

    ``busy`` (one busy process a core) and ``starved`` (three): the page competes as it is. ``jolted``: every core is
    taken away for 50 to 400 ms now and then, so that looks really are disturbed. On a shared machine the work of others
    comes on top.
    """
    with contextlib.nullcontext() if BURNERS[name] else _real_time():
        work = JOLTS if name == "jolted" else STEADY
        burners = [subprocess.Popen([sys.executable, "-c", work]) for _ in range(BURNERS[name])]
        try:
            yield
        finally:
            for burner in burners:
                burner.kill()
                burner.wait()


@contextlib.contextmanager
def _real_time() -> Iterator[None]:
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        with contextlib.suppress(PermissionError):
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def cpu_times() -> tuple[float, float]:
    """Jiffies of all cores since the start: all of them, and the idle ones."""
    fields = [float(x) for x in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(fields), fields[3] + fields[4]


def busy_share(before: tuple[float, float], after: tuple[float, float]) -> float:
    total = after[0] - before[0]
    return 1 - (after[1] - before[1]) / total if total else 0.0
