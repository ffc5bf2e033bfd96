"""A site for the bench: a database, an open study with seated readers, and the web process as the image starts it."""

import contextlib
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[3]


def web_command(port: int) -> list[str]:
    """What the image's last line starts, at a port of this machine."""
    said = re.search(r'^CMD \["gunicorn".*\]$', (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert said
    command = json.loads(said[0].removeprefix("CMD "))
    command[command.index("--bind") + 1] = f"127.0.0.1:{port}"
    return [sys.executable, "-m", *command, *shlex.split(os.environ.get("GUNICORN_ARGS", ""))]


def environment(folder: Path, url: str) -> dict[str, str]:
    shared = folder / "metrics"
    shared.mkdir(exist_ok=True)
    known = {name: value for name, value in os.environ.items() if name not in {"DEBUG", "DEMO", "SITE_URL"}}
    return known | {
        "DATA_DIR": str(folder), "DATABASE_URL": url, "LOG_FORMAT": "json", "PROMETHEUS_MULTIPROC_DIR": str(shared),
        "DJANGO_SETTINGS_MODULE": "readerstudy.settings", "PYTHONPATH": f"{ROOT}:{ROOT / 'tests/bench'}",
    }  # fmt: skip


def seats(readers: int, faces: int, given: dict[str, str]) -> list[dict[str, str]]:
    """An open study, made in a process of its own; of each reader the session and the cookie."""
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=given, check=True)
    code = f"from load.site import _fill; print(_fill({readers}, {faces}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=given, check=True, stdout=subprocess.PIPE)
    return list(json.loads(done.stdout.splitlines()[-1]))


def _fill(readers: int, faces: int) -> str:
    from bench_reading_simulate import make_study
    from django.db import transaction
    from django.test import Client

    from readerstudy.accounts.models import User
    from readerstudy.reading import services
    from readerstudy.reading.selectors import consent_version
    from readerstudy.studies.models import Reader

    study, made = make_study(faces, 0, pictures=True), []
    study.protocols.update(block_length=0)
    for number in range(readers):
        with transaction.atomic():
            user = User.objects.create_user(f"load-{number}@example.org", name=f"Reader {number}")
            reader = Reader.objects.create(study=study, user=user, code=f"L {number}")
            services.record_consent(reader=reader, version=consent_version(study))
            session = reader.sessions.get()
            services.record_device(session=session, device={"refresh_hz": 60})
            services.start_session(session=session)
            client = Client()
            client.force_login(user)
        made.append({"session": str(session.token), "cookie": client.cookies["sessionid"].value})
    return json.dumps(made)


@contextlib.contextmanager
def web(given: dict[str, str]) -> Iterator[tuple[int, psutil.Process]]:
    """The port of the running web process, and the process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (Path(given["DATA_DIR"]) / "web.log").open("wb")
    server = subprocess.Popen(web_command(port), cwd=ROOT, env=given, stdout=log, stderr=log)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5)
                break
            time.sleep(0.1)
        else:
            raise SystemExit(f"The web process did not start: see {log.name}.")
        yield port, psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait()
        log.close()


def cpu_seconds(*processes: psutil.Process) -> float:
    """Of the processes and all below them, now."""
    total = 0.0
    for parent in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in [parent, *parent.children(recursive=True)]:
                with contextlib.suppress(psutil.NoSuchProcess):
                    total += sum(process.cpu_times()[:2])
    return total


def postmaster(directory: Path | None) -> list[psutil.Process]:
    """The PostgreSQL whose data lie in ``directory``; none where the database is a file."""
    file = directory and directory / "data" / "postmaster.pid"
    return [psutil.Process(int(file.read_text().splitlines()[0]))] if file else []
