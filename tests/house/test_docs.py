"""The docs name every setting, and the constraints pin every package without naming an index."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_setting_is_documented() -> None:
    source = "".join(path.read_text() for path in (ROOT / "readerstudy").glob("settings*.py"))
    names = set(re.findall(r"env(?:str|bool|int|list|path|secret)\(\s*\"([A-Z_]+)\"", source))
    documented = (ROOT / "docs" / "settings.md").read_text()
    assert names
    assert {name for name in names if f"`{name}`" not in documented} == set()


def test_the_constraints_pin_every_requirement_and_name_no_index() -> None:
    pins = (ROOT / "readerstudy" / "launcher" / "constraints.txt").read_text()
    assert "://" not in pins
    pinned = {re.split(r"[=\[ ]", line)[0].lower() for line in pins.splitlines() if "==" in line}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = project["dependencies"] + [line for extra in extras for line in extra]
    assert {re.split(r"[\[<>=; ]", line)[0].lower() for line in wanted} <= pinned


def test_the_changelog_knows_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text()


def test_continuous_integration_runs_what_a_person_runs() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text()
