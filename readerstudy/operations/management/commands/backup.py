from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from readerstudy.operations.backup import backup
from readerstudy.refusal import Refused


class Command(BaseCommand):
    help = "Writes database, photographs, runs and weights into one encrypted file, while the site goes on working."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--recipient", help="the public age recipient; by default BACKUP_RECIPIENT")

    def handle(self, *args: Any, file: Path, recipient: str | None, **options: Any) -> None:
        recipient = recipient or settings.BACKUP_RECIPIENT
        if not recipient:
            raise CommandError("Nobody could open this backup: make a key with `manage.py backup_key FILE` first.")
        try:
            made = backup(target=file, recipient=recipient, told=self.stderr.write)
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        self.stdout.write(f"{made.path}: {made.rows} rows, {made.files} files, {made.size / 1e6:.1f} MB.")
        for key_id, n in made.sealed_with.items():
            self.stdout.write(
                f"{n} photographs in it are sealed with the key {key_id}: keep PHOTO_KEYS_FILE elsewhere."
            )
