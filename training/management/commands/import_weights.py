"""``manage.py import_weights FILE``: check pretrained VGG-16 weights and offer them to new runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from readerstudy.refusal import Refused
from training.weights import import_weights


class Command(BaseCommand):
    help = (
        "Check a file of pretrained VGG-16 weights (Oxford vgg-face.mat, rcmalli or DeepFace VGG-Face h5, "
        "Keras ImageNet h5), write it in readerstudy's own format into the data directory, and say what it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file as downloaded")
        parser.add_argument("--name", default="", help="name in the list of new runs; left out: the file's")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = import_weights(file=options["file"], name=options["name"])
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        facts = found.facts
        head = [name for name in found.layers if name.startswith("fc")]
        self.stdout.write(f"{options['file'].name}: {facts.kind}.")
        self.stdout.write(
            f"Layers: 13 convolutions{', ' + ' and '.join(head) if head else ', no fully connected ones'}."
        )
        self.stdout.write(f"Mean taken off (red, green, blue): {', '.join(f'{value:.3f}' for value in facts.mean)}.")
        self.stdout.write(f"SHA-256 of the source: {facts.source_sha256}")
        self.stdout.write(f"Answer to the test picture: {', '.join(f'{value:.5g}' for value in facts.fingerprint)}")
        for twin in found.twins:
            self.stdout.write(f"The same network as {twin}.")
        size = found.path.stat().st_size / 1e6
        self.stdout.write(f"Stored as {found.path.name} ({size:.0f} MB); the page of a new run offers it.")
