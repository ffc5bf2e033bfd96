# ruff: noqa: E402 - the site is set up before anything of it is imported
"""What the seal costs: one face served and one import of 100 photographs, with and without, in turns in one process.

DATA_DIR=$(mktemp -d) .venv/bin/python tests/bench/bench_sealed.py
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp())
os.environ["DEBUG"] = ""
os.environ["LOG_LEVEL"] = "ERROR"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readerstudy.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.test import Client

from readerstudy.accounts.models import User
from readerstudy.operations.sealing import seal_all, unseal_all
from readerstudy.sealed import add_key
from readerstudy.studies.services import cohorts as services
from tests.studies.cohorts.test_faces import finding
from tests.studies.imports.conftest import listed, picture, upload, zipped

PHOTOS, ROUNDS, FACES = 100, 3, 100
KEYS = Path(settings.DATA_DIR) / "keys"


def switched(on: bool) -> None:
    settings.PHOTO_KEYS_FILE = str(KEYS) if on else ""


def imported(by: User, files: dict[str, bytes], name: str) -> tuple[object, float]:
    cohort = services.create_cohort(name=name, created_by=by)
    batch = services.start_import(
        cohort=cohort, archive=upload("p.zip", zipped(files)), manifest=upload("m.csv", listed([*files])),
        created_by=by, wake=False,
    )  # fmt: skip
    start = time.perf_counter()
    services.run_import(batch_id=batch.pk)
    return cohort, time.perf_counter() - start


def served(client: Client, address: str) -> float:
    start = time.perf_counter()
    answer = client.get(address)
    body = answer.getvalue()
    took = time.perf_counter() - start
    assert answer.status_code == 200, answer.status_code
    assert body[:3] == b"\xff\xd8\xff"
    return 1000 * took


def told(what: str, unit: str, measured: Callable[[bool], float], rounds: int) -> None:
    found: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(rounds):
        for on in (False, True):
            found[on].append(measured(on))
    plain, behind = (statistics.median(found[on]) for on in (False, True))
    print(f"{what}: unsealed {plain:.2f} {unit}, sealed {behind:.2f} {unit} ({100 * (behind / plain - 1):+.1f} %)")


def main() -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    add_key(KEYS, made_on="2026-11-27")
    by = User.objects.create_user("bench@example.org", "bench")
    files = {f"{number}.jpg": picture(number, size=(1200, 1600)) for number in range(PHOTOS)}
    numbers = iter(range(1_000))

    def one_import(on: bool) -> float:
        switched(on)
        return imported(by, files, f"cohort {next(numbers)}")[1]

    told(f"import of {PHOTOS} photographs", "s", one_import, ROUNDS)
    switched(False)
    cohort, _ = imported(by, files, "served")
    photo = cohort.photos.first()
    services.store_face(photo=photo, finding=finding())
    client = Client()
    client.force_login(by)
    address = f"/cohorts/{cohort.pk}/photos/{photo.pk}/rendition/"

    def faces(on: bool) -> float:
        switched(True)
        (seal_all if on else unseal_all)()
        served(client, address)
        return statistics.median(served(client, address) for _ in range(FACES))

    told("one face served", "ms", faces, ROUNDS)


if __name__ == "__main__":
    main()
