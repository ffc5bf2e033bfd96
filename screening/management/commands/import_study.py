"""``manage.py import_study``: bring in a study that was read elsewhere, from its files."""

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from readerstudy.accounts.models import User
from readerstudy.refusal import Refused
from readerstudy.studies.models import Cohort
from screening.imports.content import Reading
from screening.imports.files import File
from screening.imports.services import Wishes, check_files, import_study


class Command(BaseCommand):
    help = "Import a study from its files: a table of reads (CSV, iMRMC, RJafroc, MRMCaov) and a CSV of scores."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=_file)
        parser.add_argument("--name", required=True, help="what the study is called here")
        parser.add_argument("--by", required=True, help="e-mail of the investigator who answers for the import")
        parser.add_argument("--kind", required=True, choices=Cohort.Kind.values, help="whose faces these were")
        parser.add_argument("--threshold", type=float, help="GS from this score on, without a column threshold")
        parser.add_argument("--gs-from", type=float, help="a reader calls GS from this rating on")
        parser.add_argument(
            "--unaided", default="", help="the modality read without the model, where there are several"
        )
        parser.add_argument("--aided", default="", help="the modality read with the model's output")
        parser.add_argument("--description", default="", help="how the study was read, in your words")
        parser.add_argument("--check", action="store_true", help="say what the files hold and store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(email__iexact=options["by"], is_active=True).first()
        if by is None:
            raise CommandError(f"There is no account for {options['by']}.")
        try:
            reading = Reading(**{name: options[name] for name in ("threshold", "gs_from", "unaided", "aided")})
            wishes = Wishes(
                name=options["name"], kind=options["kind"], description=options["description"], reading=reading
            )
            if options["check"]:
                content, stored = check_files(files=options["files"], wishes=wishes, by=by)
                self._tell(content.summary())
                self.stdout.write("Already stored." if stored else "Nothing was stored: this was a check.")
                return
            made = import_study(files=options["files"], wishes=wishes, by=by)
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        self._tell(made.found)
        self.stdout.write(f"{settings.SITE_URL}/analysis/{made.study_id}/")

    def _tell(self, found: dict[str, Any]) -> None:
        for notice in found["notices"]:
            self.stdout.write(notice)
        self.stdout.write(f"{found['n_cases']} cases, {found['n_gs']} GS; {found['n_reads']} reads.")
        for reader in found["readers"]:
            self.stdout.write(f"  {reader['code']}: {reader['n_read']} of {found['n_cases']} read")


def _file(path: str) -> File:
    try:
        return File(name=Path(path).name, data=Path(path).read_bytes())
    except OSError as error:
        raise ArgumentTypeError(f"{path} cannot be read: {error.strerror}.") from None
