"""What training, augmentation, heat maps and frozen layers cost, and what batch norm leaves of pretrained features.

    python -m tests.bench.bench_speed [augmentation] [heat] [frozen] [kept] [--batch 16]

CPU seconds of this process on one thread (TF_NUM_INTRAOP_THREADS and TF_NUM_INTEROP_THREADS change that). What is
compared takes turns, and the smallest time of each counts, so that a busy machine disturbs both alike and neither
much. The network is the full VGG-16 with the light head unless said otherwise.

- augmentation: making a batch's pictures from a memory-mapped store, beside one training step with them;
- heat: Grad-CAM, beside plain inference on the same faces;
- frozen: a step with blocks 1 to 4 frozen, beside a step that trains everything;
- kept: cosine between the pool5 features of a pretrained network without batch norm and those after batch norm was
  put in, in training mode. No pretrained weights are at hand here: the kernels are made up (smooth, scaled as He's),
  the faces are phantoms. Such features are much alike between faces, so the cosine is also given about their mean,
  where only what tells faces apart counts, and with batch norms as Keras makes them.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

import numpy as np

from training.engine.quiet import tf

# isort: split
import cv2
import keras  # noqa: TID253

from training.engine import store
from training.engine.batches import BatchPlan
from training.engine.data import load, view
from training.engine.heatmaps import explainer
from training.engine.moves import ALIGNED, inside, room_of, store_side
from training.engine.network import build, freeze
from training.engine.recipe import PRESETS, Recipe
from training.engine.setup import compile_model, fresh_model

LIGHT = replace(PRESETS["paper"], head="gap")
PRETRAINED = replace(LIGHT, weights="0" * 64)
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = (augmentation, heat, frozen, kept)
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[[], *(part.__name__ for part in parts)])
    parser.add_argument("--batch", type=int, default=LIGHT.batch_size)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    print(f"{LIGHT.input_size} px, batches of {options.batch}, CPU seconds")
    for part in parts:
        if not options.parts or part.__name__ in options.parts:
            part(options.batch)


def cpu(**works: Callable[[], object]) -> dict[str, float]:
    """The smallest CPU seconds of each, taking turns, after one warm-up."""
    for work in works.values():
        work()
    best = dict.fromkeys(works, np.inf)
    for _ in range(ROUNDS):
        for name, work in works.items():
            started = time.process_time()
            work()
            best[name] = min(best[name], time.process_time() - started)
    return best


def row(what: str, value: str, target: str) -> None:
    print(f"  {what:<58} {value:>10}   {target}", flush=True)


def noise(count: int, side: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def augmentation(batch: int) -> None:
    for name, recipe in (
        ("full network", replace(LIGHT, batch_size=batch)),
        ("small network of the demo", PRESETS["demo"]),
    ):
        recipe = inside(recipe, room=(room := room_of(recipe)))
        side = store_side(recipe, crop_side=round(ALIGNED * room))
        with tempfile.TemporaryDirectory() as where:
            path = Path(where) / "faces.npy"
            store.write(path, noise(2 * recipe.batch_size, side), count=2 * recipe.batch_size, side=side)
            _share(name, recipe, store.read(path))


def _share(name: str, recipe: Recipe, crops: np.ndarray) -> None:
    truth = [True, False] * recipe.batch_size
    plan = BatchPlan(np.arange(len(truth)), has_syndrome=truth, diagnosis=["a"] * len(truth), recipe=recipe, seed=1)
    rows = plan.batches(0)[0]
    model = fresh_model(recipe, seed=1)
    compile_model(model, recipe, steps=10)
    batch = load(plan, crops, epoch=0, rows=rows, batch=0)
    targets = {"prob": np.eye(2, dtype=np.float32)[batch.is_gs], "embedding": batch.group.astype(np.int32)}

    def pictures() -> None:
        for _ in range(10):
            load(plan, crops, epoch=0, rows=rows, batch=0)

    used = cpu(pictures=pictures, step=lambda: model.train_on_batch(batch.images, targets))
    made, step = used["pictures"] / 10, used["step"]
    print(f"augmentation, {name}: {1000 * made:.1f} ms of {1000 * (made + step):.0f} ms, {recipe.batch_size} faces")
    row("share of a training step", f"{made / (made + step):.2%}", "at most 1 %")


def heat(batch: int) -> None:
    images = np.random.default_rng(1).random((batch, LIGHT.input_size, LIGHT.input_size, 3), np.float32)
    model = build(LIGHT)
    explain = explainer(model, LIGHT)
    used = cpu(plain=lambda: model.predict_on_batch(images), heat=lambda: np.asarray(explain(images)))
    print(f"Grad-CAM {used['heat']:.2f} s, plain inference {used['plain']:.2f} s")
    row("Grad-CAM against plain inference", f"{used['heat'] / used['plain']:.2f}x", "at most 1.3x")


def frozen(batch: int) -> None:
    images = np.random.default_rng(1).random((batch, LIGHT.input_size, LIGHT.input_size, 3), np.float32)
    truth = np.arange(batch) % 2
    targets = {"prob": np.eye(2, dtype=np.float32)[truth], "embedding": truth.astype(np.int32)}
    steps = {}
    for start in ("all", "block5"):
        model = build(PRETRAINED)
        freeze(model, train_from=start)
        compile_model(model, replace(PRETRAINED, train_from=start), steps=10)
        steps[start] = lambda model=model: model.train_on_batch(images, targets)
    used = cpu(**steps)
    print(f"everything trained {used['all']:.2f} s a step, block 5 and head {used['block5']:.2f} s")
    row("faster with blocks 1 to 4 frozen", f"{used['all'] / used['block5']:.1f}x", "at least 2.5x")


def kept(batch: int) -> None:
    from training.engine.calibrate import calibrate

    crops = _phantoms(4 * batch)
    faces = np.stack([view(crop, PRETRAINED) for crop in crops[3 * batch :]])
    model = build(PRETRAINED)
    _make_up_weights(model)
    trunk = keras.Model(model.input, model.get_layer("block5_pool").output)
    norms = [layer for layer in model.layers if layer.name.endswith("_bn")]
    for norm in norms:  # as if there were none
        norm.gamma.assign(tf.ones_like(norm.gamma) * np.sqrt(1 + norm.epsilon))
    before = _features(trunk, faces, training=False)
    for norm in norms:
        norm.gamma.assign(tf.ones_like(norm.gamma))
    fresh = _features(trunk, faces, training=True)
    calibrate(model, crops[: 3 * batch], recipe=PRETRAINED)
    after = _features(trunk, faces, training=True)
    print(f"pool5 features after batch norm was put in, {batch} new phantoms, training mode")
    row("cosine with the network without it", f"{_cosine(before, after):.3f}", "at least 0.9")
    row("  the same about the mean face", f"{_cosine(_about(before), _about(after)):.3f}", "")
    row("  batch norms as Keras makes them", f"{_cosine(before, fresh):.3f}", "")
    row("  the same about the mean face", f"{_cosine(_about(before), _about(fresh)):.3f}", "")


def _features(trunk: keras.Model, faces: np.ndarray, *, training: bool) -> np.ndarray:
    return np.asarray(trunk(faces, training=training)).reshape(len(faces), -1).astype(np.float64)


def _about(features: np.ndarray) -> np.ndarray:
    return features - features.mean(axis=0)


def _cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.mean((a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)))


def _make_up_weights(model: keras.Model) -> None:
    """Smooth kernels of many sizes (a few filters carry most of the energy, as in trained networks), small biases."""
    draw = np.random.default_rng(5)
    blur = np.array([0.5, 1.0, 0.5])[:, None] * np.array([0.5, 1.0, 0.5])
    for layer in model.layers:
        if not isinstance(layer, keras.layers.Conv2D):
            continue
        shape = layer.kernel.shape
        kernel = draw.standard_normal(shape) + blur[:, :, None, None] * draw.standard_normal((1, 1, *shape[2:])) * 2
        kernel *= np.sqrt(2 / np.square(kernel).sum(axis=(0, 1, 2), keepdims=True)) * draw.gamma(4, 0.25, shape[3])
        layer.kernel.assign(kernel)
        layer.bias.assign(draw.standard_normal(shape[3]) * 0.1)


def _phantoms(count: int) -> np.ndarray:
    from PIL import Image

    from readerstudy.phantoms.cohort import write_cohort
    from training.engine.faces import FaceFinder, align

    finder, crops = FaceFinder(), []
    with tempfile.TemporaryDirectory() as where:
        for phantom in write_cohort(where, n=count, seed=2, processes=1):
            image = np.asarray(Image.open(Path(where) / "photos" / Path(phantom.file).name).convert("RGB"))
            crops.append(align(image, finder.find(image).landmarks))
    return np.stack(crops)


if __name__ == "__main__":
    main()
