"""Where the photos lie: a ZIP archive or a folder, read one entry at a time and never unpacked to disk.

An archive that looks like an attack or a mistake is refused whole, in sentences, before any photo is stored. What is
read is counted while it is read: the sizes in an archive's directory are not believed.
"""

import stat
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from readerstudy.studies.imports import limits, uploads
from readerstudy.studies.imports.names import ARCHIVE_SUFFIXES, base, key, leaves_the_folder, plain, shown, suffix

CHUNK = 1 << 20
ENCRYPTED = 0x1


class ArchiveRefused(Exception):
    """``problems`` are sentences."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(problems[0])
        self.problems = problems


class EntryRefused(Exception):
    """One entry cannot be taken; the message is the reason for its line."""


@dataclass(frozen=True)
class Entry:
    name: str  # as it is written
    handle: zipfile.ZipInfo | Path
    twin: str = ""  # the same name in another spelling with the same content


class Source(ABC):
    """The photos of one import by name; ``read`` gives the bytes of one."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.bytes_read = 0
        self._by_key = {key(entry.name): entry for entry in entries if not entry.twin}
        self._by_base: dict[str, list[Entry]] = {}
        for entry in self._by_key.values():
            self._by_base.setdefault(key(base(entry.name)), []).append(entry)

    def find(self, name: str) -> Entry | None:
        """The entry with this path; a bare file name also finds its only namesake in a subfolder."""
        if entry := self._by_key.get(key(name)):
            return entry
        namesakes = self._by_base.get(key(name), []) if "/" not in plain(name) else []
        return namesakes[0] if len(namesakes) == 1 else None

    def read(self, entry: Entry) -> bytes:
        """The bytes of one entry, or ``EntryRefused``."""
        parts = []
        size = 0
        try:
            with self._open(entry) as file:
                while chunk := file.read(CHUNK):
                    size += len(chunk)
                    self._count(size, len(chunk))
                    parts.append(chunk)
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
            raise EntryRefused(f"The archive is damaged at this file ({shown(str(error), limit=80)}).") from None
        return b"".join(parts)

    def _count(self, size: int, more: int) -> None:
        if size > limits.FILE_BYTES:
            raise EntryRefused(f"Larger than {limits.FILE_BYTES // 1_000_000} MB when unpacked: send a smaller copy.")
        self.bytes_read += more
        if self.bytes_read > limits.TOTAL_BYTES:
            raise EntryRefused(
                f"The archive unpacks to more than {limits.TOTAL_BYTES // 1_000_000_000} GB: split it into several."
            )

    @abstractmethod
    def _open(self, entry: Entry) -> IO[bytes]:
        """The entry's bytes, to be read in pieces."""

    def close(self) -> None:  # noqa: B027 - a folder has nothing to close
        """Nothing to close, unless a subclass holds a file."""


class FolderSource(Source):
    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ArchiveRefused([f"The folder {shown(str(folder))} does not exist or cannot be read."])
        found = []
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                found.append(Entry(path.relative_to(folder).as_posix(), path))
            if len(found) > limits.ENTRIES:
                raise ArchiveRefused([f"The folder holds more than {limits.ENTRIES:,} files: split it into several."])
        if not found:
            raise ArchiveRefused(["The folder holds no pictures."])
        super().__init__(found)

    def _open(self, entry: Entry) -> IO[bytes]:
        return Path(str(entry.handle)).open("rb")


class UploadSource(Source):
    """Single photos as ``uploads`` puts them aside."""

    def __init__(self, folder: Path) -> None:
        found = [Entry(file.name, folder / file.stored) for file in uploads.uploaded(folder)]
        if not found:
            raise ArchiveRefused(["No photo was uploaded."])
        super().__init__(found)

    def _open(self, entry: Entry) -> IO[bytes]:
        return Path(str(entry.handle)).open("rb")


class ZipSource(Source):
    def __init__(self, file: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise ArchiveRefused([_why_no_zip(file)]) from None
        try:
            infos = [info for info in self._zip.infolist() if not info.is_dir()]
            _refuse_whole(infos)
            super().__init__(list(_without_spellings(infos)))
        except ArchiveRefused:
            self._zip.close()
            raise

    def _open(self, entry: Entry) -> IO[bytes]:
        return self._zip.open(entry.handle)

    def close(self) -> None:
        self._zip.close()


def open_source(path: Path) -> Source:
    if uploads.is_upload(path):
        return UploadSource(path)
    return FolderSource(path) if path.is_dir() else ZipSource(path)


def _why_no_zip(file: Path) -> str:
    try:
        beginning = file.open("rb").read(4)
    except OSError:
        return "The archive is gone from the server's disk: upload it again."
    if not beginning:
        return "The archive is empty (0 bytes)."
    if beginning == b"PK\x03\x04":
        return "The ZIP archive is cut off or damaged: upload it again."
    return "The archive is not a ZIP file: pack the photos as a ZIP and try again."


def _refuse_whole(infos: list[zipfile.ZipInfo]) -> None:
    problems = list(_archive_problems(infos))
    if problems:
        raise ArchiveRefused(problems)


def _archive_problems(infos: list[zipfile.ZipInfo]) -> Iterator[str]:
    if not infos:
        yield "The archive holds no pictures: it is empty."
    if len(infos) > limits.ENTRIES:
        yield f"The archive holds {len(infos):,} files; at most {limits.ENTRIES:,} fit one import."
        return
    if outside := [i for i in infos if leaves_the_folder(i.filename)]:
        yield f"The archive holds paths that lead out of its folder: {_listed(outside)}. Nothing was unpacked."
    if links := [i for i in infos if stat.S_ISLNK(i.external_attr >> 16)]:
        yield f"The archive holds links, not files: {_listed(links)}. Pack the photos themselves."
    if locked := [i for i in infos if i.flag_bits & ENCRYPTED]:
        yield f"The archive is encrypted ({_listed(locked)}): pack it without a password."
    if bombs := [i for i in infos if _is_a_bomb(i)]:
        yield f"The archive unpacks to far more than a photograph can hold: {_listed(bombs)}."
    if sum(i.file_size for i in infos) > limits.TOTAL_BYTES:
        yield f"The archive unpacks to more than {limits.TOTAL_BYTES // 1_000_000_000} GB: split it into several."
    if infos and all(suffix(i.filename) in ARCHIVE_SUFFIXES for i in infos):
        yield f"The archive holds no pictures, only other archives, which are not opened: {_listed(infos)}."
    yield from _namesakes(infos)


def _is_a_bomb(info: zipfile.ZipInfo) -> bool:
    return info.file_size > limits.RATIO_FROM_BYTES and info.file_size > limits.RATIO * max(1, info.compress_size)


def _namesakes(infos: list[zipfile.ZipInfo]) -> Iterator[str]:
    """Two entries of one name and different content: which picture is meant?"""
    seen: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        first = seen.setdefault(key(info.filename), info)
        if first is not info and (first.CRC, first.file_size) != (info.CRC, info.file_size):
            yield f"The archive holds two different files of one name: {_listed([first, info])}. Which is meant?"


def _without_spellings(infos: list[zipfile.ZipInfo]) -> Iterator[Entry]:
    seen: dict[str, str] = {}
    for info in infos:
        first = seen.setdefault(key(info.filename), info.filename)
        is_first = first is info.filename
        yield Entry(info.filename, info, twin="" if is_first else first)


def _listed(infos: list[zipfile.ZipInfo]) -> str:
    names = ", ".join(f"“{shown(i.filename, limit=60)}”" for i in infos[:8])
    return names + (f" and {len(infos) - 8} more" if len(infos) > 8 else "")
