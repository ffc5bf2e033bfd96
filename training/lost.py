"""What becomes of a fold or a trial whose worker fell silent."""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from readerstudy.queue import send
from training.models import Fold, State
from training.search.models import SearchTrial

MOST_LOSSES = 3  # in a row: whoever gets on by an epoch each time comes to the end all the same


@transaction.atomic
def send_again(lost: Fold | SearchTrial, *, message: str, give_up: Callable[[str], object]) -> int:
    """1 if it was queued and ``message`` sent, else 0: somebody else has taken it, or it was lost too often.

    ``give_up`` is told why when ``lost`` was given up just now.
    """
    held = type(lost).objects.filter(
        pk=lost.pk, state=State.RUNNING, attempts=lost.attempts, heartbeat_at=lost.heartbeat_at
    )
    losses = lost.losses + 1
    if losses >= MOST_LOSSES:
        problem = _(
            "its worker was lost %(losses)s times in a row. The machine may have run out of memory: "
            "choose a smaller batch or network, or look into the worker's log."
        ) % {"losses": losses}
        if held.update(state=State.FAILED, problem=problem, finished_at=timezone.now(), losses=losses):
            give_up(problem)
        return 0
    if not held.update(state=State.QUEUED, heartbeat_at=timezone.now(), losses=losses):
        return 0
    send(message, lost.pk)
    return 1
