from readerstudy.operations.management.commands import seal_photos
from readerstudy.operations.sealing import Sealed, unseal_all


class Command(seal_photos.Command):
    help = "Opens every sealed photograph for good. Stop the site first, and unset PHOTO_KEYS_FILE afterwards."
    verb = "unsealed"

    def work(self) -> Sealed:
        return unseal_all(told=self.tell)
