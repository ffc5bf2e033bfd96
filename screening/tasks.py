"""The worker's door: fetch by id, call the function."""

from celery import shared_task

from screening import jobs


@shared_task(name="screening.make_comparison")
def make_comparison(job_id: int) -> None:
    from screening.work import make_comparison as work

    work(job_id=job_id)


@shared_task(name="screening.requeue_stale")
def requeue_stale() -> None:
    jobs.requeue_stale()
