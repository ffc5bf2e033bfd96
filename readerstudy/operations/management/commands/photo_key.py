from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from readerstudy.audit import services as audit
from readerstudy.operations import sealing
from readerstudy.refusal import Refused
from readerstudy.sealed import SealTrouble, add_key, keys


class Command(BaseCommand):
    help = "Lists the keys that photographs are sealed with and how many files each still opens; --new makes one."
    requires_system_checks: list[str] = []  # the key that is missing is made here

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="by default PHOTO_KEYS_FILE")
        parser.add_argument("--new", action="store_true", help="put a new key at the top; the others stay")

    def handle(self, *args: Any, file: Path | None, new: bool, **options: Any) -> None:
        try:
            self._make(file) if new else self._list()
        except (Refused, SealTrouble) as problem:
            raise CommandError(str(problem)) from None

    def _make(self, file: Path | None) -> None:
        if file is None and not settings.PHOTO_KEYS_FILE:
            raise CommandError("Say into which file: `manage.py photo_key --new FILE`, then set PHOTO_KEYS_FILE=FILE.")
        file = file or Path(settings.PHOTO_KEYS_FILE)
        key = add_key(file, made_on=timezone.localdate().isoformat())
        audit.record("photo_key.made", target="site", key=key.id)
        self.stdout.write(f"{file}: the newest key is {key.id}.")
        self.stderr.write(
            f"Without {file} no photograph sealed with it can ever be opened, nor any backup: keep copies in two "
            "places, neither of them this machine. Then `manage.py seal_photos` seals what is stored already."
        )

    def _list(self) -> None:
        counted = sealing.count()
        for number, key in enumerate(keys()):
            said = "the newest: new photographs are sealed with it" if number == 0 else "older"
            if number and not counted[key.id]:
                said = "older, opens nothing here any more; an older backup may need it"
            self.stdout.write(f"{key.id}  {counted.pop(key.id, 0):>8} files  {said}")
        for key_id, n in sorted(counted.items()):
            self.stdout.write(f"{key_id or 'unsealed':<16}  {n:>8} files" + ("  THE KEY IS MISSING" if key_id else ""))
