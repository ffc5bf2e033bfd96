"""A site set up as the compose file does it passes Django's own deployment checks; what is silenced is named here."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REAL = {
    "SITE_URL": "https://faces.hospital.example",
    "ALLOWED_HOSTS": "faces.hospital.example,127.0.0.1",
    "BEHIND_PROXY": "1",
    "SECRET_KEY": "kept-in-a-file-of-the-proxy-and-never-in-the-environment-0123456789",
}


def manage(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), **REAL, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_deployment_checks_find_nothing(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues (1 silenced)" in done.stdout
    assert 'SILENCED_SYSTEM_CHECKS = ["security.W021"]' in (ROOT / "readerstudy" / "settings.py").read_text()


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"SITE_URL": "http://faces.hospital.example"}, "security.W008"),
        ({"DEBUG": "1"}, "security.W018"),
        ({"SECRET_KEY": "short"}, "security.W009"),
        ({"DEMO": "1"}, "readerstudy.E001"),
    ],
)
def test_they_do_find_what_is_wrong(tmp_path: Path, environment: dict[str, str], found: str) -> None:
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **environment)
    assert done.returncode != 0
    assert found in done.stdout + done.stderr


def test_a_retention_below_half_a_year_is_refused(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", FACE_VIEW_DAYS="30")
    assert "183 days at least" in done.stderr
