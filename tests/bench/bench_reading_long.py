"""Reads a whole cohort through the real page, as one physician does, and watches whether the page grows.

    DATA_DIR=$(mktemp -d) .venv/bin/python tests/bench/bench_reading_long.py [faces] [exposure in ms]

456 faces of 100 ms take about twelve minutes. Printed: exposures and calls kept by the server, and heap, nodes and
listeners of the page, after garbage collection, every 50 faces.
"""

import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readerstudy.settings")
os.environ.update(DEBUG="1", DJANGO_ALLOW_ASYNC_UNSAFE="1")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from playwright.sync_api import CDPSession, Page, sync_playwright  # noqa: E402
from timing import sites  # noqa: E402
from timing.watch import FLAGS, VIEWPORT  # noqa: E402

from readerstudy.launcher.services import chromium  # noqa: E402

EVERY = 50
ASKED = "() => document.getElementById('stage').dataset.phase === 'asking'"
GONE_ON = "() => document.getElementById('stage')?.dataset.phase !== 'asking'"


def size_of(page: Page, devtools: CDPSession) -> dict[str, Any]:
    devtools.send("HeapProfiler.collectGarbage")
    counters = devtools.send("Memory.getDOMCounters")
    heap = devtools.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    return {"heap_mb": round(heap, 2), "nodes": counters["nodes"], "listeners": counters["jsEventListeners"]}


def read(reading: dict[str, Any], address: str, faces: int) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS, ignore_default_args=["--headless"])
        context = browser.new_context(viewport=VIEWPORT)
        context.add_cookies([{"name": "sessionid", "value": reading["cookie"], "url": address}])
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("HeapProfiler.enable")
        page.goto(f"{address}/read/{reading['study']}/session/")
        page.click("#go")
        for number in range(1, faces + 1):
            page.wait_for_function(ASKED)
            page.keyboard.press("fj"[number % 2])
            if number % EVERY == 0 and number < faces:
                print(f"{number} faces: {size_of(page, devtools)}", flush=True)
            page.wait_for_function(GONE_ON)
        page.wait_for_url("**/done/")
        browser.close()


def main(faces: int = 456, exposure_ms: int = 100) -> None:
    call_command("migrate", verbosity=0)
    reading = sites.make_reading(faces, exposure_ms, photos="small")
    with sites.our_server() as address:
        read(reading, address, faces)
    rows = sites.our_rows(reading["session"])
    answered = sum(row["trial__calls__is_gs"] is not None for row in rows.values())
    flagged = sum(bool(row["flags"]) for row in rows.values())
    print(f"{faces} faces: {len(rows)} exposures, {answered} calls, {flagged} flagged")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
