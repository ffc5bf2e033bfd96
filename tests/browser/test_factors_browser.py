"""An authenticator app and a passkey, from the page of the account to the next sign-in."""

import time
from importlib.resources import files

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from readerstudy.audit.models import AuditEvent
from tests.browser.test_axe import _axe

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AXE = files("axe_playwright_python").joinpath("axe.min.js")
PASSWORD = "correct horse battery"


def enter(page, user):
    page.goto("/accounts/sign-in/")
    page.fill("#id_username", user.email)
    page.fill("#id_password", PASSWORD)
    page.click("main form:has(#id_password) button")


def leave(page):
    page.click(".who button")
    page.wait_for_url("**/accounts/sign-in/")


def look(page):
    """Nothing on the page breaks a rule of WCAG 2.2 AA, as far as axe finds it."""
    assert _axe(page, None, is_wide=False) == []


def follow(page, place):
    """To the next page, and not before it is there."""
    with page.expect_navigation():
        page.click(place)


def prove(page):
    look(page)
    page.fill("#id_password", PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_an_app_and_its_codes(open_page, stranger):
    page = open_page()
    page.add_init_script(AXE.read_text())
    enter(page, stranger)
    page.wait_for_url("**/")
    page.goto("/accounts/profile/")
    follow(page, "text=Add an app")
    prove(page)
    secret = page.inner_text("[data-secret]")
    assert page.locator(".qr svg").bounding_box()["width"] > 150
    look(page)
    page.fill("#id_code", format_hotp_value(hotp_value(secret, int(time.time()) // 30)))
    page.click("text=Add the app")
    page.wait_for_selector(".codes")
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    look(page)
    page.goto("/accounts/profile/")
    look(page)
    page.goto("/accounts/factors/codes/new/")
    look(page)
    page.goto("/accounts/factors/app/remove/")
    look(page)
    leave(page)
    enter(page, stranger)
    page.wait_for_url("**/accounts/second-step/**")
    look(page)
    page.fill("#id_code", codes[3])
    page.keyboard.press("Enter")
    page.wait_for_selector(".who")
    assert AuditEvent.objects.filter(action="account.signed_in").last().detail["how"] == ["password", "recovery_codes"]


def test_a_passkey_is_made_and_opens_the_account_by_itself(open_page, stranger):
    page = open_page(viewport=(390, 844))
    page.add_init_script(AXE.read_text())
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    number = device.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**kind, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )["authenticatorId"]
    enter(page, stranger)
    page.wait_for_selector(".who")
    page.goto("/accounts/passkeys/add/")
    prove(page)
    look(page)
    page.fill("#id_name", "My telephone")
    page.click("[data-do]")
    page.wait_for_selector(".codes")
    page.goto("/accounts/profile/")
    assert "My telephone" in page.inner_text("#passkeys")
    follow(page, "[aria-label='Rename My telephone']")
    look(page)
    page.fill("#id_name", "Old telephone")
    page.keyboard.press("Enter")
    page.wait_for_selector("[aria-label='Remove Old telephone']")
    leave(page)
    page.goto("/accounts/sign-in/?next=/accounts/profile/")
    page.click("form[data-passkey] [data-do]")
    page.wait_for_selector(".who")
    assert page.url.split("?")[0].endswith("/accounts/profile/")
    assert AuditEvent.objects.filter(action="account.signed_in").last().detail["how"] == ["passkey"]
    leave(page)
    enter(page, stranger)  # with the password the passkey is the second step
    page.wait_for_url("**/accounts/second-step/**")
    page.click("form[data-passkey] [data-do]")
    page.wait_for_selector(".who")
    device.send("WebAuthn.setUserVerified", {"authenticatorId": number, "isUserVerified": False})
    leave(page)
    page.click("form[data-passkey] [data-do]")
    page.wait_for_function("() => document.querySelector('[data-told]').textContent.length > 0")
    device.send("WebAuthn.setUserVerified", {"authenticatorId": number, "isUserVerified": True})
    page.click("form[data-passkey] [data-do]")
    page.wait_for_selector(".who")
    page.goto("/accounts/profile/")
    follow(page, "[aria-label='Remove Old telephone']")
    prove(page)
    page.wait_for_selector("main form .danger")
    look(page)
    page.click("main form .danger")
    page.wait_for_selector("#passkeys")
    assert not Authenticator.objects.exists()
