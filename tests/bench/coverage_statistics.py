"""Do the intervals and tests keep their promise? Coverage and false-positive rates by simulation, as a Markdown table.

    python tests/bench/coverage_statistics.py [--runs 1000] [--replicates 1000] [--seed 1] [--only NAME]

Nominal 95 % intervals should cover in 95 % of the runs, tests at 0.05 reject a true null hypothesis in 5 %. Scores are
binormal (diseased N(d, 1), healthy N(0, 1)), reader studies follow Roe and Metz; a reader "as good as the model" is a
score of the same d, correlated with the model's case by case, cut at a fixed threshold: its true point lies on the
model's true curve.
"""

import argparse
import math
import sys
import warnings
from pathlib import Path

import numpy as np
from scipy.special import ndtr, ndtri

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from screening.statistics import (
    StatisticsWarning,
    auc_interval,
    clopper_pearson,
    confusion,
    delong_interval,
    delong_test,
    judge_readers,
    mcnemar,
    obuchowski_rockette,
    reader_vs_model,
    roc_band,
    standalone_vs_readers,
    u_statistic,
    wald,
    wilson,
)

GRID = np.arange(0.05, 1, 0.05)


def two_scores(rng, n, *, d=2.0, rho=0.5):
    """Two correlated scores of equal accuracy."""
    truth = np.repeat([False, True], n // 2)
    shared = rng.normal(size=n)
    first, second = (math.sqrt(rho) * shared + math.sqrt(1 - rho) * rng.normal(size=n) + d * truth for _ in range(2))
    return truth, first, second


def roe_metz(rng, n, readers, *, tests=2, d=1.5, spread=1, case_spread=1):
    """Ratings (tests, readers, cases) without a difference between tests; (readers, cases) for one test.

    ``spread`` scales each reader's departure from the mean skill ``d``, ``case_spread`` that of a case between tests.
    """
    truth = np.repeat([False, True], n // 2)
    parts = {"c": 0.3, "tc": 0.3, "rc": 0.2, "e": 0.2}
    ratings = (
        math.sqrt(parts["c"]) * rng.normal(size=n)
        + case_spread * math.sqrt(parts["tc"]) * rng.normal(size=(tests, 1, n))
        + math.sqrt(parts["rc"]) * rng.normal(size=(readers, n))
        + math.sqrt(parts["e"]) * rng.normal(size=(tests, readers, n))
    )
    departure = math.sqrt(0.03) * (rng.normal(size=(readers, 1)) + rng.normal(size=(tests, readers, 1)))
    ratings = ratings + (d + departure * np.reshape(spread, (-1, 1))) * truth
    return truth, ratings[0] if tests == 1 else ratings


def covers(interval, value):
    return interval.lower <= value <= interval.upper


def auc_cover(n, d, method):
    def run(rng, options):
        truth, score, _ = two_scores(rng, n, d=d)
        if method != "bootstrap":
            found = delong_interval(truth, score, scale=method)
        else:
            found = auc_interval(truth, score, replicates=options.replicates, seed=rng)
        return covers(found, ndtr(d / math.sqrt(2)))

    return run


def proportion_cover(interval, n, p):
    return lambda rng, options: covers(interval(int(rng.binomial(n, p)), n), p)


def delong_reject(rng, options):
    return delong_test(*two_scores(rng, 200)).p_value < 0.05


def mcnemar_reject(test):
    def run(rng, options):
        b = int(rng.binomial(30, 0.5))
        return getattr(mcnemar(b, 30 - b), test) < 0.05

    return run


def band_cover(kind):
    def run(rng, options):
        truth, score, _ = two_scores(rng, 456)
        band = roc_band(truth, score, grid=GRID, replicates=options.replicates, seed=rng)
        curve = ndtr(2.0 - ndtri(GRID))
        if kind == "simultaneous":
            return bool(np.all((band.simultaneous_lower <= curve) & (curve <= band.simultaneous_upper)))
        inside = (band.lower <= curve) & (curve <= band.upper)
        return bool(inside.all()) if kind == "whole" else bool(inside[np.argmin(np.abs(GRID - kind))])

    return run


def against_reader(method, specificity, rho):
    def run(rng, options):
        truth, score, other = two_scores(rng, 456, rho=rho)
        call = other >= ndtri(specificity)
        if method == "band":
            (verdict,) = judge_readers(truth, score, [confusion(truth, call)], replicates=options.replicates, seed=rng)
            return verdict.is_outside
        found = reader_vs_model(truth, score, call, replicates=options.replicates, seed=rng).sensitivity
        return not found.lower <= 0 <= found.upper

    return run


def study_reject(kind, readers, **departures):
    def run(rng, options):
        truth, ratings = roe_metz(rng, 100, readers, **departures)
        if kind == "u":
            return u_statistic(truth, ratings).differences[0].u.p_value < 0.05
        return getattr(obuchowski_rockette(truth, ratings), kind).p_value < 0.05

    return run


def standalone_reject(rng, options):
    """The model reads as the others do, with the readers' mean skill and no spread of its own."""
    truth, ratings = roe_metz(rng, 100, 7, tests=1, spread=[0, 1, 1, 1, 1, 1, 1])
    return standalone_vs_readers(truth, ratings[0], ratings[1:]).rrrc.p_value < 0.05


COVERAGE = {
    "DeLong, AUC 0.92, n = 456": auc_cover(456, 2.0, "auc"),
    "DeLong, AUC 0.98, n = 60": auc_cover(60, 2.9, "auc"),
    "DeLong, logit scale, AUC 0.98, n = 60": auc_cover(60, 2.9, "logit"),
    "bootstrap AUC, AUC 0.92, n = 456": auc_cover(456, 2.0, "bootstrap"),
    "bootstrap AUC, AUC 0.98, n = 60": auc_cover(60, 2.9, "bootstrap"),
    "Wilson, p = 0.95, n = 45": proportion_cover(wilson, 45, 0.95),
    "Clopper-Pearson, p = 0.95, n = 45": proportion_cover(clopper_pearson, 45, 0.95),
    "Wald, p = 0.95, n = 45": proportion_cover(wald, 45, 0.95),
    "band at specificity 0.95 (true sensitivity 0.64), n = 456": band_cover(0.95),
    "band at specificity 0.90 (true sensitivity 0.76), n = 456": band_cover(0.90),
    "band at specificity 0.70 (true sensitivity 0.93), n = 456": band_cover(0.70),
    "band at specificity 0.30 (true sensitivity 0.994), n = 456": band_cover(0.30),
    "band, the whole curve at 19 specificities": band_cover("whole"),
    "simultaneous band, the whole curve": band_cover("simultaneous"),
}
REJECTION = {
    "DeLong, paired, n = 200": delong_reject,
    "McNemar exact, 30 discordant": mcnemar_reject("exact_p"),
    "McNemar mid-p, 30 discordant": mcnemar_reject("mid_p"),
    "OR, readers and cases random, 5 readers": study_reject("rrrc", 5),
    "OR, readers fixed, readers alike": study_reject("frrc", 5, spread=0),
    "OR, readers fixed, though readers differ": study_reject("frrc", 5),
    "OR, cases fixed, cases alike in both tests": study_reject("rrfc", 5, case_spread=0),
    "OR, cases fixed, though cases differ": study_reject("rrfc", 5),
    "U-statistic, 5 readers": study_reject("u", 5),
    "model against 6 readers (standalone)": standalone_reject,
    "reader against model, specificity 0.90": against_reader("paired", 0.90, 0.5),
    "reader against model, specificity 0.70": against_reader("paired", 0.70, 0.5),
    "paper's band rule, specificity 0.90": against_reader("band", 0.90, 0.5),
    "paper's band rule, specificity 0.70": against_reader("band", 0.70, 0.5),
    "paper's band rule, specificity 0.90, unrelated reader": against_reader("band", 0.90, 0.0),
    "paper's band rule, specificity 0.90, reader like the model": against_reader("band", 0.90, 0.9),
}


def simulate(name, run, options):
    rng = np.random.default_rng([options.seed, *name.encode()])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StatisticsWarning)
        found = np.array([run(rng, options) for _ in range(options.runs)], dtype=float)
    return found.mean(), found.std(ddof=1) / math.sqrt(options.runs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="only procedures whose name contains this")
    options = parser.parse_args()
    print(
        f"{options.runs} runs, {options.replicates} bootstrap replicates, seed {options.seed}; +- one standard error.\n"
    )
    for title, wanted, table in (("coverage", 95, COVERAGE), ("rejections of a true null", 5, REJECTION)):
        print(f"| {title} (wanted {wanted} %) | % | +- |\n|---|---|---|")
        for name, run in table.items():
            if options.only in name:
                share, error = simulate(name, run, options)
                print(f"| {name} | {100 * share:.1f} | {100 * error:.1f} |", flush=True)
        print()


if __name__ == "__main__":
    main()
