"""The page warns before the session ends, and hides itself when it has; what was typed comes back."""

import time

import pytest

from readerstudy.accounts import idle

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIMIT_S, WARN_S = 1800, 120


@pytest.fixture
def clock(monkeypatch, settings):
    """Moves the server's clock; the page is then told to look, as it is when its window comes to the front."""
    settings.SESSION_IDLE_S, settings.SESSION_WARN_S = LIMIT_S, WARN_S
    shift = {"s": 0.0}
    monkeypatch.setattr(idle, "now", lambda: time.time() + shift["s"])

    def wait(page, seconds: float) -> None:
        shift["s"] += seconds
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")

    return wait


def shown(page) -> bool:
    return page.evaluate("() => document.getElementById('idle').open")


def seen(page, text: str) -> None:
    page.wait_for_function("text => document.getElementById('idle').innerText.includes(text)", arg=text)


def test_one_stays_signed_in_with_the_keyboard_and_keeps_what_was_typed(open_page, coordinator, clock):
    page = open_page(coordinator)
    page.goto("/cohorts/new/")
    page.fill("#id_name", "Half a name")
    assert not shown(page)
    clock(page, LIMIT_S - 100)
    page.wait_for_selector("#idle[open]")
    seen(page, "You will be signed out in")
    assert page.get_attribute("#idle", "role") == "alertdialog"
    assert page.evaluate("() => document.activeElement.textContent") == "Stay signed in"
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.getElementById('idle').open")
    assert page.evaluate("() => document.activeElement.id") == "id_name"
    assert page.input_value("#id_name") == "Half a name"
    clock(page, LIMIT_S - 60)
    page.wait_for_selector("#idle[open]")
    page.wait_for_function("() => document.querySelector('#idle [data-told]').textContent.includes('seconds')")
    page.keyboard.press("Escape")  # means the same: nobody is signed out by a slip of the hand
    page.wait_for_function("() => !document.getElementById('idle').open")


def test_afterwards_nothing_is_seen_until_the_same_person_is_back_and_the_form_can_be_sent(
    open_page, coordinator, stranger, clock, cookie_for
):
    page = open_page(coordinator)
    page.goto("/cohorts/new/")
    page.fill("#id_name", "Half a name")
    clock(page, LIMIT_S + 10)
    seen(page, "You were signed out")
    assert page.evaluate("() => getComputedStyle(document.querySelector('main')).visibility") == "hidden"
    assert page.evaluate("() => document.activeElement.textContent") == "Sign in again in a new tab"
    page.context.add_cookies([cookie_for(stranger)])
    with page.expect_response("**/accounts/session/"):
        clock(page, 0)
    assert shown(page)
    page.context.add_cookies([cookie_for(coordinator)])
    clock(page, 0)
    page.wait_for_function("() => !document.getElementById('idle').open")
    assert page.input_value("#id_name") == "Half a name"
    clock(page, LIMIT_S - 100)
    seen(page, "Are you still there?")  # and it warns again, as if nothing had been
    seen(page, "You will be signed out in")
    page.keyboard.press("Enter")
    page.wait_for_function("() => !document.getElementById('idle').open")
    page.click("main button.primary")
    page.wait_for_url("**/import/")


def test_the_page_of_the_ten_seconds_has_no_such_window(open_page, desk):
    page, _ = desk()
    assert page.query_selector("#idle") is None
