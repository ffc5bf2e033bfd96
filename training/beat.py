"""A worker and the database while it trains: it says that it lives, and asks whether it is still wanted."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import close_old_connections, connection

from training.patience import is_away

log = logging.getLogger(__name__)


@contextmanager
def heartbeat(beat: Callable[[], bool], *, every: float, name: str) -> Iterator[None]:
    """Call ``beat`` every so many seconds from a thread of its own while the block runs, or until it says False."""
    over = threading.Event()

    def run() -> None:
        while not over.wait(every):
            try:
                close_old_connections()
                if not beat():
                    return
            except Exception:  # a database away for a moment must not end a training of hours
                log.warning("The heartbeat of %s did not reach the database.", name, exc_info=True)
        connection.close()

    thread = threading.Thread(target=run, name=f"heartbeat-{name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=30)


def _is_lost(is_held: Callable[[], bool]) -> bool:
    """Nobody can say while the database is away: the training goes on, and waits for it at the end of the epoch."""
    try:
        return not is_held()
    except Exception as error:
        if not is_away(error):
            raise
        connection.close()
        return False


def stop_when_lost(is_held: Callable[[], bool], *, every: float) -> Callable[[], bool]:
    """The question of the training loop before each batch; the database is asked every so many seconds only."""
    asked, answer = -every, False

    def should_stop() -> bool:
        nonlocal asked, answer
        if not answer and time.monotonic() - asked >= every:
            asked, answer = time.monotonic(), _is_lost(is_held)
        return answer

    return should_stop
