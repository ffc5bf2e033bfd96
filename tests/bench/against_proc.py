"""The ROC module against a pROC that is installed here, on random data that no golden file holds.

    python tests/bench/against_proc.py [--sets 60] [--seed 1]

Needs ``Rscript`` with the package pROC (Debian: r-cran-proc). Ties everywhere, reversed direction, two cases a class,
partial areas, reading the curve at a rate, best points with weights, DeLong's intervals and tests. Prints the largest
departure of each quantity and ends with status 1 when one is above 1e-9. Where DeLong's variance is zero (AUC 1,
identical scores) we say NaN with a warning and pROC a limit; on the diagonal McClish's correction is 0.5 here, and in
pROC 0.5 or NA as the last bit falls.
"""

import argparse
import csv
import math
import subprocess
import sys
import tempfile
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from screening.statistics import (
    StatisticsWarning,
    auc,
    best_threshold,
    delong_interval,
    delong_test,
    partial_auc,
    roc_curve,
    sensitivity_at,
    specificity_at,
)

SPECIFICITIES = (0.0, 0.1, 0.25, 0.5, 0.8, 0.9, 0.95, 1.0)
SCRIPT = """
suppressMessages(library(pROC)); d <- read.csv(commandArgs(TRUE)[1]); out <- file(commandArgs(TRUE)[2], "w")
put <- function(set, name, x)
  cat(sprintf("%s,%s,%d,%.17g\\n", set, name, seq_along(x), as.numeric(x)), file=out, sep="")
quiet <- suppressWarnings
for (s in unique(d$set)) { e <- d[d$set == s,]; way <- e$direction[1]
  r <- roc(e$truth, e$a, levels=c(0,1), direction=way, quiet=TRUE)
  q <- roc(e$truth, e$b, levels=c(0,1), direction=way, quiet=TRUE)
  put(s, "auc", auc(r)); put(s, "thresholds", sort(r$thresholds)); o <- order(r$thresholds)
  put(s, "sensitivities", r$sensitivities[o]); put(s, "specificities", r$specificities[o])
  for (p in list(c(1,.9), c(.8,.35))) for (f in c("specificity","sensitivity")) for (k in c(FALSE,TRUE))
    put(s, paste("pauc", p[2], f, k), quiet(auc(r, partial.auc=p, partial.auc.focus=f, partial.auc.correct=k)))
  at <- c(0,.1,.25,.5,.8,.9,.95,1)
  put(s, "se at", coords(r, at, input="specificity", ret="sensitivity", transpose=FALSE)[,1])
  put(s, "sp at", coords(r, at, input="sensitivity", ret="specificity", transpose=FALSE)[,1])
  for (m in c("youden","closest.topleft")) for (w in list(c(1,.5), c(2,.1))) {
    b <- coords(r, "best", best.method=m, best.weights=w, ret=c("threshold","sensitivity"), transpose=FALSE)
    put(s, paste("best", m, w[1]), sort(b[,1])) }
  v <- var(r); put(s, "variance", v); put(s, "interval", quiet(ci.auc(r, method="delong")))
  t <- quiet(roc.test(r, q, method="delong", paired=TRUE))
  put(s, "paired p", t$p.value); put(s, "paired interval", t$conf.int)
  u <- quiet(roc.test(r, q, method="delong", paired=FALSE))
  put(s, "unpaired p", u$p.value); put(s, "unpaired df", u$parameter)
}
close(out)
"""


def make(rng):
    """One random data set: continuous or coarse scores, small or large classes, either direction."""
    sizes = rng.choice([2, 3, 5, 20, 61], 2)
    truth = rng.permutation(np.repeat([False, True], sizes))
    coarse = rng.choice([0, 1, 2, 5])
    scores = rng.normal(size=(2, truth.size)) + rng.choice([0, 1, 2]) * truth
    scores = np.round(scores * coarse) if coarse else scores
    direction = str(rng.choice(["<", ">"]))
    return truth, *(scores if direction == "<" else -scores), direction


