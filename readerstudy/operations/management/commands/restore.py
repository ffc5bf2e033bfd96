from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from readerstudy.operations.restore import restore
from readerstudy.refusal import Refused


class Command(BaseCommand):
    help = "Puts a backup into this site, which has to be empty; also the way from SQLite to PostgreSQL."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--key", type=Path, required=True, help="the file that `manage.py backup_key` made")

    def handle(self, *args: Any, file: Path, key: Path, **options: Any) -> None:
        try:
            manifest = restore(source=file, key=key, told=self.stderr.write)
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        n_rows = sum(table["rows"] for table in manifest["tables"].values())
        back = f"{n_rows} rows and {len(manifest['files'])} files are back as of {manifest['made_at'][:16]}"
        self.stdout.write(f"{back}; the audit log is intact. Everybody has to sign in again.")
