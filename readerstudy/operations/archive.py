"""A tar, packed by gzip and sealed by age (age-encryption.org/v1), written and read as a stream.

Only whoever holds the identity can open it: the machine that makes backups knows no more than the public recipient.
Without our program: ``age --decrypt --identity KEY FILE | tar -xzf -``.
"""

import os
import tarfile
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyrage

from readerstudy.refusal import Refused


def new_identity() -> tuple[str, str]:
    """(the secret identity, the public recipient)"""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def recipient_of(text: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(text.strip())
    except pyrage.RecipientError:
        raise Refused(
            f"{text!r} is no age recipient: it begins with age1; `manage.py backup_key FILE` makes one."
        ) from None


def identity_in(file: Path) -> Any:
    """The identity in ``file``; lines that begin with # are comments, as age-keygen writes them."""
    try:
        lines = file.read_text().splitlines()
    except OSError as error:
        raise Refused(f"The key file {file} cannot be read ({error.strerror}).") from None
    secrets = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    try:
        return pyrage.x25519.Identity.from_str(secrets[0])
    except (IndexError, pyrage.IdentityError):
        raise Refused(f"{file} holds no age identity: its line begins with AGE-SECRET-KEY-.") from None


@contextmanager
def writing(target: IO[bytes], recipient: Any) -> Iterator[tarfile.TarFile]:
    """A tar to write to; what arrives in ``target`` is packed and sealed."""
    read, write = os.pipe()

    def seal() -> None:
        # Closed when it fails, as on a full disk: else whoever fills the pipe would wait for ever.
        with os.fdopen(read, "rb") as source:
            try:
                pyrage.encrypt_io(source, target, [recipient])
            except pyrage.EncryptError as problem:  # what ``target`` said when it was written to, in words only
                raise OSError(str(problem).removeprefix("OSError: ")) from None

    with (
        _beside(seal),
        os.fdopen(write, "wb") as pipe,
        tarfile.open(fileobj=pipe, mode="w|gz") as tar,
    ):
        yield tar


@contextmanager
def reading(source: IO[bytes], identity: Any) -> Iterator[tarfile.TarFile]:
    """The tar that was sealed for ``identity``, to be read once from beginning to end."""
    read, write = os.pipe()

    def unseal() -> None:
        with os.fdopen(write, "wb") as pipe:
            try:
                pyrage.decrypt_io(source, pipe, [identity])
            except BrokenPipeError:
                raise
            except OSError as problem:  # what age says of a chunk that is not what was sealed
                raise pyrage.DecryptError(str(problem)) from None

    try:
        with _beside(unseal), os.fdopen(read, "rb") as pipe, tarfile.open(fileobj=pipe, mode="r|gz") as tar:
            yield tar
    except (pyrage.DecryptError, tarfile.TarError, zlib.error, EOFError) as problem:
        raise Refused(
            f"The backup cannot be opened with this key, or it was changed or cut off on the way ({problem})."
        ) from None


@contextmanager
def _beside(work: Callable[[], None]) -> Iterator[None]:
    """``work`` in a thread of its own; its failure is the reason for whatever failed here, so it comes first."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as problem:
            failed.append(problem)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    except Exception:
        thread.join(timeout=60)
        if failed and not isinstance(failed[0], BrokenPipeError):
            raise failed[0] from None
        raise
    thread.join()
    if failed:
        raise failed[0]
