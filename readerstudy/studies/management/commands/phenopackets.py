"""Phenopackets out of a cohort, and a manifest out of phenopackets."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from readerstudy.audit.services import record
from readerstudy.refusal import Refused
from readerstudy.studies.models import Cohort
from readerstudy.studies.phenopackets.reading import read_packets
from readerstudy.studies.phenopackets.writing import write_zip


class Command(BaseCommand):
    help = "GA4GH Phenopackets v2: write a cohort's, one JSON a subject, or make a manifest of others."

    def add_arguments(self, parser: CommandParser) -> None:
        ways = parser.add_subparsers(dest="way", required=True)
        out = ways.add_parser("export", help="write the packets of a cohort into a ZIP")
        out.add_argument("cohort", help="name or number of the cohort")
        out.add_argument("file", type=Path, help="ZIP file to write")
        into = ways.add_parser("manifest", help="make a manifest of a JSON file or a ZIP of them")
        into.add_argument("packets", type=Path)
        into.add_argument("file", type=Path, help="CSV file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"].exists():
            raise CommandError(f"{options['file']} is there already: choose another name.")
        try:
            self._export(options) if options["way"] == "export" else self._manifest(options)
        except (Refused, OSError) as error:
            raise CommandError(str(error)) from error

    def _export(self, options: dict[str, Any]) -> None:
        wanted = options["cohort"]
        cohort = Cohort.objects.filter(name=wanted).first()
        if cohort is None and wanted.isdigit():
            cohort = Cohort.objects.filter(pk=wanted).first()
        if cohort is None:
            raise CommandError(f"There is no cohort named or numbered “{wanted}”.")
        with options["file"].open("wb") as out:
            n = write_zip(cohort, out)
        record(
            "cohort.exported", actor="command line", target=f"cohort:{cohort.pk}", file="phenopackets.zip", subjects=n
        )
        self.stdout.write(f"{n} phenopackets of {cohort.name} in {options['file']}.")

    def _manifest(self, options: dict[str, Any]) -> None:
        with options["packets"].open("rb") as file:
            found = read_packets(file, name=options["packets"].name)
        options["file"].write_text(found.manifest, encoding="utf-8", newline="")
        for sentence in (*found.problems, *found.gaps):
            self.stderr.write(sentence)
        self.stdout.write(f"{len(found.rows)} subjects in {options['file']}, {len(found.problems)} packets refused.")
