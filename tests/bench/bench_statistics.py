"""Speed of the statistics, side by side with the obvious alternatives in one run.

    python tests/bench/bench_statistics.py [--quick]

* the band at 21 specificities against a loop over ``sklearn.metrics.roc_curve`` and, where ``Rscript`` with pROC is
  installed, against pROC's ``ci.se``;
* a band of 100 000 cases with 10 000 replicates in bounded memory;
* the Obuchowski-Rockette analysis of 5 readers x 2 tests x 114 cases.

Every time is processor time, the best of several runs taken in turns with its rival, so that a busy machine slows both.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_curve as sklearn_roc_curve

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from screening.statistics import auc_interval, obuchowski_rockette, reader_vs_model, roc_band

GRID = np.linspace(0, 1, 21)
REPLICATES = 2000


def sample(n, seed=1):
    truth = np.repeat([False, True], n // 2)
    return truth, np.random.default_rng(seed).normal(1.8 * truth)


def seconds(function, *arguments, **options):
    """Processor time: what a neighbour on the machine takes does not count."""
    start = time.process_time()
    function(*arguments, **options)
    return time.process_time() - start


def loop(truth, score, replicates):
    """The band as one writes it with scikit-learn: resample, rebuild the curve, interpolate."""
    rng = np.random.default_rng(1)
    controls, cases = np.flatnonzero(~truth), np.flatnonzero(truth)
    heights = np.empty((replicates, GRID.size))
    for i in range(replicates):
        rows = np.concatenate([rng.choice(controls, controls.size), rng.choice(cases, cases.size)])
        false_positive, sensitivity, _ = sklearn_roc_curve(truth[rows], score[rows])
        heights[i] = np.interp(1 - GRID, false_positive, sensitivity)
    return np.quantile(heights, [0.025, 0.5, 0.975], axis=0)


def bands(rounds):
    for n, part, wanted in ((456, 200, 80), (10_000, 100, 30)):
        truth, score = sample(n)
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(seconds(roc_band, truth, score, grid=GRID, replicates=REPLICATES, seed=1))
            theirs.append(seconds(loop, truth, score, part) * REPLICATES / part)
        ratio = min(theirs) / min(ours)
        print(
            f"band, n = {n:6d}, {REPLICATES} replicates: {min(ours) * 1e3:8.1f} ms; scikit-learn loop "
            f"{min(theirs) * 1e3:9.0f} ms ({part} timed); {ratio:5.0f} x (wanted {wanted} x)"
        )


def proc():
    """pROC's ci.se on the same data, if R and pROC are there."""
    if not shutil.which("Rscript"):
        print("pROC: not compared, Rscript is not installed.")
        return
    script = (
        "if (!requireNamespace('pROC', quietly=TRUE)) quit(status=3)\n"
        "d <- read.csv(commandArgs(TRUE)[1]); r <- pROC::roc(d$truth, d$score, levels=c(0,1), direction='<')\n"
        "t <- system.time(pROC::ci.se(r, specificities=seq(0,1,0.05), boot.n=2000, progress='none'))\n"
        "cat(t[['elapsed']])\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        for n in (456, 10_000):
            truth, score = sample(n)
            data, program = Path(folder, "data.csv"), Path(folder, "band.R")
            np.savetxt(data, np.c_[truth, score], delimiter=",", header="truth,score", comments="")
            program.write_text(script)
            done = subprocess.run(["Rscript", str(program), str(data)], capture_output=True, text=True, check=False)
            if done.returncode:
                print("pROC: not compared, the R package is not installed.")
                return
            ours = seconds(roc_band, truth, score, grid=GRID, seed=1)
            print(f"band, n = {n:6d}: pROC {float(done.stdout) * 1e3:9.0f} ms; {float(done.stdout) / ours:5.0f} x")


def large():
    truth, score = sample(100_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    took = seconds(roc_band, truth, score, grid=GRID, replicates=10_000, seed=1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"band, n = 100000, 10000 replicates: {took * 1e3:.0f} ms, peak memory of the process {peak / 1024:.0f} MiB "
        f"({(peak - before) / 1024:.0f} MiB more than before; wanted under 1024)"
    )
    took = seconds(auc_interval, truth, score, replicates=200, seed=1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"AUC interval, n = 100000, 200 replicates: {took:.2f} s, peak {peak / 1024:.0f} MiB")


def readers(rounds):
    rng = np.random.default_rng(1)
    truth = np.arange(114) < 45
    ratings = np.clip(np.round(rng.normal(3 + truth, 1, (2, 5, 114))), 1, 5)
    for covariance in ("jackknife", "delong", "unbiased"):
        took = min(seconds(obuchowski_rockette, truth, ratings, covariance=covariance) for _ in range(rounds))
        print(f"Obuchowski-Rockette, 2 tests x 5 readers x 114 cases, {covariance}: {took * 1e3:.2f} ms (wanted < 5)")
    truth, score = sample(456)
    call = score + rng.normal(size=456) > 1
    took = min(seconds(reader_vs_model, truth, score, call, seed=1) for _ in range(5))
    print(f"reader against model, n = 456, {REPLICATES} replicates: {took * 1e3:.0f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    rounds = 3 if parser.parse_args().quick else 7
    print(f"Python {sys.version.split()[0]}, numpy {np.__version__}")
    bands(rounds)
    proc()
    large()
    readers(20 * rounds)


if __name__ == "__main__":
    main()
