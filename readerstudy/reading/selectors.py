"""Whose session and trial it is, and what a reader has to do next: read off the rows."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.reading.keys import keys_of
from readerstudy.reading.models import ReadingSession, Trial
from readerstudy.reading.states import Progress, progress_of, shows_aid, state_of, undone
from readerstudy.studies.models import Case, Membership, Protocol, Reader, Study
from readerstudy.studies.selectors.parts import faces_for, part_sizes
from readerstudy.studies.selectors.studies import cases_without_aid

__all__ = [
    "Place",
    "consent_version",
    "free_at",
    "has_aided_reading_begun",
    "place_of",
    "places_of",
    "practice_cases",
    "progress_of",
    "protocol_of",
    "reader_for",
    "session_for",
    "state_of",
    "trial_for",
    "undone",
]


def protocol_of(study: Study) -> Protocol:
    """The version that counts: the highest."""
    return study.protocols.order_by("-version").select_related("study")[0]


def practice_cases(study: Study) -> QuerySet[Case]:
    return study.cases.filter(is_practice=True)


def consent_version(study: Study) -> str:
    """Eight characters that change with the text that is agreed to."""
    return hashlib.sha256(study.consent_text.encode()).hexdigest()[:8]


def has_aided_reading_begun(study: Study) -> bool:
    """Whether any reader has started a session in which the model's output is shown."""
    begun = ReadingSession.objects.filter(reader__study=study, is_practice=False, started_at__isnull=False)
    return any(shows_aid(session) for session in begun.select_related("protocol"))


def reader_for(user: User, study_id: int) -> Reader:
    """The user's place as a reader: 404 for strangers, 403 for other roles, drafts and readers who withdrew."""
    reader = Reader.objects.filter(study_id=study_id, user=user).select_related("study", "user").first()
    if reader is None:
        if Membership.objects.filter(study_id=study_id, user=user).exists():
            raise PermissionDenied(_("This page is for the readers of the study."))
        raise Http404(_("No such study."))
    if reader.withdrawn_at:
        raise PermissionDenied(_("You have withdrawn from this study."))
    return reader


def session_for(user: User, token: object) -> ReadingSession:
    """The user's own session; for everybody else there is none."""
    session = (
        ReadingSession.objects.filter(token=token, reader__user=user)
        .select_related("reader__study", "reader__user", "protocol")
        .first()
    )
    return _entered(session)


def trial_for(user: User, token: object) -> Trial:
    """A trial of the user's own session; for everybody else there is none."""
    trial = (
        Trial.objects.filter(token=token, session__reader__user=user)
        .select_related("session__reader__study", "session__protocol", "case__photo__face", "exposure")
        .first()
    )
    _entered(trial.session if trial else None)
    return trial


def _entered(session: ReadingSession | None) -> ReadingSession:
    if session is None:
        raise Http404(_("No such session."))
    if session.reader.withdrawn_at:
        raise PermissionDenied(_("You have withdrawn from this study."))
    return session


def free_at(session: ReadingSession) -> datetime | None:
    """When the same faces may be read again: the washout after the reader's last other reading; None without one."""
    others = session.reader.sessions.filter(is_practice=False, started_at__isnull=False).exclude(pk=session.pk)
    ends = [other.finished_at or other.withdrawn_at for other in others]
    last = max((end for end in ends if end), default=None)
    return last and last + timedelta(days=session.protocol.washout_days)


@dataclass(frozen=True)
class Place:
    """Where a reader stands in a study, and so what comes next.

    ``step``: consent | washout | device | practice | preparing (the model's output is not there yet) | reading |
    finished | closed | waiting (not open yet).
    """

    reader: Reader
    study: Study
    protocol: Protocol
    practice: ReadingSession | None
    main: ReadingSession | None
    step: str
    progress: Progress
    free_at: datetime | None = None

    @property
    def session(self) -> ReadingSession | None:
        """The session that the reading page plays now."""
        return {"practice": self.practice, "reading": self.main}.get(self.step)

    @property
    def has_begun(self) -> bool:
        session = self.session
        return bool(session and session.started_at)

    @property
    def sessions_total(self) -> int:
        return 2 if self.protocol.design == Protocol.Design.CROSSOVER else 1

    @property
    def session_number(self) -> int:
        return self.main.occasion if self.main else 1

    @property
    def keys(self) -> dict[str, str]:
        return keys_of(self.main)

    @property
    def template(self) -> str:
        return f"reading/step_{self.step}.html"

    @property
    def seconds_each(self) -> float:
        return round(self.protocol.exposure_ms / 1000, 1)

    @property
    def window_seconds(self) -> float | None:
        return None if self.protocol.answer_window_ms is None else self.protocol.answer_window_ms / 1000

    @property
    def hours(self) -> str:
        """What the whole study takes, with some four seconds a face around each answer."""
        answers = 2 if self.protocol.design == Protocol.Design.SEQUENTIAL else 1
        each = self.protocol.exposure_ms / 1000 + 4 * answers
        minutes = round(self.progress.total * self.sessions_total * each / 60)
        if minutes < 60:
            return _("%(n)s min") % {"n": minutes}
        return _("%(n)s h") % {"n": f"{minutes / 60:.1f}"}


def place_of(reader: Reader, *, now: datetime | None = None) -> Place:
    """Read off the rows what this reader has to do next."""
    study, protocol = reader.study, protocol_of(reader.study)
    sessions = list(reader.sessions.filter(withdrawn_at=None).select_related("protocol").order_by("occasion", "id"))
    practice = next((s for s in sessions if s.is_practice), None)
    unfinished = (s for s in sessions if not s.is_practice and not s.finished_at)
    main = next(unfinished, None) or next((s for s in reversed(sessions) if not s.is_practice), None)
    cases = faces_for(reader, part_sizes(study), protocol.parts)
    progress = progress_of(main) if main else Progress(0, cases)
    begins = free_at(main) if main and not main.started_at else None
    is_washout = begins is not None and begins > (now or timezone.now())
    step = _step(reader, study, practice, main, is_washout=is_washout)
    return Place(reader, study, protocol, practice, main, step, progress, begins)


def _step(
    reader: Reader, study: Study, practice: ReadingSession | None, main: ReadingSession | None, *, is_washout: bool
) -> str:
    if main is not None and main.finished_at:
        return "finished"
    if study.status == Study.Status.DRAFT:
        return "waiting"
    if study.status == Study.Status.CLOSED:
        return "closed"
    if reader.consented_at is None or main is None:
        return "consent"
    if is_washout:
        return "washout"
    if not main.device:
        return "device"
    if practice is not None and not practice.finished_at:
        return "practice"
    is_unprepared = not main.started_at and shows_aid(main) and cases_without_aid(study).exists()
    return "preparing" if is_unprepared else "reading"


ORDER = ["reading", "practice", "device", "consent", "washout", "preparing", "waiting", "finished", "closed"]


def places_of(user: User) -> list[Place]:
    """All studies that ``user`` reads, the ones with something to do first; no previews."""
    readers = Reader.objects.filter(user=user, withdrawn_at=None, study__preview_of=None)
    readers = readers.select_related("study", "user").order_by("id")
    places = [place_of(reader) for reader in readers if reader.study.protocols.exists()]
    return sorted(places, key=lambda place: ORDER.index(place.step))
