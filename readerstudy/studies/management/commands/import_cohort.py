"""``manage.py import_cohort --name "Cohort A" --photos photos.zip --manifest manifest.csv``"""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from readerstudy.accounts.models import User
from readerstudy.refusal import Refused
from readerstudy.studies.models import Cohort, ImportBatch
from readerstudy.studies.selectors.cohorts import report_rows
from readerstudy.studies.selectors.imports import verdict_words
from readerstudy.studies.services.cohorts import confirm_import, create_cohort, discard_import, run_import, start_import
from readerstudy.studies.services.imports import verdict_counts


class Command(BaseCommand):
    help = (
        "Import a ZIP or folder of photos with its CSV manifest, here and now, and print one line a file. "
        "At a terminal everything is checked first, and you are asked before anything is stored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="the cohort; made if there is none of this name")
        parser.add_argument("--photos", required=True, type=Path, help="a ZIP archive or a folder")
        parser.add_argument("--manifest", required=True, type=Path, help="a CSV file: subject_id, file, label ...")
        parser.add_argument("--kind", default=Cohort.Kind.PATIENTS.value, choices=Cohort.Kind.values)
        parser.add_argument("--description", default="")
        parser.add_argument("--owner", default="", help="e-mail of the coordinator it will belong to")
        asks = parser.add_mutually_exclusive_group()
        asks.add_argument("--dry-run", action="store_true", help="check and report only: no photo is stored")
        asks.add_argument("--yes", action="store_true", help="do not ask: store whatever passes the check")
        parser.add_argument("--report", type=Path, help="write the report as CSV to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            owner = _owner(options["owner"])
            cohort = _cohort(owner, options)
            batch = start_import(
                cohort=cohort,
                archive=options["photos"],
                manifest=options["manifest"],
                created_by=owner,
                wake=False,
                is_checked_first=options["dry_run"] or _is_asked(options),
            )
            batch = run_import(batch_id=batch.pk)
        except Refused as refused:
            raise CommandError(refused.message) from None
        self._report(batch, options["report"])
        if batch.status == ImportBatch.Status.CHECKED:
            self._decide(batch, owner, is_dry_run=options["dry_run"])
        if batch.status == ImportBatch.Status.FAILED:
            raise CommandError("Nothing was imported:\n" + batch.problem)

    def _decide(self, batch: ImportBatch, owner: User, *, is_dry_run: bool) -> None:
        try:
            if is_dry_run or not _says_yes("Add them to the cohort? [y/N] "):
                discard_import(batch=batch, by=owner)
                self.stdout.write(self.style.WARNING("Nothing was stored."))
                return
            confirm_import(batch=batch, by=owner, wake=False)
        except Refused as refused:
            raise CommandError(refused.message) from None
        self._sum_up(run_import(batch_id=batch.pk))

    def _report(self, batch: ImportBatch, file: Path | None) -> None:
        words = verdict_words(batch)
        for line in batch.lines.iterator():
            self.stdout.write(f"{words[line.verdict]:<13} {line.file}  {line.subject_code}  {line.reason}".rstrip())
        for notice in batch.notices:
            self.stdout.write(self.style.WARNING(notice))
        if file:
            file.write_text("".join(report_rows(batch)), encoding="utf-8")
        if batch.status != ImportBatch.Status.FAILED:
            self._sum_up(batch)

    def _sum_up(self, batch: ImportBatch) -> None:
        words = verdict_words(batch)
        counts = ", ".join(f"{n} {words[verdict]}" for verdict, n in verdict_counts(batch).items() if n)
        self.stdout.write(self.style.SUCCESS(f"{batch.cohort} (cohort {batch.cohort_id}): {counts or 'nothing'}."))


def _says_yes(question: str) -> bool:
    try:
        return input(question).strip().casefold() in {"y", "yes"}
    except EOFError:
        return False


def _is_asked(options: dict[str, Any]) -> bool:
    return not options["yes"] and sys.stdin.isatty()


def _owner(email: str) -> User:
    if email:
        owner = User.objects.filter(email__iexact=email).first()
        if owner is None:
            raise CommandError(f"Nobody here has the e-mail address {email}.")
    else:
        owner = User.objects.filter(may_coordinate=True, is_active=True).order_by("id").first()
    if owner is None or not owner.may_coordinate:
        raise CommandError("A cohort belongs to a user who may coordinate: make one, or name one with --owner.")
    return owner


def _cohort(owner: User, options: dict[str, Any]) -> Cohort:
    cohort = Cohort.objects.filter(name=options["name"]).first()
    if cohort is None:
        return create_cohort(
            name=options["name"], kind=options["kind"], description=options["description"], created_by=owner
        )
    if cohort.kind != options["kind"]:
        raise CommandError(f"“{cohort}” exists and is of another kind ({cohort.kind}): choose another name.")
    return cohort
