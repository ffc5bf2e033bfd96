"""The compose file is understood by the real Compose binary, and asks for what a hospital's IT expects."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_it_names_the_services_of_the_site(compose: dict) -> None:
    wanted = {"proxy", "database", "redis", "migrate", "web", "worker", "trainer", "trainer-gpu"}
    assert wanted == set(compose["services"])
    assert [compose["services"][name]["profiles"] for name in ("trainer", "trainer-gpu")] == [["cpu"], ["gpu"]]


def test_only_the_proxy_is_reached_from_outside_and_it_speaks_tls(compose: dict) -> None:
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["proxy"]
    content = compose["configs"]["proxy"]["content"]
    assert "ssl_protocols TLSv1.2 TLSv1.3" in content
    assert "proxy_set_header X-Forwarded-Proto https;" in content  # set here, whatever a client sends
    assert compose["x-site"]["environment"]["BEHIND_PROXY"] == "1"
    assert compose["x-site"]["environment"]["SITE_URL"].startswith("https://")


def test_nothing_runs_as_root_or_writes_outside_its_volumes(compose: dict) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        if name != "proxy":  # its image has a user of its own
            assert service.get("user", "0:0") != "0:0" or name == "database", name  # PostgreSQL's drops to its own


def test_every_service_has_limits_and_rotated_logs(compose: dict) -> None:
    for name, service in compose["services"].items():
        assert service.get("mem_limit"), name
        assert service["logging"]["options"]["max-size"], name


def test_no_secret_stands_in_the_file(compose: dict) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert all("file" in secret for secret in compose["secrets"].values())
    assert "PASSWORD:" not in text.replace("POSTGRES_PASSWORD_FILE:", "")


def run(program: str, *arguments: str) -> None:
    binary = shutil.which(program, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    assert binary, f"{program} comes with the test requirements on x86-64 Linux"
    done = subprocess.run([binary, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_the_real_compose_understands_it(profile: str) -> None:
    run("docker-compose", "-f", "docker-compose.yml", "--profile", profile, "config", "-q")


def test_the_dockerfile_has_nothing_to_complain_about() -> None:
    run("hadolint", "Dockerfile")


def test_each_image_that_is_named_is_built_by_the_dockerfile(compose: dict) -> None:
    targets = {service["build"]["target"] for service in compose["services"].values() if "build" in service}
    assert targets == set(re.findall(r"^FROM base AS (\w+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
