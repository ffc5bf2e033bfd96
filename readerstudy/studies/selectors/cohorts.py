"""Reads for the cohort pages, the report and the API."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean, median, stdev

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext_lazy

from readerstudy.accounts.models import User
from readerstudy.said import said
from readerstudy.studies.access import COORDINATOR, INVESTIGATOR, cohorts_of
from readerstudy.studies.models import Cohort, ImportBatch, ImportLine, Photo, Study, Subject
from readerstudy.studies.selectors.imports import verdict_words

REPORT_COLUMNS = ("line", "file", "subject_id", "verdict", "reason", "face")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
STATUSES = Photo.Status.values
OVER = {ImportBatch.Status.FINISHED, ImportBatch.Status.FAILED, ImportBatch.Status.DISCARDED}


def cohort_list(user: User) -> QuerySet[Cohort]:
    """The cohorts a coordinator or investigator sees, each with its counts, newest first; one query.

    Subqueries, not joins: photos x subjects x studies in one join would multiply.
    """
    mine = cohorts_of(user, COORDINATOR, INVESTIGATOR).values("pk")
    photos = Photo.objects.all()
    return (
        Cohort.objects.filter(pk__in=mine)
        .select_related("created_by")
        .annotate(
            n_subjects=_counted(Subject.objects.all()),
            n_photos=_counted(photos.exclude(status=Photo.Status.ERASED)),
            n_ready=_counted(photos.filter(status=Photo.Status.READY)),
            n_review=_counted(photos.filter(status=Photo.Status.REVIEW)),
            n_waiting=_counted(photos.filter(status=Photo.Status.IMPORTED)),
            n_studies=_counted(Study.objects.all()),
        )
        .order_by("-created_at", "-pk")
    )


def _counted(rows: QuerySet) -> Coalesce:
    counted = rows.filter(cohort=OuterRef("pk")).order_by().values("cohort").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def may_coordinate(user: User, cohort: Cohort) -> bool:
    return cohorts_of(user, COORDINATOR).filter(pk=cohort.pk).exists()


def gallery(cohort: Cohort, *, status: str = "", search: str = "") -> QuerySet[Photo]:
    """Photos with subject and face, for paging; ``search`` looks at subject codes and file names."""
    photos = cohort.photos.select_related("subject", "face").order_by("subject__code", "-is_index", "id")
    if status in STATUSES:
        photos = photos.filter(status=status)
    if search:
        photos = photos.filter(Q(subject__code__icontains=search) | Q(original_name__icontains=search))
    return photos


def report_lines(batch: ImportBatch, *, verdict: str = "") -> QuerySet[ImportLine]:
    lines = batch.lines.select_related("photo").order_by("number")
    return lines.filter(verdict=verdict) if verdict in ImportLine.Verdict.values else lines


def photo_counts(cohort: Cohort) -> dict[str, int]:
    """Photos by status, every status named, and ``total``."""
    counted = dict(cohort.photos.values_list("status").annotate(n=Count("pk")))
    counts = {status: counted.get(status, 0) for status in STATUSES}
    return {**counts, "total": sum(counts.values())}


def progress(cohort: Cohort) -> dict[str, int]:
    """How far the face finder is: ``done`` of ``total`` photos that still have their bytes."""
    counts = photo_counts(cohort)
    total = counts["total"] - counts[Photo.Status.ERASED]
    return {"done": total - counts[Photo.Status.IMPORTED], **counts, "total": total}


def review_queue(cohort: Cohort) -> QuerySet[Photo]:
    return cohort.photos.filter(status=Photo.Status.REVIEW).select_related("subject", "face").order_by("id")


def other_photos(photo: Photo) -> QuerySet[Photo]:
    """Further photos of the same subject that could be read in place of this one."""
    out = [Photo.Status.ERASED, Photo.Status.UNUSABLE]
    others = Photo.objects.filter(subject_id=photo.subject_id).exclude(pk=photo.pk).exclude(status__in=out)
    return others.select_related("face").order_by("-is_index", "id")


@dataclass(frozen=True, kw_only=True)
class Group:
    """One column of the cohort's table. Ages are months; ``age_sd`` has the divisor n - 1."""

    name: str
    n: int
    n_ready: int
    girls: int
    boys: int
    age_n: int
    age_mean: float | None
    age_sd: float | None
    age_median: float | None
    diagnoses: list[tuple[str, int]]


GROUPS = ((True, "GS"), (False, gettext_lazy("control")), (None, gettext_lazy("truth not stated")))


def groups(cohort: Cohort) -> list[Group]:
    """Plain numbers on the subjects whose consent stands; two queries whatever the size."""
    subjects = Subject.objects.filter(cohort=cohort, consent_withdrawn_at__isnull=True)
    facts = list(subjects.values_list("has_syndrome", "sex", "age_months", "diagnosis"))
    ready = dict(
        Photo.objects.filter(cohort=cohort, is_index=True, status=Photo.Status.READY)
        .values_list("subject__has_syndrome")
        .annotate(n=Count("pk"))
    )
    made = [_group(name, [row for row in facts if row[0] is truth], ready.get(truth, 0)) for truth, name in GROUPS]
    return [group for group in made if group.n]


def _group(name: str, facts: list[tuple], n_ready: int) -> Group:
    ages = [age for _, _, age, _ in facts if age is not None]
    sexes = [sex for _, sex, _, _ in facts]
    counted: dict[str, int] = {}
    for *_, diagnosis in facts:
        if diagnosis:
            counted[diagnosis] = counted.get(diagnosis, 0) + 1
    return Group(
        name=name,
        n=len(facts),
        n_ready=n_ready,
        girls=sexes.count("F"),
        boys=sexes.count("M"),
        age_n=len(ages),
        age_mean=mean(ages) if ages else None,
        age_sd=stdev(ages) if len(ages) > 1 else None,
        age_median=median(ages) if ages else None,
        diagnoses=sorted(counted.items(), key=lambda item: (-item[1], item[0])),
    )


def batch_state(batch: ImportBatch) -> dict[str, object]:
    """What a page or script polls while an import runs."""
    counts = dict(batch.lines.values_list("verdict").annotate(n=Count("pk")))
    return {
        "id": batch.pk,
        "status": batch.status,
        "status_label": batch.get_status_display(),
        "total": batch.total,
        "done": batch.done,
        "verdicts": {verdict: counts.get(verdict, 0) for verdict in ImportLine.Verdict.values},
        "problem": "\n".join(said(problem) for problem in batch.problem.split("\n")),
        "notices": [said(notice) for notice in batch.notices],
        "is_checked_first": batch.is_checked_first,
        "waits_for_decision": batch.status == ImportBatch.Status.CHECKED,
        "is_over": batch.status in OVER,
    }


def defused(cell: str) -> str:
    """``cell`` so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def report_rows(batch: ImportBatch) -> Iterator[str]:
    """The report as lines of CSV, for streaming."""
    yield _csv_line(REPORT_COLUMNS)
    with translation.override("en"):  # a file for machines, whoever asks for it
        words = verdict_words(batch)
        faces = {value: str(label) for value, label in Photo.Status.choices}
    for line in batch.lines.select_related("photo").order_by("number").iterator(chunk_size=1000):
        face = faces[line.photo.status] if line.photo else ""
        yield _csv_line((str(line.number), line.file, line.subject_code, words[line.verdict], line.reason, face))


def _csv_line(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([defused(cell) for cell in cells])
    return out.getvalue()
