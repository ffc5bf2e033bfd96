"""What a lost worker or a lost message left behind is found in the rows and sent again."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from readerstudy.queue import send
from readerstudy.studies.models import Photo
from training.familiar import drop_stale_points
from training.heat import drop_erased
from training.leftovers import drop_leftovers
from training.lost import send_again
from training.models import Fold, State, TrainingRun
from training.onnx_export import ask_again
from training.search import reaper
from training.services.runs import fail_run
from training.services.screen import erase_old, resend_new_photos
from training.stores import drop_stale_stores

STALE = timedelta(seconds=90)  # a worker beats every 15 s, whatever the length of its epochs
UNHEARD = timedelta(seconds=60)  # how long a message may lie while no worker is busy
UNHEARD_BEHIND_OTHERS = timedelta(minutes=10)  # ... and while one is: it may just stand in line
FACES_UNHEARD = timedelta(minutes=15)
FACES_PER_MESSAGE = 64


def requeue_stale(*, now: datetime | None = None) -> dict[str, int]:
    """One sweep; how many rows of each kind were sent again. Two sweeps at once send each row once."""
    now = now or timezone.now()
    return {
        "lost folds": sum(_requeue_lost_fold(fold) for fold in _running().filter(heartbeat_at__lt=now - STALE)),
        "waiting runs": _resend_runs(now),
        "waiting folds": _resend_folds(now),
        "lost and waiting trials": reaper.requeue_trials(lost_before=now - STALE, unheard_before=_patience(now)),
        "waiting photos": _resend_photos(now),
        "waiting new photos": resend_new_photos(now),
        "waiting ONNX models": ask_again(unheard_before=_patience(now)),
        "erased new photos": erase_old(now),
        "dropped heat maps": drop_erased(),
        "dropped picture stores": drop_stale_stores(),
        "dropped leftovers": drop_leftovers(now=now),
        "dropped embeddings": drop_stale_points(),
    }


def _running():
    return Fold.objects.filter(state=State.RUNNING)


def _requeue_lost_fold(fold: Fold) -> int:
    return send_again(
        fold,
        message="training.train_fold",
        give_up=lambda problem: fail_run(
            run_id=fold.run_id, problem=_("Fold %(index)s: %(problem)s") % {"index": fold.index + 1, "problem": problem}
        ),
    )


def _patience(now: datetime) -> datetime:
    busy = _running().filter(heartbeat_at__gte=now - STALE).exists() or reaper.is_busy(since=now - STALE)
    return now - (UNHEARD_BEHIND_OTHERS if busy else UNHEARD)


@transaction.atomic
def _resend_runs(now: datetime) -> int:
    unheard = Q(heartbeat_at__lt=_patience(now)) | Q(heartbeat_at__isnull=True, created_at__lt=_patience(now))
    sent = 0
    for pk in TrainingRun.objects.filter(unheard, state=State.QUEUED).values_list("pk", flat=True):
        if TrainingRun.objects.filter(unheard, pk=pk, state=State.QUEUED).update(heartbeat_at=now):
            send("training.prepare", pk)
            sent += 1
    return sent


@transaction.atomic
def _resend_folds(now: datetime) -> int:
    unheard = Q(heartbeat_at__lt=_patience(now)) | Q(heartbeat_at__isnull=True)
    sent = 0
    waiting = Fold.objects.filter(unheard, state=State.QUEUED)
    for pk in waiting.order_by(F("run_id"), "index").values_list("pk", flat=True):
        if Fold.objects.filter(unheard, pk=pk, state=State.QUEUED).update(heartbeat_at=now):
            send("training.train_fold", pk)
            sent += 1
    return sent


@transaction.atomic
def _resend_photos(now: datetime) -> int:
    unheard = Q(face_queued_at__lt=now - FACES_UNHEARD)
    unheard |= Q(face_queued_at__isnull=True, imported_at__lt=now - FACES_UNHEARD)
    waiting = Photo.objects.filter(unheard, status=Photo.Status.IMPORTED)
    ids = list(waiting.order_by("id").values_list("pk", flat=True))
    if not ids or not waiting.update(face_queued_at=now):
        return 0
    for start in range(0, len(ids), FACES_PER_MESSAGE):
        send("training.find_faces", ids[start : start + FACES_PER_MESSAGE])
    return len(ids)
