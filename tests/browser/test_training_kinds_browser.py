"""A new run of a model without a network asks for what that model needs, and for nothing else."""

import pytest

from training.models import Kind, TrainingRun

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_form_follows_the_chosen_model(open_page, study, investigator):
    page = open_page(investigator)
    page.goto("/training/new/")
    weights, folds = page.get_by_label("First weights", exact=True), page.get_by_label("Folds of", exact=True)
    assert weights.is_visible()
    assert not folds.is_visible()
    page.get_by_text("Landmark geometry", exact=True).click()
    assert folds.is_visible()
    assert not weights.is_visible()
    assert not page.get_by_text("Change single choices of the recipe").is_visible()
    page.get_by_label("Name", exact=True).fill("Geometry")
    page.get_by_role("button", name="Start the run").click()
    page.get_by_role("heading", name="Geometry").wait_for()
    assert TrainingRun.objects.get().kind == Kind.LANDMARKS
    assert "no network, and no look at the picture" in page.locator("main").inner_text()
    assert not page.locator("[data-curves]").is_visible()
