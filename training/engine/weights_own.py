"""Our own file of pretrained weights: one `.npz` that says what it holds, whatever format the source had.

Arrays `<layer>/kernel` (h, w, in, out) for red, green, blue input and `<layer>/bias` (out,); `facts` is a JSON text.
The same source always gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Layers = dict[str, tuple[Floats, Floats]]

FORMAT = "readerstudy VGG-16 weights"
VERSION = 1
"""Raised with every change of what the file holds."""


class OwnFileError(ValueError):
    """The file is none of ours, of another version, or damaged."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """`kind` and `source_sha256` say what was imported; `mean` (red, green, blue, 0..255) is what it takes off.

    `fingerprint` holds the activations on a fixed picture (see `training.engine.fingerprint`), `digest` is the SHA-256
    over all arrays.
    """

    kind: str
    source: str
    source_sha256: str
    mean: tuple[float, float, float]
    fingerprint: tuple[float, ...]
    made_with: str
    digest: str = ""


def write(path: Path, layers: Layers, facts: Facts) -> None:
    """Written beside and renamed, so that a file under its name is whole."""
    arrays: dict[str, Any] = {}
    for name, (kernel, bias) in layers.items():
        arrays[f"{name}/kernel"], arrays[f"{name}/bias"] = kernel, bias
    told = {**asdict(facts), "digest": _digest(arrays), "format": FORMAT, "version": VERSION, "layout": "HWIO, RGB"}
    part = path.with_name(f".part-{path.name}")
    try:
        with part.open("wb") as file:
            np.savez(file, facts=np.array(json.dumps(told)), **arrays)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def facts_of(path: Path) -> Facts:
    """What the file says of itself, without reading its arrays."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return _facts(file)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise _refusal(path, error) from error


def read(path: Path) -> tuple[Facts, Layers]:
    """Facts and layers; the arrays must be those that were written."""
    try:
        with np.load(path, allow_pickle=False) as file:
            facts = _facts(file)
            arrays = {name: file[name] for name in file.files if name != "facts"}
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise _refusal(path, error) from error
    if _digest(arrays) != facts.digest:
        raise OwnFileError(f"{path.name} has been changed since it was imported: import its source again")
    names = list(dict.fromkeys(name.split("/")[0] for name in arrays))
    return facts, {name: (arrays[f"{name}/kernel"], arrays[f"{name}/bias"]) for name in names}


def _facts(file: Any) -> Facts:
    told = json.loads(str(file["facts"]))
    if told.pop("format") != FORMAT or told.pop("version") != VERSION:
        raise ValueError("another format or version")
    told.pop("layout")
    red, green, blue = told.pop("mean")
    return Facts(mean=(red, green, blue), fingerprint=tuple(told.pop("fingerprint")), **told)


def _refusal(path: Path, error: Exception) -> OwnFileError:
    if isinstance(error, OwnFileError):
        return error
    return OwnFileError(f"{path.name} is no whole weights file of readerstudy's own format ({error})")


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name}{arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name], np.float32).data)
    return digest.hexdigest()
