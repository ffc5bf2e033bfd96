"""The site as a process of its own on the tests' database, that can be killed and started again on the same port."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from readerstudy.launcher.chores import answers

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """Gunicorn, as it serves in earnest. ``directory`` becomes its data directory."""

    def __init__(self, directory: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        directory.mkdir()
        self.environment = {**os.environ, "DATA_DIR": str(directory), "DEBUG": "1", **_database(directory)}
        (directory / "media").symlink_to(settings.MEDIA_ROOT)
        shutil.copy(settings.DATA_DIR / "secret_key", directory)

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "readerstudy.wsgi", "--bind", f"127.0.0.1:{self.port}"]
        command += ["--threads", "4", "--timeout", "120", "--log-level", "error", "--no-control-socket"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, start_new_session=True)
        assert answers(f"{self.url}/healthz", seconds=60)

    def kill(self) -> None:
        """As a power cut does it: nothing is finished, nothing is said."""
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None


def _database(directory: Path) -> dict[str, str]:
    """The tests' database, under the name by which the site looks for it."""
    given: dict[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        name = Path(given["NAME"]).resolve()
        (directory / "readerstudy.sqlite3").symlink_to(name)
        return {}
    host, port = given["HOST"] or "localhost", given["PORT"] or 5432
    return {"DATABASE_URL": f"postgres://{given['USER']}:{given['PASSWORD']}@{host}:{port}/{given['NAME']}"}
