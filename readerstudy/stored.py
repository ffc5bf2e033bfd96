"""What lies in the store of photographs, whether that is the folder MEDIA_ROOT or a bucket.

One photograph is opened, saved and deleted through its field; here is what concerns many of them. Uploads under way
(MEDIA_ROOT/incoming), runs and weights lie on the disk in any case: they are unpacked, mapped and locked as files.
"""

import os
import shutil
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage, storages

from readerstudy.sealed_stores import PART, erasing

AT_ONCE = 8  # a bucket far away answers late, but many at once


def is_folder() -> bool:
    """Whether photographs are files of this machine."""
    return isinstance(store(), FileSystemStorage)


def store() -> Any:
    """The storage itself, sealed or not."""
    return storages["default"]


def sizes_below(folder: str = "") -> Iterator[tuple[str, int]]:
    """(name, bytes) of every stored file below ``folder``; in no order."""
    if not is_folder():
        yield from store().sizes_below(folder)
        return
    root = Path(store().location)
    for where, _, files in os.walk(root / folder):
        for file in (one for one in files if not one.startswith(PART)):
            path = Path(where) / file
            try:
                yield path.relative_to(root).as_posix(), path.stat().st_size
            except FileNotFoundError:  # deleted in this moment
                continue


def remove_below(folder: str) -> None:
    """Delete the folder with all below it; nothing happens where there is none."""
    if is_folder():
        with erasing():
            shutil.rmtree(default_storage.path(folder), ignore_errors=True)
        return
    for name, _ in list(sizes_below(folder)):
        default_storage.delete(name)


def each_open(names: Iterable[str]) -> Iterator[tuple[str, File | None]]:
    """Each stored file as it lies there, sealed or not, opened some ahead of the one that is being read; None for one
    that was deleted meanwhile."""
    waiting: deque[tuple[str, Future[File | None]]] = deque()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for name in names:
            waiting.append((name, pool.submit(_opened, name)))
            if len(waiting) > AT_ONCE:
                name, file = waiting.popleft()
                yield name, file.result()
        for name, file in waiting:
            yield name, file.result()


def _opened(name: str) -> File | None:
    try:
        return getattr(store(), "open_as_is", default_storage.open)(name)
    except FileNotFoundError:
        return None


def put_all(root: Path, names: list[str]) -> None:
    """Store the files of these names below ``root`` under the same names, as they are. All of them or none."""
    save = getattr(store(), "save_as_is", default_storage.save)

    def put(name: str) -> None:
        with (root / name).open("rb") as file:
            save(name, File(file))

    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(put, names))
    except BaseException:
        delete_all(names)
        raise


def delete_all(names: list[str]) -> None:
    for name in names:
        default_storage.delete(name)
