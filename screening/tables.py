"""The one place where truth, calls and scores meet.

Truth is a column of ``Subject``, a call a row of ``Call``, a score a row of ``Prediction``; no other module reads the
three together (tests/screening/app/test_walls.py).

The primary read of a case by a reader is

* given without the model's output: the unaided arm's first occasion, in a sequential design the unaided stage; never
  in practice;
* the call of the planned first showing (repetition 0); where that showing ended without a call and the face was shown
  again (``is_represented``), the first re-presented showing that was called. Planned repeats never count;
* of that call the highest revision.

Trials that the coordinator voided are in no table; how many there were is counted a reader.
Cases whose truth is not stated can be read but not analysed: they are in no table.
Readers who withdrew are kept and marked: what they called before is data.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import Count, Exists, OuterRef, Q
from numpy.typing import NDArray

from readerstudy.reading.models import Call, Exposure, ReadingSession, Trial
from readerstudy.studies.models import Case, Reader, Study
from training import pooling
from training.models import Prediction, TrainingRun

if TYPE_CHECKING:
    from screening.recorded import Recorded

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
LOOKS = ("position", "shown_ms")
UNAIDED, AIDED = Call.Stage.UNAIDED.value, Call.Stage.AIDED.value


@dataclass(frozen=True, kw_only=True)
class ReaderColumn:
    """Who one row of the call matrix is."""

    id: int
    code: str
    seniority: str
    seniority_label: str
    years_of_experience: int | None
    has_genetics_training: bool | None
    is_simulated: bool
    is_withdrawn: bool
    forfeited: int  # primary showings that ended without a call
    voided: int = 0  # primary showings that the coordinator set aside
    part: int | None = None  # of the cases, which alone this reader was to read (split-plot)


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Cases of one study in the order of their numbers, readers in the order they joined.

    Arrays over cases have shape (cases,), matrices (readers, cases). NaN means: no score, no fold, not read, not asked.
    A case of another part than the reader's own (split-plot) is NaN too, but not missing: see ``is_allocated``.
    """

    number: Ints
    photo: Ints
    truth: Bools
    diagnosis: list[str]
    age_months: Floats
    sex: list[str]
    score: Floats  # on the scale on which the folds are pooled, as is the threshold
    fold: Floats  # index of the fold that held the case out
    threshold: Floats  # that fold's own, chosen on its validation photos
    readers: list[ReaderColumn]
    calls: Floats  # 1 = GS, 0 = not GS
    confidence: Floats
    response_ms: Floats
    is_flagged: Bools  # the exposure was not a clean one
    is_represented: Bools  # the call was given at a second showing
    consent_withdrawn: int
    allocated: Bools | None = None  # which cases each reader was to read; None: all of them
    confirmation: list[str] = field(default_factory=list)  # how each diagnosis was confirmed
    position: Floats | None = None  # of the trial in its session, from 1
    shown_ms: Floats | None = None  # measured on the screen, of looks that were shown to the end
    recorded: "Recorded | None" = None  # repeats, aided calls, incidents: what was recorded beside the primary calls

    @property
    def is_split(self) -> bool:
        """Whether readers were dealt parts of the cases instead of all of them."""
        return self.allocated is not None

    @property
    def is_allocated(self) -> Bools:
        return np.ones(self.calls.shape, dtype=np.bool_) if self.allocated is None else self.allocated

    def missing(self) -> Ints:
        """Cases each reader was to call and has not, shape (readers,)."""
        return (np.isnan(self.calls) & self.is_allocated).sum(axis=1)

    def without_flagged(self) -> "Table":
        """The same table with the calls of flagged exposures taken for missing."""
        recorded = self.recorded and self.recorded.without_flagged()
        return replace(self, calls=np.where(self.is_flagged, np.nan, self.calls), recorded=recorded)

    def fingerprint_source(self) -> dict[str, Any]:
        """Everything a result depends on, as plain values."""
        arrays = ("number", "photo", "truth", "age_months", "score", "fold", "threshold", "calls", "confidence")
        plain = {name: _plain(getattr(self, name)) for name in (*arrays, "response_ms", "is_flagged", "is_represented")}
        who = [_described(reader) for reader in self.readers]
        looks = {name: _plain(found) for name in LOOKS if (found := getattr(self, name)) is not None}
        beside = {"recorded": self.recorded.plain()} if self.recorded else {}
        division = {} if self.allocated is None else {"is_allocated": _plain(self.allocated)}
        words = {"diagnosis": self.diagnosis, "sex": self.sex, "confirmation": self.confirmation}
        return plain | words | looks | beside | division | {"readers": who}

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) over all of it."""
        text = json.dumps(self.fingerprint_source(), sort_keys=True, ensure_ascii=False, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()


def read(*, study: Study, run: TrainingRun | None, stage: str = UNAIDED) -> Table:
    """The table of ``study`` with the held-out scores of ``run``, if there is one. Five queries, whatever the size.

    ``stage`` "aided" puts the calls given with the model's output in view in place of the primary ones: for a separate
    analysis, never the main one.
    """
    cases = list(_cases(study))
    place = {row["id"]: i for i, row in enumerate(cases)}
    scores = _on_one_scale(run)
    readers = list(_readers(study))
    reads = reads_of(study, stage=stage, place=place, rows={reader.id: i for i, reader in enumerate(readers)})
    return Table(
        number=np.array([row["number"] for row in cases], dtype=np.int64),
        photo=np.array([row["photo_id"] for row in cases], dtype=np.int64),
        truth=np.array([row["photo__subject__has_syndrome"] for row in cases], dtype=np.bool_),
        diagnosis=[row["photo__subject__diagnosis"] for row in cases],
        age_months=_floats(row["photo__subject__age_months"] for row in cases),
        sex=[row["photo__subject__sex"] for row in cases],
        confirmation=[row["photo__subject__confirmation"] for row in cases],
        consent_withdrawn=sum(row["photo__subject__consent_withdrawn_at"] is not None for row in cases),
        score=_floats(scores.get(row["photo_id"], {}).get("score") for row in cases),
        fold=_floats(scores.get(row["photo_id"], {}).get("fold") for row in cases),
        threshold=_floats(scores.get(row["photo_id"], {}).get("threshold") for row in cases),
        readers=readers,
        allocated=_allocated([row["part"] for row in cases], readers),
        **reads,
    )


def _allocated(parts: list[int | None], readers: list[ReaderColumn]) -> Bools | None:
    """Shape (readers, cases); None where the cases are not divided. Who never was dealt a part was to read nothing."""
    if all(part is None for part in parts):
        return None
    return np.array([[reader.part == part for part in parts] for reader in readers], dtype=np.bool_).reshape(
        len(readers), len(parts)
    )


def _cases(study: Study) -> Any:
    subject = ("has_syndrome", "diagnosis", "confirmation", "age_months", "sex", "consent_withdrawn_at")
    return (
        Case.objects.filter(study=study, is_practice=False, photo__subject__has_syndrome__isnull=False)
        .order_by("number")
        .values("id", "number", "part", "photo_id", *(f"photo__subject__{name}" for name in subject))
    )


def _scores(run: TrainingRun | None) -> Any:
    return Prediction.objects.filter(run=run).values("photo_id", *pooling.FIELDS) if run else Prediction.objects.none()


def _on_one_scale(run: TrainingRun | None) -> dict[int, dict[str, Any]]:
    """By photo the score and threshold by which the run's folds are pooled, and the fold."""
    rows = list(_scores(run))
    return {
        row["photo_id"]: {"score": score, "threshold": threshold, "fold": row["fold__index"]}
        for row, (score, threshold) in zip(rows, pooling.pooled(rows), strict=True)
    }


