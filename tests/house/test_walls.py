"""Walls that no linter knows: who may join truth, calls and scores; what a template may hold; who may be asked."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for top in ("readerstudy", "training", "screening")
    for path in (ROOT / top).rglob("*.py")
    if "migrations" not in path.parts
]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OWN = [*TEMPLATES, *(ROOT / "static").rglob("*.js"), *(ROOT / "static").rglob("*.css")]


def imported_models(text: str) -> set[str]:
    blocks = re.findall(r"^\s*from [\w.]*models[\w.]* import (\([^)]*\)|.*)$", text, re.MULTILINE)
    return {name for block in blocks for name in re.findall(r"\w+", block)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_tables_join_calls_and_scores(path: Path) -> None:
    if path.relative_to(ROOT) == Path("screening/tables.py"):
        return
    assert not {"Call", "Prediction"} <= imported_models(path.read_text())


def test_reading_never_asks_for_the_truth() -> None:
    for path in (ROOT / "readerstudy" / "reading").rglob("*.py"):
        for word in ("has_syndrome", "diagnosis", "Prediction", "score"):
            assert not re.search(rf"\b{word}\b", path.read_text()), f"{path.relative_to(ROOT)} mentions {word}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"", text)


@pytest.mark.parametrize("path", OWN, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    addresses = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s\"')]*", path.read_text(), re.IGNORECASE))
    known = {
        address
        for address in addresses
        if re.match(r"(https?:)?//(www\.w3\.org|(www\.)?apache\.org|doi\.org)", address)
    }
    assert addresses == known


def test_settings_come_from_one_file() -> None:
    readers = [path.relative_to(ROOT).as_posix() for path in SOURCES if "os.environ" in path.read_text()]
    launcher = [name for name in readers if name.startswith("readerstudy/launcher/")]
    engine = [name for name in readers if name.startswith("training/engine/")]
    allowed = {"readerstudy/env.py", "readerstudy/celery.py", "readerstudy/wsgi.py"}
    assert set(readers) - set(launcher) - set(engine) <= allowed


def test_photographs_are_reached_through_the_storage_alone() -> None:
    """They may lie in a bucket. What is being uploaded is a file in any case; some of operations look at both."""
    on_disk = {path.relative_to(ROOT).as_posix() for path in SOURCES if "settings.MEDIA_ROOT" in path.read_text()}
    uploads = {f"readerstudy/studies/services/{name}.py" for name in ("imports", "uploads", "staged")}
    assert on_disk == uploads | {
        f"readerstudy/operations/{name}.py" for name in ("backup", "restore", "doctor", "sealing")
    }
    fields = r"\.(file|crop|rendition|heat_map)\.path\b"
    assert [path for path in SOURCES if re.search(fields, path.read_text())] == []
