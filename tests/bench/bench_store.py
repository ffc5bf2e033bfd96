"""Peak memory and time of a large cohort's picture store: written, read through once as a checkpoint's key does, and
one epoch of augmented batches at the full network's 224 px.

    python -m tests.bench.bench_store [--faces 10000] [--side 224]

Anonymous memory is what the process holds itself; mapped pages of the file are the operating system's to take back.
"""

import argparse
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from training.engine.batches import BatchPlan
from training.engine.data import load
from training.engine.recipe import PRESETS
from training.engine.store import read, write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, default=10_000)
    parser.add_argument("--side", type=int, default=224)
    options = parser.parse_args()
    count, side, recipe = options.faces, options.side, PRESETS["paper"]
    truth = [True, False] * (count // 2)
    plan = BatchPlan(np.arange(count), has_syndrome=truth, diagnosis=["a"] * count, recipe=recipe, seed=1)
    print(f"{count} faces of {side} px are {count * side * side * 3 / 1e6:.0f} MB; before: {anonymous():.0f} MB held")
    with tempfile.TemporaryDirectory() as where:
        path = Path(where) / "faces.npy"
        measured("write", lambda: write(path, noise(count, side), count=count, side=side))
        store = read(path)
        measured("read through", lambda: [zlib.crc32(face.tobytes()) for face in store])
        measured("one epoch of batches", lambda: epoch(plan, store))


def epoch(plan: BatchPlan, store: np.ndarray) -> None:
    for batch, rows in enumerate(plan.batches(0)):
        load(plan, store, epoch=0, rows=rows, batch=batch)


def noise(count: int, side: int) -> Iterator[np.ndarray]:
    draw = np.random.default_rng(1)
    pattern = draw.integers(0, 256, (side, side, 3), dtype=np.uint8)
    for number in range(count):
        yield np.roll(pattern, number, axis=0)


def measured(what: str, work) -> None:
    peak, over = [anonymous()], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            peak.append(anonymous())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    started = time.process_time()
    work()
    used = time.process_time() - started
    over.set()
    watcher.join()
    print(f"  {what:<22} {used:6.1f} CPU s, at most {max(peak):.0f} MB held", flush=True)


def anonymous() -> float:
    """MB of memory that belongs to this process alone."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024


if __name__ == "__main__":
    main()
