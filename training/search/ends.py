"""The two unhappy ends of a search."""

import shutil

from django.db import transaction
from django.utils import timezone

from readerstudy.accounts.models import User
from readerstudy.audit.services import record
from training.models import State
from training.search.lease import files_of
from training.search.models import Search, SearchTrial

LIVE = (State.QUEUED, State.RUNNING)


@transaction.atomic
def cancel_search(*, search: Search, by: User) -> bool:
    """Stop a running search; its workers leave at their next batch. False when it had already come to an end."""
    if not _end(search.pk, state=State.CANCELLED):
        return False
    record("search.cancelled", actor=by, target=f"search:{search.pk}")
    return True


@transaction.atomic
def fail_search(*, search_id: int, problem: str) -> bool:
    """End a running search with a reason that a person can read; its other trials stop."""
    if not _end(search_id, state=State.FAILED, problem=problem):
        return False
    record("search.failed", target=f"search:{search_id}", problem=problem)
    return True


def _end(search_id: int, **fields: object) -> bool:
    now = timezone.now()
    if not Search.objects.filter(pk=search_id, state__in=LIVE).update(finished_at=now, **fields):
        return False
    live = SearchTrial.objects.filter(search_id=search_id, state__in=LIVE)
    live.update(state=State.CANCELLED, finished_at=now)
    transaction.on_commit(lambda: shutil.rmtree(files_of(search_id), ignore_errors=True))
    return True
