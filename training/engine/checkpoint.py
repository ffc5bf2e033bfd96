"""A fold's training as it stood after an epoch, on disk, so that a lost one goes on and ends bit by bit the same.

Two files: `fold-<i>.epoch-<k>.npz` with everything that decides what comes next (weights, batch-norm statistics, the
state of the dropout's seed generators, the optimiser with its averages and step, the history of the validation part),
and `fold-<i>.best-<k>.npz` with the best epoch's weights, which changes seldom. Each is written beside and renamed, so
that a file under its name is whole. The order of the data needs no state: it is a function of (seed, epoch, batch).
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.engine.data import Crops
from training.engine.recipe import Recipe
from training.engine.splits import FoldPlan

FORMAT = 2
"""Raised with every change of what a checkpoint holds; one of another number is not taken up."""

Arrays = list[NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Best:
    """The best epoch (1..) so far and its weights; `value` is what the recipe monitors, lower is better."""

    epoch: int
    value: float
    weights: Arrays


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """`variables` of the model, then those of its optimiser, in Keras' order; `key` says of which training."""

    key: str
    epoch: int
    variables: Arrays
    optimiser: Arrays
    history: list[dict[str, float]]
    best: Best
    is_over: bool

    def put_into(self, model: Any, *, with_optimiser: bool = True) -> None:
        """Give a compiled model of the same recipe this state; a stage that begins has its own, fresh optimiser."""
        pairs = [(model.variables, self.variables)]
        if with_optimiser:
            with model.distribute_strategy.scope():
                model.optimizer.build(model.trainable_variables)
            pairs.append((model.optimizer.variables, self.optimiser))
        for variables, values in pairs:
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)


def take(model: Any, *, key: str, history: Sequence[Mapping[str, float]], best: Best, is_over: bool) -> Checkpoint:
    """The state of a model in training after the last epoch of `history`."""
    return Checkpoint(
        key=key,
        epoch=len(history),
        variables=[np.asarray(variable) for variable in model.variables],
        optimiser=[np.asarray(variable) for variable in model.optimizer.variables],
        history=[dict(report) for report in history],
        best=best,
        is_over=is_over,
    )


def key_of(recipe: Recipe, plan: FoldPlan, *, store: Crops, labels: Sequence[object], start: str) -> str:
    """What must be equal for a training to be the same: recipe, fold, pictures, labels and first weights."""
    parts = {
        "recipe": recipe.to_dict(),
        "fold": [plan.index, *(part.tolist() for part in (plan.train, plan.validation, plan.test))],
        "pictures": [zlib.crc32(picture.tobytes()) for picture in store],
        "labels": [str(label) for label in labels],
        "start": start,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def save(checkpoint: Checkpoint, directory: Path, *, fold: int) -> None:
    """Write the checkpoint and remove the files of the epochs before it."""
    directory.mkdir(parents=True, exist_ok=True)
    best = directory / f"fold-{fold}.best-{checkpoint.best.epoch}.npz"
    if not best.exists():
        _write(best, checkpoint.best.weights, {})
    facts = {
        "format": FORMAT,
        "key": checkpoint.key,
        "history": checkpoint.history,
        "best": [checkpoint.best.epoch, checkpoint.best.value],
        "variables": len(checkpoint.variables),
        "is_over": checkpoint.is_over,
    }
    state = directory / f"fold-{fold}.epoch-{checkpoint.epoch}.npz"
    _write(state, [*checkpoint.variables, *checkpoint.optimiser], facts)
    for old in _files(directory, fold):
        if old not in (best, state):
            old.unlink(missing_ok=True)


def load(directories: Iterable[Path], *, fold: int, key: str) -> Checkpoint | None:
    """The farthest whole checkpoint of this very training in any of the directories; None when there is none.

    One that is torn, of another format or of another training is passed over: starting anew is always right.
    """
    found = sorted(
        (path for directory in directories for path in directory.glob(f"fold-{fold}.epoch-*.npz")),
        key=lambda path: int(path.stem.rsplit("-", 1)[1]),
        reverse=True,
    )
    return next((checkpoint for path in found if (checkpoint := _read(path, fold, key))), None)


def remove(directory: Path, *, fold: int) -> None:
    """Delete the fold's checkpoint files and what a crash left half-written."""
    for path in _files(directory, fold):
        path.unlink(missing_ok=True)


def _files(directory: Path, fold: int) -> list[Path]:
    return [path for kind in ("epoch", "best") for path in directory.glob(f"*fold-{fold}.{kind}-*.npz")]


def _write(path: Path, arrays: Arrays, facts: Mapping[str, Any]) -> None:
    part = path.with_name(f".part-{os.getpid()}-{path.name}")
    named: dict[str, Any] = {f"a{number}": array for number, array in enumerate(arrays)}
    try:
        with part.open("wb") as file:
            np.savez(file, facts=np.array(json.dumps(facts)), **named)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)  # what a full disk took of it


def _read(path: Path, fold: int, key: str) -> Checkpoint | None:
    try:
        facts, arrays = _arrays(path)
        if facts["format"] != FORMAT or facts["key"] != key:
            return None
        epoch, value = facts["best"]
        _, weights = _arrays(path.with_name(f"fold-{fold}.best-{epoch}.npz"))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return Checkpoint(
        key=key,
        epoch=len(facts["history"]),
        variables=arrays[: facts["variables"]],
        optimiser=arrays[facts["variables"] :],
        history=facts["history"],
        best=Best(epoch=epoch, value=value, weights=weights),
        is_over=facts["is_over"],
    )


def _arrays(path: Path) -> tuple[dict[str, Any], Arrays]:
    with np.load(path, allow_pickle=False) as file:  # its checksums are compared while reading
        return json.loads(str(file["facts"])), [file[f"a{number}"] for number in range(len(file.files) - 1)]
