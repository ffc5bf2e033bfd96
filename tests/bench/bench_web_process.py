"""What the web process costs: start time and memory, beside the same process with TensorFlow loaded.

    python tests/bench/bench_web_process.py

Each row is a fresh process; the two are run in turn, five times, and the medians are printed.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CODE = """
import json, sys, time
started = time.perf_counter()
{extra}
from readerstudy.wsgi import application
from django.test import RequestFactory
from django.urls import get_resolver
get_resolver().url_patterns  # loads every view of every app
import psutil
print(json.dumps({{"seconds": time.perf_counter() - started, "mib": psutil.Process().memory_info().rss / 2**20,
                  "tensorflow": "tensorflow" in sys.modules}}))
"""


def measure(extra: str, directory: str) -> dict[str, float]:
    environment = {**os.environ, "DATA_DIR": directory, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(extra=extra)], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    rows: dict[str, list[dict[str, float]]] = {"web process": [], "the same with TensorFlow": []}
    with tempfile.TemporaryDirectory(prefix="rs-") as directory:
        for _ in range(5):
            rows["web process"].append(measure("", directory))
            rows["the same with TensorFlow"].append(measure("import tensorflow", directory))
    print(f"{'':<28}{'start, s':>10}{'memory, MiB':>14}{'TensorFlow':>12}")
    for name, runs in rows.items():
        seconds = statistics.median(run["seconds"] for run in runs)
        memory = statistics.median(run["mib"] for run in runs)
        print(f"{name:<28}{seconds:>10.2f}{memory:>14.0f}{'loaded' if runs[0]['tensorflow'] else 'absent':>12}")


if __name__ == "__main__":
    main()