def ours(truth, a, b, direction):
    way = {"direction": direction}
    curve = roc_curve(truth, a, **way)
    rising = np.argsort(curve.thresholds, kind="stable")
    found = {
        "auc": auc(truth, a, **way),
        "thresholds": curve.thresholds[rising],
        "sensitivities": curve.sensitivity[rising],
        "specificities": curve.specificity[rising],
        "se at": sensitivity_at(truth, a, SPECIFICITIES, **way),
        "sp at": specificity_at(truth, a, SPECIFICITIES, **way),
    }
    for low, high in ((0.9, 1.0), (0.35, 0.8)):
        for focus in ("specificity", "sensitivity"):
            for corrected in (False, True):
                area = partial_auc(truth, a, low=low, high=high, focus=focus, corrected=corrected, **way)
                found[f"pauc {low} {focus} {str(corrected).upper()}"] = area.value
    for method in ("youden", "closest.topleft"):
        for cost, prevalence in ((1, 0.5), (2, 0.1)):
            best = best_threshold(truth, a, method=method.replace(".", "_"), cost=cost, prevalence=prevalence, **way)
            found[f"best {method} {cost}"] = np.sort(best.threshold)
    interval = delong_interval(truth, a, **way)
    found |= {"variance": interval.se**2, "interval": [interval.lower, interval.value, interval.upper]}
    paired, unpaired = delong_test(truth, a, b, **way), delong_test(truth, a, b, truth_b=truth, **way)
    found |= {"paired p": paired.p_value, "paired interval": [paired.lower, paired.upper]}
    return found | {"unpaired p": unpaired.p_value, "unpaired df": unpaired.df}


def theirs(sets):
    """What pROC makes of the same sets: {set: {quantity: values}}."""
    found = defaultdict(lambda: defaultdict(list))
    with tempfile.TemporaryDirectory() as folder:
        data, script, out = (Path(folder, name) for name in ("data.csv", "proc.R", "out.csv"))
        with data.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["set", "truth", "a", "b", "direction"])
            for number, (truth, a, b, direction) in enumerate(sets):
                writer.writerows(
                    [number, int(t), repr(float(x)), repr(float(y)), direction]
                    for t, x, y in zip(truth, a, b, strict=True)
                )
        script.write_text(SCRIPT)
        subprocess.run(["Rscript", str(script), str(data), str(out)], check=True)
        for number, name, _, value in csv.reader(out.open()):
            found[int(number)][name].append(float(value.replace("NA", "nan").replace("Inf", "inf")))
    return found


def departure(found, wanted):
    """The largest difference where both give numbers, and in how many values only one of the two does."""
    found, wanted = np.atleast_1d(np.asarray(found, float)), np.asarray(wanted, float)
    if found.shape != wanted.shape:
        return math.inf, 0
    one_sided = np.isnan(found) ^ np.isnan(wanted)
    settled = one_sided | (found == wanted) | np.isnan(found)
    with np.errstate(invalid="ignore"):
        off = np.where(settled, 0.0, np.abs(found - wanted) / np.maximum(1, np.abs(wanted)))
    return float(off.max()), int(one_sided.sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    sets = [make(rng) for _ in range(options.sets)]
    wanted = theirs(sets)
    worst, undefined = defaultdict(float), defaultdict(int)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StatisticsWarning)
        for number, data in enumerate(sets):
            found = ours(*data)
            for name, values in wanted[number].items():
                off, one_sided = departure(found[name], values)
                worst[name] = max(worst[name], off)
                undefined[name] += one_sided
    print(f"{len(sets)} sets; largest departure, and how many values only one of the two calls undefined")
    for name, off in worst.items():
        print(f"{name:32s} {off:8.1e} {undefined[name]:4d}{'  TOO FAR' if off > 1e-9 else ''}")
    sys.exit(any(off > 1e-9 for off in worst.values()))


if __name__ == "__main__":
    main()
