"""Each promise of docs/security.md is kept by a test that exists under exactly that name."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)))
ROWS = [line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith(("| threat", "| ---"))]


def functions(file: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    found = functions(ROOT / file)
    assert name in found if name else any(one.startswith("test_") for one in found)


def test_every_threat_has_its_answer_and_its_test() -> None:
    assert len(ROWS) > 20
    assert [row for row in ROWS if len(row.split(" | ")) != 3 or "`tests/" not in row.split(" | ")[2]] == []


def test_every_actor_and_asset_has_its_part() -> None:
    for word in ("faces of children", "truth", "calls", "reader", "curious coordinator", "outsider", "stolen laptop"):
        assert word in TEXT
    assert "malicious upload" in TEXT
