"""Runs trained by real workers through a real broker, by the real engine."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from training import services
from training.engine.recipe import PRESETS
from training.models import Fold, State, TrainingRun

pytestmark = [pytest.mark.service, pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]


@pytest.fixture
def make_run(study, investigator):
    def make(**choices) -> TrainingRun:
        recipe = replace(PRESETS["smoke"], folds=3, **choices)
        return services.create_run(cohort=study.cohort, name="Run", recipe=recipe, created_by=investigator)

    return make


def state_of(run: TrainingRun) -> str:
    return TrainingRun.objects.values_list("state", flat=True).get(pk=run.pk)


@pytest.fixture
def wait_for_end(wait_for):
    def wait(run: TrainingRun, log: Path) -> None:
        ended = {State.FINISHED, State.FAILED, State.CANCELLED}
        wait_for(lambda: state_of(run) in ended, seconds=600, what="the run did not end", log=log)

    return wait


def test_a_queued_run_is_trained_by_a_worker(make_run, start_worker, wait_for_end):
    worker = start_worker()
    run = make_run()
    wait_for_end(run, worker.log)
    run.refresh_from_db()
    assert (run.state, run.problem) == (State.FINISHED, "")
    assert not run.predictions.filter(score__isnull=True).exists()
    assert {fold.attempts for fold in run.folds.all()} == {1}
    assert run.versions


def test_a_run_survives_the_killing_of_its_worker(make_run, start_worker, wait_for, wait_for_end):
    first = start_worker()
    run = make_run(epochs=60)
    wait_for(lambda: run.folds.filter(epoch__gte=1).exists(), seconds=300, what="no epoch", log=first.log)
    first.kill()
    lost = run.folds.get(state=State.RUNNING)
    assert lost.epoch < 60
    # The message died with its worker: an hour later, as the rows have it, the reaper sends the fold again.
    Fold.objects.filter(run=run).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    second = start_worker()
    services.requeue_stale()
    wait_for_end(run, second.log)
    run.refresh_from_db()
    lost.refresh_from_db()
    assert (run.state, run.problem) == (State.FINISHED, "")
    assert lost.attempts == 2
    assert not run.predictions.filter(score__isnull=True).exists()


def test_cancelling_stops_the_worker_within_seconds(make_run, start_worker, wait_for, investigator):
    worker = start_worker()
    run = make_run(epochs=1000)
    wait_for(lambda: run.folds.filter(epoch__gte=1).exists(), seconds=300, what="no epoch", log=worker.log)
    services.cancel_run(run=run, by=investigator)
    before = worker.log.read_text().count("succeeded")
    wait_for(lambda: worker.log.read_text().count("succeeded") > before, seconds=30, what="still busy", log=worker.log)
    assert state_of(run) == State.CANCELLED
    assert not run.predictions.filter(score__isnull=False).exists()
