"""The chores of ``make``, run inside the virtual environment: demo, run, test, fast, lint, messages and others."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from readerstudy.env import envint, envpath, envstr
from readerstudy.launcher import services
from readerstudy.launcher.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
MANAGE = [PYTHON, str(ROOT / "manage.py")]


def main() -> int:
    chore = sys.argv[1]
    if chore in {"demo", "run"}:
        return serve(is_demo=chore == "demo")
    if chore == "screenshots":
        return subprocess.call([PYTHON, "-m", "docs.screenshots"])
    if chore == "messages":
        from readerstudy.launcher import messages

        return messages.main(sys.argv[2:])
    if chore == "bench":
        from readerstudy.launcher import testing

        return testing.bench()
    from readerstudy.launcher import testing

    return {"test": testing.everything, "fast": testing.fast, "lint": testing.lint}[chore]()


def serve(*, is_demo: bool) -> int:
    """Redis, the site, a worker and a trainer, until Ctrl-C."""
    started = time.monotonic()
    host, port = envstr("HOST", "127.0.0.1"), envint("PORT", 8000)
    directory = envpath("DATA_DIR", ROOT / "var" / "demo" if is_demo else ROOT / "var")
    directory.mkdir(parents=True, exist_ok=True)
    address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
    if not port_is_free(host, port):
        print(f"Something already listens at {address}. Stop it, or choose another port: PORT=8001 make demo")
        return 1
    environment = {**os.environ, "DATA_DIR": str(directory), "HOST": host, "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    if is_demo:
        environment |= {"DEMO": "1", "DEBUG": "1"}
    supervisor = Supervisor(directory)
    try:
        problem = start_all(supervisor, environment, address=address, is_demo=is_demo, started=started)
        problem = problem or supervisor.watch(once=("demo",))
    except KeyboardInterrupt:
        problem = None
    finally:
        print("\nStopping ...", flush=True)
        supervisor.stop()
    print(problem or f"Stopped. Everything is kept in {directory}; the same command goes on from here.")
    return 1 if problem else 0


def start_all(
    supervisor: Supervisor, environment: dict[str, str], *, address: str, is_demo: bool, started: float
) -> str | None:
    if not environment.get("REDIS_URL"):
        command, url = services.redis_command(supervisor.directory)
        environment["REDIS_URL"] = url
        supervisor.start("redis", command, environment=environment)
        services.wait_for_redis(url)
    if subprocess.call([*MANAGE, "migrate", "--verbosity", "0"], env=environment):
        return "The database could not be brought up to date; the lines above say why."
    # No worker is alive yet, so what a stopped one left half done can wait again at once.
    subprocess.call([*MANAGE, "recover"], env=environment)
    gunicorn = [PYTHON, "-m", "gunicorn", "readerstudy.wsgi", "--bind", f"{environment['HOST']}:{environment['PORT']}"]
    gunicorn += ["--workers", "2", "--threads", "4", "--keep-alive", "75", "--timeout", "120", "--no-control-socket"]
    supervisor.start("site", gunicorn, environment=with_shared_metrics(environment, supervisor.directory))
    if not answers(address + "/healthz", seconds=30):
        return f"The site did not start; see {supervisor.logs / 'site.log'}."
    say_hello(address, environment, is_demo=is_demo, seconds=time.monotonic() - started)
    celery = [PYTHON, "-m", "celery", "-A", "readerstudy", "worker", "--loglevel", "INFO", "--concurrency", "1"]
    celery += ["--without-gossip", "--without-mingle"]
    beat = ["--beat", "--schedule", str(supervisor.directory / "beat")]
    supervisor.start("worker", [*celery, "-Q", "work", "-n", "worker@%h", *beat], environment=environment)
    for name, share in trainers(is_demo=is_demo).items():
        own = environment | share
        supervisor.start(name, [*celery, "-Q", "train", "-n", f"{name}@%h"], environment=own)
    if is_demo:
        supervisor.start("demo", [*MANAGE, "demo"], environment=environment, echo=True)
    return None


def cores() -> int:
    """Those this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def trainers(*, is_demo: bool) -> dict[str, dict[str, str]]:
    """Name and environment of each: one on all cores, because a network of full size fills the memory.

    The demo's small networks learn faster side by side, each on its half of the cores.
    """
    if not is_demo or cores() < 2:
        return {"trainer": {}}
    half = str(cores() // 2)
    share = {"TF_NUM_INTRAOP_THREADS": half, "TF_NUM_INTEROP_THREADS": half}
    return {"trainer": share, "trainer-2": share}


def with_shared_metrics(environment: dict[str, str], directory: Path) -> dict[str, str]:
    """The web processes write their times into one folder, so that /metrics speaks of all of them."""
    folder = directory / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return environment | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}


def say_hello(address: str, environment: dict[str, str], *, is_demo: bool, seconds: float) -> None:
    print(f"\n  readerstudy is up after {seconds:.0f} s: {address}\n")
    if is_demo:
        print("  One-click demo sign-ins:")
        for role in ("coordinator", "investigator", "reader"):
            print(f"    {role:<13} {address}/accounts/demo/{role}/")
    else:
        first = subprocess.run([*MANAGE, "first_link"], env=environment, capture_output=True, text=True, check=False)
        if link := first.stdout.strip():
            print(f"  Make the first account (a coordinator's) here, once:\n    {link}")
    print(f"\n  Data: {environment['DATA_DIR']}    Stop with Ctrl-C.\n", flush=True)


def port_is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(url: str, *, seconds: float) -> bool:
    import urllib.error
    import urllib.request

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with opener.open(url, timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


if __name__ == "__main__":
    sys.exit(main())
