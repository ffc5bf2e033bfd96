"""Comparisons in the background: asked for, claimed by a worker, followed, cancelled, found again after a loss.

The row is the truth; a message only wakes a worker. ``Comparison`` itself is written once, by ``services.compare``.
"""

import hashlib
import json
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from readerstudy.queue import send
from readerstudy.refusal import Refused
from readerstudy.studies.models import Case, Reader, Study
from readerstudy.studies.selectors.blinding import refuse_while_blinded
from screening import services
from screening.analysis.options import Options
from screening.models import LIVE, Comparison, ComparisonJob
from screening.problem_words import LOST
from training.models import State, TrainingRun

# What a page may be waited for: about two seconds on two slow cores (tests/bench/bench_comparison.py).
MOST_CALLS = 30_000
MOST_RESAMPLED_READERS = 120_000  # readers times replicates
STALE = timedelta(seconds=90)  # a worker beats every 15 s
UNHEARD = timedelta(seconds=60)  # how long a message may lie while no worker is busy
UNHEARD_BEHIND_OTHERS = timedelta(minutes=10)
MOST_ATTEMPTS = 3
MESSAGE = "screening.make_comparison"


def ask(*, study: Study, run: TrainingRun, options: Options, by: User) -> Comparison | ComparisonJob:
    """The comparison, made or found at once where that is quick; else the job that makes it.

    Raises
    ------
    Refused
        As :func:`screening.services.compare`.
    """
    if not is_large(study, options):
        return services.compare(study=study, run=run, options=options, by=by)
    refuse_while_blinded(study)
    services.refuse_unfit(study, run)
    return _job(study=study, run=run, options=options, by=by)


def is_large(study: Study, options: Options) -> bool:
    readers = Reader.objects.filter(study=study).count()
    cases = Case.objects.filter(study=study, is_practice=False).count()
    return readers * cases > MOST_CALLS or readers * options.replicates > MOST_RESAMPLED_READERS


def _job(*, study: Study, run: TrainingRun, options: Options, by: User) -> ComparisonJob:
    """The live job of this wish, or a new one; the database lets no second one live."""
    wish = {"study": study, "run": run, "wish": _digest(options)}
    if live := ComparisonJob.objects.filter(**wish, state__in=LIVE).first():
        return live
    try:
        with transaction.atomic():
            job = ComparisonJob.objects.create(**wish, options=options.to_dict(), created_by=by)
            record("comparison.asked", actor=by, target=f"study:{study.pk}", job=job.pk, run=run.pk)
            send(MESSAGE, job.pk)
            return job
    except IntegrityError:  # somebody else asked for the same in this moment
        return ComparisonJob.objects.get(**wish, state__in=LIVE)


def _digest(options: Options) -> str:
    return hashlib.sha256(json.dumps(options.to_dict(), sort_keys=True).encode()).hexdigest()


@transaction.atomic
def again(*, job: ComparisonJob, by: User) -> ComparisonJob:
    """A failed or cancelled job's wish once more."""
    if job.state not in (State.FAILED, State.CANCELLED):
        words = _("This comparison is %(state)s: there is nothing to try again.")
        raise Refused(words % {"state": job.get_state_display()}, status=409)
    return _job(study=job.study, run=job.run, options=Options.from_dict(job.options), by=by)


@transaction.atomic
def cancel(*, job: ComparisonJob, by: User) -> bool:
    """Whether it was stopped; a job that has ended stays as it is."""
    live = ComparisonJob.objects.filter(pk=job.pk, state__in=LIVE)
    stopped = live.update(state=State.CANCELLED, finished_at=timezone.now())
    if stopped:
        record("comparison.cancelled", actor=by, target=f"study:{job.study_id}", job=job.pk)
    return bool(stopped)


def claim(*, job_id: int, worker: str) -> ComparisonJob | None:
    """Take the waiting job; None when somebody else has it or it is wanted no more."""
    now = timezone.now()
    taken = ComparisonJob.objects.filter(pk=job_id, state=State.QUEUED).update(
        state=State.RUNNING, worker=worker[:120], attempts=F("attempts") + 1, started_at=now, heartbeat_at=now
    )
    return ComparisonJob.objects.select_related("study__cohort", "run", "created_by").get(pk=job_id) if taken else None


def advance(job: ComparisonJob, *, share: float, step: str) -> bool:
    """Say how far it is; False when the job is no longer this worker's."""
    return _touch(job, share=min(max(share, 0.0), 1.0), step=step[:120])


def beat(job: ComparisonJob) -> bool:
    """Say that the worker lives."""
    return _touch(job)


def finish(job: ComparisonJob, *, made: Comparison) -> bool:
    return _touch(job, state=State.FINISHED, comparison=made, share=1.0, step="", finished_at=timezone.now())


def fail(job: ComparisonJob, *, problem: str) -> bool:
    return _touch(job, state=State.FAILED, problem=problem, finished_at=timezone.now())


def _touch(job: ComparisonJob, **fields: object) -> bool:
    mine = ComparisonJob.objects.filter(pk=job.pk, state=State.RUNNING, attempts=job.attempts)
    return bool(mine.update(heartbeat_at=timezone.now(), **fields))


def requeue_stale(*, now: datetime | None = None) -> dict[str, int]:
    """One sweep; how many jobs were sent again. Two sweeps at once send each once."""
    now = now or timezone.now()
    lost = ComparisonJob.objects.filter(state=State.RUNNING, heartbeat_at__lt=now - STALE)
    return {"lost": sum(_requeue_lost(job, now) for job in lost), "waiting": _resend(now)}


@transaction.atomic
def _requeue_lost(job: ComparisonJob, now: datetime) -> int:
    held = ComparisonJob.objects.filter(
        pk=job.pk, state=State.RUNNING, attempts=job.attempts, heartbeat_at=job.heartbeat_at
    )
    if job.attempts >= MOST_ATTEMPTS:
        held.update(state=State.FAILED, finished_at=now, problem=_lost_words(job.attempts))
        return 0
    if not held.update(state=State.QUEUED, heartbeat_at=now, share=0, step=""):
        return 0
    send(MESSAGE, job.pk)
    return 1


def _lost_words(times: int) -> str:
    return LOST % {"times": times}


@transaction.atomic
def _resend(now: datetime) -> int:
    busy = ComparisonJob.objects.filter(state=State.RUNNING, heartbeat_at__gte=now - STALE).exists()
    unheard = {"state": State.QUEUED, "heartbeat_at__lt": now - (UNHEARD_BEHIND_OTHERS if busy else UNHEARD)}
    sent = 0
    for pk in ComparisonJob.objects.filter(**unheard).order_by("id").values_list("pk", flat=True):
        if ComparisonJob.objects.filter(**unheard, pk=pk).update(heartbeat_at=now):
            send(MESSAGE, pk)
            sent += 1
    return sent
