"""The API's own pages: drawn by the browser, under the site's content-security policy; and the keys they need."""

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_docs_list_every_route_and_nothing_is_blocked(open_page, coordinator):
    page = open_page(coordinator)
    blocked: list[str] = []
    page.on("console", lambda said: blocked.append(said.text) if said.type == "error" else None)
    page.goto("/api/v1/docs/")
    page.locator(".opblock").first.wait_for(timeout=60_000)
    assert page.locator(".opblock-summary-path", has_text="/monitor/").count() == 1
    assert page.locator(".opblock").count() > 60
    assert blocked == []


def test_a_key_is_made_shown_once_and_revoked(open_page, coordinator):
    page = open_page(coordinator, viewport=(390, 844))
    page.goto("/accounts/profile/")
    page.fill("[name=key-name]", "Notebook")
    assert page.input_value("[name=key-role]") == "coordinator"  # the narrowest first
    page.get_by_role("button", name="Make the key").click()
    key = page.inner_text("[data-new-key]")
    status = "key => fetch('/api/v1/studies/', {headers: {Authorization: `Token ${key}`}}).then(r => r.status)"
    assert page.evaluate(status, key) == 200
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.reload()
    assert key not in page.content()
    page.get_by_role("button", name="Revoke Notebook").click()
    page.get_by_text("opens nothing any more").wait_for()
    assert page.evaluate(status, key) == 401
