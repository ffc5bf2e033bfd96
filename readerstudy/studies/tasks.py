"""The worker's door: fetch by id, call the service."""

from celery import shared_task

from readerstudy.studies.services import cohorts


@shared_task(name="studies.import_cohort")
def import_cohort(batch_id: int) -> None:
    cohorts.run_import(batch_id=batch_id)


@shared_task(name="studies.requeue_stale")
def requeue_stale() -> None:
    cohorts.requeue_stale_imports()
    cohorts.erase_withdrawn()
    cohorts.discard_forgotten_imports()
