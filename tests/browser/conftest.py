"""A real Chromium for the pages: ``open_page(user)`` gives a signed-in page on the live server."""

import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.test import Client

from readerstudy.launcher.services import chromium as chromium_path
from tests.browser.reading_desk import desk  # noqa: F401 - a fixture, found here by the tests of the reading page

# The live server's thread and Playwright's event loop both live in this process.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for all tests; skipped with its reason where there is none, an error in CI."""
    path = chromium_path()
    if path is None:
        message = "No Chromium found: install one or set CHROMIUM."
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, headless=True, args=FLAGS, ignore_default_args=["--headless"]
        )
        yield browser
        browser.close()


@pytest.fixture
def cookie_for(live_server: Any) -> Callable[[Any], dict[str, str]]:
    """The cookie of a user who is signed in: no form, what is tested here is the page behind it."""

    def make(user: Any) -> dict[str, str]:
        client = Client()
        client.force_login(user)
        name = django_settings.SESSION_COOKIE_NAME
        return {"name": name, "value": client.cookies[name].value, "url": live_server.url}

    return make


@pytest.fixture
def open_page(
    chromium: Any, live_server: Any, cookie_for: Callable[[Any], dict[str, str]]
) -> Iterator[Callable[..., Any]]:
    """``open_page(user, viewport=(390, 844))``: a page of a browser of its own, signed in as ``user``.

    Errors that the page throws make the test fail at its end, and so does a request to anywhere but this machine.
    ``open_page.requests`` are the addresses of all that was asked for, by every page, frame and worker.
    """
    contexts, errors, requests = [], [], []

    def make(user: Any = None, *, viewport: tuple[int, int] = (1280, 900), **options: Any) -> Any:
        width, height = viewport
        context = chromium.new_context(viewport={"width": width, "height": height}, base_url=live_server.url, **options)
        contexts.append(context)
        if user is not None:
            context.add_cookies([cookie_for(user)])
        context.on("request", lambda request: requests.append(request.url))
        page = context.new_page()
        page.on("websocket", lambda socket: requests.append(socket.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(15_000)
        return page

    make.requests = requests  # type: ignore[attr-defined]
    yield make
    for context in contexts:
        context.close()
    assert errors == [], "the page threw errors"
    assert asked_elsewhere(requests) == [], "the page asked for something outside the site"


def asked_elsewhere(requests: list[str], *, hosts: tuple[str, ...] = ("127.0.0.1", "localhost")) -> list[str]:
    """Those that leave this machine; what lies in the address, in the page or in a file that was saved goes nowhere."""
    outside = [url for url in requests if not url.startswith(("data:", "blob:", "about:", "file:///"))]
    return [url for url in outside if urlsplit(url).hostname not in hosts]
