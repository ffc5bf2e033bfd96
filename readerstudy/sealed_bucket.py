"""The bucket of photographs behind a seal; apart from the folder because it needs the packages of the group ``s3``."""

from typing import Any

from botocore.exceptions import ClientError

from readerstudy.bucket import GONE, Bucket, answering
from readerstudy.sealed_stores import Sealing

CHANGED = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}


class SealedBucket(Sealing, Bucket):
    def version(self, name: str) -> tuple[bytes, Any]:
        with answering(name):
            found = self.bucket.Object(self.key(name)).get()
            return found["Body"].read(), found["ETag"]

    def replace(self, name: str, data: bytes, *, mark: Any) -> bool:
        """As in a folder. The store itself compares (If-Match); a store that cannot is asked just before."""
        with answering(name):
            place = self.bucket.Object(self.key(name))
            try:
                if place.e_tag != mark:
                    return False
                place.put(Body=data, IfMatch=mark)
            except ClientError as problem:
                if problem.response["Error"]["Code"] in GONE | CHANGED:
                    return False
                raise
        if self.keeps_versions():
            self._drop_older(name)
        return True

    def _drop_older(self, name: str) -> None:
        """A version from before the seal would lie there unsealed for ever."""
        with answering(name):
            for version in self.bucket.object_versions.filter(Prefix=self.key(name)):
                if version.object_key == self.key(name) and not version.is_latest:
                    version.delete()

    def remove_parts(self) -> int:
        return 0  # an object is put in its place whole
