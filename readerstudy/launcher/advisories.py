"""Are there known weaknesses in the pinned packages? Asked of a file, so that no network is needed where the site runs.

    python -m readerstudy.launcher.advisories FILE.zip

FILE.zip is the published collection of the Open Source Vulnerabilities database for PyPI (osv.dev: a ZIP of one JSON
file an advisory), fetched on any machine and carried over. Each pin of constraints.txt is held against each advisory.
"""

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

CONSTRAINTS = Path(__file__).with_name("constraints.txt")


@dataclass(frozen=True, kw_only=True)
class Weakness:
    package: str
    version: str
    advisory: str
    summary: str
    mended_in: str

    def __str__(self) -> str:
        mended = f"; mended in {self.mended_in}" if self.mended_in else "; not mended yet"
        return f"{self.package} {self.version}: {self.advisory}: {self.summary}{mended}"


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> list[tuple[str, str]]:
    """(name, version) of each line; a package may be pinned twice, for two Pythons."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", text, re.MULTILINE)
    return [(plain(name), version) for name, version in found]


def advisories(archive: Path) -> Iterator[dict[str, Any]]:
    with zipfile.ZipFile(archive) as held:
        for name in held.namelist():
            if name.endswith(".json"):
                yield json.loads(held.read(name))


def weaknesses(pinned: list[tuple[str, str]], known: Iterator[dict[str, Any]]) -> Iterator[Weakness]:
    versions: dict[str, list[str]] = {}
    for name, version in pinned:
        versions.setdefault(name, []).append(version)
    for advisory in known:
        if advisory.get("withdrawn"):
            continue
        for affected in advisory.get("affected", []):
            package = affected.get("package", {})
            if package.get("ecosystem") == "PyPI":
                yield from _of_package(plain(package["name"]), versions, advisory, affected)


def _of_package(
    name: str, versions: dict[str, list[str]], advisory: dict[str, Any], affected: dict[str, Any]
) -> Iterator[Weakness]:
    for version in versions.get(name, []):
        hit = next((events for events in _ranges(affected) if _lies_in(version, events)), None)
        if hit is None and version not in affected.get("versions", []):
            continue
        mended = next((event["fixed"] for event in hit or [] if "fixed" in event), "")
        summary = advisory.get("summary") or advisory.get("details", "")[:100]
        yield Weakness(package=name, version=version, advisory=advisory["id"], summary=summary, mended_in=mended)


def _ranges(affected: dict[str, Any]) -> list[list[dict[str, str]]]:
    return [found["events"] for found in affected.get("ranges", []) if found.get("type") == "ECOSYSTEM"]


def _lies_in(version: str, events: list[dict[str, str]]) -> bool:
    """Introduced at or before ``version``, and neither fixed at or before it nor last affected before it."""
    try:
        mine, is_in = Version(version), False
        for event in events:
            if "introduced" in event and (event["introduced"] == "0" or Version(event["introduced"]) <= mine):
                is_in = True
            elif ("fixed" in event and Version(event["fixed"]) <= mine) or (
                "last_affected" in event and Version(event["last_affected"]) < mine
            ):
                is_in = False
        return is_in
    except InvalidVersion:
        return False


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        print(__doc__)
        return 2
    pinned = pins(CONSTRAINTS.read_text())
    found = sorted(set(map(str, weaknesses(pinned, advisories(Path(arguments[0]))))))
    print("\n".join(found) or f"None of the {len(pinned)} pinned packages has a known weakness.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
