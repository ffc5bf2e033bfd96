"""The bundle reproduces the numbers with other people's libraries, from the data in it alone."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from screening.report.bundle import bundle
from screening.report.expected import expected

NAMES = [
    "README.txt",
    "results.json",
    "expected.csv",
    "data/scores.csv",
    "data/reads.csv",
    "reproduce.py",
    "reproduce.R",
]


@pytest.fixture
def folder(result, facts, tmp_path: Path) -> Path:
    result["options"]["replicates"] = 200  # of the script's own band; the numbers without chance are the same
    with zipfile.ZipFile(io.BytesIO(bundle(result, facts))) as packed:
        assert packed.namelist() == NAMES
        packed.extractall(tmp_path)
    return tmp_path


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=280, check=False)


def test_python_arrives_at_every_headline_number(folder, result):
    done = run([sys.executable, "reproduce.py"], folder)
    assert done.returncode == 0, done.stdout + done.stderr
    told = re.search(r"(\d+) numbers. Largest difference without chance: (\S+);", done.stdout)
    assert int(told[1]) == len(expected(result)) - 3 > 150
    assert float(told[2]) <= 1e-9
    imported = set(re.findall(r"^(?:import|from) (\w+)", (folder / "reproduce.py").read_text(), re.MULTILINE))
    assert imported <= {"csv", "sys", "pathlib", "numpy", "scipy", "sklearn"}


def test_python_notices_a_number_that_is_not_right(folder):
    text = (folder / "expected.csv").read_text()
    line = next(line for line in text.splitlines() if line.startswith("model,auc,"))
    (folder / "expected.csv").write_text(text.replace(line, f"model,auc,{float(line.split(',')[2]) + 1e-6}"))
    done = run([sys.executable, "reproduce.py"], folder)
    assert done.returncode == 1
    assert "model, auc: " in done.stderr


def has_proc() -> bool:
    if not (rscript := shutil.which("Rscript")):
        return False
    return run([rscript, "-e", "library(pROC)"], Path.cwd()).returncode == 0


def test_r_arrives_at_them_too_or_is_whole_where_there_is_no_r(folder):
    if has_proc():
        done = run(["Rscript", "reproduce.R"], folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return
    text = re.sub(r"#.*", "", (folder / "reproduce.R").read_text())
    for pair in ("()", "{}", "[]"):
        assert text.count(pair[0]) == text.count(pair[1]), pair
    assert re.findall(r"library\((\w+)\)", text) == ["pROC"]
    put = set(re.findall(r'put\([^,]+, (?:paste0\()?"(\w+)"', text)) | set(re.findall(r"\b(\w+) = c\(t[pn]", text))
    quantities = {row["quantity"] for row in rows(folder / "expected.csv") if row["who"] != "settings"}
    for quantity in quantities:
        stem = re.sub(r"_(lower|upper|fold_mean|fold_sd|p|holm)$", "", quantity)
        assert stem in text or quantity in put or stem.removeprefix("mcnemar_") in text, quantity


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_it_holds_case_numbers_and_nothing_else_about_a_child(folder, result):
    assert [int(row["case_id"]) for row in rows(folder / "data/scores.csv")] == result["rows"]["number"]
    assert len(rows(folder / "data/reads.csv")) == 2280
    told = json.loads((folder / "results.json").read_text())
    assert "photo" not in told["rows"]
    assert told["model"] == result["model"]
    whole = "".join(path.read_text() for path in folder.rglob("*") if path.is_file())
    assert not re.search(r"\bC\d{3}\b", whole), "a subject's code is in the bundle"
    assert "@" not in whole.replace("<<-", "")


def test_the_same_comparison_gives_the_same_bytes(result, facts):
    assert bundle(result, facts) == bundle(result, facts)
