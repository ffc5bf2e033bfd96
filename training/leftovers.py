"""Files of attempts that count for nothing: what a worker left that was killed before it could tidy up itself."""

import shutil
from dataclasses import replace
from datetime import datetime, timedelta

from training import heat
from training.lease import Lease
from training.models import Fold, State, TrainingRun
from training.weights import files_of

LOOKED_BACK = timedelta(days=1)
SETTLED = timedelta(minutes=2)  # until then the last workers of an ended run may still be leaving


def drop_leftovers(*, now: datetime) -> int:
    """Of folds that ended lately, everything but the attempt that ended them; how many folders went."""
    ended = Fold.objects.filter(state=State.FINISHED, attempts__gt=1, finished_at__gte=now - LOOKED_BACK)
    leases = [Lease(fold_id=fold.pk, run_id=fold.run_id, attempt=fold.attempts) for fold in ended]
    earlier = [replace(lease, attempt=number) for lease in leases for number in range(1, lease.attempt)]
    return sum(_drop(lease) for lease in earlier) + _drop_useless(now)


def _drop_useless(now: datetime) -> int:
    """Of runs that failed or were cancelled nothing is kept."""
    useless = TrainingRun.objects.filter(
        state__in=(State.FAILED, State.CANCELLED), finished_at__gte=now - LOOKED_BACK, finished_at__lt=now - SETTLED
    )
    dropped = 0
    for pk in useless.values_list("pk", flat=True):
        dropped += files_of(pk).exists()
        shutil.rmtree(files_of(pk), ignore_errors=True)
        heat.remove_folder(f"heat/{pk}")
    return dropped


def _drop(lease: Lease) -> bool:
    from training.work import directory_of

    directory = directory_of(lease)
    is_there = directory.exists()
    shutil.rmtree(directory, ignore_errors=True)
    heat.remove_folder(heat.folder_of(lease))
    return is_there
