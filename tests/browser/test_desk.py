"""The coordinator's pages move: the monitor renews itself, the plain words follow the form, the card copies."""

import pytest
from django.utils import timezone

from readerstudy.reading.models import Call, ReadingSession, Trial
from readerstudy.studies.services.invitations import invite

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_monitor_renews_itself(open_page, study, coordinator):
    page = open_page(coordinator)
    page.goto(f"/studies/{study.pk}/monitor/")
    assert page.inner_text("[data-is=done]") == "0 / 12"
    session = ReadingSession.objects.create(
        reader=study.readers.get(), protocol=study.protocols.get(), seed=1, started_at=timezone.now()
    )
    for position, case in enumerate(study.cases.all(), 1):
        trial = Trial.objects.create(session=session, case=case, position=position)
        if position <= 3:
            Call.objects.create(trial=trial, is_gs=True, response_ms=1500, idempotency_key=str(position))
    page.wait_for_function("() => document.querySelector('[data-is=done]').textContent === '3 / 12'", timeout=20_000)
    assert page.inner_text("[data-is=state]") == "reading"
    assert page.inner_text("[data-is=median]") == "1,500 ms"
    assert page.evaluate("() => document.querySelector('[data-is=bar]').value") == 25


def test_the_plain_words_follow_the_form(open_page, study, coordinator):
    page = open_page(coordinator)
    page.goto("/studies/new/")
    page.fill("#id_exposure", "3")
    page.check("#id_call_ends_exposure")
    page.wait_for_function("() => document.querySelector('[data-sentences]').textContent.includes('at most 3 seconds')")
    page.fill("#id_exposure", "")
    page.wait_for_function("() => document.querySelector('[data-sentences]').textContent.includes('is possible')")


def test_the_invitations_card_shows_its_link_once(open_page, study, coordinator):
    page = open_page(coordinator)
    page.goto(f"/studies/{study.pk}/people/")
    page.fill("#id_email >> nth=0", "nadia@example.org")
    page.click("button:text-is('Invite')")
    link = page.inner_text("[data-copy]")
    page.click("[data-do=copy]")
    page.wait_for_function("() => /^(Copied|Marked)/.test(document.querySelector('[data-do=copy]').textContent)")
    page.reload()
    assert link not in page.content()
    assert "not shown again" in page.inner_text("main")


@pytest.mark.parametrize("viewport", [(1280, 900), (390, 844)])
def test_no_page_of_the_desk_is_wider_than_its_window(open_page, study, coordinator, viewport):
    _, token = invite(study=study, email="x@example.org", role="reader", by=coordinator)
    page = open_page(coordinator, viewport=viewport)
    paths = ["", "edit/", "people/", "monitor/", "incidents/", "audit/", "cases/"]
    for path in [
        "/studies/",
        "/studies/new/",
        *(f"/studies/{study.pk}/{path}" for path in paths),
        "/accounts/profile/",
        "/help/reader/",
        f"/invitations/{token}/",
    ]:
        assert page.goto(path).status == 200, path
        assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"), path
