"""Reloads, lost networks, second tabs and devices: what the rows say after each, and that no face comes twice."""

import pytest

from readerstudy.reading.models import Call, Exposure, Incident
from tests.browser.reading_desk import answer, begin, phase, states, thanked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


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


def test_five_seconds_in_another_tab_end_the_look_and_are_in_the_row(desk):
    page, _ = desk(n=2, exposure_ms=4000)
    begin(page)
    phase(page, "showing")
    page.wait_for_timeout(500)
    # Playwright keeps every page focused unless it is told not to: from here on the focus is the browser's own.
    page.context.new_cdp_session(page).send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    other = page.context.new_page()
    other.bring_to_front()
    phase(page, "mask")
    assert page.locator(".face").count() == 0
    other.wait_for_timeout(5000)
    exposure = Exposure.objects.get()
    assert exposure.end == "left", "closed while the reader is still away"
    assert 400 < exposure.offset_ms - exposure.onset_ms < 3000
    assert "was left" in exposure.flags[0]
    assert [event["type"] for event in exposure.measures["events"]] == ["blur"]
    assert Incident.objects.get().kind == "blur"
    page.wait_for_selector("#panel:not([hidden])")
    assert Exposure.objects.count() == 1, "the next face waits"
    other.close()
    page.bring_to_front()
    page.context.new_cdp_session(page).send("Emulation.setFocusEmulationEnabled", {"enabled": True})
    page.click("#go")
    answer(page)
    answer(page, "f")
    thanked(page)
    assert list(Exposure.objects.order_by("id").values_list("end", flat=True)) == ["left", "complete"]
    assert list(Call.objects.order_by("id").values_list("is_gs", flat=True)) == [True, False]


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
