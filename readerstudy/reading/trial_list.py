"""One reader's trials for the coordinator: how each look went, never what was called or what is true."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from readerstudy.reading.flag_words import worded
from readerstudy.reading.models import Call, Incident, ReadingSession, Trial
from readerstudy.reading.services.voids import is_being_read
from readerstudy.studies.models import Protocol, Reader

ONLY = ("all", "marked", "void")


def trials_of(reader: Reader, *, only: str = "all", position: int | None = None) -> QuerySet[Trial]:
    """The trials of the real readings in the order they came, with ``n_incidents`` and ``is_called``.

    ``only``: "marked" are those with a flag, an incident, or lost; "void" the voided ones.
    """
    incidents = Incident.objects.filter(trial=OuterRef("pk")).order_by()
    trials = (
        Trial.objects.filter(session__reader=reader, session__is_practice=False)
        .select_related("exposure", "case", "session")
        .annotate(
            n_incidents=Count("incidents", distinct=True),
            is_called=Exists(Call.objects.filter(trial=OuterRef("pk"))),
        )
        .order_by("session__occasion", "session_id", "position")
    )
    if position is not None:
        trials = trials.filter(position=position)
    if only == "marked":
        has_flag = Q(exposure__isnull=False) & ~Q(exposure__flags=[])
        trials = trials.filter(
            has_flag | Q(forfeited_at__isnull=False) | Exists(incidents) | Q(voided_at__isnull=False)
        )
    return trials.filter(voided_at__isnull=False) if only == "void" else trials


@dataclass(frozen=True, kw_only=True)
class Line:
    """One trial as the page and the API show it."""

    trial: Trial
    state: str  # waiting, shown, answered, lost, void
    shown_ms: float | None
    can_be_voided: bool
    can_come_again: bool

    @property
    def flags(self) -> list[str]:
        exposure = getattr(self.trial, "exposure", None)
        return list(exposure.flags) if exposure else []

    @property
    def sentences(self) -> list[str]:
        """The flags in the language of the page."""
        return [worded(flag) for flag in self.flags]


def lines_of(trials: list[Trial]) -> list[Line]:
    """Two queries more than ``trials`` took, however many there are."""
    sessions = {
        session.pk: session
        for session in ReadingSession.objects.filter(pk__in={trial.session_id for trial in trials}).select_related(
            "protocol", "reader__study"
        )
    }
    represented = set(
        Trial.objects.filter(session__in=sessions, is_represented=True).values_list("session_id", "case_id")
    )
    return [_line(trial, sessions[trial.session_id], represented) for trial in trials]


def _line(trial: Trial, session: ReadingSession, represented: set[tuple[int, int]]) -> Line:
    exposure = getattr(trial, "exposure", None)
    is_over = bool(trial.forfeited_at or (exposure and trial.is_called))
    running = is_being_read(session)
    may_void = not trial.voided_at and (is_over or (exposure is not None and not running))
    has_times = exposure is not None and exposure.onset_ms is not None and exposure.offset_ms is not None
    return Line(
        trial=trial,
        state=_state(trial, was_shown=exposure is not None),
        shown_ms=exposure.offset_ms - exposure.onset_ms if has_times else None,
        can_be_voided=may_void,
        can_come_again=may_void
        and running
        and session.protocol.incident_policy == Protocol.IncidentPolicy.REPRESENT
        and not trial.repetition
        and (trial.session_id, trial.case_id) not in represented,
    )


def _state(trial: Trial, *, was_shown: bool) -> str:
    if trial.voided_at:
        return "void"
    if trial.forfeited_at:
        return "lost"
    if trial.is_called:
        return "answered"
    return "shown" if was_shown else "waiting"
