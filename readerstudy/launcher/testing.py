"""``make test``: style, walls, types, then the tests in four stages, with real services where they are to be had."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from readerstudy.launcher import services

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
BIN = Path(PYTHON).parent
TESTS_FAILED = 1  # pytest's exit status; others mean that it could not run them
FEW = 4  # more than that is no accident

LINT = {
    "style": [str(BIN / "ruff"), "check", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "."],
    "walls": [str(BIN / "lint-imports")],
    "types": [str(BIN / "mypy")],
    "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
}


def lint() -> int:
    with tempfile.TemporaryDirectory(prefix="rs-") as directory:
        return _lint({**os.environ, "DATA_DIR": directory})


def _lint(environment: dict[str, str]) -> int:
    failed = [name for name, command in LINT.items() if _stage(name, command, environment)]
    if failed:
        print(f"\nNot clean: {', '.join(failed)}.")
    return 1 if failed else 0


def fast() -> int:
    with tempfile.TemporaryDirectory(prefix="rs-") as directory:
        return _stage("quick tests", [*_pytest(), "-n", "auto"], {**os.environ, "DATA_DIR": directory})


def bench() -> int:
    with tempfile.TemporaryDirectory(prefix="rs-") as directory:
        environment = {**os.environ, "DATA_DIR": directory}
        files = sorted((ROOT / "tests" / "bench").glob("bench_*.py"))
        return max((_stage(file.name, [PYTHON, str(file)], environment) for file in files), default=0)


def everything() -> int:
    """All of it. What cannot run here is named in one line with its reason; in CI that is a failure."""
    missing: list[str] = []
    if not (browser := services.chromium() or services.install_chromium()):
        missing.append("browser tests: no Chromium found; install one or name it in CHROMIUM")
    if services.redis_binary() is None and not os.environ.get("REDIS_URL"):
        missing.append("service tests: no Redis of 6.2 or later; install redis-server")
    with tempfile.TemporaryDirectory(prefix="rs-", dir="/tmp") as directory:
        environment = {**os.environ, "DATA_DIR": directory, "CHROMIUM": browser or ""}
        failures = [_lint(environment), *_tests(environment, missing)]
    for line in missing:
        print(f"NOT RUN - {line}")
    if missing and os.environ.get("CI"):
        failures.append(1)
    print("\nAll green." if not any(failures) else "\nSomething failed; see above.", flush=True)
    return 1 if any(failures) else 0


def _tests(environment: dict[str, str], missing: list[str]) -> list[int]:
    marked = [*_pytest(), "-m"]
    failures = [
        _stage("quick tests", [*_pytest(), "-n", "auto"], environment),
        _on_postgres(environment, missing),
        _stage("slow tests: TensorFlow and whole runs", [*marked, "slow and not browser and not service"], environment),
    ]
    if services.redis_binary() or environment.get("REDIS_URL"):
        failures.append(_against_the_clock("service tests", [*marked, "service and not browser"], environment))
    if environment["CHROMIUM"]:
        failures.append(_against_the_clock("browser tests", [*marked, "browser"], environment))
    return failures


def _against_the_clock(name: str, command: list[str], environment: dict[str, str]) -> int:
    """Tests that wait for a real browser or worker: the few that fail are run once more, and named in any case."""
    cache = Path(environment["DATA_DIR"]) / name.replace(" ", "-")
    command = [*command, "-o", f"cache_dir={cache}"]
    code = _stage(name, command, environment)
    failed = _failed(cache)
    if code != TESTS_FAILED or not 0 < len(failed) <= FEW:
        return code
    code = _stage(f"{name}: once more what failed", [*command, "--last-failed"], environment)
    for test in failed:
        print(
            f"{'PASSED AT THE SECOND TRY' if code == 0 else 'FAILED TWICE, OR BESIDE ONE THAT DID'} - {test}",
            flush=True,
        )
    return code


def _failed(cache: Path) -> list[str]:
    kept = cache / "v" / "cache" / "lastfailed"
    return sorted(json.loads(kept.read_text())) if kept.exists() else []


def _on_postgres(environment: dict[str, str], missing: list[str]) -> int:
    """The quick tests that touch the database, once more on a real PostgreSQL."""
    server = None
    try:
        if not (url := environment.get("DATABASE_URL")):
            server = services.Postgres()
            url = server.start()
        rooms = sorted(
            str(path.relative_to(ROOT)) for path in (ROOT / "tests").iterdir() if path.name in DATABASE_ROOMS
        )
        command = [*_pytest(), "-n", "auto", *rooms, *(f"--ignore=tests/{room}" for room in PURE_ROOMS)]
        return _stage("quick tests on PostgreSQL", command, {**environment, "DATABASE_URL": url})
    except services.Unavailable as reason:
        missing.append(f"the database tests on PostgreSQL: {reason}")
        return 0
    finally:
        if server:
            server.stop()


PURE_ROOMS = ("screening/statistics", "training/engine")  # know no database
DATABASE_ROOMS = {"accounts", "audit", "operations", "reading", "screening", "studies", "training"}


def _pytest() -> list[str]:
    return [PYTHON, "-m", "pytest", "-q"]


def _stage(name: str, command: list[str], environment: dict[str, str]) -> int:
    print(f"\n=== {name}", flush=True)
    started = time.monotonic()
    code = subprocess.call(command, cwd=ROOT, env=environment)
    verdict = "ok" if code == 0 else f"FAILED ({code})"
    print(f"=== {name}: {verdict} after {time.monotonic() - started:.0f} s", flush=True)
    return code
