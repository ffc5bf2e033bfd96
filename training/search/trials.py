"""A trial in the hands of one worker. Every write names the lease; once that is lost, nothing is written."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from readerstudy.audit.services import record
from training.models import State
from training.search.ends import LIVE, fail_search
from training.search.grid import in_words, points
from training.search.lease import TrialLease
from training.search.models import Search, SearchTrial


@transaction.atomic
def claim_trial(*, trial_id: int, worker: str) -> TrialLease | None:
    """Take the waiting trial; None when somebody else has it or it is wanted no more."""
    now = timezone.now()
    claimed = SearchTrial.objects.filter(pk=trial_id, state=State.QUEUED).update(
        state=State.RUNNING, worker=worker[:120], attempts=F("attempts") + 1, started_at=now, heartbeat_at=now
    )
    if not claimed:
        return None
    trial = SearchTrial.objects.get(pk=trial_id)
    return TrialLease(trial_id=trial.pk, search_id=trial.search_id, attempt=trial.attempts)


def is_held(lease: TrialLease) -> bool:
    """Whether the trial is still this worker's: not cancelled, not given to another."""
    return _mine(lease).exists()


def is_live(lease: TrialLease) -> bool:
    """Whether the trial still waits for a worker or is in the hands of one."""
    return SearchTrial.objects.filter(pk=lease.trial_id, state__in=LIVE).exists()


def has_ended(lease: TrialLease) -> bool:
    """Whether the trial has its result from this very attempt."""
    return SearchTrial.objects.filter(pk=lease.trial_id, state=State.FINISHED, attempts=lease.attempt).exists()


def beat(lease: TrialLease) -> bool:
    """Say that the worker lives; False when the lease is lost."""
    return bool(_mine(lease).update(heartbeat_at=timezone.now()))


def save_epoch(lease: TrialLease, *, epoch: int) -> bool:
    """So many epochs are trained; False when the lease is lost."""
    return bool(_mine(lease).update(heartbeat_at=timezone.now(), epoch=epoch, losses=0))


def note_machine(lease: TrialLease, *, versions: Mapping[str, object]) -> None:
    """Keep what the search's first worker found on its machine."""
    Search.objects.filter(pk=lease.search_id, versions={}).update(versions=dict(versions))


@transaction.atomic
def store_result(
    lease: TrialLease, *, val_auc: float, val_loss: float, best_epoch: int | None, epochs_run: int, seconds: float
) -> bool:
    """Write the validation result and end the trial; the last trial ends the search.

    False, and nothing written, when the lease is lost. The search's row is locked first, so that of two trials ending
    at the same moment exactly one is the last.
    """
    Search.objects.select_for_update().get(pk=lease.search_id)
    now = timezone.now()
    ended = _mine(lease).update(
        state=State.FINISHED,
        val_auc=val_auc,
        val_loss=val_loss,
        best_epoch=best_epoch,
        epoch=epochs_run,
        seconds=seconds,
        finished_at=now,
        heartbeat_at=now,
    )
    if ended and not SearchTrial.objects.filter(search_id=lease.search_id).exclude(state=State.FINISHED).exists():
        _finish(lease.search_id)
    return bool(ended) or has_ended(lease)


def _finish(search_id: int) -> None:
    running = Search.objects.filter(pk=search_id, state=State.RUNNING)
    if running.update(state=State.FINISHED, finished_at=timezone.now()):
        record("search.finished", target=f"search:{search_id}")


@transaction.atomic
def fail_trial(lease: TrialLease, *, problem: str) -> bool:
    """The recipe cannot be trained: the trial fails with a reason, the search with it, and the other trials stop."""
    Search.objects.select_for_update().get(pk=lease.search_id)
    failed = _mine(lease).update(state=State.FAILED, problem=problem, finished_at=timezone.now())
    if failed:
        trial = SearchTrial.objects.select_related("search").get(pk=lease.trial_id)
        fail_search(search_id=lease.search_id, problem=failed_in(trial, problem))
    return bool(failed)


def title_of(trial: SearchTrial) -> str:
    """The trial in words: its recipe and its fold."""
    changes = points([(choice, tuple(values)) for choice, values in trial.search.axes])[trial.point]
    told = {"point": trial.point + 1, "how": in_words(changes), "fold": trial.fold + 1}
    return _("Recipe %(point)s (%(how)s), fold %(fold)s") % told


def failed_in(trial: SearchTrial, problem: str) -> str:
    """Why the search failed: which of its trials, and what was wrong with that."""
    return f"{title_of(trial)}: {problem}"


FAILED_IN = _("Recipe %(point)s (%(how)s), fold %(fold)s: %(problem)s")  # what that says, for the catalogue


def _mine(lease: TrialLease):
    return SearchTrial.objects.filter(pk=lease.trial_id, state=State.RUNNING, attempts=lease.attempt)
