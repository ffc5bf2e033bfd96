"""Practice faces: the truth is told after the answer, the pass mark is checked here and nowhere else."""

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from readerstudy.reading.models import ReadingSession, Trial
from readerstudy.reading.order import draw_order
from readerstudy.reading.services.locking import locked, require_running
from readerstudy.reading.states import call_of, undone
from readerstudy.refusal import Refused
from readerstudy.studies.selectors.studies import practice_truth


def feedback_on(trial: Trial) -> dict[str, bool] | None:
    """``{"is_gs": truth, "is_right": ...}`` for an answered practice face; None for every other trial."""
    if not trial.session.is_practice or (call := call_of(trial)) is None or not call.is_complete:
        return None
    truth = practice_truth(trial.case)
    return None if truth is None else {"is_gs": truth, "is_right": call.is_gs == truth}


def score_of(session: ReadingSession) -> tuple[int, int]:
    """Right answers and practice faces, counting the last showing of each face."""
    latest: dict[int, Trial] = {}
    for trial in session.trials.select_related("case", "session__protocol").order_by("repetition"):
        latest[trial.case_id] = trial
    verdicts = [feedback_on(trial) for trial in latest.values()]
    return sum(1 for verdict in verdicts if verdict and verdict["is_right"]), len(latest)


def has_passed(session: ReadingSession) -> bool:
    """The protocol's pass mark; 0 asks only that all practice faces were done."""
    mark = session.protocol.practice_pass_percent
    if not mark:
        return True
    right, of = score_of(session)
    return 100 * right >= mark * of


@transaction.atomic
def repeat_practice(*, session: ReadingSession) -> ReadingSession:
    """A new round of all practice faces in a new order, after a round that missed the pass mark.

    Asked again before its first face, as when the answer was lost on the way, the same round.
    """
    session = locked(session.pk)
    require_running(session)
    last = session.trials.aggregate(position=Max("position"), repetition=Max("repetition"))
    cases = {case.number: case for case in session.reader.study.cases.filter(is_practice=True)}
    if session.is_practice and _is_fresh(session, round_=last["repetition"], n=len(cases)):
        return session
    if not session.is_practice or undone(session).exists() or has_passed(session):
        raise Refused(_("There is no missed practice round to repeat."), status=409)
    order = draw_order(list(cases), seed=session.seed + last["repetition"] + 1)
    Trial.objects.bulk_create(
        Trial(session=session, case=cases[number], position=last["position"] + place, repetition=last["repetition"] + 1)
        for place, (number, _kind) in enumerate(order, start=1)
    )
    return session


def _is_fresh(session: ReadingSession, *, round_: int, n: int) -> bool:
    """Whether a repeated round is laid out and nothing of it has been seen."""
    trials = session.trials.filter(repetition=round_)
    return round_ > 0 and trials.count() == n and not trials.filter(exposure__isnull=False).exists()
