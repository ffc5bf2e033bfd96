"""Truth, calls and scores lie in three tables; one module reads them together."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[3]
# Words and dates in the reader's language: these read nothing.
WORDS = {"django.utils.translation", "django.utils.dateformat"}


def names_in(path: Path) -> set[str]:
    """Every identifier a module imports or uses, strings and comments left out."""
    tree = ast.parse(path.read_text())
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def modules() -> list[Path]:
    tops = (ROOT / name for name in ("readerstudy", "training", "screening"))
    return [path for top in tops for path in top.rglob("*.py") if "migrations" not in path.parts]


def test_only_the_tables_name_calls_and_scores_together():
    both = {path.relative_to(ROOT).as_posix() for path in modules() if {"Call", "Prediction"} <= names_in(path)}
    assert both == {"screening/tables.py"}


def test_the_analysis_and_the_charts_never_touch_the_database():
    for room in ("analysis", "charts", "exports"):
        for path in (ROOT / "screening" / room).rglob("*.py"):
            source = path.read_text()
            imported = {line.split()[1] for line in source.splitlines() if _imports(line)} - WORDS
            assert "django" not in {name.split(".")[0] for name in imported}, path
            assert ".objects" not in source, path


def _imports(line: str) -> bool:
    return line.startswith(("from ", "import "))


def test_the_numbers_come_from_the_statistics_only():
    """No other module of the room resamples, tests or integrates by itself."""
    forbidden = {"random", "default_rng", "scipy", "trapezoid", "percentile", "quantile", "binom"}
    for path in (ROOT / "screening").rglob("*.py"):
        if "statistics" not in path.relative_to(ROOT).parts:
            assert not forbidden & names_in(path), path
