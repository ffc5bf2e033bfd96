"""An ensemble as one file: a zip of the folds' weights, the recipe, what is needed to ask them, and a model card.

It needs no database: thresholds, scales and the template of the aligned crop lie in its manifest. Written piece
by piece, so that an ensemble of gigabytes can be downloaded without being put together first; the manifest comes last
and names the SHA-256 of every network, so that a file that was cut off is no package.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training.engine.ensemble import Ensemble, Member
from training.engine.recipe import Recipe, RecipeError
from training.engine.scale import Scale

FORMAT = "readerstudy ensemble"
VERSION = 2
"""Raised with every change of what a package holds."""

READABLE = (1, 2)

MANIFEST = "manifest.json"
RECIPE = "recipe.json"
PIECE = 1 << 20

Documents = Callable[[Mapping[int, str]], Mapping[str, str]]
"""From the SHA-256 of each fold's weights (by fold index) to further texts by file name: the model card."""


class PackageError(ValueError):
    """The file is no whole package of this version; the message says what was found."""


def pieces(ensemble: Ensemble, *, crop: Mapping[str, Any], made_with: str, documents: Documents) -> Iterator[bytes]:
    """The package as a stream of bytes. `crop` says how the aligned crop is cut: size and template points."""
    sink = _Sink()
    digests: dict[int, str] = {}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for member in ensemble.members:
            digest = hashlib.sha256()
            with archive.open(_entry(_weights_name(member)), "w", force_zip64=True) as target:
                for piece in _pieces_of(member.weights):
                    digest.update(piece)
                    target.write(piece)
                    yield sink.taken()
            digests[member.fold] = digest.hexdigest()
        texts = dict(documents(digests))
        texts[RECIPE] = _json(ensemble.recipe.to_dict())
        texts[MANIFEST] = _json(_manifest(ensemble, digests, crop=crop, made_with=made_with))
        for name, text in texts.items():
            archive.writestr(_entry(name), text.encode(), zipfile.ZIP_DEFLATED)
    yield sink.taken()


@contextmanager
def opened(path: Path) -> Iterator[Ensemble]:
    """The ensemble of a package, its weights in a temporary folder and checked against the manifest."""
    if not path.is_file():
        raise PackageError(f"there is no run and no file {path}")
    with tempfile.TemporaryDirectory(prefix="readerstudy-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                ensemble = _unpacked(archive, Path(folder), path.name)
        except (zipfile.BadZipFile, zlib.error, KeyError, TypeError, ValueError, EOFError) as error:
            if isinstance(error, PackageError):
                raise
            raise PackageError(f"{path.name} is no whole ensemble exported by readerstudy ({error})") from error
        yield ensemble


def _unpacked(archive: zipfile.ZipFile, folder: Path, name: str) -> Ensemble:
    manifest = json.loads(archive.read(MANIFEST))
    if manifest["format"] != FORMAT:
        raise PackageError(f"{name} is no ensemble exported by readerstudy")
    if manifest["version"] not in READABLE:
        known = " and ".join(map(str, READABLE))
        raise PackageError(f"{name} is of version {manifest['version']}, this readerstudy reads {known}")
    try:
        recipe = Recipe.from_dict(json.loads(archive.read(RECIPE)))
    except RecipeError as error:
        raise PackageError(f"{name} holds a recipe of another version of readerstudy: {error}") from error
    return Ensemble(recipe=recipe, members=tuple(_member(archive, folder, told, name) for told in manifest["networks"]))


def _member(archive: zipfile.ZipFile, folder: Path, told: Mapping[str, Any], name: str) -> Member:
    fold = int(told["fold"]) - 1
    target = folder / f"fold-{fold}.weights.h5"
    with archive.open(str(told["weights"])) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, PIECE)
    with target.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != told["sha256"]:
            raise PackageError(f"{name}: the weights of fold {fold + 1} are not those that were exported")
    return Member(fold=fold, weights=target, threshold=float(told["threshold"]), scale=_scale(told))


def _scale(told: Mapping[str, Any]) -> Scale | None:
    if told["temperature"] is None:
        return None
    offset = told.get("offset")  # version 1 knew none
    return Scale(temperature=float(told["temperature"]), offset=None if offset is None else float(offset))


def _manifest(
    ensemble: Ensemble, digests: Mapping[int, str], *, crop: Mapping[str, Any], made_with: str
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "made_with": made_with,
        "notice": "For research only, not for diagnosis.",
        "classes": ["control", "GS"],
        "crop": dict(crop),
        "probability": "mean over the networks of 1 / (1 + exp(-log(s / (1 - s)) / temperature - offset)), s raw",
        "call": "GS where more than half of the networks have a raw score of at least their threshold",
        "networks": [
            {
                "fold": member.fold + 1,
                "weights": _weights_name(member),
                "sha256": digests[member.fold],
                "threshold": member.threshold,
                "temperature": member.scale.temperature if member.scale else None,
                "offset": member.scale.offset if member.scale else None,
            }
            for member in ensemble.members
        ],
    }


def _weights_name(member: Member) -> str:
    return f"fold-{member.fold + 1}.weights.h5"


def _entry(name: str) -> zipfile.ZipInfo:
    """A fixed date: the same ensemble gives the same bytes."""
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.external_attr = 0o644 << 16
    return entry


def _pieces_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _json(values: Any) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


class _Sink(io.RawIOBase):
    """Takes what the zip writes and hands it on; it cannot be sought in, which makes the zip a stream."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def taken(self) -> bytes:
        """What was written since the last time."""
        whole, self._parts = b"".join(self._parts), []
        return whole
