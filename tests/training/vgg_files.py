"""Made-up VGG-Face files: 13 convolutions in the layouts in which the real ones are passed on."""

from pathlib import Path

import h5py
import numpy as np
import scipy.io

from training.engine.layout import BLOCKS, convolutions

THEIRS = [f"conv{block}_{number}" for block, (count, _) in enumerate(BLOCKS, 1) for number in range(1, count + 1)]
Pairs = list[tuple[np.ndarray, np.ndarray]]


def made_up() -> Pairs:
    """The 13 (kernel, bias) for RGB input, scaled as He's initialisation."""
    draw = np.random.default_rng(0)
    found, channels = [], 3
    for _, units in convolutions(1.0):
        kernel = draw.standard_normal((3, 3, channels, units), np.float32) * np.sqrt(2 / (9 * channels))
        found.append((kernel.astype(np.float32), draw.standard_normal(units).astype(np.float32)))
        channels = units
    return found


def as_bgr(pairs: Pairs) -> Pairs:
    return [(pairs[0][0][:, :, ::-1], pairs[0][1]), *pairs[1:]]


def write_h5(path: Path, layers: dict) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in layers]
        for name, arrays in layers.items():
            group = file.create_group(name)
            for part, array in zip(("kernel:0", "bias:0"), arrays, strict=True):
                group.create_dataset(f"{name}/{part}", data=array)


def write_mat(path: Path, pairs: Pairs, **more: object) -> None:
    rows = np.empty((1, len(pairs) + 1), object)
    for k, (kernel, bias) in enumerate(pairs):
        parts = np.empty((1, 2), object)
        parts[0, 0], parts[0, 1] = kernel, bias[None]
        rows[0, k] = struct(name=THEIRS[k], weights=parts)
    rows[0, -1] = struct(name="relu", type="relu")
    scipy.io.savemat(path, {"layers": rows, **more})


def struct(**fields: object) -> np.ndarray:
    value = np.empty((1, 1), [(name, object) for name in fields])
    for name, field in fields.items():
        value[name][0, 0] = field
    return value
