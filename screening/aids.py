"""The model's output for aided reading: taken once from a run's held-out predictions and frozen with the study."""

from dataclasses import dataclass
from datetime import datetime

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.reading.selectors import has_aided_reading_begun
from readerstudy.refusal import Refused
from readerstudy.studies.models import Aid, Case, Photo, Protocol, Study
from readerstudy.studies.selectors.studies import current_protocol
from training.models import Prediction, State, TrainingRun


@dataclass(frozen=True, kw_only=True)
class AidState:
    """How far a study's aids are. ``label`` and ``made_at`` are empty until they are prepared."""

    cases: int
    prepared: int
    calibrated: int
    with_heat_map: int
    label: str
    made_at: datetime | None
    has_begun: bool

    @property
    def is_complete(self) -> bool:
        return 0 < self.cases == self.prepared


def aid_state(study: Study) -> AidState:
    aids = list(Aid.objects.filter(case__study=study, case__is_practice=False).order_by("made_at"))
    return AidState(
        cases=study.cases.filter(is_practice=False).count(),
        prepared=len(aids),
        calibrated=sum(aid.is_calibrated for aid in aids),
        with_heat_map=sum(bool(aid.heat_map) for aid in aids),
        label=aids[-1].label if aids else "",
        made_at=aids[-1].made_at if aids else None,
        has_begun=has_aided_reading_begun(study),
    )


@transaction.atomic
def prepare_aids(*, study: Study, run: TrainingRun, by: User) -> AidState:
    """Freeze what ``run`` said of every case it did not learn from, in place of what was prepared before.

    Raises
    ------
    Refused
        When the protocol shows no output, the run is of another cohort, unfinished or lacks a case, or readers have
        begun to see the output; the message says what to do.
    """
    study = Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
    _refuse_unfit(study, run)
    cases = list(study.cases.filter(is_practice=False).select_related("photo").order_by("number"))
    found = {row.photo_id: row for row in Prediction.objects.filter(run=run, score__isnull=False)}
    _refuse_gaps(cases, found)
    for old in Aid.objects.filter(case__study=study):
        old.heat_map.delete(save=False)
        old.delete()
    for case in cases:
        _freeze(case, found[case.photo_id], run=run, by=by)
    state = aid_state(study)
    record(
        "aids.prepared",
        actor=by,
        target=f"study:{study.pk}",
        run=run.pk,
        cases=state.prepared,
        calibrated=state.calibrated,
        heat_maps=state.with_heat_map,
    )
    return state


def _refuse_unfit(study: Study, run: TrainingRun) -> None:
    if current_protocol(study).design == Protocol.Design.UNAIDED:
        raise Refused(_("By its protocol this study never shows the model's output to readers."), status=409)
    if study.status == Study.Status.CLOSED:
        raise Refused(_("The study is closed: nobody reads in it any more."), status=409)
    if has_aided_reading_begun(study):
        raise Refused(
            _("A reader has begun a session with the model's output: it has to stay the same for everybody."),
            status=409,
        )
    if run.cohort_id != study.cohort_id:
        words = _("The run “%(run)s” was trained on another cohort: choose a run on %(cohort)s.")
        raise Refused(words % {"run": run.name, "cohort": study.cohort.name})
    if run.state != State.FINISHED:
        words = _("The run “%(run)s” is not finished (%(state)s): wait until it is.")
        raise Refused(words % {"run": run.name, "state": run.get_state_display()}, status=409)


def _refuse_gaps(cases: list[Case], found: dict[int, Prediction]) -> None:
    if not cases:
        raise Refused(_("The study has no faces to read: its coordinator chooses them first."), status=409)
    lacking = [case.number for case in cases if case.photo_id not in found]
    if lacking:
        words = _(
            "%(n)d of %(all)d faces have no held-out score in this run (case %(cases)s): train a run on the cohort as "
            "it is now."
        )
        raise Refused(words % {"n": len(lacking), "all": len(cases), "cases": _some(lacking)}, status=409)


def _some(numbers: list[int]) -> str:
    shown, more = ", ".join(map(str, numbers[:5])), len(numbers) - 5
    return _("%(cases)s and %(n)d more") % {"cases": shown, "n": more} if more > 0 else shown


def _freeze(case: Case, said: Prediction, *, run: TrainingRun, by: User) -> None:
    is_calibrated = said.calibrated is not None
    aid = Aid(
        case=case,
        probability=said.calibrated if is_calibrated else said.score,
        is_calibrated=is_calibrated,
        run=run.pk,
        label=run.name,
        made_by=by,
    )
    if said.heat_map and case.photo.status != Photo.Status.ERASED:
        with said.heat_map.open("rb") as file:
            aid.heat_map.save(f"study-{case.study_id}-{case.number}.png", ContentFile(file.read()), save=False)
    aid.save()
