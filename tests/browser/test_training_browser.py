"""The run's page follows its folds without being touched, and nothing leaves the machine."""

from dataclasses import replace

import pytest

from training import services
from training.engine.recipe import PRESETS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def run(study, investigator):
    recipe = replace(PRESETS["smoke"], folds=3, epochs=3)
    run = services.create_run(cohort=study.cohort, name="Live", recipe=recipe, created_by=investigator)
    services.prepare_run(run_id=run.pk)
    return run


def report(epoch: int) -> dict:
    return {"epoch": epoch, "loss": 1 / epoch, "val_loss": 0.8, "val_auc": 0.5 + epoch / 10, "seconds": 0.2}


def test_the_page_follows_epochs_and_loads_anew_at_the_end(open_page, run, investigator):
    page = open_page(investigator)
    hosts = []
    page.on("request", lambda request: hosts.append(request.url.split("/")[2]) if "://" in request.url else None)
    page.goto(f"/training/{run.pk}/")
    fold = run.folds.first()
    row = page.locator('[data-fold="0"]')
    assert "epoch 0 of 3" in row.inner_text()
    lease = services.claim_fold(fold_id=fold.pk, worker="w")
    for epoch in (1, 2):
        services.save_epoch(lease, report(epoch))
    page.wait_for_function("() => document.querySelector('[data-fold=\"0\"]').innerText.includes('epoch 2 of 3')")
    assert "running" in row.inner_text()
    assert row.locator("progress").evaluate("bar => bar.value") == 2
    page.wait_for_function("() => document.querySelectorAll('[data-plot=auc] .scatterlayer .trace').length === 1")
    services.fail_run(run_id=run.pk, problem="Fold 1: the machine ran out of memory.")
    page.get_by_text("Fold 1: the machine ran out of memory.").wait_for()
    assert page.get_by_role("button", name="Cancel the run").count() == 0
    assert len(set(hosts)) == 1


def test_the_figures_offer_no_way_to_send_data_out(open_page, run, investigator):
    services.save_epoch(services.claim_fold(fold_id=run.folds.first().pk, worker="w"), report(1))
    page = open_page(investigator, color_scheme="dark")
    page.goto(f"/training/{run.pk}/")
    page.locator("[data-plot=loss] .main-svg").first.wait_for()
    page.locator("[data-plot=loss]").hover()
    assert page.locator(".modebar-btn").count() == 0


def test_a_new_run_shows_what_cohort_and_recipe_mean(open_page, study, investigator):
    page = open_page(investigator, viewport=(390, 844))
    page.goto("/training/new/")
    assert "12 faces are ready: 6 with a syndrome, 6 controls" in page.locator("[data-faces]").inner_text()
    page.get_by_text("Change single choices").click()
    assert page.locator("#id_epochs").get_attribute("placeholder") == str(PRESETS["demo"].epochs)
    page.get_by_text("As published").click()
    assert page.locator("#id_input_size").get_attribute("placeholder") == "224"
    width = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1]
    page.get_by_label("Name").fill("By hand")
    page.get_by_text("Trial of the machinery").click()
    page.get_by_role("button", name="Start the run").click()
    page.wait_for_url("**/training/*/")
    page.get_by_text("Waiting for a worker").wait_for()
