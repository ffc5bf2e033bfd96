import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from readerstudy.operations.archive import new_identity


class Command(BaseCommand):
    help = "Makes the key pair for backups: the secret goes into FILE, the public recipient is printed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a new file; keep it away from this machine, on paper or a stick")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        secret, recipient = new_identity()
        try:
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(f"# Opens the backups of readerstudy. Public recipient: {recipient}\n{secret}\n")
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
        self.stdout.write(f"BACKUP_RECIPIENT={recipient}")
        self.stderr.write(
            f"Set this in the site's environment. Without {file} no backup can ever be opened: keep it in two places, "
            "neither of them this machine."
        )
