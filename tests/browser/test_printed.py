"""What people print: the study is named on every sheet, nothing runs over its edge, and controls stay on the screen."""

import pytest

from readerstudy.studies.services.invitations import invite

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
A4 = (718, 1020)  # in CSS pixels, between the printer's margins
OVER_THE_EDGE = """() => [...document.querySelectorAll("main *")].filter((element) => {
  const box = element.getBoundingClientRect();
  return box.width && box.right > innerWidth + 1;
}).map((element) => element.outerHTML.slice(0, 120))"""


@pytest.fixture
def printed(open_page, coordinator):
    page = open_page(coordinator, viewport=A4)

    def show(path):
        page.goto(path)
        page.emulate_media(media="print")
        return page

    return show


@pytest.mark.parametrize("path", ["audit/", "protocol/", "monitor/", "incidents/"])
def test_a_sheet_names_its_study_and_keeps_within_the_paper(printed, study, path):
    page = printed(f"/studies/{study.pk}/{path}")
    assert page.locator(f"main :text-is('{study.name}'):visible").count()
    assert page.evaluate(OVER_THE_EDGE) == []
    assert not page.is_visible("nav.tabs")
    assert page.locator("main button:visible").count() == 0


def test_the_audit_is_printed_with_its_details_and_without_its_filter(printed, study, coordinator):
    invite(study=study, email="x@example.org", role="reader", by=coordinator)
    page = printed(f"/studies/{study.pk}/audit/")
    assert page.is_visible("main th >> nth=3")
    assert page.is_visible("main tbody td >> nth=3")
    assert not page.is_visible("[name=since]")
    assert (
        page.evaluate("() => getComputedStyle(document.querySelector('section.card:has(table)')).breakInside") == "auto"
    )


def test_a_card_is_printed_without_the_page_around_it(printed, study):
    page = printed(f"/studies/{study.pk}/people/")
    page.emulate_media(media="screen")
    page.fill("#id_email >> nth=0", "x@example.org")
    page.click("button:text-is('Invite')")
    page.wait_for_selector(".invitation-card")
    page.emulate_media(media="print")
    assert page.is_visible(".invitation-card .qr")
    assert not page.is_visible("h1")
