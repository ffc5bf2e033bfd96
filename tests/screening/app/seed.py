"""A site to look at: ``DATA_DIR=... DEBUG=1 python tests/screening/app/seed.py`` fills an empty database with the
golden study. Nobody is signed in; the investigator's address and password are printed."""

import os
import sys
from pathlib import Path

import django

HERE = Path(__file__).parent
PASSWORD = "look at the pages"


def main() -> None:
    if "DATA_DIR" not in os.environ:
        sys.exit("Set DATA_DIR to an empty directory: this script fills the database it finds there.")
    sys.path.insert(0, str(HERE.parents[2]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readerstudy.settings")
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from tests.screening.app.paperlike import build

    made = build(kind="phantom", status="open")
    made.investigator.set_password(PASSWORD)
    made.investigator.save()
    sys.stdout.write(f"{made.investigator.email} / {PASSWORD}\n")


if __name__ == "__main__":
    main()
