"""Draw a cohort of digital phantoms: photos and a manifest that the import door takes."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

PRESETS = ("demo", "subtle", "null")


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # drawing needs neither database nor site
    help = (
        "Draw a cohort of digital phantoms (stylised faces of nobody, not clinically valid) into a folder: photos/, "
        "manifest.csv in the public import format, and phantoms.csv with every picture's origin."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", required=True, help="folder to write, created when absent")
        parser.add_argument("--n", type=int, default=456, help="number of phantoms, half of them cases (default 456)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same cohort (default 1)")
        parser.add_argument("--preset", choices=PRESETS, default="demo", help="severity of the gestalts (default demo)")
        parser.add_argument("--processes", type=int, help="processes to draw with (default: the processors at hand)")

    def handle(self, *args: Any, **options: Any) -> None:
        # Here, not above: the web can be installed without OpenCV.
        from readerstudy.phantoms.cohort import write_cohort

        started = time.monotonic()
        try:
            phantoms = write_cohort(
                options["out"],
                n=options["n"],
                seed=options["seed"],
                preset=options["preset"],
                processes=options["processes"],
                on_progress=self._progress,
            )
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        cases = sum(phantom.has_syndrome for phantom in phantoms)
        self.stdout.write(
            f"{len(phantoms)} phantoms ({cases} GS, {len(phantoms) - cases} controls) in {options['out']} "
            f"after {time.monotonic() - started:.0f} s. Import them with manifest.csv and photos/."
        )

    def _progress(self, done: int, total: int) -> None:
        """A line that rewrites itself in a terminal, a line every tenth elsewhere."""
        if self.stdout.isatty():
            self.stdout.write(f"\r{done}/{total} phantoms drawn", ending="\n" if done == total else "")
            self.stdout.flush()
        elif done == total or done % max(1, total // 10) == 0:
            self.stdout.write(f"{done}/{total} phantoms drawn")
