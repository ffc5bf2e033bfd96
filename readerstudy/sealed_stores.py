"""The folder and the bucket of photographs, each reading and writing through a seal (``readerstudy.sealed``).

Without PHOTO_KEYS_FILE they write as ever. Sealed files and others may lie side by side; each says for itself.
"""

import fcntl
import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage

from readerstudy.sealed import HEADER, seal, sealed_by, sealed_if_asked, unseal

PART = ".sealing-"  # a file that is being sealed; one that was left behind goes with the next sealing


class Sealing:
    """Mixed into a storage. ``..._as_is`` moves the bytes as they lie there: a backup needs no key."""

    def open_as_is(self, name: str) -> File:
        return super()._open(name, "rb")  # type: ignore[misc]

    def save_as_is(self, name: str, content: File) -> str:
        place = self.get_available_name(name)  # type: ignore[attr-defined]
        return super()._save(place, content)  # type: ignore[misc]

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            raise ValueError(f"A photograph is read as a whole; the mode {mode!r} is not offered.")
        file = self.open_as_is(name)
        head = file.read(HEADER)
        if sealed_by(head) is None:
            file.seek(0)
            return file
        with file:
            data = head + file.read()
        return File(io.BytesIO(unseal(data, name=name)), name)

    def _save(self, name: str, content: Any) -> str:
        if not settings.PHOTO_KEYS_FILE:
            return super()._save(name, content)  # type: ignore[misc]
        content.seek(0)
        data = content.read()
        place = super()._save(name, ContentFile(sealed_if_asked(data, name=name)))  # type: ignore[misc]
        if place != name:  # taken by somebody else in this moment: the seal vouches for the name too
            self.delete(place)  # type: ignore[attr-defined]
            return self._save(self.get_available_name(name), content)  # type: ignore[attr-defined]
        return str(place)


class SealedFolder(Sealing, FileSystemStorage):
    def delete(self, name: str) -> None:
        with erasing():
            super().delete(name)

    def version(self, name: str) -> tuple[bytes, Any]:
        """The bytes as they lie there, and a mark by which a later change is seen."""
        with open(self.path(name), "rb") as file:
            return file.read(), _mark(file)

    def replace(self, name: str, data: bytes, *, mark: Any) -> bool:
        """Put ``data`` in the place of the version with this mark, whole or not at all; False if it is another now."""
        path = Path(self.path(name))
        part = path.with_name(f"{PART}{secrets.token_hex(6)}")
        try:
            with part.open("xb") as file:
                os.fchmod(file.fileno(), path.stat().st_mode & 0o777)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            with erasing():
                with path.open("rb") as now:
                    if _mark(now) != mark:
                        return False
                part.replace(path)
        except FileNotFoundError:  # erased meanwhile, and it stays so
            return False
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(path.parent)
        return True

    def remove_parts(self) -> int:
        """Delete what a sealing that was killed left behind."""
        parts = list(Path(self.location).rglob(f"{PART}*"))
        for part in parts:
            part.unlink(missing_ok=True)
        return len(parts)


def _mark(file: IO[bytes]) -> tuple[int, int, int]:
    told = os.fstat(file.fileno())
    return told.st_ino, told.st_mtime_ns, told.st_size


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def erasing() -> Iterator[None]:
    """Held by whoever deletes and by whoever puts a sealed file in place: what is erased never comes back by a seal."""
    folder = Path(settings.DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "photographs.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def seal_bytes(data: bytes, *, name: str, key: Any) -> bytes:
    """Sealed with ``key``, or without one as it was before any seal."""
    plain = unseal(data, name=name)
    return seal(plain, name=name, key=key) if key else plain
