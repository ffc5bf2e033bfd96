"""``manage.py screen PHOTO...``: what a finished run says of new photos and what that is worth. Stores nothing."""

import json
import logging
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from readerstudy.refusal import Refused
from screening.new_photo import NOTICE, PREVALENCE
from screening.screen_files import Outcome, screen_files
from training.ensembles import runs_with_networks
from training.models import Kind, TrainingRun


class Command(BaseCommand):
    help = "Find the face on each photo and ask every network of a run. Research use, not a diagnosis. Stores nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("photos", nargs="+", type=Path, metavar="photo")
        parser.add_argument("--run", type=int, help="number of a finished run; the latest when left out")
        parser.add_argument("--age-months", type=float, help="age of the child, compared with those of the cohort")
        parser.add_argument(
            "--prevalence", type=float, default=PREVALENCE, help="of GS, 0 to 1, for PPV and NPV (default %(default)s)"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["prevalence"] < 1:
            raise CommandError("--prevalence is a share between 0 and 1, for example 0.01.")
        logging.getLogger("tensorflow").setLevel(logging.ERROR)  # each network is traced anew, and it would say so
        run = _run(options["run"])
        try:
            found = screen_files(
                run, options["photos"], age_months=options["age_months"], prevalence=options["prevalence"]
            )
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        if options["json"]:
            head = {"notice": str(NOTICE), "run": run.pk, "prevalence": options["prevalence"]}
            document = head | {"photos": [outcome.to_dict() for outcome in found]}
            self.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False))
        else:
            self._print(run, found)
        if not any(outcome.answer for outcome in found):
            raise CommandError("No photo could be scored.")

    def _print(self, run: TrainingRun, found: list[Outcome]) -> None:
        self.stdout.write(f"Run {run.pk}, {run.name}")
        for outcome in found:
            self.stdout.write(f"\n{outcome.photo}")
            for line in outcome.lines():
                self.stdout.write(f"  {line}")
        self.stdout.write(f"\n{NOTICE}")


def _run(pk: int | None) -> TrainingRun:
    networks = TrainingRun.objects.select_related("cohort").filter(kind=Kind.NETWORK)
    if pk is not None:
        run = networks.filter(pk=pk).first()
        if run is None:
            raise CommandError(f"There is no run {pk} with a network.")
        return run
    run = runs_with_networks().select_related("cohort").order_by("-finished_at", "-id").first()
    if run is None:
        raise CommandError("No run has finished yet whose networks are here: train one first.")
    return run
