"""Every photograph that is stored, sealed with the newest key or opened again: one after the other, each atomically.

Nothing has to be remembered: a file says for itself which key it is sealed with, so a sealing that was killed is begun
again and passes over what is done. The site goes on meanwhile.
"""

import fcntl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from readerstudy import stored
from readerstudy.audit import services as audit
from readerstudy.refusal import Refused
from readerstudy.sealed import HEADER, Key, SealTrouble, newest, sealed_by
from readerstudy.sealed_stores import SealedFolder, seal_bytes

UPLOADS = "incoming"
STAGED = f"{UPLOADS}/*/checked/*.jpg"  # photographs that were checked and wait for somebody's yes
YOUNG_S = 1.0  # a file so fresh may still be being written
TOLD_EVERY = 500


@dataclass
class Sealed:
    """How many files were changed, were right already, had gone or changed meanwhile; and what could not be opened."""

    done: int = 0
    already: int = 0
    passed: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.done + self.already + self.passed + len(self.problems)


def seal_all(*, told: Callable[[Sealed], None] = lambda _: None) -> Sealed:
    """Seal every photograph with the newest key.

    Raises
    ------
    Refused
        There is no key, or another sealing is under way.
    """
    try:
        key = newest()
    except SealTrouble as problem:
        raise Refused(str(problem)) from None
    if key is None:
        raise Refused("There is no key: set PHOTO_KEYS_FILE and make one with `manage.py photo_key --new`.")
    found = _each(key, told)
    audit.record("photographs.sealed", target="site", key=key.id, files=found.done, problems=len(found.problems))
    return found


def unseal_all(*, told: Callable[[Sealed], None] = lambda _: None) -> Sealed:
    """Every photograph as it was before any seal; the keys have to be there."""
    found = _each(None, told)
    audit.record("photographs.unsealed", target="site", files=found.done, problems=len(found.problems))
    return found


def _each(key: Key | None, told: Callable[[Sealed], None]) -> Sealed:
    found = Sealed()
    with _alone():
        for storage in (stored.store(), _uploads()):
            storage.remove_parts()
        for storage, name in _names():
            _settle(storage, name, key, found)
            if found.total % TOLD_EVERY == 0:
                told(found)
    return found


def _settle(storage: Any, name: str, key: Key | None, found: Sealed) -> None:
    try:
        if _head(storage, name) == (key.id if key else None):
            found.already += 1
            return
        _wait_if_young(storage, name)
        data, mark = storage.version(name)
        is_done = storage.replace(name, seal_bytes(data, name=name, key=key), mark=mark)
    except FileNotFoundError:
        found.passed += 1
    except SealTrouble as problem:
        found.problems.append(str(problem))
    else:
        found.done += is_done
        found.passed += not is_done


def _wait_if_young(storage: Any, name: str) -> None:
    if isinstance(storage, SealedFolder):
        age = time.time() - Path(storage.path(name)).stat().st_mtime
        time.sleep(min(YOUNG_S, max(0.0, YOUNG_S - age)))


def _head(storage: Any, name: str) -> str | None:
    with storage.open_as_is(name) as file:
        return sealed_by(file.read(HEADER))


def _uploads() -> SealedFolder:
    return SealedFolder(location=settings.MEDIA_ROOT)


def _names() -> Iterator[tuple[Any, str]]:
    for name, _ in list(stored.sizes_below()):
        if not name.startswith(f"{UPLOADS}/"):
            yield stored.store(), name
    root = Path(settings.MEDIA_ROOT)
    for path in sorted(root.glob(STAGED)):
        yield _uploads(), path.relative_to(root).as_posix()


def count(*, most: int | None = None) -> Counter[str]:
    """How many photographs are sealed with which key, by its id; "" counts those that are not. ``most``: of so many,
    spread evenly over all."""
    names = list(_names())
    step = max(1, len(names) // most) if most else 1
    counted: Counter[str] = Counter()
    for storage, name in names[::step]:
        try:
            counted[_head(storage, name) or ""] += 1
        except FileNotFoundError:
            continue
    return counted


@contextmanager
def _alone() -> Iterator[None]:
    with (Path(settings.DATA_DIR) / "sealing.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("Another sealing is under way: wait for its end.", status=409) from None
        yield
