"""One training step of the full VGG-16 (light head, 32-bit) in this engine and in PyTorch, CPU seconds side by side.

    python -m tests.bench.bench_torch [--torch-python PYTHON] [--size 224] [--batch 16] [--rounds 5] [--turns 2]

PyTorch is no dependency: PYTHON is an interpreter that has it (`python -m venv`, `pip install torch` from the CPU
wheels), in an environment of its own. Both halves are fresh processes that take turns; the smallest step of each
counts. Same layers, losses, optimiser, batch and number of threads; PyTorch's tensors are channels-last, its fastest.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

FLAGS = ("size", "batch", "rounds", "threads")


def main() -> None:
    options = arguments()
    if options.half:
        print(json.dumps(ours(options)))
        return
    numbers = [text for name in FLAGS for text in (f"--{name}", str(getattr(options, name)))]
    halves = {
        "PyTorch": [options.torch_python, str(Path(__file__).with_name("torch_step.py")), *numbers],
        "ours": [sys.executable, "-m", "tests.bench.bench_torch", "--half", *numbers],
    }
    found: dict[str, list[dict]] = {name: [] for name in halves}
    for _ in range(options.turns):
        for name, command in halves.items():
            found[name].append(_run(command))
    best = {name: min(min(half["seconds"]) for half in parts) for name, parts in found.items()}
    for name, parts in found.items():
        millions = parts[0]["parameters"] / 1e6
        print(f"{name} {parts[0]['version']}: {best[name]:.2f} CPU s a step of {options.batch} at {options.size} px, "
              f"{best[name] / options.batch:.3f} s an image, {millions:.2f} M parameters")  # fmt: skip
    print(f"ours against PyTorch: {best['ours'] / best['PyTorch']:.2f}x (at most 1.1x)")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch-python", default=sys.executable)
    parser.add_argument("--half", action="store_true", help=argparse.SUPPRESS)
    for name, value in (("size", 224), ("batch", 16), ("rounds", 5), ("threads", 1), ("turns", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    return parser.parse_args()


def _run(command: list[str]) -> dict:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} could not run its half:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def ours(options: argparse.Namespace) -> dict:
    threads = str(options.threads)
    os.environ |= {"TF_NUM_INTRAOP_THREADS": threads, "TF_NUM_INTEROP_THREADS": threads}
    from dataclasses import replace

    import numpy as np

    from training.engine.recipe import PRESETS
    from training.engine.setup import compile_model, fresh_model

    import tensorflow as tf  # isort: skip

    recipe = replace(PRESETS["paper"], head="gap", input_size=options.size, batch_size=options.batch)
    model = fresh_model(recipe, seed=1)
    compile_model(model, recipe, steps=options.rounds)
    images = np.random.default_rng(1).random((options.batch, options.size, options.size, 3), np.float32)
    truth = np.arange(options.batch) % 2
    targets = {"prob": np.eye(2, dtype=np.float32)[truth], "embedding": truth.astype(np.int32)}
    seconds = []
    for _ in range(options.rounds + 1):
        started = time.process_time()
        model.train_on_batch(images, targets)
        seconds.append(time.process_time() - started)
    trained = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    return {"seconds": seconds[1:], "parameters": trained, "version": f"TensorFlow {tf.__version__}"}


if __name__ == "__main__":
    main()
