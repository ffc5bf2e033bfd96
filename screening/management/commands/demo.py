"""``manage.py demo``: play the demo against a running worker and tell in the terminal how far it is."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext_noop

from readerstudy.refusal import Refused
from screening.demo import Demo


class Command(BaseCommand):
    help = "Make the phantom demo study: phantoms, import, readers, training, comparison. Continues where it was."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--n", type=int, default=456, help="phantoms in the cohort (the paper: 456)")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--recipe", default="demo", help="recipe of the network: demo, smoke or paper")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEMO and settings.DEBUG):
            raise CommandError("The demo makes people who sign in without a password: it needs DEMO=1 and DEBUG=1.")
        started = time.monotonic()

        def say(text: str) -> None:
            passed = int(time.monotonic() - started)
            self.stdout.write(f"{passed // 60:3d}:{passed % 60:02d}  {text}")
            self.stdout.flush()
            (settings.DATA_DIR / "demo-progress.txt").write_text(text)

        demo = Demo(say=say, n=options["n"], seed=options["seed"], recipe=options["recipe"])
        try:
            comparison = demo.play()
        except (Refused, RuntimeError) as problem:
            say(gettext_noop("stopped: %(reason)s") % {"reason": problem})
            raise CommandError(str(problem)) from None
        page = f"{settings.SITE_URL}/analysis/{comparison.study_id}/{comparison.pk}/"
        say(f"ready: {page} (sign in as the investigator)")
        (settings.DATA_DIR / "demo-progress.txt").unlink()
