"""How exactly the reading page shows a face, seen from outside the page, and whether it grows while it reads.

    DATA_DIR=$(mktemp -d) .venv/bin/python tests/bench/bench_reading_page.py [faces] [exposure in ms]

A study of plain test pictures is read by a scripted Chromium. In every frame, just before it is painted, an observer
looks whether the face is there; the page does not know of it. Printed: error of the duration, frames missed, the page's
own record against the observer's, flags, and the heap before and after.
"""

import os
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readerstudy.settings")
os.environ.update(DEBUG="1", DJANGO_ALLOW_ASYNC_UNSAFE="1")
PORT = int(os.environ.get("PORT", "8139"))

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from readerstudy.accounts.models import User  # noqa: E402
from readerstudy.launcher.services import chromium  # noqa: E402
from readerstudy.reading import services  # noqa: E402
from readerstudy.reading.models import Call, Exposure  # noqa: E402
from readerstudy.reading.selectors import consent_version  # noqa: E402
from readerstudy.studies.models import Protocol, Reader, Study  # noqa: E402

# ResizeObserver callbacks run after every animation-frame callback, style and layout, right before the paint.
OBSERVER = """() => {
  const seen = (window.__seen = []);
  let stamp = 0, open = null, wide = false;
  const look = () => {
    const face = document.querySelector('[data-stimulus]');
    const key = face && Number(getComputedStyle(face).opacity) > 0.02 ? face.dataset.stimulus : null;
    if (open && key !== open.key) { open.offset = stamp; seen.push(open); open = null; }
    if (key && !open) open = { key, onset: stamp };
  };
  addEventListener('DOMContentLoaded', () => {
    const sentinel = document.createElement('div');
    sentinel.style.cssText = 'position:fixed;width:1px;height:1px;visibility:hidden;contain:strict';
    document.documentElement.append(sentinel);
    new ResizeObserver(look).observe(sentinel);
    const tick = (now) => {
      stamp = now;
      wide = !wide;
      sentinel.style.width = wide ? '2px' : '1px';
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
}"""


def make_session(faces: int, exposure_ms: int) -> tuple[User, Study]:
    from bench_reading_simulate import make_study

    call_command("migrate", verbosity=0)
    study = make_study(faces, 0, pictures=True)
    Protocol.objects.filter(study=study).update(exposure_ms=exposure_ms, confidence="none", block_length=0)
    user = User.objects.create_user(f"page-{time.time()}@example.org", name="Page", joined_at=timezone.now())
    reader = Reader.objects.create(study=study, user=user, code="P 1")
    services.record_consent(reader=reader, version=consent_version(study))
    services.record_device(session=reader.sessions.get(), device={"bench": True})
    return user, study


def serve() -> subprocess.Popen[bytes]:
    command = [sys.executable, "manage.py", "runserver", f"127.0.0.1:{PORT}", "--noreload"]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=1)
            return server
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The server did not start.")


def read(user: User, study: Study) -> dict:
    """Plays the reader: F a quarter of a second after every face. Gives what the observer and the page recorded."""
    from playwright.sync_api import sync_playwright

    cookie = Client()
    cookie.force_login(user)
    with sync_playwright() as playwright:
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--enable-precise-memory-info"]
        browser = playwright.chromium.launch(executable_path=chromium(), args=flags, ignore_default_args=["--headless"])
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        address = f"http://127.0.0.1:{PORT}"
        context.add_cookies([{"name": "sessionid", "value": cookie.cookies["sessionid"].value, "url": address}])
        page = context.new_page()
        page.add_init_script(f"({OBSERVER})()")
        page.goto(f"{address}/read/{study.pk}/session/")
        page.click("#go")
        heap, faces = [], study.cases.count()
        for number in range(1, faces + 1):
            page.wait_for_function("n => window.__seen.length >= n", arg=number, timeout=120_000)
            if number == faces:
                result = page.evaluate("() => ({ seen: window.__seen, own: window.__readings })")
            if number % 10 == 0:
                heap.append(page.evaluate("() => performance.memory.usedJSHeapSize") / 1e6)
            page.wait_for_timeout(250)
            page.keyboard.press("f")
        page.wait_for_url("**/done/")
        browser.close()
    return {**result, "heap": heap}


def report(result: dict, exposure_ms: int) -> None:
    exposures = {str(row.trial.token): row for row in Exposure.objects.select_related("trial")}
    period = statistics.median(exposures[look["key"]].frame_period_ms for look in result["seen"])
    errors = [look["offset"] - look["onset"] - exposure_ms for look in result["seen"]]
    missed = [abs(error) > period / 2 + abs(exposure_ms - round(exposure_ms / period) * period) for error in errors]
    flagged = [bool(exposures[look["key"]].flags) for look in result["seen"]]
    own = [
        exposures[look["key"]].offset_ms - exposures[look["key"]].onset_ms - (look["offset"] - look["onset"])
        for look in result["seen"]
    ]
    sizes = sorted(abs(error) for error in errors)
    print(
        f"faces shown {len(errors)}, exposures {len(exposures)}, calls {Call.objects.count()}, {period:.3f} ms a frame"
    )
    p95 = sizes[int(0.95 * (len(sizes) - 1))]
    print(f"duration error: median {statistics.median(errors):+.2f}, p95 {p95:.2f}, largest {sizes[-1]:.2f} ms")
    both = sum(m and f for m, f in zip(missed, flagged, strict=True))
    print(f"missed the nearest frame: {sum(missed)}, flagged {sum(flagged)}, missed and flagged {both}")
    print(f"own record against the observer: largest difference {max(map(abs, own)):.2f} ms")
    if result["heap"]:
        print(f"heap: {result['heap'][0]:.1f} MB after 10 faces, {result['heap'][-1]:.1f} MB at the end")


def main(faces: int = 60, exposure_ms: int = 1000) -> None:
    user, study = make_session(faces, exposure_ms)
    server = serve()
    try:
        report(read(user, study), exposure_ms)
    finally:
        server.terminate()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
