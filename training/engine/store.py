"""The faces of a run as one file of uint8 crops, mapped into memory: every trainer of a machine reads the same pages.

The file is a plain `.npy`, written beside and renamed, so that one under its name is whole. It is opened read-only; a
picture is read when its batch is made, and the operating system gives pages back when memory runs short.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.engine.data import Crops, Images, Indices, shrunk


class StoreError(ValueError):
    """A store that cannot be written or is not what it should be; the message says which file and why."""


def write(path: Path, crops: Iterable[Images], *, count: int, side: int) -> None:
    """Write `count` square crops, averaged down to `side` px, one after the other: one picture in memory at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        _fill(part, crops, count=count, side=side)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _fill(part: Path, crops: Iterable[Images], *, count: int, side: int) -> None:
    rows = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=(count, side, side, 3))
    row = -1
    for row, crop in enumerate(crops):
        small = shrunk(crop, side=side)
        if row >= count or small.shape != (side, side, 3):
            raise StoreError(f"crop {row} is {crop.shape}; the store holds {count} of {side} x {side} px")
        rows[row] = small
    if row + 1 != count:
        raise StoreError(f"{row + 1} crops came for a store of {count}")
    rows.flush()  # on the disk before it gets its name: a power cut must not leave black faces under it


def read(path: Path) -> Images:
    """The crops (n, s, s, 3) of a store, read-only and not yet in memory."""
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise StoreError(f"{path.name} is no picture store ({error}): delete it, and it is made anew") from None
    if mapped.ndim != 4 or mapped.dtype != np.uint8:
        raise StoreError(f"{path.name} holds {mapped.dtype} of shape {mapped.shape}, not 8-bit crops: delete it")
    return np.asarray(mapped)


class Part:
    """Some rows of a store, in their order; a picture is read when it is asked for."""

    def __init__(self, store: Crops, rows: Indices) -> None:
        self._store, self._rows = store, np.asarray(rows, np.int64)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self._rows), *self._store.shape[1:])

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: Any, /) -> Any:
        return self._store[self._rows[rows]]

    def __iter__(self) -> Iterator[Images]:
        return (self[place] for place in range(len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """All of it in memory."""
        return np.asarray(self._store[self._rows], dtype=dtype)
