"""How far the readers are. Nothing here touches truth or what was called, only that a call was given.

The rows belong to readerstudy.reading, a room above this one, so its models are taken from Django's registry. Each
figure is one grouped query over the whole study: the number of queries does not grow with readers or faces.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Count, F, Max, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from readerstudy.studies.models import Protocol, Reader, Study

HASTE_MS = 1000  # a median below one second is no look at a face


# The call that ends a trial: of a sequential design the aided one, never a half answer.
LAST_CALL = Q(is_complete=True) & ~Q(stage="unaided", trial__session__protocol__design=Protocol.Design.SEQUENTIAL)


@dataclass(frozen=True, kw_only=True)
class Progress:
    reader: Reader
    state: str  # waiting, reading, finished, withdrawn
    total: int
    called: int
    forfeited: int
    last_seen: datetime | None
    median_response_ms: float | None
    incidents: int
    flagged: int  # exposures that are not clean ones

    @property
    def done(self) -> int:
        return self.called + self.forfeited

    @property
    def percent(self) -> int:
        return round(100 * self.done / self.total) if self.total else 0

    @property
    def is_hasty(self) -> bool:
        return self.median_response_ms is not None and self.median_response_ms < HASTE_MS


def progress_of(study: Study) -> list[Progress]:
    """One line a reader, withdrawn ones last. Practice is left out."""
    readers = study.readers.select_related("user").order_by(F("withdrawn_at").asc(nulls_first=True), "id")
    faces = study.cases.filter(is_practice=False).count()
    figures = _figures(study)
    return [_progress(reader, figures.get(reader.pk, {}), faces) for reader in readers]


def _progress(reader: Reader, figures: dict[str, Any], faces: int) -> Progress:
    seen = [at for at in (figures.get("called_at"), figures.get("shown_at"), figures.get("begun_at")) if at]
    return Progress(
        reader=reader,
        state=_state(reader, figures),
        total=figures.get("total") or faces,
        called=figures.get("called", 0),
        forfeited=figures.get("forfeited", 0),
        last_seen=max(seen, default=None),
        median_response_ms=figures.get("median"),
        incidents=figures.get("incidents", 0),
        flagged=figures.get("flagged", 0),
    )


def _state(reader: Reader, figures: dict[str, Any]) -> str:
    if reader.withdrawn_at:
        return "withdrawn"
    if figures.get("sessions") and figures["sessions"] == figures["finished"]:
        return "finished"
    return "reading" if figures.get("begun_at") else "waiting"


def _figures(study: Study) -> dict[int, dict[str, Any]]:
    """All figures by reader, merged from one grouped query each."""
    merged: dict[int, dict[str, Any]] = {}
    for row in _grouped(study):
        merged.setdefault(row.pop("place"), {}).update(row)
    for reader, median in _medians(study).items():
        merged.setdefault(reader, {})["median"] = median
    return merged


def _grouped(study: Study) -> Iterable[dict[str, Any]]:
    sessions = _rows("ReadingSession", study, "")
    trials = _rows("Trial", study, "session__")
    exposures = _rows("Exposure", study, "trial__session__")
    calls = _rows("Call", study, "trial__session__").filter(LAST_CALL)
    incidents = _rows("Incident", study, "session__")
    yield from sessions.annotate(
        sessions=Count("id"), finished=Count("finished_at"), begun_at=Max("started_at")
    ).order_by()
    yield from trials.annotate(total=Count("id"), forfeited=Count("forfeited_at")).order_by()
    yield from exposures.annotate(shown_at=Max("started_at"), flagged=Count("id", filter=~Q(flags=[]))).order_by()
    yield from calls.annotate(called=Count("trial", distinct=True), called_at=Max("received_at")).order_by()
    yield from incidents.annotate(incidents=Count("id")).order_by()


def _rows(model: str, study: Study, path: str) -> QuerySet[Any, dict[str, Any]]:
    """Rows of the real reading (no practice), grouped by reader; ``path`` leads from the row to its session."""
    rows = apps.get_model("reading", model).objects.filter(
        **{f"{path}reader__study": study, f"{path}is_practice": False}
    )
    return rows.values(place=F(f"{path}reader_id"))


def _medians(study: Study) -> dict[int, float]:
    """The median response time by reader, taken by the database: the one or two middle rows of each line."""
    partition = F("trial__session__reader_id")
    rows = (
        apps.get_model("reading", "Call")
        .objects.filter(
            trial__session__reader__study=study,
            trial__session__is_practice=False,
            revision=1,
            response_ms__isnull=False,
        )
        .exclude(stage="aided", trial__session__arm="unaided")  # a second answer, timed from the aid and not the face
        .annotate(
            twice_rank=2 * Window(RowNumber(), partition_by=[partition], order_by="response_ms"),
            n=Window(Count("id"), partition_by=[partition]),
        )
        .filter(twice_rank__gte=F("n"), twice_rank__lte=F("n") + 2)
        .values_list("trial__session__reader_id", "response_ms")
    )
    middle: dict[int, list[float]] = {}
    for reader, response_ms in rows:
        middle.setdefault(reader, []).append(response_ms)
    return {reader: sum(values) / len(values) for reader, values in middle.items()}


def incidents_of(study: Study) -> QuerySet[Any]:
    """Everything that went wrong in the study, newest first."""
    return (
        apps.get_model("reading", "Incident")
        .objects.filter(session__reader__study=study)
        .select_related("session__reader", "trial__case")
        .order_by("-id")
    )
