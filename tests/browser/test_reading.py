"""The reading page in a real browser: what was seen and answered, read off the rows afterwards."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from PIL import Image

from readerstudy.reading.models import Call, Exposure, Incident, ReadingSession, Trial
from readerstudy.reading.selectors import consent_version, state_of
from readerstudy.reading.services import record_consent, record_device

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def give_faces(study: Any) -> None:
    """Photo-like renditions, so that decoding and masking have something to do."""
    for number, case in enumerate(study.cases.select_related("photo__face")):
        noise = np.random.default_rng(number).integers(0, 255, (24, 20, 3), dtype=np.uint8)
        data = io.BytesIO()
        Image.fromarray(noise).resize((768, 960), Image.Resampling.BICUBIC).save(data, "JPEG", quality=88)
        case.photo.face.rendition.save(f"{case.photo.token}.jpg", ContentFile(data.getvalue().ljust(250_000, b"\0")))


@pytest.fixture
def desk(make_study, coordinator, investigator, reader_user, open_page) -> Callable[..., tuple[Any, ReadingSession]]:
    """The reading page of a study with consent and device check behind it, at its start panel."""

    def sit(*, n: int = 3, viewport: tuple[int, int] = (1280, 900), options: dict | None = None, **protocol: Any):
        rules = {"exposure_ms": 400, "confidence": "none", **protocol}
        study = make_study(coordinator, investigator, reader_user, name="Browser", n=n, **rules)
        give_faces(study)
        reader = record_consent(reader=study.readers.get(), version=consent_version(study))
        session = reader.sessions.get(is_practice=False)
        record_device(session=session, device={"refresh_hz": 60})
        page = open_page(reader_user, viewport=viewport, **(options or {}))
        page.goto(f"/read/{study.pk}/session/")
        return page, session

    return sit


def begin(page: Any) -> None:
    page.click("#go")


def phase(page: Any, *names: str) -> None:
    page.wait_for_function("names => names.includes(document.getElementById('stage').dataset.phase)", arg=list(names))


def answer(page: Any, key: str = "j", confidence: str = "") -> None:
    phase(page, "asking")
    page.keyboard.press(key)
    if confidence:
        phase(page, "rating")
        page.keyboard.press(confidence)


def thanked(page: Any) -> None:
    page.wait_for_url("**/done/")


def states(session: ReadingSession) -> list[str]:
    return [state_of(trial) for trial in Trial.objects.filter(session=session).order_by("position")]


def test_a_whole_session_by_keys(desk):
    page, session = desk(n=3, confidence="five")
    begin(page)
    for key, confidence in [("j", "4"), ("f", "1"), ("j", "5")]:
        answer(page, key, confidence)
    thanked(page)
    calls = list(Call.objects.order_by("trial__position").values_list("is_gs", "confidence", "input"))
    assert calls == [(True, 4, "key"), (False, 1, "key"), (True, 5, "key")]
    exposures = list(Exposure.objects.order_by("trial__position"))
    assert [e.end for e in exposures] == ["complete"] * 3
    for exposure in exposures:
        # A machine that is busy with other tests may disturb a look; then the row has to say so.
        assert abs(exposure.offset_ms - exposure.onset_ms - 400) <= exposure.frame_period_ms or exposure.flags
        assert exposure.measures["decode_ms"] >= 0
        assert exposure.measures["viewport"] == [1280, 900]
    session.refresh_from_db()
    assert session.finished_at
    assert not Incident.objects.exists()
    assert all(call.response_ms > 400 for call in Call.objects.all())


def test_a_reload_while_the_face_is_up_never_shows_it_again(desk):
    page, session = desk(n=2, exposure_ms=3000)
    begin(page)
    phase(page, "showing")
    shown = page.get_attribute(".face", "data-stimulus")
    page.reload()
    begin(page)
    phase(page, "asking")
    assert page.locator(".face").count() == 0
    assert "left while this face was shown" in page.inner_text("#prompt")
    exposure = Exposure.objects.get(trial__token=shown)
    assert exposure.end == "left"
    assert Incident.objects.filter(trial__token=shown).exists()
    page.keyboard.press("j")
    phase(page, "showing")
    assert page.get_attribute(".face", "data-stimulus") != shown
    answer(page)
    thanked(page)
    assert Exposure.objects.count() == 2
    assert states(session) == ["called", "called"]


def test_by_protocol_a_face_that_was_left_comes_again_at_the_end(desk):
    page, session = desk(n=2, exposure_ms=2000, incident_policy="represent")
    begin(page)
    phase(page, "showing")
    page.reload()
    begin(page)
    for _ in range(2):
        answer(page)
    thanked(page)
    assert states(session) == ["forfeited", "called", "called"]
    assert Trial.objects.get(is_represented=True).repetition == 1


def test_a_double_press_does_not_burn_the_next_face(desk):
    page, _ = desk(n=3)
    begin(page)
    phase(page, "asking")
    page.keyboard.press("j", delay=25)
    page.wait_for_timeout(60)
    page.keyboard.press("f", delay=25)
    answer(page, "j")
    answer(page, "j")
    thanked(page)
    assert list(Call.objects.values_list("is_gs", flat=True)) == [True] * 3
    assert all(e.offset_ms - e.onset_ms > 350 for e in Exposure.objects.all())


def test_a_key_that_is_held_down_answers_once(desk):
    page, _ = desk(n=2)
    begin(page)
    phase(page, "asking")
    page.keyboard.down("j")
    phase(page, "showing")
    page.keyboard.down("j")  # as a keyboard repeats it
    phase(page, "asking")
    page.wait_for_timeout(300)
    assert Call.objects.count() == 1
    page.keyboard.up("j")
    page.keyboard.press("f")
    thanked(page)
    assert list(Call.objects.order_by("id").values_list("is_gs", flat=True)) == [True, False]


def test_an_answer_without_network_is_kept_and_arrives(desk):
    page, _ = desk(n=2)
    begin(page)
    phase(page, "asking")
    page.context.set_offline(True)
    page.keyboard.press("j")
    page.wait_for_function("() => document.getElementById('status').dataset.state === 'again'")
    assert "no connection" in page.inner_text("#status")
    assert Call.objects.count() == 0
    page.context.set_offline(False)
    answer(page, "f")
    thanked(page)
    assert list(Call.objects.order_by("id").values_list("is_gs", flat=True)) == [True, False]


def test_an_answer_survives_a_reload_without_network(desk):
    """The request never leaves; the page is reloaded; the next page of this browser sends what is left."""
    page, _ = desk(n=2)
    begin(page)
    page.route("**/call/", lambda route: route.abort())
    answer(page)
    page.wait_for_function("() => document.getElementById('status').dataset.state === 'again'")
    page.unroute("**/call/")
    page.reload()
    page.wait_for_selector("#go")
    assert "sent now" in page.inner_text("#panel")
    begin(page)
    phase(page, "showing")
    first = Call.objects.get()
    assert (first.is_gs, first.response_ms > 400) == (True, True)
    answer(page, "f")
    thanked(page)


def test_a_server_error_is_tried_again(desk):
    page, _ = desk(n=1)
    failures = []

    def fail_twice(route):
        failures.append(route.request.url)
        route.fulfill(status=502, body="bad gateway") if len(failures) <= 2 else route.fallback()

    page.route("**/call/", fail_twice)
    begin(page)
    answer(page)
    thanked(page)
    assert len(failures) == 3
    assert Call.objects.count() == 1


def test_an_acknowledgement_lost_on_the_way_doubles_nothing(desk):
    page, _ = desk(n=1)
    lost = []

    def swallow(route):
        if not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.fallback()

    page.route("**/call/", swallow)
    begin(page)
    answer(page)
    thanked(page)
    assert lost == [201]
    assert Call.objects.count() == 1


def test_a_start_whose_acknowledgement_was_lost_still_shows_the_face_once(desk):
    page, _ = desk(n=1)
    lost = []

    def swallow(route):
        if not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.fallback()

    page.route("**/trials/*/start/", swallow)
    begin(page)
    answer(page)
    thanked(page)
    exposure = Exposure.objects.get()
    assert (lost, exposure.end, exposure.measures["start_tries"]) == ([201], "complete", 2)


def test_an_expired_session_asks_to_sign_in_and_then_sends(desk, reader_user, cookie_for):
    page, _ = desk(n=1)
    begin(page)
    phase(page, "asking")
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("j")
    page.wait_for_selector("#sign-in:not([hidden])")
    assert Call.objects.count() == 0
    page.context.add_cookies([cookie_for(reader_user)])
    thanked(page)
    assert Call.objects.count() == 1


@pytest.mark.parametrize("event", ["blur", "hidden"])
def test_a_face_is_covered_at_once_when_the_reader_looks_away(desk, event):
    page, _ = desk(n=1, exposure_ms=3000)
    begin(page)
    phase(page, "showing")
    page.wait_for_timeout(300)
    page.evaluate(
        """(event) => {
          if (event === 'blur') return void window.dispatchEvent(new Event('blur'));
          Object.defineProperty(document, 'hidden', { value: true, configurable: true });
          document.dispatchEvent(new Event('visibilitychange'));
          delete document.hidden;
        }""",
        event,
    )
    phase(page, "mask")
    assert page.locator(".face").count() == 0
    answer(page)
    thanked(page)
    exposure = Exposure.objects.get()
    assert exposure.end == "left"
    assert 200 < exposure.offset_ms - exposure.onset_ms < 1500
    assert "was left" in exposure.flags[0]
    assert Incident.objects.get().kind == event


def test_a_second_tab_waits_until_it_is_told_to_take_over(desk):
    page, _ = desk(n=2, exposure_ms=400)
    begin(page)
    phase(page, "asking")
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_function("() => document.getElementById('panel-title').textContent.includes('another tab')")
    other.click("#go")
    other.wait_for_function("() => document.getElementById('go').textContent === 'Start'")
    page.wait_for_function("() => document.getElementById('panel-title').textContent.includes('another tab')")
    begin(other)
    phase(other, "asking")
    assert other.locator(".face").count() == 0
    other.keyboard.press("f")
    answer(other, "f")
    thanked(other)
    assert Exposure.objects.count() == 2
    assert list(Call.objects.values_list("is_gs", flat=True)) == [False, False]


def test_two_devices_never_show_a_face_twice_and_keep_one_answer(desk, open_page, reader_user):
    page, session = desk(n=2, exposure_ms=5000)
    other = open_page(reader_user)
    other.goto(page.url)
    other.wait_for_selector("#go")
    begin(page)
    phase(page, "showing")
    shown = page.get_attribute(".face", "data-stimulus")
    begin(other)
    phase(other, "asking")
    assert other.locator(".face").count() == 0
    other.keyboard.press("f")
    phase(page, "asking")
    page.keyboard.press("j")
    page.wait_for_function("() => document.getElementById('panel-title').textContent === 'Read on another device?'")
    answer(other, "f")
    thanked(other)
    assert states(session) == ["called", "called"]
    assert list(Call.objects.values_list("is_gs", flat=True)) == [False, False]
    assert Exposure.objects.get(trial__token=shown).end == "left"
    kinds = set(Incident.objects.filter(trial__token=shown).values_list("kind", flat=True))
    assert kinds == {"left", "second-close-refused", "second-call-refused"}


def test_the_address_of_a_picture_is_dead_once_it_was_shown(desk):
    page, _ = desk(n=1, exposure_ms=1000)
    requests = []
    page.on("request", lambda request: requests.append(request.url) if "/photo/" in request.url else None)
    begin(page)
    phase(page, "asking")
    statuses = [page.context.request.get(address).status for address in requests]
    assert statuses == [410]


def test_the_back_button_shows_no_face_again(desk):
    page, _ = desk(n=2, exposure_ms=1500)
    begin(page)
    phase(page, "showing")
    shown = page.get_attribute(".face", "data-stimulus")
    page.goto("/read/")
    page.go_back()
    page.wait_for_selector("#go")
    begin(page)
    phase(page, "asking")
    assert page.locator(f"[data-stimulus='{shown}']").count() == 0
    exposure = Exposure.objects.get()
    assert exposure.end == "left"
    assert exposure.onset_ms is not None, "the page told what it had shown when it was left"


def test_leaving_full_screen_covers_the_face(desk):
    page, _ = desk(n=1, exposure_ms=3000)
    begin(page)
    phase(page, "showing")
    assert page.evaluate("() => Boolean(document.fullscreenElement)")
    page.evaluate("() => document.exitFullscreen()")
    phase(page, "mask")
    assert page.locator(".face").count() == 0
    page.wait_for_selector("#panel:not([hidden])")
    page.click("#go")
    page.keyboard.press("j")
    thanked(page)
    assert Incident.objects.get().kind == "fullscreen-left"


def test_a_call_may_end_the_look_by_protocol(desk):
    page, _ = desk(n=1, exposure_ms=5000, call_ends_exposure=True)
    begin(page)
    phase(page, "showing")
    page.wait_for_timeout(500)
    page.keyboard.press("f")
    thanked(page)
    exposure, call = Exposure.objects.get(), Call.objects.get()
    assert exposure.end == "called"
    assert exposure.flags == []
    assert call.response_ms <= exposure.offset_ms - exposure.onset_ms <= call.response_ms + 100


def test_an_answer_during_the_look_leaves_the_face_up_for_its_time(desk):
    page, _ = desk(n=1, exposure_ms=1500, confidence="hundred")
    begin(page)
    phase(page, "showing")
    page.wait_for_timeout(300)
    page.keyboard.press("j")
    page.keyboard.press("8")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    thanked(page)
    exposure, call = Exposure.objects.get(), Call.objects.get()
    assert exposure.end == "complete"
    assert (call.is_gs, call.confidence) == (True, 85)
    assert call.response_ms < 1500 <= exposure.offset_ms - exposure.onset_ms + 20


def test_the_answer_window_runs_out(desk):
    page, session = desk(n=2, answer_window_ms=1200)
    begin(page)
    phase(page, "showing")
    first = page.get_attribute(".face", "data-stimulus")
    page.wait_for_function(
        "first => { const f = document.querySelector('.face'); return f && f.dataset.stimulus !== first; }", arg=first
    )
    answer(page)
    thanked(page)
    assert states(session) == ["forfeited", "called"]
    assert Incident.objects.get().kind == "answer-window-over"


def test_practice_tells_the_truth_and_a_rest_comes_between_blocks(
    make_study, coordinator, investigator, reader_user, open_page
):
    study = make_study(
        coordinator,
        investigator,
        reader_user,
        name="Way",
        n=5,
        practice=1,
        exposure_ms=300,
        confidence="none",
        block_length=2,
        practice_pass_percent=100,
    )
    give_faces(study)
    page = open_page(reader_user)
    page.goto("/read/")
    page.click("text=Read the consent")
    page.check("[name=agree]")
    page.click("text=Agree and go on")
    page.click("text=Check this device")
    page.wait_for_selector("[data-keys]:not([hidden])")
    page.keyboard.press("f")
    page.keyboard.press("j")
    page.click("[data-go]")
    page.click("text=Practise")
    begin(page)
    answer(page, "f")  # the practice face, case 1, has a syndrome: not this time
    page.wait_for_function("() => document.getElementById('panel-title').textContent === 'Not this time'")
    page.click("#go")
    page.wait_for_function("() => document.getElementById('panel-title').textContent === 'Once more, please'")
    page.click("#go")
    answer(page, "j")
    page.wait_for_function("() => document.getElementById('panel-title').textContent === 'Right'")
    page.click("#go")
    page.wait_for_url(f"**/read/{study.pk}/")
    page.click("text=Start reading")
    begin(page)
    answer(page)
    answer(page)
    page.wait_for_function("() => document.getElementById('panel-title').textContent === 'Time for a rest'")
    page.click("#go")
    answer(page)
    answer(page)
    thanked(page)
    assert Call.objects.filter(trial__session__is_practice=False).count() == 4


def test_a_pause_comes_between_two_faces(desk):
    page, _ = desk(n=2, exposure_ms=600)
    begin(page)
    phase(page, "showing")
    page.keyboard.press("p")
    answer(page)
    page.wait_for_function("() => document.getElementById('panel-title').textContent === 'Pause'")
    assert Exposure.objects.count() == 1
    page.wait_for_timeout(500)
    assert Exposure.objects.count() == 1
    page.click("#go")
    answer(page)
    thanked(page)


PLACES = """() => ['plate', 'no', 'yes', 'scale']
  .map((id) => document.getElementById(id).getBoundingClientRect().toJSON())"""
SCREENS = {
    "clinic": (1024, 768),
    "wide": (1920, 1080),
    "phone on its side": (844, 390),
    "phone": (390, 844),
    "small phone": (320, 568),
    "tablet": (820, 1180),
}


@pytest.mark.parametrize("viewport", SCREENS.values(), ids=SCREENS.keys())
def test_the_whole_face_and_both_buttons_are_in_view_without_scrolling(desk, viewport):
    page, _ = desk(n=1, exposure_ms=1500, confidence="five", viewport=viewport, options={"has_touch": True})
    begin(page)
    phase(page, "fixation")
    before = page.evaluate(PLACES)
    phase(page, "showing")
    face = page.locator(".face").bounding_box()
    width, height = viewport
    assert face["x"] >= 0
    assert face["y"] >= 0
    assert face["x"] + face["width"] <= width
    assert face["y"] + face["height"] <= height
    assert face["width"] / face["height"] == pytest.approx(0.8, abs=0.01)
    assert face["height"] >= min(0.54 * height, 1.15 * width)
    overflow = page.evaluate(
        "() => [document.documentElement.scrollHeight - innerHeight, document.documentElement.scrollWidth - innerWidth]"
    )
    assert overflow == [0, 0]
    phase(page, "asking")
    for button in ("#no", "#yes"):
        box = page.locator(button).bounding_box()
        assert box["height"] >= 44
        assert box["width"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
        overlaps = box["x"] < face["x"] + face["width"] and face["x"] < box["x"] + box["width"]
        overlaps = overlaps and box["y"] < face["y"] + face["height"] and face["y"] < box["y"] + box["height"]
        assert not overlaps
    page.tap("#yes")
    phase(page, "rating")
    after = page.evaluate(PLACES)
    assert after == before, "the layout moved"
    page.tap("[data-confidence='2']")
    thanked(page)
    call = Call.objects.get()
    assert (call.is_gs, call.confidence, call.input) == (True, 2, "touch")
