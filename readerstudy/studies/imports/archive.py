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

from django.utils.translation import gettext_noop as _

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
            raise EntryRefused(
                _("The archive is damaged at this file (%(error)s).") % {"error": shown(str(error), limit=80)}
            ) from None
        return b"".join(parts)

    def _count(self, size: int, more: int) -> None:
        if size > limits.FILE_BYTES:
            raise EntryRefused(
                _("Larger than %(file_bytes)s MB when unpacked: send a smaller copy.")
                % {"file_bytes": limits.FILE_BYTES // 1_000_000}
            )
        self.bytes_read += more
        if self.bytes_read > limits.TOTAL_BYTES:
            raise EntryRefused(
                _("The archive unpacks to more than %(total_bytes)s GB: split it into several.")
                % {"total_bytes": limits.TOTAL_BYTES // 1_000_000_000}
            )

    @abstractmethod
    def _open(self, entry: Entry) -> IO[bytes]:
        """The entry's bytes, to be read in pieces."""

    def close(self) -> None:  # noqa: B027 - a folder has nothing to close
        """Nothing to close, unless a subclass holds a file."""


class FolderSource(Source):
    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise ArchiveRefused(
                [_("The folder %(folder)s does not exist or cannot be read.") % {"folder": shown(str(folder))}]
            )
        found = []
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                found.append(Entry(path.relative_to(folder).as_posix(), path))
            if len(found) > limits.ENTRIES:
                raise ArchiveRefused(
                    [
                        _("The folder holds more than %(entries)s files: split it into several.")
                        % {"entries": f"{limits.ENTRIES:,}"}
                    ]
                )
        if not found:
            raise ArchiveRefused([_("The folder holds no pictures.")])
        super().__init__(found)

    def _open(self, entry: Entry) -> IO[bytes]:
        return Path(str(entry.handle)).open("rb")


class UploadSource(Source):
    """Single photos as ``uploads`` puts them aside."""

    def __init__(self, folder: Path) -> None:
        found = [Entry(file.name, folder / file.stored) for file in uploads.uploaded(folder)]
        if not found:
            raise ArchiveRefused([_("No photo was uploaded.")])
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
        return _("The archive is gone from the server's disk: upload it again.")
    if not beginning:
        return _("The archive is empty (0 bytes).")
    if beginning == b"PK\x03\x04":
        return _("The ZIP archive is cut off or damaged: upload it again.")
    return _("The archive is not a ZIP file: pack the photos as a ZIP and try again.")


def _refuse_whole(infos: list[zipfile.ZipInfo]) -> None:
    problems = list(_archive_problems(infos))
    if problems:
        raise ArchiveRefused(problems)


def _archive_problems(infos: list[zipfile.ZipInfo]) -> Iterator[str]:
    if not infos:
        yield _("The archive holds no pictures: it is empty.")
    if len(infos) > limits.ENTRIES:
        yield _("The archive holds %(count)s files; at most %(entries)s fit one import.") % {
            "count": f"{len(infos):,}",
            "entries": f"{limits.ENTRIES:,}",
        }
        return
    if outside := [i for i in infos if leaves_the_folder(i.filename)]:
        yield _("The archive holds paths that lead out of its folder: %(listed)s. Nothing was unpacked.") % {
            "listed": _listed(outside)
        }
    if links := [i for i in infos if stat.S_ISLNK(i.external_attr >> 16)]:
        yield _("The archive holds links, not files: %(listed)s. Pack the photos themselves.") % {
            "listed": _listed(links)
        }
    if locked := [i for i in infos if i.flag_bits & ENCRYPTED]:
        yield _("The archive is encrypted (%(listed)s): pack it without a password.") % {"listed": _listed(locked)}
    if bombs := [i for i in infos if _is_a_bomb(i)]:
        yield _("The archive unpacks to far more than a photograph can hold: %(listed)s.") % {"listed": _listed(bombs)}
    if sum(i.file_size for i in infos) > limits.TOTAL_BYTES:
        yield _("The archive unpacks to more than %(total_bytes)s GB: split it into several.") % {
            "total_bytes": limits.TOTAL_BYTES // 1_000_000_000
        }
    if infos and all(suffix(i.filename) in ARCHIVE_SUFFIXES for i in infos):
        yield _("The archive holds no pictures, only other archives, which are not opened: %(listed)s.") % {
            "listed": _listed(infos)
        }
    yield from _namesakes(infos)


def _is_a_bomb(info: zipfile.ZipInfo) -> bool:
    return info.file_size > limits.RATIO_FROM_BYTES and info.file_size > limits.RATIO * max(1, info.compress_size)


def _namesakes(infos: list[zipfile.ZipInfo]) -> Iterator[str]:
    """Two entries of one name and different content: which picture is meant?"""
    seen: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        first = seen.setdefault(key(info.filename), info)
        if first is not info and (first.CRC, first.file_size) != (info.CRC, info.file_size):
            yield _("The archive holds two different files of one name: %(listed)s. Which is meant?") % {
                "listed": _listed([first, info])
            }


def _without_spellings(infos: list[zipfile.ZipInfo]) -> Iterator[Entry]:
    seen: dict[str, str] = {}
    for info in infos:
        first = seen.setdefault(key(info.filename), info.filename)
        is_first = first is info.filename
        yield Entry(info.filename, info, twin="" if is_first else first)


def _listed(infos: list[zipfile.ZipInfo]) -> str:
    names = ", ".join(f"“{shown(i.filename, limit=60)}”" for i in infos[:8])
    more = len(infos) - 8
    return _("%(names)s and %(more)s more") % {"names": names, "more": more} if more > 0 else names
