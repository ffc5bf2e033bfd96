"""What runs is what was pinned, byte for byte as it was published; and known weaknesses are found without a network."""

import base64
import csv
import hashlib
import json
import re
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from readerstudy.launcher import advisories
from readerstudy.launcher.advisories import pins, plain, weaknesses
from readerstudy.launcher.requirements import requirements

PINNED = pins(advisories.CONSTRAINTS.read_text())
# What stands between the outside and the data; to hash the numbers' libraries too would take a minute.
DOORS = (
    "django", "djangorestframework", "django-csp", "django-axes", "gunicorn", "whitenoise", "argon2-cffi", "redis",
    "psycopg", "pillow", "pyrage", "sqlparse",
)  # fmt: skip
# What a Python brings along, or an environment's own tools; and the project itself, where it is installed.
OWN = {"pip", "setuptools", "wheel", "uv", "readerstudy", "pkg-resources"}


def installed() -> dict[str, metadata.Distribution]:
    return {plain(one.metadata["Name"]): one for one in metadata.distributions() if one.metadata["Name"]}


def closure(*extras: str) -> set[str]:
    """Every package that the project's requirements bring along, as far as it is installed here."""
    here, found = installed(), set()
    waiting = [plain(re.split(r"[\[<>=!~; ]", line)[0]) for line in requirements(*extras)]
    while waiting:
        name = waiting.pop()
        if name in found or name not in here:
            continue
        found.add(name)
        wanted = [line for line in here[name].requires or [] if "extra ==" not in line]
        waiting += [plain(re.split(r"[\[<>=!~; (]", line)[0]) for line in wanted]
    return found


def test_each_pin_is_one_exact_version() -> None:
    lines = [line for line in advisories.CONSTRAINTS.read_text().splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.match(r"^[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+( ;.*)?$", line)] == []
    assert len(lines) > 100


def test_whatever_the_site_runs_on_is_pinned_and_is_that_version() -> None:
    here, wanted = installed(), dict.fromkeys(closure("embedded", "worker"))
    assert len(wanted) > 60
    allowed: dict[str, set[str]] = {}
    for name, version in PINNED:
        allowed.setdefault(name, set()).add(version)
    ours = {name: here[name].version for name in wanted if name not in OWN}
    other = {name: version for name, version in ours.items() if version not in allowed.get(name, ())}
    assert other == {}


def test_no_installed_program_was_changed_after_it_was_published() -> None:
    """Each file against the hash in its package's own record, which pip checked against the wheel."""
    changed, seen = [], 0
    for name in DOORS:
        distribution = installed()[name]
        for path, digest in recorded(distribution):
            seen += 1
            if hashed(path.read_bytes(), digest) != digest:
                changed.append(f"{name}: {path.name}")
    assert seen > 800
    assert changed == []


def recorded(distribution: metadata.Distribution) -> list[tuple[Path, str]]:
    rows = csv.reader((distribution.read_text("RECORD") or "").splitlines())
    found = [(Path(str(distribution.locate_file(row[0]))), row[1]) for row in rows if row[1] and row[0].endswith(".py")]
    return [(path, digest) for path, digest in found if path.is_file()]


def hashed(data: bytes, like: str) -> str:
    kind = like.split("=", 1)[0]
    return f"{kind}=" + base64.urlsafe_b64encode(hashlib.new(kind, data).digest()).decode().rstrip("=")


def test_a_changed_file_would_be_seen() -> None:
    assert hashed(b"x", "sha256=") != hashed(b"y", "sha256=")
    assert recorded(installed()["django"])


# --- known weaknesses -----------------------------------------------------------------------------------------------


def advisory(name: str, events: list[dict[str, str]], **more: object) -> dict:
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    return {"id": "PYSEC-2026-1", "summary": "Bad things", "affected": [affected], **more}


@pytest.mark.parametrize(
    ("events", "is_found"),
    [
        ([{"introduced": "0"}, {"fixed": "2.0"}], True),
        ([{"introduced": "0"}, {"fixed": "1.5"}], False),
        ([{"introduced": "1.6"}], False),
        ([{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.4"}, {"fixed": "1.6"}], True),
        ([{"introduced": "0"}, {"last_affected": "1.5"}], True),
        ([{"introduced": "0"}, {"last_affected": "1.4"}], False),
    ],
)
def test_an_advisory_is_held_against_the_pinned_version(events: list[dict[str, str]], is_found: bool) -> None:
    found = list(weaknesses([("some-thing", "1.5")], iter([advisory("Some_Thing", events)])))
    assert bool(found) is is_found
    assert list(weaknesses([("other", "1.5")], iter([advisory("Some_Thing", events)]))) == []


def test_one_that_was_withdrawn_or_is_of_another_world_counts_for_nothing() -> None:
    events = [{"introduced": "0"}]
    foreign = advisory("thing", events)
    foreign["affected"][0]["package"]["ecosystem"] = "npm"
    known = [advisory("thing", events, withdrawn="2026-01-01T00:00:00Z"), foreign]
    assert list(weaknesses([("thing", "1.0")], iter(known))) == []


def test_the_command_reads_a_carried_file_and_says_what_to_do(tmp_path: Path, capsys) -> None:
    file = tmp_path / "all.zip"
    version = dict(PINNED)["django"]
    with zipfile.ZipFile(file, "w") as held:
        held.writestr("PYSEC-1.json", json.dumps(advisory("Django", [{"introduced": "0"}, {"fixed": "99.0"}])))
    assert advisories.main([str(file)]) == 1
    assert f"django {version}: PYSEC-2026-1: Bad things; mended in 99.0" in capsys.readouterr().out
    with zipfile.ZipFile(file, "w") as held:
        held.writestr("PYSEC-1.json", json.dumps(advisory("Django", [{"introduced": "0"}, {"fixed": "1.0"}])))
    assert advisories.main([str(file)]) == 0
    assert advisories.main([]) == 2
