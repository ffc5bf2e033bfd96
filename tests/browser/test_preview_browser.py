"""From a new run's choices to its augmented faces, in a browser."""

import pytest
from django.urls import reverse

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_choices_of_a_new_run_are_carried_to_the_preview(
    make_study, coordinator, investigator, reader_user, open_page
):
    make_study(coordinator, investigator, reader_user, n=20)
    page = open_page(investigator)
    page.goto(reverse("training:new"))
    page.get_by_label("Trial of the machinery").check()
    page.get_by_text("Change single choices of the recipe").click()
    page.get_by_label("Rotation").fill("20")
    page.get_by_label("Batch", exact=True).fill("8")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="See faces augmented with these choices").click()
    preview = opened.value
    assert "csrf" not in preview.url
    assert preview.get_by_label("Rotation").input_value() == "20"
    assert preview.get_by_label("Recipe").input_value() == "smoke"
    pictures = preview.locator(".looks img")
    pictures.first.wait_for()
    sizes = pictures.evaluate_all("images => images.map((image) => image.naturalWidth)")
    assert len(sizes) >= 8
    assert set(sizes) == {32}
    preview.set_viewport_size({"width": 360, "height": 800})
    assert preview.evaluate("document.documentElement.scrollWidth <= innerWidth")
