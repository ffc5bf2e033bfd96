"""``manage.py recover``: at the start, when no worker is alive yet, everything left half done waits again.

Without it the reaper would do the same, after the time that a silent worker is given.
"""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from readerstudy.studies.models import ImportBatch, Photo
from screening.models import ComparisonJob
from training.models import Fold, State, TrainingRun
from training.search.models import SearchTrial

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Command(BaseCommand):
    help = "Put everything that was running back into waiting. Only while no worker is alive."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Rows are made to look long unheard of; the reaper's first sweep sends them again."""
        # A stop by hand is no lost worker: the sweep that finds these rows counts one loss, and that is none.
        Fold.objects.filter(state=State.RUNNING).update(heartbeat_at=LONG_AGO, losses=0)
        SearchTrial.objects.filter(state=State.RUNNING).update(heartbeat_at=LONG_AGO, losses=0)
        SearchTrial.objects.filter(state=State.QUEUED).update(heartbeat_at=LONG_AGO)
        Fold.objects.filter(state=State.QUEUED).update(heartbeat_at=LONG_AGO)
        TrainingRun.objects.filter(state=State.QUEUED).update(heartbeat_at=LONG_AGO)
        ComparisonJob.objects.filter(state=State.RUNNING).update(heartbeat_at=LONG_AGO, attempts=0)
        ComparisonJob.objects.filter(state=State.QUEUED).update(heartbeat_at=LONG_AGO)
        Photo.objects.filter(status=Photo.Status.IMPORTED).update(face_queued_at=LONG_AGO)
        waiting = [ImportBatch.Status.QUEUED, ImportBatch.Status.RUNNING]
        ImportBatch.objects.filter(status__in=waiting).update(heartbeat_at=LONG_AGO)
