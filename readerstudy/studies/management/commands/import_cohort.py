"""``manage.py import_cohort --name "Cohort A" --photos photos.zip --manifest manifest.csv``"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from readerstudy.accounts.models import User
from readerstudy.refusal import Refused
from readerstudy.studies.models import Cohort, ImportBatch
from readerstudy.studies.selectors.cohorts import report_rows
from readerstudy.studies.services.cohorts import create_cohort, run_import, start_import
from readerstudy.studies.services.imports import verdict_counts


class Command(BaseCommand):
    help = "Import a ZIP or folder of photos with its CSV manifest, here and now, and print one line a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="the cohort; made if there is none of this name")
        parser.add_argument("--photos", required=True, type=Path, help="a ZIP archive or a folder")
        parser.add_argument("--manifest", required=True, type=Path, help="a CSV file: subject_id, file, label ...")
        parser.add_argument("--kind", default=Cohort.Kind.PATIENTS.value, choices=Cohort.Kind.values)
        parser.add_argument("--description", default="")
        parser.add_argument("--owner", default="", help="e-mail of the coordinator it will belong to")
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
            )
            batch = run_import(batch_id=batch.pk)
        except Refused as refused:
            raise CommandError(refused.message) from None
        self._report(batch, options["report"])
        if batch.status == ImportBatch.Status.FAILED:
            raise CommandError("Nothing was imported:\n" + batch.problem)

    def _report(self, batch: ImportBatch, file: Path | None) -> None:
        for line in batch.lines.iterator():
            self.stdout.write(
                f"{line.get_verdict_display():<13} {line.file}  {line.subject_code}  {line.reason}".rstrip()
            )
        for notice in batch.notices:
            self.stdout.write(self.style.WARNING(notice))
        if file:
            file.write_text("".join(report_rows(batch)), encoding="utf-8")
        if batch.status == ImportBatch.Status.FINISHED:
            counts = ", ".join(f"{n} {verdict}" for verdict, n in verdict_counts(batch).items() if n)
            self.stdout.write(self.style.SUCCESS(f"{batch.cohort} (cohort {batch.cohort_id}): {counts or 'nothing'}."))


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
