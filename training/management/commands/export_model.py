"""``manage.py export_model RUN FILE``: the networks of a finished run with their model card, or as one ONNX model."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from readerstudy.refusal import Refused
from training import exports
from training.models import TrainingRun

BY = "manage.py export_model"


class Command(BaseCommand):
    help = (
        "Write the networks of a finished run with recipe, thresholds, calibration and model card as one zip, or as "
        "one ONNX model for other programs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=int, help="number of a finished run")
        parser.add_argument("file", type=Path, help="where to write: a name that ends in .zip or .onnx")

    def handle(self, *args: Any, **options: Any) -> None:
        run = TrainingRun.objects.select_related("cohort").filter(pk=options["run"]).first()
        if run is None:
            raise CommandError(f"There is no run {options['run']}.")
        file = options["file"]
        if file.suffix.lower() not in {".zip", ".onnx"}:
            raise CommandError(f"{file.name}: give a name that ends in .zip or .onnx.")
        try:
            made = _written(run, file)
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror or error}.") from None
        for path in made:
            self.stdout.write(f"{path}: {path.stat().st_size / 1e6:.1f} MB.")
        if file.suffix.lower() == ".zip":
            self.stdout.write(f"Ask it with manage.py predict {file} PHOTO.")


def _written(run: TrainingRun, file: Path) -> list[Path]:
    if file.suffix.lower() == ".onnx":
        return exports.write_onnx(run, file, by=BY)
    exports.write_package(run, file, by=BY)
    return [file]
