"""The page, the server or the network goes in the middle: what was seen and answered is in the rows all the same."""

import os
import signal

import pytest

from readerstudy.reading.models import Call, Exposure, Incident
from tests.browser.reading_desk import answer, begin, phase, states, thanked
from tests.browser.reading_server import Server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def kill_renderers(chromium) -> None:
    processes = chromium.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    for process in processes:
        if process["type"] == "renderer":
            os.kill(int(process["id"]), signal.SIGKILL)


def seats(session) -> list[tuple[str, int, int]]:
    """Of every trial its state, and how many looks and answers it has."""
    trials = list(session.trials.order_by("position"))
    looks = [Exposure.objects.filter(trial=trial).count() for trial in trials]
    calls = [Call.objects.filter(trial=trial).count() for trial in trials]
    return list(zip(states(session), looks, calls, strict=True))


def test_a_crash_while_the_face_is_up_never_shows_it_again(desk, chromium):
    page, session = desk(n=2, exposure_ms=3000)
    begin(page)
    phase(page, "showing")
    shown = page.get_attribute(".face", "data-stimulus")
    crashes = []
    page.on("crash", lambda: crashes.append(True))
    address = page.url
    kill_renderers(chromium)
    page.wait_for_event("crash") if not crashes else None
    assert Exposure.objects.get().ended_at is None, "a page that crashes tells nothing"
    again = page.context.new_page()
    again.goto(address)
    begin(again)
    phase(again, "asking")
    assert again.locator(".face").count() == 0
    exposure = Exposure.objects.get(trial__token=shown)
    assert (exposure.end, exposure.onset_ms) == ("left", None)
    assert "nobody knows" in exposure.flags[0]
    again.keyboard.press("j")
    answer(again, "f")
    thanked(again)
    assert seats(session) == [("called", 1, 1), ("called", 1, 1)]
    assert Incident.objects.get().kind == "left"


def test_an_answer_survives_a_crash_without_network(desk, chromium):
    """The answer is written down before it is sent: the next page of this browser sends it."""
    page, session = desk(n=1)
    begin(page)
    phase(page, "asking")
    page.context.set_offline(True)
    page.keyboard.press("j")
    page.wait_for_function("() => document.getElementById('status').dataset.state === 'again'")
    address = page.url
    kill_renderers(chromium)
    page.close()
    page.context.set_offline(False)
    again = page.context.new_page()
    again.goto(address)
    again.wait_for_selector("#go")
    assert "sent now" in again.inner_text("#panel")
    begin(again)
    thanked(again)
    assert seats(session) == [("called", 1, 1)]
    call = Call.objects.get()
    assert call.is_gs
    assert call.response_ms > 400


@pytest.mark.slow
def test_the_network_may_be_gone_for_a_minute(desk):
    page, session = desk(n=3)
    begin(page)
    answer(page, "j")
    phase(page, "showing")
    page.context.set_offline(True)
    answer(page, "f")
    page.wait_for_timeout(60_000)
    assert "no connection" in page.inner_text("#status")
    assert page.locator(".face").count() == 0, "no face comes before the last answer is acknowledged"
    assert Call.objects.count() == 1
    page.context.set_offline(False)
    answer(page, "j")
    thanked(page)
    assert seats(session) == [("called", 1, 1)] * 3
    assert list(Call.objects.order_by("trial__position").values_list("is_gs", flat=True)) == [True, False, True]
    late = Exposure.objects.get(trial__position=session.trials.order_by("position")[1].position)
    assert late.end == "complete"
    assert late.measures["send_tries"] > 3
    assert not any("slept" in flag for flag in late.flags)


def test_an_answer_submitted_twice_is_one_answer(desk):
    """Every answer leaves the page twice at the same moment, as by a proxy that repeats requests."""
    page, session = desk(n=2)
    statuses = []

    def twice(route):
        statuses.extend([route.fetch().status, (last := route.fetch()).status])
        route.fulfill(response=last)

    page.route("**/call/", twice)
    page.route("**/exposure/", twice)
    begin(page)
    answer(page, "j")
    answer(page, "f")
    thanked(page)
    assert set(statuses) <= {200, 201}
    assert statuses.count(201) == 2
    assert seats(session) == [("called", 1, 1)] * 2
    assert not Incident.objects.exists()


def test_an_answer_that_contradicts_the_stored_one_is_refused_and_kept_aside(desk):
    page, _session = desk(n=2)
    begin(page)
    with page.expect_request("**/call/") as sent:
        answer(page, "j")
    phase(page, "showing")
    stored = sent.value.post_data_json
    forged = {**stored, "is_gs": False, "idempotency_key": "another-key-altogether"}
    csrf = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "csrftoken")
    headers = {"X-CSRFToken": csrf, "Referer": page.url}
    answered = page.context.request.post(sent.value.url, data=forged, headers=headers)
    assert answered.status == 409
    assert list(Call.objects.values_list("is_gs", flat=True)) == [True]
    incident = Incident.objects.get()
    assert incident.kind == "second-call-refused"
    assert incident.detail["is_gs"] is False


@pytest.fixture
def server(tmp_path):
    started = Server(tmp_path / "site")
    yield started
    started.kill()


@pytest.fixture
def own_desk(desk, server, cookie_for):
    """The reading page served by a process of its own."""

    def sit(**rules):
        page, session = desk(**rules)
        server.start()
        for cookie in page.context.cookies():
            page.context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": server.url}])
        page.goto(f"{server.url}/read/{session.reader.study_id}/session/")
        return page, session

    return sit


def test_a_server_that_is_killed_and_started_again_loses_and_doubles_nothing(own_desk, server):
    page, session = own_desk(n=3)
    begin(page)
    answer(page, "j")
    phase(page, "showing")
    server.kill()
    answer(page, "f")
    page.wait_for_function("() => document.getElementById('status').dataset.state === 'again'")
    page.wait_for_timeout(1500)
    server.start()
    answer(page, "j")
    thanked(page)
    assert seats(session) == [("called", 1, 1)] * 3
    assert list(Call.objects.order_by("trial__position").values_list("is_gs", flat=True)) == [True, False, True]
    assert [exposure.end for exposure in Exposure.objects.all()] == ["complete"] * 3
    assert not Incident.objects.exists()


def test_a_server_killed_between_a_page_and_its_reload_still_knows_what_was_shown(own_desk, server):
    page, session = own_desk(n=2, exposure_ms=9000)
    begin(page)
    phase(page, "showing")
    shown = page.get_attribute(".face", "data-stimulus")
    server.kill()
    server.start()
    page.reload()
    begin(page)
    phase(page, "asking")
    assert page.locator(".face").count() == 0
    page.keyboard.press("f")
    answer(page, "j")
    thanked(page)
    assert seats(session) == [("called", 1, 1)] * 2
    assert Exposure.objects.get(trial__token=shown).end == "left"
