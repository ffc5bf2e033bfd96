"""Which software and which machine trained: kept with every run."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

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


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
