"""A photodiode in software: what a virtual screen (Xvfb) really shows, read from its memory and never from the browser.

Xvfb keeps its picture in a memory-mapped XWD file (``-fbdir``). A process of its own looks at five pixels 2500 times a
second and writes down when they turn into a face and when they stop being one.
"""

import contextlib
import json
import mmap
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SIZE = (1280, 900)
AWAY = 30
PLACES = [(0, 0), (-AWAY, -AWAY), (AWAY, -AWAY), (-AWAY, AWAY), (AWAY, AWAY)]
POLL_S = 0.0004
HEADED = ["--window-position=0,0", f"--window-size={SIZE[0]},{SIZE[1]}", "--ozone-platform=x11"]


@contextlib.contextmanager
def virtual_screen() -> Iterator[tuple[str, Path]]:
    """``(DISPLAY, framebuffer)`` of a screen of its own."""
    with tempfile.TemporaryDirectory() as folder:
        read, write = os.pipe()
        size = f"{SIZE[0]}x{SIZE[1]}x24"
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-fbdir", folder, "-nolisten", "tcp"]
        server = subprocess.Popen([*command, "-nocursor"], pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        try:
            yield f":{os.read(read, 16).decode().strip()}", Path(folder) / "Xvfb_screen0"
        finally:
            os.close(read)
            server.terminate()
            server.wait()


class Diode:
    """Has the two calls of ``watch.Screencast``, so that either can watch the same sitting."""

    def __init__(self, framebuffer: Path, middle: list[int]) -> None:
        self._framebuffer, self._middle = framebuffer, [str(at) for at in middle]
        handle, name = tempfile.mkstemp(suffix=".json")
        os.close(handle)
        self._log = Path(name)

    async def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(self._framebuffer), str(self._log), *self._middle]
        )

    async def stop(self, origin_ms: float) -> list[tuple[float, float]]:
        self._process.terminate()
        self._process.wait()
        log = json.loads(self._log.read_text())
        self._log.unlink()
        print(f"  photodiode: {log['looks']} looks, the longest pause {log['longest_pause_ms']:.1f} ms", flush=True)
        return spans(log["changes"], origin_ms)


def spans(changes: list[tuple[float, bool]], origin_ms: float) -> list[tuple[float, float]]:
    """From when to when a face was lit, in milliseconds after ``origin_ms``."""
    shown, since = [], None
    for at, is_face in changes:
        if is_face:
            since = at
        elif since is not None:
            shown.append((since - origin_ms, at - origin_ms))
            since = None
    return shown


def look(framebuffer: Path, log: Path, x: int, y: int) -> None:
    with framebuffer.open("rb") as file:
        screen = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    # XWD: header size, ..., bits per pixel (11), bytes per line (12), ..., colour map entries (19) of 12 bytes each.
    header = struct.unpack(">25I", screen[:100])
    start, step, line = header[0] + header[19] * 12, header[11] // 8, header[12]
    at = [start + (y + dy) * line + (x + dx) * step for dx, dy in PLACES]
    running, changes, looks, longest = [True], [], 0, 0.0
    signal.signal(signal.SIGTERM, lambda *_: running.clear())
    was, last = None, time.time()
    while running:
        lit = all(screen[i + 2] > 150 and screen[i + 1] < 110 and screen[i] < 110 for i in at)  # blue, green, red
        now = time.time()
        looks, longest, last = looks + 1, max(longest, now - last), now
        if lit != was:
            changes.append((now * 1000, lit))
            was = lit
        time.sleep(POLL_S)
    found: dict[str, Any] = {"changes": changes, "looks": looks, "longest_pause_ms": longest * 1000}
    log.write_text(json.dumps(found))


if __name__ == "__main__":
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(2))  # a late look would read as a late face
    look(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
