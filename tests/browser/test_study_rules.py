"""The rules of a study in a real browser: tried before it is made, results opened early, a reader made anonymous."""

from typing import Any

import pytest

from readerstudy.studies.models import Reader, Study, Unblinding
from readerstudy.studies.services.people import add_reader, withdraw_reader

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_new_study_is_tried_in_a_tab_of_its_own_and_the_form_stays(
    open_page: Any, live_server: Any, make_cohort: Any, coordinator: Any
) -> None:
    make_cohort(coordinator)
    page = open_page(coordinator)
    page.goto(f"{live_server.url}/studies/new/")
    page.get_by_label("Name of the study").fill("Half typed")
    page.get_by_label("A face is shown for (seconds)").fill("3")
    page.get_by_label("Divide the faces into … parts").fill("4")
    page.wait_for_selector("text=divided at random into 4 parts")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Try it as a reader").click()
    tab = opened.value
    tab.wait_for_selector("text=of a new study")
    assert Study.objects.get().protocols.get().exposure_ms == 3000
    tab.get_by_role("button", name="End the preview").click()
    tab.wait_for_selector("text=What you typed is still open")
    assert page.get_by_label("Name of the study").input_value() == "Half typed"
    assert not Study.objects.exists()


def test_results_are_opened_early_for_a_reason(open_page: Any, live_server: Any, study: Any, investigator: Any) -> None:
    page = open_page(investigator)
    page.goto(f"{live_server.url}/analysis/{study.pk}/")
    page.get_by_role("link", name="Open them early").click()
    page.get_by_role("button", name="Open the results for good").click()
    assert page.url.endswith("/unblind/"), "the browser itself asks for the reason and the tick"
    page.get_by_label("Why can it not wait").fill("The safety board asks.")
    page.get_by_label("I know that this cannot be undone.").check()
    page.get_by_role("button", name="Open the results for good").click()
    page.wait_for_selector("text=Unblinded early")
    assert Unblinding.objects.get(study=study).reason == "The safety board asks."


def test_a_reader_is_made_anonymous_by_typing_the_code(
    open_page: Any, live_server: Any, study: Any, coordinator: Any, stranger: Any
) -> None:
    reader = add_reader(study=study, user=stranger)
    withdraw_reader(reader=reader, by=coordinator)
    page = open_page(coordinator)
    page.goto(f"{live_server.url}/studies/{study.pk}/people/")
    page.get_by_role("link", name="Anonymise").click()
    page.get_by_label("Type the code SP 2 to confirm").fill("SP 2")
    page.get_by_role("button", name="Anonymise SP 2 for good").click()
    page.wait_for_selector("text=SP 2 is anonymous now")
    assert page.locator("tr", has_text="SP 2").get_by_text("anonymised").count() == 1
    assert Reader.objects.get(pk=reader.pk).user is None
