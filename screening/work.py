"""What a worker does with a claimed comparison: compute, say how far it is, stop when it is wanted no more."""

import logging
import socket
import time

from readerstudy.refusal import Refused
from screening import jobs, services
from screening.analysis.options import Options
from screening.analysis.progress import Tell
from screening.models import ComparisonJob
from screening.problem_words import PROGRAM
from training.beat import heartbeat

log = logging.getLogger(__name__)
BEAT_S = 15.0
REPORT_S = 0.25  # how often the page may learn something new


class Unwanted(Exception):
    """Cancelled, or given to another worker."""


def make_comparison(*, job_id: int) -> None:
    job = jobs.claim(job_id=job_id, worker=socket.gethostname())
    if job is None:
        return
    try:
        with heartbeat(lambda: jobs.beat(job), every=BEAT_S, name=f"comparison job {job.pk}"):
            made = services.compare(
                study=job.study,
                run=job.run,
                options=Options.from_dict(job.options),
                by=job.created_by,
                tell=reporter(job),
            )
    except Unwanted:
        log.info("Comparison job %s was cancelled or given to another worker.", job.pk)
    except Refused as refusal:
        jobs.fail(job, problem=refusal.message)
    except Exception:
        log.exception("Comparison job %s failed.", job.pk)
        jobs.fail(job, problem=PROGRAM)
    else:
        jobs.finish(job, made=made)


def reporter(job: ComparisonJob, *, every: float = REPORT_S) -> Tell:
    """Writes the share into the job's row, not more often than a page asks for it."""
    told = -every

    def tell(share: float, step: str) -> None:
        nonlocal told
        if time.monotonic() - told < every:
            return
        told = time.monotonic()
        if not jobs.advance(job, share=share, step=step):
            raise Unwanted

    return tell
