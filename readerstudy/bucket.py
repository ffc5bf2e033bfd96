"""Photographs in an S3-compatible bucket: private, erased for good, and read through our own views only.

Named by ``STORAGES`` where S3_BUCKET is set; needs the optional packages of the group ``s3``.
"""

import errno
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import Any

import boto3
from boto3.exceptions import Boto3Error
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

MEMORY = 16 * 1024 * 1024  # a photograph up to this size is never written to a disk on its way
ASK_AGAIN_AFTER = 60.0  # seconds; somebody may turn on versions while the site runs
GONE = {"404", "NoSuchKey", "NotFound"}
CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"max_attempts": 4, "mode": "standard"},
    max_pool_connections=32,
    # Checksums that only Amazon's own service understands are left out.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class StoreAway(OSError):
    """The bucket does not answer, or refuses us; the sentence says which. To the site it is a disk that is away."""

    errno = errno.EHOSTDOWN


@contextmanager
def answering(name: str) -> Iterator[None]:
    """What the store says in the words of a file system."""
    try:
        yield
    except ClientError as problem:
        if problem.response["Error"]["Code"] in GONE:
            raise FileNotFoundError(f"The bucket holds no {name}.") from None
        raise StoreAway(f"The store of photographs refuses: {problem}") from problem
    except (BotoCoreError, Boto3Error) as problem:
        raise StoreAway(f"The store of photographs does not answer: {problem}") from problem


class Bucket(S3Storage):
    """As a folder behaves: a name is never overwritten, what is deleted is gone, and nothing has a public address."""

    def __init__(self, **options: Any) -> None:
        style = "path" if options.get("endpoint_url") else "auto"  # a name of its own for each bucket is Amazon's habit
        config = CONFIG.merge(Config(s3={"addressing_style": style}, signature_version="s3v4"))
        super().__init__(client_config=config, default_acl=None, file_overwrite=False, **options)
        self._asked_at, self._keeps_versions = -ASK_AGAIN_AFTER, False

    def url(self, name: str | None, *args: Any, **options: Any) -> str:
        """An address at which nobody answers: faces go out through views that ask who is there."""
        return f"{settings.MEDIA_URL}{name}"

    def key(self, name: str) -> str:
        return str(self._normalize_name(clean_name(name)))

    def _open(self, name: str, mode: str = "rb") -> File:
        """The whole object at once, so that whoever holds the file is not stopped by the network halfway."""
        if mode != "rb":
            raise ValueError(f"A photograph in a bucket is read as a whole; the mode {mode!r} is not offered.")
        data = SpooledTemporaryFile(max_size=MEMORY, dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - the File's
        with answering(name):
            shutil.copyfileobj(self.bucket.Object(self.key(name)).get()["Body"], data)
        data.seek(0)
        return File(data, name)

    def _save(self, name: str, content: Any) -> str:
        with answering(name):
            return str(super()._save(name, content))

    def exists(self, name: str) -> bool:
        try:
            self.size(name)
        except FileNotFoundError:
            return False
        return True

    def size(self, name: str) -> int:
        with answering(name):
            return int(self.bucket.Object(self.key(name)).content_length)

    def delete(self, name: str) -> None:
        """The object and, in a bucket that keeps versions, each of them: withdrawn consent leaves nothing behind."""
        with answering(name):
            key = self.key(name)
            self.bucket.Object(key).delete()
            if self.keeps_versions():
                for version in self.bucket.object_versions.filter(Prefix=key):
                    if version.object_key == key:
                        version.delete()

    def keeps_versions(self) -> bool:
        """Whether the bucket keeps, or once kept, older versions; a store that knows none says no."""
        if time.monotonic() - self._asked_at > ASK_AGAIN_AFTER:
            try:
                self._keeps_versions = bool(self.bucket.Versioning().status)
            except ClientError as problem:
                if problem.response["ResponseMetadata"]["HTTPStatusCode"] != 501:
                    raise
                self._keeps_versions = False
            self._asked_at = time.monotonic()
        return self._keeps_versions

    def sizes_below(self, folder: str) -> Iterator[tuple[str, int]]:
        """(name, bytes) of every object below ``folder``, a thousand a request."""
        place = f"{self.location.strip('/')}/" if self.location.strip("/") else ""
        with answering(folder):
            for found in self.bucket.objects.filter(Prefix=f"{place}{folder.strip('/')}/" if folder else place):
                yield found.key.removeprefix(place), found.size

    def is_open_to_anybody(self, name: str) -> bool:
        """Whether the object can be had without our key: asked of the store itself, whatever its rules say."""
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            region_name=self.region_name or "us-east-1",
            verify=self.verify,
            config=CONFIG.merge(Config(signature_version=UNSIGNED)),
        )
        try:
            client.get_object(Bucket=self.bucket_name, Key=self.key(name))
        except ClientError:
            return False
        return True
