"""Imports in one line: a manifest and photos in, the finished batch out."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

BAD_INPUTS = Path(__file__).parents[2] / "data" / "bad-inputs"


def expected(folder: str) -> list[tuple[str, str]]:
    """(path, verdict) of every row of expected.csv in ``folder``."""
    with (BAD_INPUTS / "expected.csv").open(encoding="utf-8", newline="") as file:
        return [(row["file"], row["verdict"]) for row in csv.DictReader(file) if row["file"].startswith(f"{folder}/")]


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def listed(files: list[str], **columns: str) -> bytes:
    """A manifest naming ``files``, one subject each, alternately GS and control."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["subject_id", "file", "label", *columns])
    for i, file in enumerate(files):
        writer.writerow([f"P{i + 1:03d}", file, ("GS", "control")[i % 2], *columns.values()])
    return out.getvalue().encode()


def picture(seed: int = 0, *, size: tuple[int, int] = (160, 200), **save) -> bytes:
    """A colourful picture that looks like no other seed's."""
    import numpy as np

    cells = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC).save(out, save.pop("format", "JPEG"), **save)
    return out.getvalue()


@pytest.fixture
def cohort(coordinator):
    from readerstudy.studies.services.cohorts import create_cohort

    return create_cohort(name="Imported", created_by=coordinator)


@pytest.fixture
def take(cohort) -> Callable:
    """``take(photos, manifest)`` with bytes or paths; returns the batch when it is over."""
    from readerstudy.studies.services.cohorts import run_import, start_import

    def run(photos, manifest, *, into=None):
        target = into or cohort
        batch = start_import(
            cohort=target,
            archive=photos if isinstance(photos, Path) else upload("photos.zip", photos),
            manifest=manifest if isinstance(manifest, Path) else upload("manifest.csv", manifest),
            created_by=target.created_by,
        )
        return run_import(batch_id=batch.pk)

    return run
