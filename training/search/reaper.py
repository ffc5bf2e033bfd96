"""What a lost worker or a lost message left behind of a search is found in the rows and sent again."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from readerstudy.queue import send
from training.lost import send_again
from training.models import State
from training.search.ends import fail_search
from training.search.models import SearchTrial
from training.search.trials import failed_in


def is_busy(*, since: datetime) -> bool:
    """Whether a worker trains for a search: it has beaten since then."""
    return _running().filter(heartbeat_at__gte=since).exists()


def requeue_trials(*, lost_before: datetime, unheard_before: datetime) -> int:
    """Trials whose worker fell silent before the one time, or whose message before the other; how many were resent."""
    lost = _running().filter(heartbeat_at__lt=lost_before).select_related("search")
    return sum(_requeue(trial) for trial in lost) + _resend(unheard_before)


def _running():
    return SearchTrial.objects.filter(state=State.RUNNING)


def _requeue(trial: SearchTrial) -> int:
    return send_again(
        trial,
        message="training.train_trial",
        give_up=lambda problem: fail_search(search_id=trial.search_id, problem=failed_in(trial, problem)),
    )


@transaction.atomic
def _resend(before: datetime) -> int:
    waiting = SearchTrial.objects.filter(Q(heartbeat_at__lt=before) | Q(heartbeat_at__isnull=True), state=State.QUEUED)
    sent = 0
    for pk in list(waiting.order_by("search_id", "fold", "point").values_list("pk", flat=True)):
        if waiting.filter(pk=pk).update(heartbeat_at=timezone.now()):
            send("training.train_trial", pk)
            sent += 1
    return sent
