"""A trial's state, the stage that is asked, and what is left of a session: all read off the rows."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from readerstudy.reading.models import Call, Exposure, ReadingSession, Trial
from readerstudy.studies.models import Photo, Protocol

Stage = Call.Stage


def stages_of(session: ReadingSession) -> list[str]:
    """The calls that a trial of this session needs, in order. Practice is never aided."""
    if session.is_practice:
        return [Stage.UNAIDED]
    if session.arm == ReadingSession.Arm.AIDED:
        return [Stage.AIDED]
    if session.protocol.design == Protocol.Design.SEQUENTIAL:
        return [Stage.UNAIDED, Stage.AIDED]
    return [Stage.UNAIDED]


def is_sequential(session: ReadingSession) -> bool:
    return len(stages_of(session)) > 1


def shows_aid(session: ReadingSession) -> bool:
    return Stage.AIDED in stages_of(session)


def calls_of(trial: Trial) -> dict[str, Call]:
    """The call that counts in each stage: the highest revision."""
    return {call.stage: call for call in sorted(trial.calls.all(), key=lambda call: call.revision)}


def call_of(trial: Trial) -> Call | None:
    """The call that counts in the trial's first stage."""
    return calls_of(trial).get(stages_of(trial.session)[0])


def asked_stage(trial: Trial) -> str:
    """The stage whose call is owed; the last one when all are given."""
    stages, calls = stages_of(trial.session), calls_of(trial)
    owed = (stage for stage in stages if stage not in calls or not calls[stage].is_complete)
    return next(owed, stages[-1])


def state_of(trial: Trial) -> str:
    """waiting | issued | showing | deciding | rating | reconsidering | called | forfeited.

    A call during the showing leaves it showing; rating: of a half answer the confidence is owed.
    """
    if trial.forfeited_at:
        return "forfeited"
    exposure: Exposure | None = getattr(trial, "exposure", None)
    if exposure is None:
        return "issued" if trial.issued_at else "waiting"
    if exposure.ended_at is None:
        return "showing"
    stages, calls = stages_of(trial.session), calls_of(trial)
    for stage in stages:
        if stage not in calls:
            return "deciding" if stage == stages[0] else "reconsidering"
        if not calls[stage].is_complete:
            return "rating"
    return "called"


def undone(session: ReadingSession) -> QuerySet[Trial]:
    """The trials still to be done, in order: neither forfeited nor answered in every stage and closed."""
    answered = Exists(Call.objects.filter(trial=OuterRef("pk"), stage=stages_of(session)[-1], is_complete=True))
    return (
        Trial.objects.filter(session=session, forfeited_at__isnull=True)
        .filter(~answered | Q(exposure__ended_at__isnull=True))
        .order_by("position")
    )


def undone_with_faces(session: ReadingSession) -> QuerySet[Trial]:
    return undone(session).select_related("exposure", "case__photo__face", "session__protocol")


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
