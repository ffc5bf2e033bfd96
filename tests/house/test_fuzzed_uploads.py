"""Whatever is uploaded is answered in sentences: no error of the server, no file left behind, no flood of memory.

Some hundred here; as many as one likes by ``FUZZED=10000 pytest tests/house/test_fuzzed_uploads.py``.
"""

import os
import resource
import sys
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from readerstudy.accounts.models import User
from readerstudy.refusal import Refused
from readerstudy.studies.imports import limits
from readerstudy.studies.models import Cohort, ImportBatch, Photo
from readerstudy.studies.services.cohorts import create_cohort, run_import
from readerstudy.studies.services.decisions import confirm_import, discard_import
from tests.house.fuzz import Fuzz

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(0 if os.environ.get("FUZZED") else 300)]
ROUNDS = int(os.environ.get("FUZZED", "200"))
SEEDS = 4  # parts of it, so that a failure says which
MOST_MEMORY = 400_000_000  # bytes on top of what the process had before
OVER = {"finished", "failed", "checked", "discarded"}


@pytest.fixture
def cohort(coordinator) -> Cohort:
    return create_cohort(name="Fuzzed", created_by=coordinator)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_upload_breaks_the_server_or_leaves_a_file(client, cohort, coordinator, settings, monkeypatch, seed) -> None:
    monkeypatch.setattr(limits, "PIXELS", 4_000_000)  # of what a header claims; the rule is the same, the test quicker
    client.force_login(coordinator)
    client.raise_request_exception = False
    fuzz, before, met = Fuzz(seed), peak(), set()
    for number in range(ROUNDS // SEEDS):
        archive, manifest = fuzz.upload()
        known = set(ImportBatch.objects.values_list("pk", flat=True))
        files = {"photos": SimpleUploadedFile("x.zip", archive), "manifest": SimpleUploadedFile("m.csv", manifest)}
        answer = client.post(f"/cohorts/{cohort.pk}/import/", files)
        assert answer.status_code in (302, 400), (seed, number, answer.status_code)
        met.add(answer.status_code)
        for batch in ImportBatch.objects.exclude(pk__in=known):
            batch = run_import(batch_id=batch.pk)
            met.add(batch.status)
            assert batch.status in OVER, (seed, number, batch.status)
            assert "error on the server" not in batch.problem, (seed, number, batch.problem)
            if batch.status == "checked":
                _decide(batch, coordinator, is_taken=number % 2 == 0)
        assert left_behind(Path(settings.MEDIA_ROOT)) == [], (seed, number)
    assert {302, "failed"} <= met, "the fuzz goes no deeper than the door"
    assert peak() - before < MOST_MEMORY


def _decide(batch: ImportBatch, by: User, *, is_taken: bool) -> None:
    if is_taken:
        try:
            confirm_import(batch=batch, by=by, wake=False)
        except Refused:  # nothing in it can be taken
            is_taken = False
    if is_taken:
        taken = run_import(batch_id=batch.pk)
        assert taken.status == "finished", taken.problem
    else:
        discard_import(batch=batch, by=by)


def left_behind(media: Path) -> list[str]:
    """Files that no row of the database names."""
    named = set(Photo.objects.exclude(file="").values_list("file", flat=True))
    found = [path.relative_to(media).as_posix() for path in media.rglob("*") if path.is_file()]
    return [name for name in found if name not in named]


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
