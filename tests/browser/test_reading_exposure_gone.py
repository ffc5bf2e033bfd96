"""The whole browser is killed, or the page put behind another tab: no face a second time, no answer lost."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from readerstudy.launcher.services import chromium as chromium_path
from readerstudy.reading.models import Call, Exposure, Incident
from tests.browser.bare_browser import BareBrowser
from tests.browser.conftest import FLAGS
from tests.browser.reading_desk import answer, begin, phase, states, thanked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def own_browser(chromium: Any, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """Starts a browser of its own on one profile, as a reader who opens it again after a crash."""
    opened = []

    def start() -> Any:
        context = chromium.browser_type.launch_persistent_context(
            tmp_path / "profile", executable_path=chromium_path(), args=FLAGS, ignore_default_args=["--headless"]
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        return context

    yield start
    opened[-1].close()


def kill_browser(profile: Path) -> None:
    found = subprocess.run(["pgrep", "-f", f"user-data-dir={profile}"], capture_output=True, text=True, check=True)
    for process in found.stdout.split():
        try:
            os.kill(int(process), signal.SIGKILL)
        except ProcessLookupError:
            continue  # went with its parent


@pytest.fixture
def sit_down(desk, own_browser, cookie_for, reader_user, tmp_path) -> Callable[..., tuple[Any, Any, Callable[[], Any]]]:
    """``(page, session, again)``: ``again()`` kills the browser and opens the page in a new one."""

    def opened(address: str) -> Any:
        context = own_browser()
        context.add_cookies([cookie_for(reader_user)])
        page = context.pages[0]
        page.goto(address)
        return page

    def sit(**rules: Any) -> tuple[Any, Any, Callable[[], Any]]:
        first, session = desk(**rules)
        address = first.url
        first.context.close()

        def again() -> Any:
            kill_browser(tmp_path / "profile")
            return opened(address)

        return opened(address), session, again

    return sit


def test_a_browser_killed_while_the_face_is_up_never_shows_it_again(sit_down):
    page, session, again = sit_down(n=2, exposure_ms=3000)
    begin(page)
    phase(page, "showing")
    shown = page.get_attribute(".face", "data-stimulus")
    page = again()
    begin(page)
    phase(page, "asking")
    assert page.locator(".face").count() == 0
    assert Exposure.objects.get(trial__token=shown).end == "left"
    page.keyboard.press("j")
    answer(page, "f")
    thanked(page)
    assert states(session) == ["called", "called"]
    assert Exposure.objects.count() == Call.objects.count() == 2
    assert Incident.objects.get().kind == "left"


def test_an_answer_survives_a_killed_browser_without_network(sit_down):
    page, _, again = sit_down(n=1)
    begin(page)
    phase(page, "asking")
    page.context.set_offline(True)
    page.keyboard.press("j")
    page.wait_for_function("() => document.getElementById('status').dataset.state === 'again'")
    page.wait_for_timeout(1000)  # the browser may take a moment to write its own files
    assert Call.objects.count() == 0
    page = again()
    page.wait_for_selector("#go")
    begin(page)
    thanked(page)
    assert Call.objects.get().is_gs


@pytest.fixture
def bare_browser(chromium: Any, tmp_path: Path) -> Iterator[BareBrowser]:
    browser = BareBrowser(chromium_path(), flags=FLAGS, profile=tmp_path / "bare")
    yield browser
    browser.close()


def in_phase(name: str) -> str:
    return f"document.getElementById('stage')?.dataset.phase === '{name}'"


def test_five_seconds_behind_another_tab_hide_the_page_and_are_in_the_row(desk, bare_browser, cookie_for, reader_user):
    first, _ = desk(n=1, exposure_ms=4000)
    address = first.url
    first.context.close()
    tab = bare_browser.tab()
    tab.send("Network.setCookie", **cookie_for(reader_user))
    tab.send("Page.navigate", url=address)
    tab.wait_for("Boolean(document.querySelector('#go')?.checkVisibility())")
    tab.evaluate("document.querySelector('#go').click()")
    tab.wait_for(in_phase("showing"))
    time.sleep(0.5)
    bare_browser.tab()
    tab.wait_for("document.visibilityState === 'hidden'")
    time.sleep(5)
    assert tab.evaluate("document.querySelector('.face')") is None
    exposure = Exposure.objects.get()
    assert exposure.end == "left"
    assert 300 < exposure.offset_ms - exposure.onset_ms < 3000
    assert "hidden" in [event["type"] for event in exposure.measures["events"]]
    assert Incident.objects.get().kind in {"hidden", "blur"}
    tab.come_to_front()
    tab.wait_for(in_phase("asking"))
    tab.press("j")
    tab.wait_for("location.pathname.endsWith('/done/')")
    assert Exposure.objects.count() == Call.objects.count() == 1
