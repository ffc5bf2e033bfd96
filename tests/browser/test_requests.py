"""No page asks for anything outside the site: every browser test watches, and these show that it would be seen."""

from typing import Any

import pytest

from tests.browser.conftest import asked_elsewhere

pytestmark = pytest.mark.browser
ELSEWHERE = "http://192.0.2.1/pixel.png"  # an address that is nobody's


def test_a_request_to_elsewhere_is_seen(open_page: Any) -> None:
    page = open_page()
    page.goto("about:blank")
    with page.expect_request(ELSEWHERE):
        page.evaluate("(url) => { new Image().src = url; }", ELSEWHERE)
    assert asked_elsewhere(open_page.requests) == [ELSEWHERE]
    open_page.requests.clear()


def test_a_page_of_the_site_cannot_even_be_made_to_ask(open_page: Any) -> None:
    """Whatever a script says: the content-security policy stops it before it leaves."""
    page = open_page()
    page.goto("/accounts/sign-in/")
    refused = page.evaluate(
        """(url) => new Promise((resolve) => {
          document.addEventListener("securitypolicyviolation", (event) => resolve(event.blockedURI), { once: true });
          fetch(url).catch(() => {});
        })""",
        ELSEWHERE,
    )
    assert refused == ELSEWHERE
    assert asked_elsewhere(open_page.requests) == []
    assert open_page.requests
