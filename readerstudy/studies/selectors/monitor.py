"""How far the readers are. Nothing here touches truth or what was called, only that a call was given.

The rows belong to readerstudy.reading, a room above this one, so its models are taken from Django's registry. Each
figure is one grouped query over the whole study: the number of queries does not grow with readers or faces.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.apps import apps
from django.db.models import Aggregate, Count, Exists, F, Max, OuterRef, Q, QuerySet, TextField

from readerstudy.studies.models import Protocol, Reader, Study
from readerstudy.studies.selectors.blinding import waiting_studies
from readerstudy.studies.selectors.monitor_recent import HASTE_MS, time_the_last, warn
from readerstudy.studies.selectors.parts import faces_for, part_sizes
from readerstudy.studies.selectors.studies import current_protocol

SHOWN = ("study", "code", "part", "is_simulated", "anonymised_at", "withdrawn_at", "user__name")  # of a reader


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
    voided: int
    is_recently_hasty: bool
    is_straight: bool  # the same answer, with the same confidence, 30 times in a row; which one is not told

    @property
    def done(self) -> int:
        return self.called + self.forfeited

    @property
    def percent(self) -> int:
        return round(100 * self.done / self.total) if self.total else 0

    @property
    def is_hasty(self) -> bool:
        """Too fast for a look at a face: over all answers, or over the last ones."""
        is_fast = self.median_response_ms is not None and self.median_response_ms < HASTE_MS
        return is_fast or self.is_recently_hasty


def progress_of(study: Study) -> list[Progress]:
    """One line a reader, withdrawn ones last. Practice is left out."""
    readers = study.readers.select_related("user").only(*SHOWN).order_by(F("withdrawn_at").asc(nulls_first=True), "id")
    sizes, parts = part_sizes(study), current_protocol(study).parts
    figures = _figures(study)
    return [_progress(reader, figures.get(reader.pk, {}), faces_for(reader, sizes, parts)) for reader in readers]


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
        voided=figures.get("voided", 0),
        is_recently_hasty=figures.get("is_hasty", False),
        is_straight=figures.get("is_straight", False),
    )


def _state(reader: Reader, figures: dict[str, Any]) -> str:
    if reader.withdrawn_at:
        return "withdrawn"
    if figures.get("sessions") and figures["sessions"] == figures["finished"]:
        return "finished"
    return "reading" if figures.get("begun_at") else "waiting"


def _figures(study: Study) -> dict[int, dict[str, Any]]:
    """All figures by reader, from one grouped query each."""
    readers: dict[int, dict[str, Any]] = {}
    sessions = _sessions(study)
    for session in sessions:
        _add(readers.setdefault(session.pop("reader_id"), {}), session)
    for figures in readers.values():
        figures["median"] = _median_ms(",".join(figures.pop("times")))
    return readers


def _median_ms(microseconds: str) -> float | None:
    """Of numbers as text, in milliseconds. A hundred thousand of them pass here: whole numbers are read fastest."""
    if not microseconds:
        return None
    times = np.fromstring(microseconds, dtype=np.int64, sep=",")
    middle = [(times.size - 1) // 2, times.size // 2]
    return float(np.partition(times, middle)[middle].sum()) / 2000


def _add(figures: dict[str, Any], session: dict[str, Any]) -> None:
    """One more session of the same reader: numbers are summed, times of day the latest, warnings any."""
    for name in ("sessions", "finished", "total", "forfeited", "voided", "called", "incidents", "flagged"):
        figures[name] = figures.get(name, 0) + session.get(name, 0)
    for name in ("begun_at", "shown_at", "called_at"):
        found = [at for at in (figures.get(name), session.get(name)) if at]
        figures[name] = max(found, default=None)
    for name in ("is_hasty", "is_straight"):
        figures[name] = figures.get(name, False) or session.get(name, False)
    figures.setdefault("times", []).extend(session["times"])


def _sessions(study: Study) -> list[dict[str, Any]]:
    """The real readings (no practice). Rows below are grouped by session: the fewer joins, the faster."""
    sessions = {
        row["id"]: row
        for row in _model("ReadingSession")
        .filter(reader__study=study, is_practice=False)
        .values("id", "reader_id", "arm", design=F("protocol__design"), begun_at=F("started_at"), end=F("finished_at"))
    }
    mine = _model("ReadingSession").filter(reader__study=study, is_practice=False).values("id")
    has_aid = any(row["arm"] == "aided" or row["design"] == Protocol.Design.SEQUENTIAL for row in sessions.values())
    for rows in _grouped(mine, stages=("unaided", "aided") if has_aid else ("unaided",)):
        for row in rows:
            sessions.get(row.pop("place"), {}).update(row)  # a session laid out this very moment waits its turn
    time_the_last(sessions)
    for row in sessions.values():
        is_aided = row["arm"] == "aided"
        row["sessions"], row["finished"] = 1, int(row["end"] is not None)
        # The call that ends a trial: of a sequential design the aided one, never a half answer.
        last = "aided" if is_aided or row["design"] == Protocol.Design.SEQUENTIAL else "unaided"
        row["called"] = row.get(f"called_{last}", 0)
        # A second answer is timed from the model's output and not from the face: only the first stage's times count.
        times = row.get("times_aided" if is_aided else "times_unaided")
        row["times"] = [times] if times else []
    warn(sessions)
    return list(sessions.values())


def _grouped(mine: QuerySet[Any, Any], *, stages: tuple[str, ...]) -> Iterable[Iterable[dict[str, Any]]]:
    def by_session(model: str, path: str) -> QuerySet[Any, dict[str, Any]]:
        return _model(model).filter(**{f"{path}session__in": mine}).values(place=F(f"{path}session_id")).order_by()

    trials = by_session("Trial", "")
    yield trials.annotate(total=Count("id"))
    # The rare ones by indexes of their own, so that nothing opens the rows of all the others.
    yield trials.filter(forfeited_at__isnull=False).annotate(forfeited=Count("id"))
    yield trials.filter(voided_at__isnull=False).annotate(voided=Count("id"))
    flagged = _model("Exposure").exclude(flags=[]).annotate(place=F("trial__session_id") + 0)
    yield flagged.filter(place__in=mine).values("place").order_by().annotate(flagged=Count("id"))
    stage = {name: Q(stage=name) for name in stages}
    yield by_session("Call", "trial__").annotate(
        last_call=Max("id"),
        **{f"called_{n}": Count("trial", distinct=True, filter=q & Q(is_complete=True)) for n, q in stage.items()},
        **{f"times_{n}": Microseconds("response_ms", filter=q & Q(revision=1)) for n, q in stage.items()},
    )
    yield by_session("Incident", "").annotate(incidents=Count("id"))


class Microseconds(Aggregate):
    """The times of a group as text, whole microseconds divided by commas: one row a reader in place of one a call."""

    output_field = TextField()
    template = "GROUP_CONCAT(CAST(%(expressions)s * 1000 + 0.5 AS INTEGER))"

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        joined = self.copy()
        joined.template = "STRING_AGG(CAST(CAST(%(expressions)s * 1000 AS bigint) AS text), ',')"
        return joined.as_sql(compiler, connection, **extra)


def _model(name: str) -> Any:
    return apps.get_model("reading", name).objects


def incidents_of(study: Study) -> QuerySet[Any]:
    """Everything that went wrong in the study, newest first; ``waits`` says whether its refused answers are hidden."""
    return (
        apps.get_model("reading", "Incident")
        .objects.filter(session__reader__study=study)
        .select_related("session__reader", "trial__case")
        .annotate(waits=Exists(waiting_studies().filter(pk=OuterRef("session__reader__study"))))
        .order_by("-id")
    )
