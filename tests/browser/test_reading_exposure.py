"""What the page records of a look, and looks under conditions: other screens, other clocks, other sizes, sleep."""

import io
import os
import signal
import time

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from readerstudy.reading.models import Call, Exposure, Incident, ReadingSession
from readerstudy.studies.pictures import RENDITION_BYTES, rendition
from tests.browser.reading_desk import answer, begin, phase, thanked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Frames that come at another pace. Headless Chromium draws at 60 Hz whatever is asked: what is changed here is the
# clock that the page hears, so that it plans for such a screen; the screen itself stays one of 60 Hz.
PACED = """(hz) => {
  const native = window.requestAnimationFrame.bind(window);
  const period = 1000 / hz;
  window.requestAnimationFrame = hz < 60
    ? (callback) => native(function wait(stamp) {
        if (Math.round(stamp / (1000 / 60)) % Math.round(60 / hz) === 0) callback(stamp); else native(wait);
      })
    : (callback) => {
        const stamp = Math.ceil((performance.now() + 1) / period) * period;
        return setTimeout(() => callback(stamp), stamp - performance.now());
      };
}"""


def shown_ms(exposure: Exposure) -> float:
    return exposure.offset_ms - exposure.onset_ms


def test_each_look_is_kept_with_everything_that_was_measured(desk):
    page, _ = desk(n=1)
    begin(page)
    answer(page)
    thanked(page)
    exposure, call = Exposure.objects.get(), Call.objects.get()
    assert exposure.requested_ms == 400
    assert exposure.frames == pytest.approx(400 / exposure.frame_period_ms, abs=2)
    assert exposure.longest_gap_ms >= exposure.frame_period_ms - 1
    measures = exposure.measures
    assert measures["planned_offset_ms"] - measures["planned_onset_ms"] == pytest.approx(400, abs=17)
    assert measures["witnessed_frames"] + measures["dropped_frames"] >= exposure.frames
    for name in ("decode_ms", "ack_ms", "onset_lag_ms", "longest_lag_ms", "onset_late_ms", "offset_late_ms"):
        assert measures[name] >= 0, name
    assert {name: measures[name] for name in ("fetch_tries", "start_tries", "send_tries")} == {
        "fetch_tries": 1,
        "start_tries": 1,
        "send_tries": 1,
    }
    assert (measures["viewport"], measures["screen"], measures["pixel_ratio"]) == ([1280, 900], [1280, 900], 1)
    assert (measures["natural_size"], measures["is_fullscreen"]) == ([768, 960], True)
    assert measures["shown_size"] == pytest.approx(measures["face_size"], abs=1)
    assert measures["face_size"] == measures["face_size_after"]
    assert abs(measures["clock_drift_ms"]) < 100
    assert measures["events"] == []
    assert "Chrome" in measures["user_agent"]
    # The answer by the browser's own stamp of the key: from the onset, and so from the offset too.
    assert call.response_ms > shown_ms(exposure)
    assert call.input == "key"
    # The server's own times bracket the page's.
    trial = call.trial
    assert trial.issued_at <= exposure.started_at <= exposure.ended_at
    assert exposure.started_at < call.received_at
    assert (exposure.ended_at - exposure.started_at).total_seconds() * 1000 >= shown_ms(exposure) - 1


def test_the_way_of_a_picture_to_the_screen_is_measured_and_kept(desk):
    page, _ = desk(n=3)
    begin(page)
    for _ in range(3):
        answer(page)
    thanked(page)
    measured = [exposure.measures["light_ms"] for exposure in Exposure.objects.order_by("trial__position")]
    assert 0 < measured[-1] < 200, measured
    assert page.locator(".sign").count() == 0


# What Element Timing would tell, so many milliseconds after the stamp of the frame; null: a browser without it.
@pytest.mark.parametrize(
    ("lags", "light"), [([8, 4, 5, 300, 6, -1, 7], 5), ([9, 9, 9], None), ([4] * 40 + [12] * 40, 12), (None, None)]
)
def test_the_way_to_the_screen_is_the_lower_quartile_of_the_last_ones(desk, lags, light):
    page, _ = desk(n=1)
    found = page.evaluate(
        """async (lags) => {
          let tell;
          const signs = [];
          globalThis.PerformanceObserver = class {
            static supportedEntryTypes = lags ? ["element"] : [];
            constructor(told) { tell = told; }
            observe() {}
          };
          globalThis.requestAnimationFrame = (callback) => setTimeout(callback, 0, 1000);
          const { Light } = await import("/static/js/reading/light.js");
          const light = new Light({ append: (sign) => signs.push(sign) });
          await light.measure((lags ?? [1, 2, 3, 4]).length);
          const named = (sign) => sign.getAttribute("elementtiming");
          signs.forEach((sign, i) => {
            tell({ getEntries: () => [{ identifier: named(sign), renderTime: 1000 + lags[i] }] });
          });
          return [light.ms, signs.length];
        }""",
        lags,
    )
    assert found == [light, len(lags or [])]


