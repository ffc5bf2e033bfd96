"""The model's AUC against the size of the cohort, beside what the best possible observer reaches on the same faces.

    python -m tests.bench.learning_curve [--sizes 57 114 228 456 912] [--cohort 1] [--preset demo] [--results FILE]
        [choice=value]

Every size is a phantom cohort of its own (--cohort is its seed, 1 when left out; --preset its severity, that of the
demo when left out, "null" for faces without any syndrome), trained by five-fold cross-validation with the demo's
recipe. One processor core, no heat maps; processor time counts, so that a busy machine does not matter. Each fold is
appended to the results file when it ends and is not trained again: call it again to go on, or for the table.
"""

from __future__ import annotations

import os

os.environ["TF_NUM_INTRAOP_THREADS"] = "1"  # read once, when TensorFlow starts
os.environ["TF_NUM_INTEROP_THREADS"] = "1"

import argparse
import json
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import cv2
import numpy as np
from PIL import Image

from readerstudy.phantoms.cohort import write_cohort
from readerstudy.phantoms.design import PRESETS as SEVERITIES
from readerstudy.phantoms.design import generate
from readerstudy.phantoms.observers import auc_ideal, empirical_auc
from readerstudy.phantoms.phantom import Phantom
from screening.statistics.delong import delong_interval
from training.engine.faces import FaceFinder, align
from training.engine.fit import fit_fold
from training.engine.recipe import PRESETS, Recipe
from training.engine.splits import plan_folds

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Which phantoms: the seed they are drawn with, and their severity."""

    seed: int
    preset: str


def main() -> None:
    options = arguments()
    cv2.setNumThreads(1)
    recipe = replace(PRESETS["demo"], heat_maps="none", **dict(_typed(text) for text in options.changes))
    cohort = Cohort(seed=options.cohort, preset=options.preset)
    for n in options.sizes:
        measure(n, recipe, options.results, cohort=cohort, commit=options.commit or _commit())
    print(table(options.sizes, recipe, options.results, cohort=cohort))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[57, 114, 228, 456, 912])
    parser.add_argument("--cohort", type=int, default=1, help="seed of the phantoms")
    parser.add_argument("--preset", choices=list(SEVERITIES), default="demo", help="severity of the phantoms")
    parser.add_argument("--results", type=Path, default=Path(tempfile.gettempdir()) / "learning_curve.jsonl")
    parser.add_argument("--commit", default="", help="the version to note; asked of git when left out")
    parser.add_argument("changes", nargs="*", metavar="choice=value")
    return parser.parse_args()


def measure(n: int, recipe: Recipe, results: Path, *, cohort: Cohort, commit: str) -> None:
    """Train the folds that the results file lacks."""
    missing = set(range(recipe.folds)) - {entry["fold"] for entry in entries(results, n, recipe, cohort)}
    if not missing:
        return
    phantoms, crops = faces(n, cohort)
    truth, diagnosis = np.array([p.has_syndrome for p in phantoms]), [p.diagnosis for p in phantoms]
    plans = plan_folds(truth, diagnosis, range(n), folds=recipe.folds, seed=recipe.seed)
    for plan in (plan for plan in plans if plan.index in missing):
        started = time.process_time()
        with tempfile.TemporaryDirectory() as where:
            result = fit_fold(
                recipe=recipe, crops=crops, has_syndrome=truth, diagnosis=diagnosis, plan=plan, directory=where
            )
        entry = {
            "n": n,
            "cohort": cohort.seed,
            "preset": cohort.preset,
            "recipe": recipe.to_dict(),
            "commit": commit,
            "fold": plan.index,
            "seconds": time.process_time() - started,
            "rows": plan.test.tolist(),
            "scores": result.test_scores.tolist(),
            "calibrated": None if result.test_calibrated is None else result.test_calibrated.tolist(),
        }
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        print(
            f"{n} faces, fold {plan.index + 1}: AUC {result.metrics['auc']:.3f}, {entry['seconds']:.0f} s", flush=True
        )


def faces(n: int, cohort: Cohort) -> tuple[list[Phantom], np.ndarray]:
    """The cohort's phantoms and their aligned crops (n, S, S, 3), the face found as on any photograph."""
    finder = FaceFinder()
    with tempfile.TemporaryDirectory() as where:
        phantoms = write_cohort(where, n=n, **asdict(cohort), processes=1)
        crops = []
        for phantom in phantoms:
            image = np.asarray(Image.open(Path(where) / "photos" / phantom.file).convert("RGB"))
            found = finder.find(image).landmarks
            if found is None:
                raise RuntimeError(f"no face was found on phantom {phantom.code} of {n}")
            crops.append(align(image, found))
    return phantoms, np.stack(crops)


