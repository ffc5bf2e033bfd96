"""A database that is away for a while must not end a training of hours: the worker waits for it."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import connection

from readerstudy.trouble import trouble_of

log = logging.getLogger(__name__)

T = TypeVar("T")
LONGEST_S = 1800.0
A_WHILE_S = 60.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 5.0


def patiently(ask: Callable[[], T], *, longest: float = LONGEST_S) -> T:
    """``ask`` again and again until the database answers; what it does must be right when done twice.

    A try that lasted a while has found a database: from then on it may be away as long again.
    """
    end, wait = time.monotonic() + longest, FIRST_WAIT_S
    while True:
        begun = time.monotonic()
        try:
            return ask()
        except Exception as error:
            if time.monotonic() - begun > A_WHILE_S:
                end, wait = time.monotonic() + longest, FIRST_WAIT_S
            if not is_away(error) or connection.in_atomic_block or time.monotonic() > end:
                raise
            log.warning("The database is away; the training waits for it (%s).", str(error).partition("\n")[0])
            connection.close()
            time.sleep(wait)
            wait = min(wait * 1.5, LONGEST_WAIT_S)


def is_away(error: BaseException) -> bool:
    trouble = trouble_of(error)
    return trouble is not None and trouble.passes
