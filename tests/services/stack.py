"""A whole site as processes of its own on real PostgreSQL and Redis; each can be killed with -9 and started again.

What is shown is that a process may vanish at any moment. The machine itself stays up, so nothing here speaks of a power
cut: that is what fsync and a disk that keeps its word are for.
"""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from readerstudy.launcher import services
from readerstudy.launcher.chores import answers

ROOT = Path(__file__).resolve().parents[2]
CELERY = [sys.executable, "-m", "celery", "-A", "readerstudy", "worker", "-c", "1", "--loglevel", "INFO"]


@dataclass
class Part:
    """One process with all its children, and how to tell that it is up."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    is_up: Callable[[], bool]
    user: str | None = None
    process: subprocess.Popen[bytes] | None = None

    def start(self, *, seconds: float = 90) -> None:
        with self.log.open("ab") as log:
            self.begun_at = log.tell()
            self.process = subprocess.Popen(
                self.command, cwd=ROOT if self.user is None else "/", env=self.environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True, user=self.user,
            )  # fmt: skip
        end = time.monotonic() + seconds
        while not self.is_up():
            assert self.process.poll() is None, f"{self.name} ended by itself: {self.said()}"
            assert time.monotonic() < end, f"{self.name} is not up after {seconds:g} s: {self.said()}"
            time.sleep(0.05)

    def kill(self) -> None:
        """kill -9, the process and every child of it: no chance to finish or to say anything."""
        if self.process is None or self.process.poll() is not None:
            return
        family = self.family()
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        self.process.wait(20)
        _until_gone(family)
        self.process = None

    def family(self) -> list[psutil.Process]:
        """The process and everything below it; nothing where it does not run."""
        if self.process is None or self.process.poll() is not None:
            return []
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def kill_child(self, dice: random.Random) -> bool:
        """kill -9 for one of its children only; the parent has to notice. False where there is none."""
        children = psutil.Process(self.process.pid).children() if self.process else []
        if not children:
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            dice.choice(children).send_signal(signal.SIGKILL)
        return True

    def said(self, characters: int = 3000) -> str:
        return self.log.read_text(errors="replace")[-characters:]

    def said_since_start(self, word: bytes) -> bool:
        with self.log.open("rb") as log:
            log.seek(self.begun_at)
            return word in log.read()


def _until_gone(family: list[psutil.Process], *, seconds: float = 20) -> None:
    """Children of a killed parent may stay zombies until their new parent looks; they hold nothing any more."""
    end = time.monotonic() + seconds
    while any(_is_alive(member) for member in family):
        assert time.monotonic() < end, "a killed process is still there"
        time.sleep(0.02)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@dataclass
class Stack:
    """PostgreSQL, Redis, web, worker and as many trainers as asked for; ``killed`` counts."""

    folder: Path
    environment: dict[str, str]
    postgres: services.Postgres
    dsn: str
    redis_url: str
    address: str
    parts: dict[str, Part] = field(default_factory=dict)
    killed: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, command: list[str], *, is_up: Callable[[], bool], user: str | None = None) -> Part:
        log = self.folder / f"{name}.log"
        self.parts[name] = Part(name, command, self.environment, log, is_up, user)
        return self.parts[name]

    def add_celery(self, name: str, queue: str, *options: str) -> Part:
        command = [*CELERY, "-Q", queue, "-n", f"{name}@{self.folder.name}", "--without-gossip", "--without-mingle"]
        part = self.add(name, [*command, *options], is_up=lambda: part.said_since_start(b" ready."))
        return part

    def kill(self, name: str, *, and_start: bool = True) -> None:
        self.killed[name] += 1
        self.parts[name].kill()
        if and_start:
            self.parts[name].start()

    def python(self, code: str, *, seconds: float = 300) -> Any:
        """Run ``code`` in the site's own environment; its last line of output is JSON."""
        command = [sys.executable, "-c", f"import django; django.setup()\n{code}"]
        return json.loads(self._run(command, seconds=seconds).splitlines()[-1])

    def manage(self, *command: str, seconds: float = 300) -> str:
        return self._run([sys.executable, "manage.py", *command], seconds=seconds)

    def _run(self, command: list[str], *, seconds: float) -> str:
        environment = {**self.environment, "DJANGO_SETTINGS_MODULE": "readerstudy.settings", "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=seconds)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        """What the database itself says, by no code of the site."""
        import psycopg

        with psycopg.connect(self.dsn, autocommit=True) as link:
            found = link.execute(query, arguments)
            return found.fetchall() if found.description else []

    def send(self, task: str) -> None:
        """One message into the queue of the worker; lost where Redis is away, as any message may be."""
        from celery import Celery

        with contextlib.suppress(Exception), Celery(broker=self.redis_url, set_as_current=False) as app:
            app.conf.broker_transport_options = {"max_retries": 1, "socket_connect_timeout": 2}
            app.send_task(task, queue="work", retry=False)

    def stop(self) -> None:
        for name in reversed(self.parts):
            self.parts[name].kill()
        self.postgres.stop()


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """An empty, migrated site with its database and queue up; the caller adds and starts the rest."""
    postgres = services.Postgres()
    try:
        dsn = postgres.make()
        stack = _stack(folder, postgres, dsn)
        stack.parts["postgres"].start()
        stack.parts["redis"].start()
        stack.manage("migrate", "--verbosity", "0")
        yield stack
    finally:
        if "stack" in locals():
            stack.stop()
        postgres.stop()


def _stack(folder: Path, postgres: services.Postgres, dsn: str) -> Stack:
    folder.mkdir()
    redis, redis_url = services.redis_command(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name not in {"DJANGO_SETTINGS_MODULE", "CI"}}
    environment |= {"DATA_DIR": str(folder), "DATABASE_URL": dsn, "REDIS_URL": redis_url, "DEBUG": "0"}
    environment |= {"SITE_URL": f"http://127.0.0.1:{port}", "SECRET_KEY": "for this test only", "PYTHONUNBUFFERED": "1"}
    stack = Stack(folder, environment, postgres, dsn, redis_url, f"http://127.0.0.1:{port}")
    stack.add("postgres", postgres.command(), is_up=lambda: _connects(dsn), user=postgres.user)
    stack.add("redis", redis, is_up=lambda: _pings(redis_url))
    web = [sys.executable, "-m", "gunicorn", "readerstudy.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2"]
    web += ["--threads", "4", "--keep-alive", "75", "--timeout", "120", "--no-control-socket", "--log-level", "error"]
    stack.add("web", web, is_up=lambda: answers(f"{stack.address}/healthz", seconds=0.2))
    return stack


def _connects(dsn: str) -> bool:
    import psycopg

    try:
        psycopg.connect(dsn, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _pings(url: str) -> bool:
    try:
        services.wait_for_redis(url, seconds=0)
    except services.Unavailable:
        return False
    return True