# A second reading of the same arm never counts; in a crossover an arm's only reading may be the reader's second.
EARLIER = ReadingSession.objects.filter(
    reader=OuterRef("session__reader"),
    arm=OuterRef("session__arm"),
    occasion__lt=OuterRef("session__occasion"),
    is_practice=False,
)
EARLIER_SESSION = ReadingSession.objects.filter(
    reader=OuterRef("reader"), arm=OuterRef("arm"), occasion__lt=OuterRef("occasion"), is_practice=False
)
MADE = (
    Q(session__is_practice=False, case__is_practice=False)
    & (Q(repetition=0) | Q(is_represented=True))
    & ~Exists(EARLIER)
)
SHOWINGS = MADE & Q(voided_at__isnull=True)
ALONE = Q(session__arm=ReadingSession.Arm.UNAIDED)
PRIMARY = SHOWINGS & ALONE


def _readers(study: Study) -> list[ReaderColumn]:
    lost, void = Q(forfeited_at__isnull=False, calls__isnull=True), Q(voided_at__isnull=False)
    counts = (
        Trial.objects.filter(MADE & ALONE, lost | void, session__reader__study=study)
        .values_list("session__reader")
        .annotate(lost=Count("id", filter=lost & ~void), void=Count("id", filter=void, distinct=True))
    )
    forfeited = {reader: lost for reader, lost, _ in counts}
    voided = {reader: void for reader, _, void in counts}
    withdrawn = Q(sessions__withdrawn_at__isnull=False, sessions__is_practice=False)
    rows = Reader.objects.filter(study=study).annotate(left=Count("sessions", filter=withdrawn)).order_by("id")
    return [
        ReaderColumn(
            id=reader.pk,
            code=reader.code,
            seniority=reader.seniority,
            seniority_label=reader.get_seniority_display(),
            years_of_experience=reader.years_of_experience,
            has_genetics_training=reader.has_genetics_training,
            is_simulated=reader.is_simulated,
            is_withdrawn=reader.withdrawn_at is not None or reader.left > 0,
            forfeited=forfeited.get(reader.pk, 0),
            voided=voided.get(reader.pk, 0),
            part=reader.part,
        )
        for reader in rows
    ]


