"""How exactly the reading page shows a face, measured from outside, beside two others in the same run.

    npm install --prefix PACKAGES jspsych @jspsych/plugin-preload @jspsych/plugin-image-keyboard-response \
        @jspsych/plugin-html-keyboard-response
    DATA_DIR=$(mktemp -d) .venv/bin/python tests/bench/bench_reading_page.py --packages PACKAGES/node_modules

jsPsych 8 needs ``--packages`` (or NODE_MODULES). The bare page is the floor: one opacity animation, everything decoded
beforehand, no server and no record, so what it misses by is the machine's and the browser's. ``--cells idle busy`` runs
only these, ``--share 0.1`` a tenth of the faces, ``--raw FOLDER`` keeps what was observed. Each cell is a fresh browser
and a fresh study.

The frame probe looks in every frame, just before it is painted; "the screen" is the browser's screencast, the frames as
the compositor hands them out with their stamps. Headless Chromium has no panel: the light of a real one comes one to
three frames later, at onset and offset alike. ``--by photodiode`` (needs Xvfb) reads the pixels of a virtual screen
instead, 2500 times a second and without asking the browser.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readerstudy.settings")
os.environ.update(DEBUG="1", DJANGO_ALLOW_ASYNC_UNSAFE="1")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from timing import sites  # noqa: E402
from timing.figures import CAST_LAG, NEAREST, figures, paired  # noqa: E402
from timing.machine import condition  # noqa: E402
from timing.watch import Seen, Task, watched  # noqa: E402

from readerstudy.launcher.services import chromium  # noqa: E402

JSPSYCH_ROWS = """() => jsPsych.data.get().values().filter((row) => row.stimulus?.endsWith?.(".jpg"))
  .map((row) => ({ key: row.stimulus, rt: row.rt }))"""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One condition. ``faces`` counts one more than is evaluated: the first exposure of a run is left out."""

    name: str
    machine: str = "idle"
    exposure_ms: int = 1000
    faces: int = 121
    photos: str = "small"
    block: tuple[float, float] | None = None
    width: int = 0  # of the face in pixels; 0: as large as the page makes it


CELLS = [
    Cell(name="idle"),
    Cell(name="busy", machine="busy"),
    Cell(name="9 megapixels", photos="big", faces=41),
    Cell(name="blocked 300 ms in mid-exposure", block=(350, 300), faces=41),
    Cell(name="blocked 100 ms across the offset", block=(950, 100), faces=41),
    Cell(name="starved", machine="starved", faces=81),
    Cell(name="jolted", machine="jolted", faces=81),
    Cell(name="10 s idle", exposure_ms=10_000, faces=61),
    Cell(name="10 s busy", machine="busy", exposure_ms=10_000, faces=61),
]


def our_task(cell: Cell, reading: dict, address: str) -> Task:
    cookie = {"name": "sessionid", "value": reading["cookie"], "url": address}
    return Task(
        name="ours",
        url=f"{address}/read/{reading['study']}/session/",
        selector="[data-stimulus]",
        faces=cell.faces,
        exposure_ms=cell.exposure_ms,
        start="click:#go",
        own_js="() => window.__readings",
        block=cell.block,
        cookies=(cookie,),
        over="**/done/",
        css=f".plate {{ width: {cell.width}px }}" if cell.width else "",
        place=".plate",
    )


def plain_task(cell: Cell, page: str, address: str) -> Task:
    height = cell.width * 5 // 4 or sites.PLAIN_HEIGHT[cell.photos]
    asked = f"n={cell.faces}&ms={cell.exposure_ms}&faces={cell.photos}&height={height}"
    is_bare = page == "bare"
    return Task(
        name=page,
        url=f"{address}/{'bare' if is_bare else 'jspsych'}.html?{asked}",
        selector=".face" if is_bare else "#jspsych-image-keyboard-response-stimulus",
        faces=cell.faces,
        exposure_ms=cell.exposure_ms,
        start="s",
        own_js="() => window.kept" if is_bare else JSPSYCH_ROWS,
        block=cell.block,
    )


def run_ours(cell: Cell, *, by: str) -> tuple[Seen, dict[str, dict]]:
    reading = sites.make_reading(cell.faces, cell.exposure_ms, photos=cell.photos)
    with condition(cell.machine), sites.our_server() as address:
        seen = asyncio.run(watched(our_task(cell, reading, address), chromium(), by=by))
    return seen, sites.our_rows(reading["session"])


def run_plain(cell: Cell, page: str, packages: Path | None, *, by: str) -> tuple[Seen, dict[str, dict]]:
    with sites.plain_server(packages, faces=cell.faces, photos=cell.photos) as address, condition(cell.machine):
        return asyncio.run(watched(plain_task(cell, page, address), chromium(), by=by)), {}


def measure(cell: Cell, *, page: str, packages: Path | None, raw: Path | None, by: str) -> None:
    seen, rows = run_ours(cell, by=by) if page == "ours" else run_plain(cell, page, packages, by=by)
    lag = CAST_LAG if by == "screencast" else 0.0
    shown = paired(seen, exposure_ms=cell.exposure_ms, rows=rows, lag=lag)
    periods = [row["frame_period_ms"] for row in rows.values() if row["frame_period_ms"]]
    period = statistics.median(periods or [NEAREST])
    result = figures(shown, exposure_ms=cell.exposure_ms, period=period)
    print(f"| {cell.name} | {page} | " + " | ".join(f"{name}: {value}" for name, value in result.items()), end=" | ")
    print(f"machine busy {100 * seen.busy:.0f} % |", flush=True)
    if rows:
        answered = sum(row["trial__calls__is_gs"] is not None for row in rows.values())
        print(f"  kept by the server: {len(rows)} exposures, {answered} calls of {cell.faces} faces", flush=True)
    if raw:
        raw.mkdir(parents=True, exist_ok=True)
        kept = {"cell": asdict(cell), "page": page, "seen": asdict(seen), "rows": rows, "period": period}
        (raw / f"{cell.name.replace(' ', '-')}_{page}.json").write_text(json.dumps(kept, default=str))


def main() -> None:
    parser = argparse.ArgumentParser(description="How exactly the reading page shows a face, beside two other pages.")
    parser.add_argument("--packages", type=Path, default=os.environ.get("NODE_MODULES"), help="a node_modules folder")
    parser.add_argument("--cells", nargs="*", default=[cell.name for cell in CELLS])
    parser.add_argument("--share", type=float, default=1.0, help="of the faces of each cell")
    parser.add_argument("--width", type=int, default=0, help="of the faces in pixels, else as large as fits")
    parser.add_argument("--raw", type=Path, help="a folder for what was observed")
    parser.add_argument("--pages", nargs="*", choices=["ours", "bare", "jsPsych"], help="else all that can be had")
    parser.add_argument("--by", choices=["screencast", "photodiode"], default="screencast", help="what sees the screen")
    given = parser.parse_args()
    packages = Path(given.packages) if given.packages else None
    pages = given.pages or ["ours", "bare", *(["jsPsych"] if packages else [])]
    if "jsPsych" in pages and not packages:
        parser.error("jsPsych needs --packages.")
    call_command("migrate", verbosity=0)
    print("Milliseconds; signed median / 95 % of sizes / largest size. Idle cells run with real-time scheduling.\n")
    for cell in CELLS:
        if cell.name in given.cells:
            faces = max(3, round(cell.faces * given.share))
            smaller = replace(cell, faces=faces, width=given.width)
            for page in pages:
                measure(smaller, page=page, packages=packages, raw=given.raw, by=given.by)


if __name__ == "__main__":
    main()
