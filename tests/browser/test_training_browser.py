"""The run's page follows its folds without being touched, and nothing leaves the machine."""

import importlib
from dataclasses import replace

import pytest

from training import services
from training.engine.recipe import PRESETS
from training.models import State, TrainingRun

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


@pytest.fixture
def finished(study, investigator):
    """Two finished runs of three folds and a cancelled one, with drawn scores."""
    importlib.import_module("training.engine.curves")  # scipy and scikit-learn: not in the page's own time

    def make(seed: int, state: str = State.FINISHED) -> TrainingRun:
        recipe = replace(PRESETS["smoke"], folds=3, seed=seed)
        run = services.create_run(cohort=study.cohort, name=f"Seed {seed}", recipe=recipe, created_by=investigator)
        services.prepare_run(run_id=run.pk)
        for number, row in enumerate(run.predictions.select_related("photo__subject").order_by("photo_id")):
            score = (number * 7 + seed) % 10 / 20 + 0.4 * row.photo.subject.has_syndrome
            run.predictions.filter(pk=row.pk).update(score=score, calibrated=score)
        run.folds.update(state=State.FINISHED, threshold=0.45, temperature=1.0, offset=0.0, best_epoch=1, epoch=1)
        TrainingRun.objects.filter(pk=run.pk).update(state=state)
        return run

    return make(1), make(2), make(3, State.CANCELLED)


def colours(page, selector: str) -> set[str]:
    return set(page.locator(selector).evaluate_all("paths => paths.map((path) => getComputedStyle(path).stroke)"))


@pytest.mark.parametrize("width", [360, 1440])
def test_the_figures_of_a_finished_run_fit_the_page(open_page, finished, investigator, width):
    page = open_page(investigator, viewport=(width, 900))
    page.goto(f"/training/{finished[0].pk}/")
    for name in ("roc", "scores", "reliability"):
        figure = page.locator(f"[data-figure={name}][data-drawn]")
        figure.wait_for()
        assert figure.locator(".main-svg").first.bounding_box()["width"] <= figure.bounding_box()["width"] + 1
    assert page.locator("[data-figure=roc] .scatterlayer .trace").count() == 6  # chance, folds, pool, calls
    scroll = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert scroll[0] <= scroll[1]


def test_the_figures_follow_the_theme_but_print_dark_on_white(open_page, finished, investigator):
    page = open_page(investigator, color_scheme="dark")
    page.goto(f"/training/{finished[0].pk}/")
    page.locator("[data-figure=roc][data-drawn]").wait_for()
    lines = "[data-figure=roc] .scatterlayer .js-line"
    light_ink, dark_ink = "rgb(20, 33, 42)", "rgb(232, 238, 241)"
    assert dark_ink in colours(page, lines)
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    assert light_ink in colours(page, lines)
    assert page.locator("[data-figure=roc] .main-svg").first.bounding_box()["width"] <= 330
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    assert dark_ink in colours(page, lines)


def test_two_runs_are_ticked_in_the_list_and_stand_side_by_side(open_page, finished, investigator):
    page = open_page(investigator)
    page.goto("/training/")
    button = page.get_by_role("button", name="Compare the ticked runs")
    assert page.get_by_role("checkbox").count() == 2  # the cancelled run has none
    assert button.is_disabled()
    page.get_by_label("Compare Seed 1").check()
    assert button.is_disabled()
    page.get_by_label("Compare Seed 2").check()
    assert "2 ticked" in page.locator("[data-hint]").inner_text()
    button.click()
    page.get_by_role("heading", name="2 runs side by side").wait_for()
    page.locator("[data-figure=runs][data-drawn]").wait_for()
    assert page.locator("[data-figure=runs] .scatterlayer .trace").count() == 3
    assert page.locator("tr.differs", has_text="Folds").count() == 1


def test_the_list_lets_nobody_mix_cohorts(open_page, finished, investigator, make_study, make_user):
    other = make_study(make_user("Other Coordinator"), investigator, make_user("Other Reader"), name="Elsewhere").cohort
    TrainingRun.objects.filter(pk=finished[1].pk).update(cohort=other)
    page = open_page(investigator)
    page.goto("/training/")
    page.get_by_label("Compare Seed 1").check()
    assert page.get_by_label("Compare Seed 2").is_disabled()
    page.get_by_label("Compare Seed 1").uncheck()
    assert page.get_by_label("Compare Seed 2").is_enabled()
