"""The network and its losses give the same numbers on Keras' JAX backend as on TensorFlow's.

    pip install jax            # no dependency of the project
    .venv/bin/python tests/bench/bench_backends.py

Each backend runs in a process of its own on the same weights and faces; prints the largest differences.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


def outputs() -> dict[str, list[float]]:
    """What this process' backend makes of eight faces, by recipe."""
    sys.path.insert(0, str(ROOT))
    from training.engine.losses import Triplet
    from training.engine.network import build
    from training.engine.recipe import PRESETS

    found = {}
    for name, recipe in {
        "smoke": PRESETS["smoke"],
        "demo": PRESETS["demo"],
        "paper's head": replace(PRESETS["smoke"], head="paper", input_size=64),
    }.items():
        model, rng = build(recipe), np.random.default_rng(3)
        for weight in model.weights:
            if weight.path.endswith(("kernel", "bias", "beta", "moving_mean")):
                spread = (2 / max(np.prod(weight.shape[:-1]), 1)) ** 0.5
                weight.assign(rng.normal(scale=spread, size=weight.shape).astype(np.float32))
        faces = rng.random((8, recipe.input_size, recipe.input_size, 3)).astype(np.float32)
        made = model(faces, training=False)
        found[f"{name}: probability"] = np.asarray(made["prob"]).ravel().tolist()
        found[f"{name}: embedding"] = np.asarray(made["embedding"]).ravel().tolist()
        for mining in ("batch-hard", "semi-hard"):
            loss = Triplet(margin=0.2, mining=mining)(np.array([0, 0, 1, 1, 2, 2, 3, 4]), made["embedding"])
            found[f"{name}: {mining} triplet loss"] = [float(np.asarray(loss))]
    return found


def on(backend: str) -> dict[str, list[float]]:
    run = subprocess.run(
        [sys.executable, __file__, "here"],
        env=os.environ | {"KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(run.stdout.splitlines()[-1])


if __name__ == "__main__":
    if sys.argv[1:] == ["here"]:
        print(json.dumps(outputs()))
    else:
        ours, other = on("tensorflow"), on("jax")
        for name, values in ours.items():
            apart = np.max(np.abs(np.array(values) - np.array(other[name])))
            print(f"{name:42} {len(values):5} numbers, at most {apart:.1e} apart")
