"""The operator's guide: every command that needs no container is run, in its order, on a site of its own."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from readerstudy.launcher.chores import answers
from tests.operations.test_backup import _create, server  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "operating.md").read_text()
# Commands that are not run here, by how they begin, and why.
NOT_RUN = {
    "docker ": "no container engine; tests/house/test_compose.py reads the files with the real Compose",
    "SITE_NAME=faces.hospital.example docker compose": "the same",
    "pip download": "needs a network",
    "PIP_NO_INDEX=1 PIP_FIND_LINKS=wheels make run": "needs the wheels; test_story.py starts the site by its launcher",
    "celery ": "needs Redis; tests/services starts real workers",
}
SERVES = "gunicorn "
# Here nobody serves the queue, and nobody has an account yet: they say so.
MAY_END_WITH_ONE = {
    "manage.py doctor", "manage.py doctor --json", "manage.py reset_second_factor somebody@hospital.example",
}  # fmt: skip


def commands(text: str) -> list[str]:
    """The lines of every block of shell commands, without what is said beside them."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for language, block in blocks if language == "sh" for line in block.splitlines()]
    return [said for line in lines if (said := re.sub(r"\s+# .*$", "", line).strip())]


def reason_of(command: str) -> str | None:
    return next((why for beginning, why in NOT_RUN.items() if command.startswith(beginning)), None)


def test_each_command_is_run_or_has_its_reason() -> None:
    found = commands(GUIDE)
    assert len(found) > 25
    run = [command for command in found if reason_of(command) is None]
    assert all(command.startswith(("mkdir", "openssl", "printf", "cp", "manage.py", "gunicorn", "DATA_DIR="))
               for command in run)  # fmt: skip
    for beginning in NOT_RUN:
        assert any(command.startswith(beginning) for command in found), f"no command begins with {beginning!r} any more"
    # What is written between the blocks is a command that there is, too.
    named = set(re.findall(r"`(?:python )?manage\.py (\w+)", GUIDE))
    known = {path.stem for path in ROOT.glob("*/**/management/commands/*.py")} | {"migrate", "collectstatic"}
    assert named <= known
    assert {language for language, _ in re.findall(r"^```(\w*)\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)} == {"sh"}


@pytest.fixture
def shell(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator["Shell"]:
    url = request.getfixturevalue("server")
    database = f"guide_{os.getpid()}"
    _create(url, database)
    yield Shell(tmp_path, url.rsplit("/", 1)[0] + f"/{database}")
    import psycopg

    with psycopg.connect(url, autocommit=True) as link:
        link.execute(f'DROP DATABASE "{database}"')


class Shell:
    """The operator's: the paths of the guide lie below a folder of this test, ``manage.py`` is the project's."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        for name in ("bin", "stick", "backups", "certificates", "data", "keys"):
            (folder / name).mkdir()
        for name in ("certificate-chain.pem", "key.pem"):
            (folder / "certificates" / name).write_text("made up")
        script = f'#!/bin/sh\nexec {sys.executable} {ROOT / "manage.py"} "$@"\n'
        (folder / "bin" / "manage.py").write_text(script)
        (folder / "bin" / "manage.py").chmod(0o755)
        self.places = {
            "/path/to/": f"{folder}/certificates/",
            "/media/stick/": f"{folder}/stick/",
            "/backups/2026-11-26.backup": f"{folder}/backups/$(date +%F).backup",
            "/backups/": f"{folder}/backups/",
            "/srv/new": f"{folder}/new",
            "/srv/keys/": f"{folder}/keys/",
            "postgresql://... ": f"{database_url} ",
        }
        known = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DEBUG"}}
        paths = [str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
        self.environment = known | {"DATA_DIR": str(folder / "data"), "PATH": os.pathsep.join(paths)}
        self.environment |= {"PYTHONPATH": str(ROOT), "LOG_LEVEL": "ERROR"}

    def translated(self, command: str) -> str:
        said = "|".join(map(re.escape, sorted(self.places, key=len, reverse=True)))
        return re.sub(said, lambda found: self.places[found[0]], command)

    def run(self, command: str) -> str:
        done = subprocess.run(
            ["bash", "-ec", self.translated(command)],
            cwd=self.folder, env=self.environment, capture_output=True, text=True,
        )  # fmt: skip
        allowed = {0, 1} if command in MAY_END_WITH_ONE else {0}
        assert done.returncode in allowed, f"{command}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr, f"{command}\n{done.stderr}"
        return done.stdout

    def serve(self, command: str) -> None:
        """Until it has answered once."""
        command = command.replace("127.0.0.1:8000", "127.0.0.1:0")
        log = self.folder / "web.log"
        with log.open("wb") as out:
            running = subprocess.Popen(command.split(), cwd=ROOT, env=self.environment, stdout=out, stderr=out)
        try:
            end = time.monotonic() + 60
            while not (found := re.search(r"Listening at: (http://[\d.:]+)", log.read_text())):
                assert time.monotonic() < end, log.read_text()
                time.sleep(0.1)
            assert answers(f"{found[1]}/healthz", seconds=60)
            assert urllib.request.urlopen(f"{found[1]}/accounts/sign-in/").status == 200
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(30)


@pytest.mark.slow
def test_the_guide_from_the_first_command_to_the_last(shell: Shell) -> None:
    said = {}
    for command in commands(GUIDE):
        if reason_of(command):
            continue
        if command.startswith(SERVES):
            shell.serve(command)
            continue
        said[command] = shell.run(command)
        for line in said[command].splitlines():  # what it prints "to set for the site" is set
            if line.startswith("BACKUP_RECIPIENT="):
                shell.environment["BACKUP_RECIPIENT"] = line.partition("=")[2]
        if command.startswith("manage.py photo_key --new"):  # "then set PHOTO_KEYS_FILE"
            shell.environment["PHOTO_KEYS_FILE"] = str(shell.folder / "keys" / "photo_keys")
    assert sorted(path.name for path in (shell.folder / "secrets").iterdir()) == [
        "database_password", "database_url", "secret_key", "tls_certificate.pem", "tls_key.pem",
    ]  # fmt: skip
    password = (shell.folder / "secrets/database_password").read_text().strip()
    assert f":{password}@database/" in (shell.folder / "secrets/database_url").read_text()
    assert "/accounts/first/" in said["manage.py first_link"]
    assert "intact" in said["manage.py verify_audit"]
    restored = next(text for command, text in said.items() if " restore " in f" {command} ")
    assert "the audit log is intact" in restored
    assert len(list((shell.folder / "backups").iterdir())) == 2