def test_tries_are_counted(desk):
    page, _ = desk(n=1)
    failures = {"photo": 0, "exposure": 0}

    def fail_once(route):
        door = route.request.url.rstrip("/").rsplit("/", 1)[-1]
        failures[door] += 1
        route.fulfill(status=503, body="") if failures[door] == 1 else route.fallback()

    page.route("**/photo/", fail_once)
    page.route("**/exposure/", fail_once)
    begin(page)
    answer(page)
    thanked(page)
    measures = Exposure.objects.get().measures
    assert (measures["fetch_tries"], measures["start_tries"], measures["send_tries"]) == (2, 1, 2)


@pytest.mark.parametrize("hz", [30, 60, 120])
def test_a_look_lasts_as_long_on_screens_of_any_pace(desk, hz):
    page, _ = desk(n=2, exposure_ms=1000)
    if hz != 60:
        page.add_init_script(f"({PACED})({hz})")
        page.reload()
    begin(page)
    answer(page)
    answer(page)
    thanked(page)
    for exposure in Exposure.objects.all():
        assert exposure.frame_period_ms == pytest.approx(1000 / hz, rel=0.04)
        assert exposure.frames == pytest.approx(hz, abs=1) or exposure.flags
        assert abs(shown_ms(exposure) - 1000) <= 1.1 * max(exposure.frame_period_ms, 1000 / 60) or exposure.flags


@pytest.mark.parametrize(
    ("hz", "drop", "jitter"), [(30, 0, 0), (60, 0, 0), (60, 0.6, 0), (90, 0.2, 0.3), (120, 0.5, 0.1), (144, 0, 0.3)]
)
def test_the_pace_of_a_screen_is_found_though_frames_are_dropped(desk, hz, drop, jitter):
    page, _ = desk(n=1)
    period = page.evaluate(
        """async ([hz, drop, jitter]) => {
          const { periodOf } = await import("/static/js/reading/frames.js");
          let seed = 7;
          const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
          const stamps = [0];
          for (let i = 1; i <= 60; i += 1) {
            if (i === 60 || random() >= drop) stamps.push((i * 1000) / hz + jitter * (random() - 0.5));
          }
          return periodOf(stamps);
        }""",
        [hz, drop, jitter],
    )
    assert period == pytest.approx(1000 / hz, rel=0.002)


@pytest.mark.parametrize("hours", [1, -1])
def test_a_wall_clock_that_is_set_in_the_middle_of_a_look_changes_nothing(desk, hours):
    page, _ = desk(n=1, exposure_ms=1500)
    begin(page)
    phase(page, "showing")
    page.evaluate(
        """(ms) => {
          const native = Date.now;
          Date.now = () => native() + ms;
        }""",
        hours * 3_600_000,
    )
    answer(page)
    thanked(page)
    exposure, call = Exposure.objects.get(), Call.objects.get()
    assert exposure.end == "complete"
    assert abs(shown_ms(exposure) - 1500) <= 1.1 * exposure.frame_period_ms or exposure.flags
    assert not any("slept" in flag for flag in exposure.flags)
    assert exposure.measures["clock_drift_ms"] == pytest.approx(hours * 3_600_000, abs=200)
    assert 1500 < call.response_ms < 10_000


def test_a_page_that_is_put_to_sleep_covers_the_face(desk):
    """Browsers freeze a page before the computer sleeps, and say so. Here it is said by the test."""
    page, _ = desk(n=1, exposure_ms=4000)
    begin(page)
    phase(page, "showing")
    page.wait_for_timeout(500)
    page.evaluate("() => document.dispatchEvent(new Event('freeze'))")
    phase(page, "mask")
    assert page.locator(".face").count() == 0
    answer(page)
    thanked(page)
    exposure = Exposure.objects.get()
    assert exposure.end == "left"
    assert 400 < shown_ms(exposure) < 3500
    assert "was left" in exposure.flags[0]
    assert [event["type"] for event in exposure.measures["events"]] == ["freeze"]
    assert Incident.objects.get().kind == "freeze"
    assert Call.objects.count() == 1


