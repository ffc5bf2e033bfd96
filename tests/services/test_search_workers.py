"""A search through real workers and a real broker, by the real engine: killed and taken up again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from training import services
from training.engine.recipe import PRESETS
from training.models import State
from training.search import create
from training.search.grid import read_axes
from training.search.lease import files_of
from training.search.models import SearchTrial

pytestmark = [pytest.mark.service, pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


def test_a_trial_survives_the_killing_of_its_worker(study, start_worker, wait_for, investigator):
    first = start_worker()
    recipe, axes = replace(PRESETS["smoke"], folds=3), read_axes([("epochs", [30, 31])])
    made = create.create_search(cohort=study.cohort, name="Search", recipe=recipe, axes=axes, created_by=investigator)
    wait_for(lambda: made.trials.filter(epoch__gte=2).exists(), seconds=300, what="no epoch", log=first.log)
    first.kill()
    lost = made.trials.get(state=State.RUNNING)
    assert lost.epoch < lost.epochs
    # The messages of the others still lie in the broker; without rows that wait, no worker heeds them.
    made.trials.filter(state=State.QUEUED).update(state=State.CANCELLED)
    # The lost trial's died with its worker: an hour later, as the rows have it, the reaper sends the trial again.
    SearchTrial.objects.filter(pk=lost.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    second = start_worker()
    services.requeue_stale()
    done = made.trials.filter(pk=lost.pk, state=State.FINISHED)
    wait_for(done.exists, seconds=600, what="the lost trial did not end", log=second.log)
    lost.refresh_from_db()
    assert (lost.attempts, lost.epoch, lost.problem) == (2, lost.epochs, "")
    assert 0 <= lost.val_auc <= 1
    assert not list(files_of(made.pk).rglob("*.npz"))
