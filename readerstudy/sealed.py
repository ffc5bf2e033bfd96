"""Photographs sealed at rest: AES-256-GCM by the library `cryptography`, keys from a file, a key id in each photograph.

A sealed file is ``MAGIC``, the id of its key, a nonce, and the ciphertext with its tag. Its name is part of what the
tag vouches for, so that nobody can put one child's face in the place of another's unseen. What is not sealed is passed
through.
"""

import base64
import binascii
import errno
import functools
import hashlib
import os
import re
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from readerstudy.refusal import Refused

MAGIC = b"RSPHOTO1"
ID_BYTES, NONCE_BYTES, TAG_BYTES, KEY_BYTES = 8, 12, 16, 32
HEADER = len(MAGIC) + ID_BYTES + NONCE_BYTES
OVERHEAD = HEADER + TAG_BYTES
PREFIX = "photo-key-1-"
LINE = re.compile(rf"{PREFIX}([A-Za-z0-9_-]+=*)")


class SealTrouble(OSError):
    """A photograph that cannot be opened or sealed; the sentence says why and which."""


class KeysUnreadable(SealTrouble):
    errno = errno.EHOSTDOWN


class KeyMissing(SealTrouble):
    errno = errno.EHOSTDOWN


class Damaged(SealTrouble):
    errno = errno.EIO


@dataclass(frozen=True)
class Key:
    secret: bytes

    @property
    def id(self) -> str:
        """Says which key it is and nothing about it."""
        return hashlib.sha256(b"readerstudy photo key id\0" + self.secret).hexdigest()[: 2 * ID_BYTES]

    @property
    def line(self) -> str:
        return PREFIX + base64.urlsafe_b64encode(self.secret).decode()


def new_key() -> Key:
    return Key(secrets.token_bytes(KEY_BYTES))


# --- the key file ----------------------------------------------------------------------------------------------------


def keys() -> tuple[Key, ...]:
    """The keys of PHOTO_KEYS_FILE, newest first; none where it is not set. Read again as soon as the file has changed.

    Raises
    ------
    KeysUnreadable
        The file is not there, cannot be read, or holds something else.
    """
    if not settings.PHOTO_KEYS_FILE:
        return ()
    file = Path(settings.PHOTO_KEYS_FILE)
    try:
        told = file.stat()
        return _keys_in(file, told.st_mtime_ns, told.st_ino, told.st_size)
    except OSError as problem:
        if isinstance(problem, KeysUnreadable):
            raise
        raise KeysUnreadable(f"PHOTO_KEYS_FILE points at {file}, which cannot be read ({problem.strerror}).") from None


@functools.lru_cache(maxsize=4)
def _keys_in(file: Path, *_version: int) -> tuple[Key, ...]:
    lines = [line.strip() for line in file.read_text(errors="replace").splitlines()]
    wanted = [(number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    if not wanted:
        raise KeysUnreadable(f"{file} holds no key: `manage.py photo_key --new` makes one.")
    return tuple(_key_of(line, file=file, number=number) for number, line in wanted)


def _key_of(line: str, *, file: Path, number: int) -> Key:
    found = LINE.fullmatch(line)
    try:
        secret = base64.b64decode(found[1], altchars=b"-_", validate=True) if found else b""
    except binascii.Error:
        secret = b""
    if len(secret) != KEY_BYTES:
        raise KeysUnreadable(f"{file}, line {number} is no key of photographs: `manage.py photo_key --new` makes one.")
    return Key(secret)


def newest() -> Key | None:
    return next(iter(keys()), None)


def key_called(key_id: str) -> Key | None:
    return next((key for key in keys() if key.id == key_id), None)


def open_to_others(file: Path) -> bool:
    """Whether other accounts of the machine may read or change it."""
    return bool(file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def add_key(file: Path, *, made_on: str) -> Key:
    """A new key at the top of ``file``, for its owner only; the keys that are there stay. Whole or not at all."""
    before = ""
    if file.exists():
        _keys_in.__wrapped__(file)  # refuses what is no key file rather than writing into it
        before = file.read_text()
    key = new_key()
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(f"# {key.id}, made on {made_on}\n{key.line}\n{before}")
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError as problem:
        part.unlink(missing_ok=True)
        raise Refused(f"{file} cannot be written ({problem.strerror}).") from None
    return key


# --- sealing ---------------------------------------------------------------------------------------------------------


def sealed_by(head: bytes) -> str | None:
    """The id of the key that a file with this beginning is sealed with; None of one that is not sealed."""
    if not head.startswith(MAGIC):
        return None
    return head[len(MAGIC) : len(MAGIC) + ID_BYTES].hex()


def seal(data: bytes, *, name: str, key: Key) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(NONCE_BYTES)
    head = MAGIC + bytes.fromhex(key.id)
    return head + nonce + AESGCM(key.secret).encrypt(nonce, data, head + name.encode())


def unseal(data: bytes, *, name: str) -> bytes:
    """What was sealed under this name; what is not sealed, as it is.

    Raises
    ------
    KeyMissing
        It is sealed with a key that PHOTO_KEYS_FILE does not hold.
    Damaged
        It is not what was sealed, or not under this name.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key_id = sealed_by(data)
    if key_id is None:
        return data
    key = key_called(key_id)
    if key is None:
        where = "which is not in PHOTO_KEYS_FILE" if settings.PHOTO_KEYS_FILE else "and PHOTO_KEYS_FILE is not set"
        raise KeyMissing(f"The photograph {name} is sealed with the key {key_id}, {where}.")
    split = len(MAGIC) + ID_BYTES
    try:
        return AESGCM(key.secret).decrypt(data[split:HEADER], data[HEADER:], data[:split] + name.encode())
    except (InvalidTag, ValueError):  # the second where it is cut off
        raise Damaged(f"The photograph {name} is damaged: its bytes are not those that were sealed.") from None


def sealed_if_asked(data: bytes, *, name: str) -> bytes:
    """Sealed with the newest key, or as it is where PHOTO_KEYS_FILE is not set."""
    key = newest()
    return seal(data, name=name, key=key) if key else data