def test_a_lid_closed_in_the_middle_of_a_look_is_flagged_and_nothing_is_lost(desk, chromium):
    """The page's processes are really stopped for three seconds, and go on."""
    page, _ = desk(n=1, exposure_ms=2000)
    begin(page)
    phase(page, "showing")
    page.wait_for_timeout(500)
    processes = chromium.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    pages = [int(process["id"]) for process in processes if process["type"] == "renderer"]
    for pid in pages:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(3)
    for pid in pages:
        os.kill(pid, signal.SIGCONT)
    answer(page)
    thanked(page)
    exposure = Exposure.objects.get()
    assert exposure.longest_gap_ms > 1_400 or exposure.measures["offset_late_ms"] > 1_400
    assert any("stood still" in flag or "late" in flag for flag in exposure.flags), exposure.flags
    assert shown_ms(exposure) > 3_400, "the row says that the face may have been up all the time"
    assert Call.objects.count() == 1


@pytest.mark.parametrize("zoom", [False, True], ids=["resized", "zoomed"])
def test_a_window_resized_or_zoomed_during_a_look_is_flagged(desk, zoom):
    page, _ = desk(n=1, exposure_ms=2500)
    begin(page)
    phase(page, "showing")
    page.wait_for_timeout(400)
    if zoom:  # to the page, zooming is fewer and larger CSS pixels
        metrics = {"width": 640, "height": 450, "deviceScaleFactor": 2, "mobile": False}
        page.context.new_cdp_session(page).send("Emulation.setDeviceMetricsOverride", metrics)
    else:
        page.set_viewport_size({"width": 900, "height": 560})
    answer(page)
    thanked(page)
    exposure = Exposure.objects.get()
    assert any("resized or zoomed" in flag for flag in exposure.flags), exposure.flags
    assert "resize" in [event["type"] for event in exposure.measures["events"]]
    assert exposure.measures["pixel_ratio"] == (2 if zoom else 1)
    assert Call.objects.count() == 1


def test_a_photo_of_nine_megapixels_reaches_the_page_scaled_to_the_screen(desk):
    page, session = desk(n=1)
    size = (2700, 3375)
    photo = Image.effect_noise((675, 844), 60).convert("RGB").resize(size)
    marks = [(0.38, 0.4), (0.62, 0.4), (0.5, 0.52), (0.41, 0.64), (0.59, 0.64)]
    landmarks = [(x * size[0], y * size[1]) for x, y in marks]
    face = session.trials.get().case.photo.face
    face.rendition.save("scaled.jpg", ContentFile(rendition(photo, landmarks=landmarks)))
    fetched = []

    def keep(route):
        fetched.append(route.fetch())
        route.fulfill(response=fetched[-1])

    page.route("**/photo/", keep)
    begin(page)
    phase(page, "showing")
    bodies = [response.body() for response in fetched]
    assert [len(body) for body in bodies] == [RENDITION_BYTES]
    assert max(Image.open(io.BytesIO(bodies[0])).size) <= 1024
    assert fetched[0].headers["cache-control"] == "no-store"
    answer(page)
    thanked(page)
    exposure = Exposure.objects.get()
    assert max(exposure.measures["natural_size"]) <= 1024
    assert exposure.measures["decode_ms"] < 1000


def test_reading_on_and_on_leaves_one_exposure_and_one_call_each_and_no_growth(desk):
    """A short piece of the 456 faces of tests/bench/bench_reading_long.py."""
    page, session = desk(n=24, exposure_ms=100)
    devtools = page.context.new_cdp_session(page)
    devtools.send("HeapProfiler.enable")
    begin(page)
    sizes = []
    for number in range(24):
        answer(page, "fj"[number % 2])
        if number in (7, 22):
            devtools.send("HeapProfiler.collectGarbage")
            counters = devtools.send("Memory.getDOMCounters")
            heap = page.evaluate("() => performance.memory.usedJSHeapSize")
            sizes.append((heap, counters["nodes"], counters["jsEventListeners"]))
    thanked(page)
    assert (Exposure.objects.count(), Call.objects.count()) == (24, 24)
    assert ReadingSession.objects.get(pk=session.pk).finished_at
    assert list(Call.objects.order_by("trial__position").values_list("is_gs", flat=True)) == [False, True] * 12
    (heap, nodes, listeners), (heap_after, nodes_after, listeners_after) = sizes
    assert heap_after - heap < 1_000_000
    assert nodes_after - nodes <= 20
    assert listeners_after - listeners <= 4
