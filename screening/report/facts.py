"""What the report says beyond the stored result: counts of the cohort as they are now, and the study's protocol."""

from typing import Any

from django.db.models import Count, Q

from readerstudy.studies.models import Photo, Protocol, Subject
from screening.models import Comparison

RULES = (
    "answer_window_ms",
    "call_ends_exposure",
    "practice_pass_percent",
    "repeats_percent",
    "block_length",
    "tolerance_ms",
    "undo_ms",
)
CHOICES = ("design", "incident_policy", "confidence", "sides")


def facts_of(comparison: Comparison) -> dict[str, Any]:
    return {
        "comparison": comparison.pk,
        "made_at": comparison.created_at,
        "made_by": str(comparison.created_by),
        "fingerprint": comparison.fingerprint,
        "cohort": _cohort(comparison),
        "protocol": _protocol(comparison),
        "description": comparison.study.description,
    }


def _cohort(comparison: Comparison) -> dict[str, int]:
    """Counts for the flow diagram; ``practice`` and ``spare`` are pictures that are in no analysis."""
    study = comparison.study
    subjects = Subject.objects.filter(cohort=study.cohort_id).aggregate(
        subjects=Count("id"),
        gs=Count("id", filter=Q(has_syndrome=True)),
        controls=Count("id", filter=Q(has_syndrome=False)),
        truth_not_stated=Count("id", filter=Q(has_syndrome__isnull=True)),
        consent_withdrawn=Count("id", filter=Q(consent_withdrawn_at__isnull=False)),
    )
    ready = Q(status=Photo.Status.READY, is_index=True)
    photos = Photo.objects.filter(cohort=study.cohort_id).aggregate(
        photos=Count("id"),
        further=Count("id", filter=Q(is_index=False)),
        ready=Count("id", filter=ready),
        waiting=Count("id", filter=Q(is_index=True, status__in=[Photo.Status.IMPORTED, Photo.Status.REVIEW])),
        unusable=Count("id", filter=Q(is_index=True, status=Photo.Status.UNUSABLE)),
        erased=Count("id", filter=Q(is_index=True, status=Photo.Status.ERASED)),
    )
    cases = study.cases.aggregate(
        cases=Count("id", filter=Q(is_practice=False)), practice=Count("id", filter=Q(is_practice=True))
    )
    return subjects | photos | cases


def _protocol(comparison: Comparison) -> dict[str, Any] | None:
    """The version that the result names; None for a study that was imported, whose protocol nobody here knows."""
    version = comparison.result["study"]["protocol_version"]
    found = Protocol.objects.filter(study=comparison.study, version=version).first() if version else None
    if found is None:
        return None
    rules = {name: getattr(found, name) for name in RULES}
    return (
        rules | {name: getattr(found, f"get_{name}_display")() for name in CHOICES} | {"is_frozen": bool(found.digest)}
    )
