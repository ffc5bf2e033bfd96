"""Single photos that arrive one after the other: bytes under names of our own, and an index that says whose they are.

The index has one line a file, written after its bytes: what a broken connection leaves is not in it and is sent again.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from readerstudy.studies.imports import limits
from readerstudy.studies.imports.names import key

INDEX = "index.jsonl"


@dataclass(frozen=True, kw_only=True)
class UploadedFile:
    name: str  # as the sender wrote it, folders included
    size: int  # bytes that were sent
    stored: str  # the file's name in the folder


def is_upload(folder: Path) -> bool:
    return (folder / INDEX).is_file()


def begin(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / INDEX).touch()


def stored_name(name: str) -> str:
    return hashlib.sha256(key(name).encode("utf-8", "surrogatepass")).hexdigest()[:40]


def add(folder: Path, name: str, chunks: Iterable[bytes]) -> UploadedFile:
    """Keep one file; the same name again replaces it.

    Of a file over the limit only as much is kept as the check needs to see that it is too large.
    """
    stored = stored_name(name)
    part = folder / f"{stored}.{os.urandom(4).hex()}.part"
    size = 0
    try:
        with part.open("wb") as file:
            for chunk in chunks:
                if size <= limits.FILE_BYTES:
                    file.write(chunk[: limits.FILE_BYTES + 1 - size])
                size += len(chunk)
        part.replace(folder / stored)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    made = UploadedFile(name=name, size=size, stored=stored)
    with (folder / INDEX).open("ab", buffering=0) as index:  # one write: two senders do not cut each other's lines
        index.write(f"{json.dumps([made.name, made.size, made.stored])}\n".encode())
    return made


def uploaded(folder: Path) -> list[UploadedFile]:
    """What has arrived whole, by name; of a name that came twice the later one."""
    found: dict[str, UploadedFile] = {}
    for line in (folder / INDEX).read_bytes().splitlines():
        try:
            name, size, stored = json.loads(line)
        except ValueError:  # a full disk cut this line off; the next sender began a new one behind it
            continue
        found[stored] = UploadedFile(name=name, size=size, stored=stored)
    return sorted(found.values(), key=lambda file: file.name)
