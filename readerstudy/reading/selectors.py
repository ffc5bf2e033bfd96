"""What is read off the rows: a trial's state, the place in a session, and what a reader has to do next."""

import hashlib
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from readerstudy.accounts.models import User
from readerstudy.reading.models import Call, Exposure, ReadingSession, Trial
from readerstudy.studies.models import Case, Membership, Photo, Protocol, Reader, Study


def state_of(trial: Trial) -> str:
    """waiting | issued | showing | deciding | called | forfeited; a call during the showing leaves it showing."""
    if trial.forfeited_at:
        return "forfeited"
    exposure: Exposure | None = getattr(trial, "exposure", None)
    if exposure is None:
        return "issued" if trial.issued_at else "waiting"
    if exposure.ended_at is None:
        return "showing"
    return "called" if trial.calls.exists() else "deciding"


def undone(session: ReadingSession) -> QuerySet[Trial]:
    """The trials still to be done, in order: neither forfeited nor both answered and closed."""
    answered = Exists(Call.objects.filter(trial=OuterRef("pk")))
    return (
        Trial.objects.filter(session=session, forfeited_at__isnull=True)
        .filter(~answered | Q(exposure__ended_at__isnull=True))
        .order_by("position")
    )


def undone_with_faces(session: ReadingSession) -> QuerySet[Trial]:
    return undone(session).select_related("exposure", "case__photo__face")


def has_picture(trial: Trial) -> bool:
    """False once the picture is gone, as it is when a family takes its consent back."""
    photo = trial.case.photo
    face = getattr(photo, "face", None)
    return photo.status != Photo.Status.ERASED and face is not None and bool(face.rendition)


@dataclass(frozen=True)
class Progress:
    done: int
    total: int

    @property
    def left(self) -> int:
        return self.total - self.done

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0


def progress_of(session: ReadingSession) -> Progress:
    """Trials in a final state, out of all."""
    total = session.trials.count()
    return Progress(total - undone(session).order_by().count(), total)


def is_rest_due(session: ReadingSession, progress: Progress) -> bool:
    """A block is over and another one follows. Practice has no blocks."""
    block = session.protocol.block_length
    return bool(block and progress.done and progress.left and not session.is_practice and progress.done % block == 0)


def call_of(trial: Trial) -> Call | None:
    """The call that counts: the highest revision."""
    return trial.calls.order_by("-revision").first()


def protocol_of(study: Study) -> Protocol:
    """The version that counts: the highest."""
    return study.protocols.order_by("-version").select_related("study")[0]


def practice_cases(study: Study) -> QuerySet[Case]:
    return study.cases.filter(is_practice=True)


def consent_version(study: Study) -> str:
    """Eight characters that change with the text that is agreed to."""
    return hashlib.sha256(study.consent_text.encode()).hexdigest()[:8]


def reader_for(user: User, study_id: int) -> Reader:
    """The user's place as a reader: 404 for strangers, 403 for other roles, drafts and readers who withdrew."""
    reader = Reader.objects.filter(study_id=study_id, user=user).select_related("study", "user").first()
    if reader is None:
        if Membership.objects.filter(study_id=study_id, user=user).exists():
            raise PermissionDenied("This page is for the readers of the study.")
        raise Http404("No such study.")
    if reader.withdrawn_at:
        raise PermissionDenied("You have withdrawn from this study.")
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
        raise Http404("No such session.")
    if session.reader.withdrawn_at:
        raise PermissionDenied("You have withdrawn from this study.")
    return session


@dataclass(frozen=True)
class Place:
    """Where a reader stands in a study, and so what comes next.

    ``step``: consent | device | practice | reading | finished | closed | waiting (not open yet).
    """

    reader: Reader
    study: Study
    protocol: Protocol
    practice: ReadingSession | None
    main: ReadingSession | None
    step: str
    progress: Progress

    @property
    def session(self) -> ReadingSession | None:
        """The session that the reading page plays now."""
        return {"practice": self.practice, "reading": self.main}.get(self.step)

    @property
    def has_begun(self) -> bool:
        session = self.session
        return bool(session and session.started_at)

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
        """What the whole study takes, with some four seconds a face around the look."""
        minutes = round(self.progress.total * (self.protocol.exposure_ms / 1000 + 4) / 60)
        return f"{minutes} min" if minutes < 60 else f"{minutes / 60:.1f} h"


def place_of(reader: Reader) -> Place:
    """Read off the rows what this reader has to do next."""
    study, protocol = reader.study, protocol_of(reader.study)
    sessions = list(reader.sessions.filter(withdrawn_at=None).select_related("protocol").order_by("occasion", "id"))
    practice = next((s for s in sessions if s.is_practice), None)
    unfinished = (s for s in sessions if not s.is_practice and not s.finished_at)
    main = next(unfinished, None) or next((s for s in reversed(sessions) if not s.is_practice), None)
    cases = study.cases.filter(is_practice=False).count()
    progress = progress_of(main) if main else Progress(0, cases)
    return Place(reader, study, protocol, practice, main, _step(reader, study, practice, main), progress)


def _step(reader: Reader, study: Study, practice: ReadingSession | None, main: ReadingSession | None) -> str:
    if main is not None and main.finished_at:
        return "finished"
    if study.status == Study.Status.DRAFT:
        return "waiting"
    if study.status == Study.Status.CLOSED:
        return "closed"
    if reader.consented_at is None or main is None:
        return "consent"
    if not main.device:
        return "device"
    return "practice" if practice is not None and not practice.finished_at else "reading"


def places_of(user: User) -> list[Place]:
    """All studies that ``user`` reads, the ones with something to do first."""
    readers = Reader.objects.filter(user=user, withdrawn_at=None).select_related("study", "user").order_by("id")
    places = [place_of(reader) for reader in readers if reader.study.protocols.exists()]
    order = ["reading", "practice", "device", "consent", "waiting", "finished", "closed"]
    return sorted(places, key=lambda place: order.index(place.step))
