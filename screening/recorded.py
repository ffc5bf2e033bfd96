"""What was recorded beside the primary calls: planned repeats, aided calls, looks that were not clean, incidents.

No truth and no score is read here; the case columns and reader rows are those of the ``Table`` handed in.
"""

import re
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from django.db.models import Count, Exists, Q

from readerstudy.reading.models import Call, Exposure, Incident, ReadingSession, Trial
from readerstudy.studies.models import Case, Protocol, Study
from screening.tables import AIDED, ALONE, EARLIER, PRIMARY, UNAIDED, Bools, Floats, Table, reads_of

REPEATS = (
    Q(session__is_practice=False, case__is_practice=False, voided_at__isnull=True)
    & Q(repetition__gt=0, is_represented=False)
    & ALONE
    & ~Exists(EARLIER)
)
NUMBERS = re.compile(r"\d[\d.,]*( x \d[\d.,]*)?")


@dataclass(frozen=True, kw_only=True, eq=False)
class AidedReads:
    """The calls given with the model's output in view, shape (readers, cases) as in the table."""

    calls: Floats
    confidence: Floats
    is_flagged: Bools
    first: list[str]  # by reader: the arm that was read first

    def without_flagged(self) -> "AidedReads":
        return replace(self, calls=np.where(self.is_flagged, np.nan, self.calls))


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """A planned second showing that was called: row and column of the table, and the call."""

    reader: int
    case: int
    call: float


@dataclass(frozen=True, kw_only=True)
class Looks:
    """One reader's looks, counted."""

    ended: dict[str, int] = field(default_factory=dict)
    flags: dict[str, int] = field(default_factory=dict)  # reasons with their numbers taken out
    incidents: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Recorded:
    design: str
    washout_days: int
    exposure_ms: int
    tolerance_ms: int
    repeats: list[Repeat]
    looks: list[Looks]  # by reader
    aided: AidedReads | None = None  # None where the design has no such arm

    def without_flagged(self) -> "Recorded":
        return replace(self, aided=self.aided and self.aided.without_flagged())

    def plain(self) -> dict[str, Any]:
        """For the fingerprint."""
        names = ("design", "washout_days", "exposure_ms", "tolerance_ms")
        aided = self.aided and {
            "first": self.aided.first,
            **{name: _listed(getattr(self.aided, name)) for name in ("calls", "confidence", "is_flagged")},
        }
        found = {"repeats": [asdict(one) for one in self.repeats], "looks": [asdict(one) for one in self.looks]}
        return {name: getattr(self, name) for name in names} | found | {"aided": aided}


def with_recorded(table: Table, *, study: Study) -> Table:
    """The table with everything of this module in it. Seven queries, whatever the size."""
    protocol = Protocol.objects.filter(study=study).order_by("-version").first()
    if protocol is None:
        return table
    columns = {number: i for i, number in enumerate(table.number.tolist())}
    rows = {reader.id: i for i, reader in enumerate(table.readers)}
    cases = Case.objects.filter(study=study, number__in=columns).values_list("id", "number")
    place = {case: columns[number] for case, number in cases}
    is_aided = protocol.design != Protocol.Design.UNAIDED
    recorded = Recorded(
        design=protocol.design,
        washout_days=protocol.washout_days,
        exposure_ms=protocol.exposure_ms,
        tolerance_ms=protocol.tolerance_ms,
        repeats=_repeats(study, place=place, rows=rows),
        looks=_looks(study, rows=rows),
        aided=_aided(study, place=place, rows=rows) if is_aided else None,
    )
    return replace(table, recorded=recorded)


def _repeats(study: Study, *, place: dict[int, int], rows: dict[int, int]) -> list[Repeat]:
    """The highest revision of each; a second repeat of the same face is compared with the first look as well."""
    trials = Trial.objects.filter(REPEATS, session__reader__study=study)
    calls = (
        Call.objects.filter(stage=UNAIDED, trial__in=trials)
        .order_by("trial__session__reader_id", "trial__position", "trial_id", "revision")
        .values_list("trial_id", "trial__session__reader_id", "trial__case_id", "is_gs")
    )
    latest = {trial: (reader, case, is_gs) for trial, reader, case, is_gs in calls}
    return [
        Repeat(reader=rows[reader], case=place[case], call=float(is_gs))
        for reader, case, is_gs in latest.values()
        if case in place
    ]


def _looks(study: Study, *, rows: dict[int, int]) -> list[Looks]:
    flags, ended, incidents = (defaultdict(Counter) for _ in range(3))
    trials = Trial.objects.filter(PRIMARY, session__reader__study=study)
    for reader, end, reasons in Exposure.objects.filter(trial__in=trials).values_list(
        "trial__session__reader_id", "end", "flags"
    ):
        ended[reader][end or "open"] += 1
        flags[reader].update({NUMBERS.sub("…", reason) for reason in reasons})
    counted = Incident.objects.filter(session__reader__study=study, session__is_practice=False)
    for reader, kind, n in counted.values_list("session__reader_id", "kind").annotate(n=Count("id")):
        incidents[reader][kind] = n
    return [
        Looks(ended=_sorted(ended[reader]), flags=_sorted(flags[reader]), incidents=_sorted(incidents[reader]))
        for reader in rows
    ]


def _aided(study: Study, *, place: dict[int, int], rows: dict[int, int]) -> AidedReads:
    reads = reads_of(study, stage=AIDED, place=place, rows=rows)
    sessions = ReadingSession.objects.filter(reader__study=study, is_practice=False, started_at__isnull=False)
    first: dict[int, str] = {}
    for reader, arm in sessions.order_by("occasion", "id").values_list("reader_id", "arm"):
        first.setdefault(reader, arm)
    return AidedReads(
        calls=reads["calls"],
        confidence=reads["confidence"],
        is_flagged=reads["is_flagged"],
        first=[first.get(reader, "") for reader in rows],
    )


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _listed(array: Any) -> Any:
    return np.where(np.isnan(array), None, array.astype(object)).tolist() if array.dtype.kind == "f" else array.tolist()
