"""Train the folds of a preset on phantoms: time, AUC and what the best observer reaches on the same cohort.

    python -m tests.bench.bench_engine [--preset demo] [--phantoms demo|null] [--n 456] [--folds 5] [choice=value]

Prints the share of augmentation in a training step as well. Nothing is cached: photos, faces and folds are made anew.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from readerstudy.phantoms.cohort import write_cohort
from training.engine.data import BatchPlan, load, shrink
from training.engine.faces import FaceFinder, align
from training.engine.fit import fit_fold
from training.engine.metrics import auc
from training.engine.recipe import PRESETS, Recipe
from training.engine.splits import plan_folds


def main() -> None:
    options = arguments()
    recipe = replace(PRESETS[options.preset], **dict(_typed(text) for text in options.changes))
    with tempfile.TemporaryDirectory() as where:
        phantoms, crops = faces(Path(where), options)
        truth = np.array([phantom.has_syndrome for phantom in phantoms])
        diagnosis = [phantom.diagnosis for phantom in phantoms]
        print(recipe.describe()[0][1])
        print(f"the best observer on this cohort: AUC {auc(truth, np.array([p.llr for p in phantoms])):.3f}")
        augmentation_share(recipe, crops, truth, diagnosis)
        scores = np.full(len(truth), np.nan)
        started, used = time.monotonic(), time.process_time()
        plans = plan_folds(truth, diagnosis, range(len(truth)), folds=recipe.folds, seed=recipe.seed)
        for plan in plans[: options.folds]:
            result = fit_fold(
                recipe=recipe, crops=crops, has_syndrome=truth, diagnosis=diagnosis, plan=plan, directory=where
            )
            scores[plan.test] = result.test_scores
            line = f"fold {plan.index}: AUC {result.metrics['auc']:.3f}, best epoch {result.best_epoch}"
            print(f"{line} of {result.epochs_run}, {result.seconds:.0f} s", flush=True)
        seen = ~np.isnan(scores)
        print(f"pooled AUC {auc(truth[seen], scores[seen]):.4f} of {seen.sum()} photos; "
              f"wall {time.monotonic() - started:.0f} s, CPU {time.process_time() - used:.0f} s")  # fmt: skip


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="demo", choices=sorted(PRESETS))
    parser.add_argument("--phantoms", default="demo")
    parser.add_argument("--n", type=int, default=456)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("changes", nargs="*", metavar="name=value")
    return parser.parse_args()


def _typed(text: str) -> tuple[str, object]:
    name, value = text.split("=", 1)
    kind = type(getattr(PRESETS["demo"], name))
    return name, value == "True" if kind is bool else kind(value)


def faces(where: Path, options: argparse.Namespace) -> tuple[list, np.ndarray]:
    started = time.monotonic()
    phantoms = write_cohort(where, n=options.n, seed=options.seed, preset=options.phantoms)
    drawn = time.monotonic()
    finder = FaceFinder()
    crops = []
    for phantom in phantoms:
        image = np.asarray(Image.open(where / "photos" / Path(phantom.file).name).convert("RGB"))
        crops.append(align(image, finder.find(image).landmarks))
    print(f"{options.n} phantoms drawn in {drawn - started:.0f} s, faces found in {time.monotonic() - drawn:.0f} s")
    return phantoms, np.stack(crops)


def augmentation_share(recipe: Recipe, crops: np.ndarray, truth: np.ndarray, diagnosis: list[str]) -> None:
    """CPU milliseconds of one batch's pictures beside one scoring pass of the same batch."""
    store = shrink(crops, recipe)
    plan = BatchPlan(np.arange(len(truth)), has_syndrome=truth.tolist(), diagnosis=diagnosis, recipe=recipe, seed=1)
    rows = plan.batches(0)
    start = time.process_time()
    for k, batch in enumerate(rows):
        load(plan, store, epoch=0, rows=batch, batch=k)
    made = (time.process_time() - start) / len(rows)
    print(f"augmentation: {1000 * made:.1f} CPU ms a batch of {len(rows[0])}")


if __name__ == "__main__":
    main()