def reads_of(study: Study, *, stage: str, place: dict[int, int], rows: dict[int, int]) -> dict[str, Any]:
    """The reads of one stage as matrices of shape (readers, cases); ``place`` and ``rows`` by case and reader id."""
    shape = (len(rows), len(place))
    calls, confidence, response, position, shown = (np.full(shape, np.nan) for _ in range(5))
    flagged, represented = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    taken: dict[tuple[int, int], int] = {}
    for reader, case, trial, again, is_gs, sure, ms, flags, *look in _calls(study, stage).iterator(chunk_size=5000):
        cell = rows[reader], place[case]
        if taken.setdefault(cell, trial) != trial:
            continue  # an earlier showing was already called
        calls[cell], represented[cell], flagged[cell] = is_gs, again, bool(flags)
        confidence[cell] = np.nan if sure is None else sure
        response[cell] = np.nan if ms is None else ms
        position[cell], shown[cell] = look[0], _shown_ms(*look[1:])
    return {
        "calls": calls,
        "confidence": confidence,
        "response_ms": response,
        "is_flagged": flagged,
        "is_represented": represented,
        "position": position,
        "shown_ms": shown,
    }


def _shown_ms(onset: float | None, offset: float | None, end: str | None) -> float:
    """NaN where it was not measured, or where the call or the reader cut the look short."""
    is_whole = end == Exposure.End.COMPLETE
    return offset - onset if is_whole and onset is not None and offset is not None else np.nan


def _calls(study: Study, stage: str) -> Any:
    """Ordered so that the first row of a cell names its trial and the last of that trial is the highest revision."""
    return (
        Call.objects.filter(
            stage=stage,
            trial__in=Trial.objects.filter(
                PRIMARY if stage == UNAIDED else SHOWINGS,
                session__reader__study=study,
                case__study=study,
                case__photo__subject__has_syndrome__isnull=False,
            ),
        )
        .order_by("trial__repetition", "trial__position", "trial_id", "revision")
        .values_list(
            "trial__session__reader_id",
            "trial__case_id",
            "trial_id",
            "trial__is_represented",
            "is_gs",
            "confidence",
            "response_ms",
            "trial__exposure__flags",
            "trial__position",
            "trial__exposure__onset_ms",
            "trial__exposure__offset_ms",
            "trial__exposure__end",
        )
    )


def own_reads(*, reader: Reader, stage: str = UNAIDED) -> tuple[Bools, Bools]:
    """``(truth, call)`` of the cases that this one reader called in ``stage``, by the rules above; shape (called,)."""
    truth = dict(
        Case.objects.filter(study=reader.study_id, is_practice=False, photo__subject__has_syndrome__isnull=False)
        .order_by("number")
        .values_list("id", "photo__subject__has_syndrome")
    )
    latest: dict[int, tuple[int, bool]] = {}
    for row in _calls(reader.study, stage).filter(trial__session__reader=reader):
        _, case, trial, _, is_gs, *_ = row
        if latest.setdefault(case, (trial, is_gs))[0] == trial:
            latest[case] = (trial, is_gs)  # a later revision of the same showing
    read = [case for case in truth if case in latest]
    return np.array([truth[c] for c in read], dtype=np.bool_), np.array([latest[c][1] for c in read], dtype=np.bool_)


