"""The subjects of a cohort with their facts: for scripts, and as a manifest that the import would take again."""

import csv
import io
from collections.abc import Iterator

from django.db.models import QuerySet

from readerstudy.studies.imports.manifest import COLUMNS
from readerstudy.studies.models import Cohort, Photo, Subject
from readerstudy.studies.selectors.cohorts import defused

LABELS = {True: "GS", False: "control", None: "unlabelled"}


def subjects(cohort: Cohort) -> QuerySet[Subject]:
    return cohort.subjects.order_by("code")


def manifest_lines(cohort: Cohort) -> Iterator[str]:
    """The manifest as lines of CSV, one a photo that still has its bytes, for streaming."""
    yield _line(COLUMNS)
    photos = cohort.photos.exclude(status=Photo.Status.ERASED).select_related("subject")
    for photo in photos.order_by("subject__code", "-is_index", "id").iterator(chunk_size=1000):
        yield _line(_row(photo))


def _row(photo: Photo) -> tuple[str, ...]:
    subject = photo.subject
    told = {
        "subject_id": subject.code,
        "file": photo.original_name,
        "label": LABELS[subject.has_syndrome],
        "syndrome": subject.diagnosis,
        "orpha": subject.orpha,
        "omim": subject.omim,
        "confirmation": subject.confirmation,
        "confirmed_on": subject.confirmed_on,
        "sex": subject.sex,
        "age_months": "" if subject.age_months is None else f"{subject.age_months:g}",
        "consent": subject.consent,
        "index_photo": "yes" if photo.is_index else "no",
    }
    return tuple(told[column] for column in COLUMNS)


def _line(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([defused(cell) for cell in cells])
    return out.getvalue()
