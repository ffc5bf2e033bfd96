"""Weight files: the pretrained ones of the server's weights directory and no others, and those that a run makes."""

import hashlib
from pathlib import Path

from django.conf import settings

from readerstudy.refusal import Refused

SUFFIXES = {".mat", ".h5", ".hdf5", ".npz"}


def weights_directory() -> Path:
    """Where whoever runs the server puts weight files."""
    return Path(settings.DATA_DIR) / "weights"


def weights_names() -> list[str]:
    """The names of the files that can be chosen."""
    folder = weights_directory()
    if not folder.is_dir():
        return []
    return sorted(file.name for file in folder.iterdir() if file.is_file() and file.suffix.lower() in SUFFIXES)


def weights_path(name: str) -> Path:
    """The file of that name; anything that is not in the listing is refused, paths included."""
    if name not in weights_names():
        raise Refused(f"There is no weights file {name!r} in {weights_directory().name}/: choose one of the list.")
    return weights_directory() / name


def fingerprint(file: Path) -> str:
    """SHA-256 (hex) of the file, read in pieces."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def files_of(run_id: int) -> Path:
    """Where a run keeps its folds' weights."""
    return Path(settings.DATA_DIR) / "runs" / str(run_id)