# Of one trial and one of its calls: what ``every_read`` calls it, and where it lies. A trial without a call comes once.
EVERY = {
    "trial": "id",
    "session": "session_id",
    "case": "case_id",
    "photo": "case__photo_id",
    "number": "case__number",
    "part": "case__part",
    "arm": "session__arm",
    "occasion": "session__occasion",
    "session_withdrawn_at": "session__withdrawn_at",
    **{name: name for name in ("position", "repetition", "is_represented", "forfeited_at", "voided_at")},
    **{name: f"calls__{name}" for name in ("stage", "is_gs", "confidence", "suspected_syndrome", "response_ms")},
    **{name: f"calls__{name}" for name in ("revision", "received_at")},
    **{name: f"exposure__{name}" for name in ("started_at", "requested_ms", "onset_ms", "offset_ms", "end", "frames")},
    **{name: f"exposure__{name}" for name in ("longest_gap_ms", "flags")},
    **{name: f"session__reader__{name}" for name in ("code", "seniority", "years_of_experience", "withdrawn_at")},
    **{name: f"session__reader__{name}" for name in ("has_genetics_training", "is_simulated")},
    **{name: f"case__photo__subject__{name}" for name in ("has_syndrome", "diagnosis", "orpha", "omim", "sex")},
    "age_months": "case__photo__subject__age_months",
    "consent_withdrawn_at": "case__photo__subject__consent_withdrawn_at",
}


def every_read(*, study: Study, run: TrainingRun | None) -> Iterator[dict[str, Any]]:
    """Every trial of every session but practice, once a stage, in reading order, with truth and the scores of ``run``.

    Rows have the names of ``EVERY``, the last revision of a call standing for all, and ``is_primary`` (the rules
    above) and ``model`` (a row of ``_scores``, or None). Three queries; one session at a time in memory.
    """
    scores = {row["photo_id"]: row for row in _scores(run)}
    sessions = ReadingSession.objects.filter(reader__study=study, is_practice=False)
    first = set(sessions.exclude(Exists(EARLIER_SESSION)).values_list("id", flat=True))
    trials = (
        Trial.objects.filter(session__reader__study=study, session__is_practice=False, case__is_practice=False)
        .order_by(
            "session__reader_id", "session__occasion", "session_id", "position", "-calls__stage", "calls__revision"
        )
        .values_list(*EVERY.values())
    )
    rows = (dict(zip(EVERY, values, strict=True)) for values in trials.iterator(chunk_size=2000))
    for session, mine in groupby(rows, key=lambda row: row["session"]):
        reads = list({(row["trial"], row["stage"]): row for row in mine}.values())  # the last revision stays
        primary = _primary(reads) if session in first else set()
        for read in reads:
            yield read | {
                "is_primary": (read["trial"], read["stage"]) in primary,
                "model": scores.get(read["photo"]),
            }


def _primary(reads: list[dict[str, Any]]) -> set[tuple[int, str]]:
    """(trial, stage) of the reads that count, in a session that is its reader's first of its arm."""
    taken: dict[tuple[int, str], int] = {}
    for read in sorted(reads, key=lambda read: (read["repetition"], read["position"], read["trial"])):
        is_showing = read["repetition"] == 0 or read["is_represented"]
        is_of_its_arm = read["stage"] == AIDED or read["arm"] == ReadingSession.Arm.UNAIDED
        is_void = read["voided_at"] is not None
        if read["stage"] and is_showing and is_of_its_arm and not is_void and read["has_syndrome"] is not None:
            taken.setdefault((read["case"], read["stage"]), read["trial"])
    return {(trial, stage) for (_, stage), trial in taken.items()}


def _described(reader: ReaderColumn) -> dict[str, Any]:
    """Without void trials and part where there are none, so that older fingerprints stay what they were."""
    return {name: value for name, value in asdict(reader).items() if name not in ("voided", "part") or value}


def _floats(values: Any) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _plain(array: NDArray[Any]) -> Any:
    """A list for JSON, NaN as None."""
    if array.dtype.kind != "f":
        return array.tolist()
    return np.where(np.isnan(array), None, array.astype(object)).tolist()
