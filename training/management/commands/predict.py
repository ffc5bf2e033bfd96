"""``manage.py predict RUN PHOTO...``: what the networks of a finished run, or of an exported file, say of photos."""

import json
import logging
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from PIL import Image

from readerstudy.refusal import Refused
from training.predict import NOTICE, Outcome, predict


class Command(BaseCommand):
    help = "Find the face on each photo and ask every network of a run. Research use, not a diagnosis."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", help="number of a finished run, or the file that export_model wrote")
        parser.add_argument("photos", nargs="+", type=Path, metavar="photo")
        parser.add_argument("--json", action="store_true", help="print one JSON document")
        parser.add_argument("--heat-map", type=Path, metavar="DIR", help="write each face with its heat map there")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("tensorflow").setLevel(logging.ERROR)  # each network is traced anew, and it would say so
        try:
            found = predict(options["run"], options["photos"], with_maps=options["heat_map"] is not None)
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        if options["heat_map"]:
            _write_maps(found, options["heat_map"])
        if options["json"]:
            document = {"notice": NOTICE, "photos": [outcome.to_dict() for outcome in found]}
            self.stdout.write(json.dumps(document, indent=2, ensure_ascii=False))
        else:
            self._print(found)
        if all(outcome.verdict is None for outcome in found):
            raise CommandError("No photo could be scored.")

    def _print(self, found: list[Outcome]) -> None:
        for outcome in found:
            self.stdout.write(f"\n{outcome.photo}")
            for line in outcome.lines():
                self.stdout.write(f"  {line}")
        self.stdout.write(f"\n{NOTICE}")


def _write_maps(found: list[Outcome], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, outcome in enumerate(found, start=1):
        if outcome.picture is not None:
            outcome.heat_map = folder / f"{number}-{outcome.photo.stem}.heat.png"
            Image.fromarray(outcome.picture).save(outcome.heat_map)
