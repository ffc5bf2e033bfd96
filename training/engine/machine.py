"""Which software and which machine trained: kept with every run."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from training.engine.recipe import Recipe

PACKAGES = ("tensorflow", "tensorflow-cpu", "keras", "mtcnn", "numpy", "scikit-learn", "opencv-python-headless", "h5py")


def versions() -> dict[str, str]:
    """Library versions and machine facts as name -> text; loads TensorFlow to ask for accelerators."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found | {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(cores()),
        "accelerators": ", ".join(accelerators()) or "none",
    }


def cores() -> int:
    """Processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def accelerators() -> list[str]:
    """Names of the GPUs TensorFlow can use."""
    from training.engine.quiet import tf

    devices = tf.config.list_physical_devices("GPU")
    return [
        str(tf.config.experimental.get_device_details(device).get("device_name", device.name)) for device in devices
    ]


def over_devices(recipe: Recipe) -> AbstractContextManager[Any]:
    """The scope in which the recipe's network is to be built: over all devices when it asks for them and there are
    several. GPUs where there are any, else processors, of which TensorFlow sees one unless told otherwise."""
    from training.engine.quiet import tf

    if recipe.devices == "one":
        return nullcontext()
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        return nullcontext()
    scope: AbstractContextManager[Any] = tf.distribute.MirroredStrategy([device.name for device in devices]).scope()
    return scope


BFLOAT16_SINCE = (8, 0)
"""NVIDIA's compute capability from which on tensor cores take bfloat16 (Ampere); its range needs no loss scaling."""

FLOAT16_SINCE = (7, 0)
"""... and float16 (Volta)."""


def precision_of(recipe: Recipe) -> str:
    """Keras' dtype policy for the recipe on this machine: "auto" is what the least of its GPUs is made for."""
    if recipe.precision != "auto":
        return recipe.precision
    capabilities = _compute_capabilities()
    if not capabilities:
        return "float32"
    weakest = min(capabilities)
    if weakest >= BFLOAT16_SINCE:
        return "mixed_bfloat16"
    return "mixed_float16" if weakest >= FLOAT16_SINCE else "float32"


def _compute_capabilities() -> list[tuple[int, ...]]:
    """Of the GPUs TensorFlow can use; one that tells none, as those of other makers, counts as (0,)."""
    from training.engine.quiet import tf

    details = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
    return [tuple(one.get("compute_capability", (0,))) for one in details]


def uses_xla(recipe: Recipe, *, replicas: int = 1) -> bool:
    """Whether the training step is compiled by XLA. On processors only when the recipe insists: it is slower there."""
    if recipe.compile == "auto":
        return replicas == 1 and not recipe.deterministic and xla_works()
    return recipe.compile == "xla"


@functools.cache
def xla_works() -> bool:
    """Whether there is a GPU that XLA can compile for: some installations lack the device library that it needs."""
    from training.engine.quiet import tf

    if not tf.config.list_logical_devices("GPU"):
        return False
    try:
        with tf.device("GPU:0"):
            tf.function(tf.math.tanh, jit_compile=True)(tf.constant([0.5]))
    except tf.errors.OpError:
        return False
    return True


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
