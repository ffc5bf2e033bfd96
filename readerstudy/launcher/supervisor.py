"""Start the processes of the site, watch them, and stop them all cleanly."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

COLD_STOP_AFTER = 4.0  # seconds; a training in progress is taken up again at the next start
COLOURS = {"site": "36", "worker": "33", "trainer": "35", "demo": "32", "redis": "90"}


class Supervisor:
    """Children run in sessions of their own, so that Ctrl-C reaches this process alone and it stops them in order."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.commands: dict[str, tuple[list[str], dict[str, str]]] = {}
        self.logs = directory / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)

    def start(self, name: str, command: list[str], *, environment: dict[str, str], echo: bool = False) -> None:
        """Start ``command``; its output goes to ``logs/<name>.log``, and to the terminal too where ``echo`` is set."""
        self.commands[name] = (command, environment)
        log = (self.logs / f"{name}.log").open("ab")
        child = subprocess.Popen(
            command,
            env=environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if echo else log,
            stderr=subprocess.STDOUT,
        )
        self.children[name] = child
        if echo:
            threading.Thread(target=_copy, args=(name, child, log), daemon=True).start()

    def watch(self, *, once: tuple[str, ...] = ()) -> str | None:
        """Until Ctrl-C or SIGTERM: restart what dies. A name in ``once`` may end; ``site`` may not."""
        # Said outright, because a process started in the background may inherit an ignored SIGINT.
        signal.signal(signal.SIGINT, _interrupt)
        signal.signal(signal.SIGTERM, _interrupt)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(0.5)
                for name, child in list(self.children.items()):
                    if child.poll() is None:
                        continue
                    if name in once:
                        del self.children[name]
                    elif name == "site":
                        return f"The site stopped by itself (code {child.returncode}); see {self.logs / 'site.log'}."
                    else:
                        print(f"{name} stopped (code {child.returncode}) and is started again.", file=sys.stderr)
                        command, environment = self.commands[name]
                        time.sleep(1)
                        self.start(name, command, environment=environment)
        return None

    def stop(self) -> None:
        """Stop everything, Redis last: first kindly, then the whole process group."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        order = [name for name in self.children if name != "redis"]
        for name in order:
            _signal(self.children[name], signal.SIGTERM)
        deadline = time.monotonic() + COLD_STOP_AFTER
        for name in order:
            _wait(self.children[name], deadline)
        if redis := self.children.get("redis"):
            _signal(redis, signal.SIGTERM)
            _wait(redis, time.monotonic() + COLD_STOP_AFTER)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, number) if number == signal.SIGKILL else child.send_signal(number)


def _wait(child: subprocess.Popen[bytes], deadline: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(max(0.1, deadline - time.monotonic()))
    # Whatever the child left behind in its group (a task's process, say) goes with it.
    _signal(child, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(5)


def _copy(name: str, child: subprocess.Popen[bytes], log: object) -> None:
    prefix = f"\x1b[{COLOURS.get(name, '0')}m{name:>8}\x1b[0m " if sys.stdout.isatty() else f"{name:>8} "
    assert child.stdout is not None
    for line in child.stdout:
        log.write(line)  # type: ignore[attr-defined]
        log.flush()  # type: ignore[attr-defined]
        print(prefix + line.decode(errors="replace").rstrip(), flush=True)
