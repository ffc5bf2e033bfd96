"""No key, token or password lies in the tree or in any commit: the shapes of what people leave behind by mistake."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHAPES = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "an age identity": r"AGE-SECRET-KEY-1[0-9A-Z]{50,}",
    "a key of a script": r"\brs_[A-Za-z0-9_-]{40,}",
    "a key of Amazon": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a key of Google": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a token of GitHub": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})",
    "a token of GitLab": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "a token of Slack": r"\bxox[abprs]-[A-Za-z0-9-]{20,}",
    "a token of PyPI": r"\bpypi-AgEI[A-Za-z0-9_-]{40,}",
    "a token of a signed session": r"\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}",
    "a password in an address": r"\b(?:postgresql|postgres|redis|https?|amqp)://[^\s:/@'\"<>{}$%]+:[^\s:/@'\"<>{}$%]{6,}@",
    "a key that signs": r"(?:SECRET_KEY|API_KEY|PASSWORD|TOKEN)\s*=\s*[\"'][A-Za-z0-9+/_=!@#$%^&*-]{32,}[\"']",
}  # fmt: skip
ANY = re.compile("|".join(f"(?P<s{number}>{shape})" for number, shape in enumerate(SHAPES.values())))
# What looks like one and is none: examples of the docs and of tests, each with the reason.
KNOWN = {
    "password@host": "an example of the docs",
}


def secrets_in(text: str) -> list[str]:
    found = []
    for match in ANY.finditer(text):
        start = text.rfind("\n", 0, match.start()) + 1
        line = text[start : text.find("\n", match.end())]
        if not any(known in line for known in KNOWN):
            found.append(f"{list(SHAPES)[int(match.lastgroup[1:])]}: {match.group()[:24]}…")
    return found


def texts() -> Iterator[tuple[str, str]]:
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        if parts[0] in {".git", ".venv", "var", "shared", "secrets"} or any(part.endswith("_cache") for part in parts):
            continue
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 5_000_000:
            data = path.read_bytes()
            if b"\0" not in data[:4096]:
                yield "/".join(parts), data.decode("utf-8", "replace")


def test_no_secret_lies_in_the_tree() -> None:
    seen, found = 0, []
    for name, text in texts():
        seen += 1
        found += [f"{name}: {one}" for one in secrets_in(text)]
    assert seen > 500
    assert found == []


def test_no_secret_lies_in_the_history() -> None:
    """Every line that any commit added; a checkout without its history has none to look through."""
    # Whoever owns the checkout: it is only read.
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "log",
        "--all",
        "-p",
        "-U0",
        "--no-color",
        "--no-ext-diff",
        "--no-textconv",
        "--diff-filter=AM",
    ]
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        return
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=240)
    assert done.returncode == 0
    added = "\n".join(line for line in done.stdout.decode("utf-8", "replace").split("\n") if line.startswith("+"))
    assert secrets_in(added) == []


SAMPLES = [
    ("a private key", "-----BEGIN RSA PRIV" + "ATE KEY-----"),
    ("an age identity", "AGE-SECRET-" + "KEY-1" + "Q" * 58),
    ("a key of a script", "rs" + "_" + "a1B2" * 11),
    ("a key of Amazon", "AKIA" + "Z" * 16),
    ("a key of Google", "AIza" + "b" * 35),
    ("a token of GitHub", "ghp" + "_" + "a" * 36),
    ("a token of GitLab", "glpat" + "-" + "a" * 20),
    ("a token of Slack", "xoxb" + "-" + "1" * 24),
    ("a token of PyPI", "pypi" + "-AgEI" + "c" * 60),
    ("a token of a signed session", ".".join(["eyJ" + "a" * 24, "eyJ" + "b" * 24, "c" * 30])),
    ("a password in an address", "postgresql:" + "//site:hunter22@db.example/x"),
    ("a key that signs", "SECRET" + "_KEY = '" + "x9" * 20 + "'"),
]


@pytest.mark.parametrize(("kind", "sample"), SAMPLES)
def test_each_shape_would_be_seen(kind: str, sample: str) -> None:
    assert secrets_in(f"before\nsome {sample} text\nafter") == [f"{kind}: {sample[:24]}…"]


def test_there_is_a_sample_of_each_shape() -> None:
    assert [kind for kind, _ in SAMPLES] == list(SHAPES)
