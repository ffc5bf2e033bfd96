"""One sealed file with everything: all rows of one moment, then all files. Photographs are never changed in place, so
files that are copied after the rows hold at least what the rows name; one erased meanwhile was meant to be erased.
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

from django.conf import settings
from django.utils import timezone

from readerstudy import __version__, stored
from readerstudy.audit import services as audit
from readerstudy.operations import archive, rows
from readerstudy.refusal import Refused
from readerstudy.sealed import HEADER, sealed_by
from readerstudy.sealed_stores import PART

FORMAT = 1
FOLDERS = ("runs", "weights")  # below DATA_DIR; photographs lie in MEDIA_ROOT or a bucket
UPLOADS = "incoming"  # below MEDIA_ROOT: what is being uploaded lies on the disk in any case
MEMORY = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a backup holds."""

    path: Path
    rows: int
    files: int
    size: int
    sealed_with: dict[str, int]  # key id to photographs


def backup(*, target: Path, recipient: str, told: Callable[[str], None] = lambda _: None) -> Made:
    """Write ``target``: under another name first, so that an interrupted backup is never taken for one.

    Raises
    ------
    Refused
        ``target`` exists, cannot be written, or ``recipient`` is none.
    """
    sealed_for = archive.recipient_of(recipient)
    if target.exists():
        raise Refused(f"{target} exists already: a backup never writes over another one.")
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            manifest = _write(file, sealed_for, told)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(target)
    except OSError as error:
        raise Refused(f"The backup could not be written to {target}: {error.strerror or error}.") from error
    finally:
        unfinished.unlink(missing_ok=True)
    n_rows = sum(table["rows"] for table in manifest["tables"].values())
    made = Made(
        path=target,
        rows=n_rows,
        files=len(manifest["files"]),
        size=target.stat().st_size,
        sealed_with=manifest["sealed_with"],
    )
    told = {"rows": made.rows, "files": made.files, "bytes": made.size, "sealed_with": made.sealed_with}
    audit.record("site.backed_up", target="site", file=target.name, **told)
    return made


def _write(file: Any, recipient: Any, told: Callable[[str], None]) -> dict[str, Any]:
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": __version__,
        "made_at": timezone.now().isoformat(),
        "migrations": rows.applied_migrations(),
        "tables": {},
        "files": {},
        "sealed_with": {},  # key id to the number of photographs that only this key opens
    }
    with archive.writing(file, recipient) as tar:
        with rows.one_moment():
            for label, model in rows.models_of(manifest["migrations"]).items():
                manifest["tables"][label] = _add_table(tar, label, model)
        told(f"{sum(table['rows'] for table in manifest['tables'].values())} rows")
        for name, file_of in files():
            if digest := _add_file(tar, name, file_of):
                manifest["files"][name] = digest.hexdigest()
                if key_id := sealed_by(digest.head):
                    manifest["sealed_with"][key_id] = manifest["sealed_with"].get(key_id, 0) + 1
        told(f"{len(manifest['files'])} files")
        content = json.dumps(manifest, ensure_ascii=False).encode()
        _add(tar, "manifest.json", io.BytesIO(content), len(content))
    return manifest


def _add_table(tar: tarfile.TarFile, label: str, model: Any) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    with SpooledTemporaryFile(max_size=MEMORY, dir=settings.DATA_DIR) as held:
        for line in rows.lines_of(model):
            held.write(line)
            digest.update(line)
            count += 1
        size = held.tell()
        held.seek(0)
        _add(tar, f"rows/{label}.jsonl", held, size)
    return {"columns": rows.columns(model), "rows": count, "sha256": digest.hexdigest()}


def files() -> Iterator[tuple[str, Callable[[], Any]]]:
    """(name in the archive, what opens it) of everything that the rows may name."""
    media = Path(settings.MEDIA_ROOT)
    roots = {"media": media} if stored.is_folder() else {f"media/{UPLOADS}": media / UPLOADS}
    roots |= {name: Path(settings.DATA_DIR) / name for name in FOLDERS}
    for name, root in roots.items():
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.is_symlink() and not path.name.startswith(PART):
                yield f"{name}/{path.relative_to(root).as_posix()}", partial(path.open, "rb")
    if not stored.is_folder():
        for name, file in stored.each_open(name for name, _ in stored.sizes_below()):
            if file is not None:
                yield f"media/{name}", partial(_given, file)


def _given(file: Any) -> Any:
    return file


def _add_file(tar: tarfile.TarFile, name: str, file_of: Callable[[], Any]) -> "_Digest | None":
    """What was read of it; None where it was erased in this moment."""
    try:
        with file_of() as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            digest = _Digest(file, size)
            _add(tar, name, digest, size)
            return digest
    except FileNotFoundError:
        return None


class _Digest:
    """Reads exactly ``size`` bytes, however a growing or shrinking file behaves meanwhile, and sums them up."""

    def __init__(self, file: Any, size: int) -> None:
        self._file, self._left, self._sum, self.head = file, size, hashlib.sha256(), b""

    def read(self, size: int) -> bytes:
        wanted = min(size, self._left)
        data = self._file.read(wanted).ljust(wanted, b"\0")
        self._left -= wanted
        self._sum.update(data)
        self.head = self.head or data[:HEADER]
        return data

    def hexdigest(self) -> str:
        return self._sum.hexdigest()


def _add(tar: tarfile.TarFile, name: str, file: Any, size: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o600, int(timezone.now().timestamp())
    tar.addfile(entry, file)