def entries(results: Path, n: int, recipe: Recipe, cohort: Cohort) -> list[dict[str, Any]]:
    """What the file holds of this cohort and recipe, one fold each."""
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    found = [json.loads(line) for line in lines]
    return [entry for entry in found if _is_of(entry, n, recipe, cohort)]


def _is_of(entry: dict[str, Any], n: int, recipe: Recipe, cohort: Cohort) -> bool:
    is_cohort = (entry["n"], entry["cohort"], entry.get("preset", "demo")) == (n, cohort.seed, cohort.preset)
    return is_cohort and entry["recipe"] == recipe.to_dict()


def table(sizes: list[int], recipe: Recipe, results: Path, *, cohort: Cohort) -> str:
    """A Markdown table: held-out AUC pooled on one scale with DeLong's 95 % interval (logit scale), pooled as the
    networks gave the scores, by fold, and the best."""
    severity = SEVERITIES[cohort.preset]
    bound = auc_ideal(kappa=severity.kappa, rho=severity.rho)
    lines = [
        "| faces | AUC, pooled (95 % interval) | pooled as given | AUC, mean ± SD of the folds | best observer on "
        "these faces | processor minutes, five folds | version |",
        "|---|---|---|---|---|---|---|",
    ]
    for n in sizes:
        found = entries(results, n, recipe, cohort)
        if len(found) == recipe.folds:
            lines.append(_line(n, found, cohort))
    return "\n".join([*lines, "", f"The best observer on cohorts without end: {bound:.3f}."])


def _line(n: int, found: list[dict[str, Any]], cohort: Cohort) -> str:
    phantoms = generate(n=n, **asdict(cohort))
    truth, llr = np.array([p.has_syndrome for p in phantoms]), np.array([p.llr for p in phantoms])
    scores, scaled = np.full(n, np.nan), np.full(n, np.nan)
    for entry in found:
        scores[entry["rows"]] = entry["scores"]
        scaled[entry["rows"]] = entry["scores"] if entry["calibrated"] is None else entry["calibrated"]
    auc = delong_interval(truth, scaled, scale="logit")
    as_given = empirical_auc(*_by_class(truth, scores))
    folds = [empirical_auc(*_by_class(truth[entry["rows"]], np.array(entry["scores"]))) for entry in found]
    best = empirical_auc(*_by_class(truth, llr))
    minutes = sum(entry["seconds"] for entry in found) / 60
    versions = ", ".join(sorted({entry["commit"] for entry in found}))
    interval = f"{auc.value:.3f} ({auc.lower:.3f} to {auc.upper:.3f})"
    spread = f"{fmean(folds):.3f} ± {stdev(folds):.3f}"
    return f"| {n} | {interval} | {as_given:.3f} | {spread} | {best:.3f} | {minutes:.1f} | {versions} |"


def _by_class(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return scores[truth], scores[~truth]


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def _typed(text: str) -> tuple[str, object]:
    name, value = text.split("=", 1)
    kind = type(getattr(PRESETS["demo"], name))
    return name, value == "True" if kind is bool else kind(value)


if __name__ == "__main__":
    main()
