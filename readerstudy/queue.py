"""Waking a worker without importing its tasks: services name a task by string and send it once the row is committed."""

import logging

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)


def send(name: str, *args: object) -> None:
    """Send task ``name`` after the current transaction commits.

    The truth is in the rows: when the broker is away the message is lost with a log line, and the reaper
    (``studies.requeue_stale``, ``training.requeue_stale``) sends the waiting row again.
    """
    transaction.on_commit(lambda: _publish(name, args))


def _publish(name: str, args: tuple[object, ...]) -> None:
    try:
        current_app.signature(name, args=args).apply_async(retry=False)
    except Exception:  # kombu raises many kinds; none of them may undo what is already committed
        log.warning("The broker did not take %s%r; it will be sent again from the database.", name, args)
