"""The search's page follows its trials without being touched; its form counts what the ticks make."""

import pytest

from training.engine.recipe import PRESETS
from training.models import State, TrainingRun
from training.search import create, trials
from training.search.grid import read_axes
from training.search.models import Search, SearchTrial

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def search(study, investigator):
    axes = read_axes([("learning_rate", ["0.001", "0.003"])])
    return create.create_search(
        cohort=study.cohort, name="Live", recipe=PRESETS["smoke"], axes=axes, created_by=investigator
    )


def train(trial: SearchTrial, *, loss: float) -> None:
    lease = trials.claim_trial(trial_id=trial.pk, worker="w")
    trials.store_result(lease, val_auc=0.8, val_loss=loss, best_epoch=1, epochs_run=1, seconds=1.0)


def test_the_page_follows_trials_and_offers_the_run_at_the_end(open_page, search, investigator):
    page = open_page(investigator)
    hosts = []
    page.on("request", lambda request: hosts.append(request.url.split("/")[2]) if "://" in request.url else None)
    page.goto(f"/training/searches/{search.pk}/")
    page.get_by_text("0 of 10 trainings done").wait_for()
    first, *others = search.trials.all()
    train(first, loss=0.4321)
    page.get_by_text("1 of 10 trainings done").wait_for()
    assert page.get_by_role("cell", name="0.432").count() == 2  # the fold, and the mean of one
    for trial in others:
        train(trial, loss=0.4 + trial.point / 10)
    page.get_by_role("button", name="Make a run from this recipe").click()
    page.wait_for_url("**/training/*/")
    assert TrainingRun.objects.get().chosen_by.search == search
    page.get_by_text("on validation folds: recipe 1").wait_for()
    assert len(set(hosts)) == 1


def test_ticks_are_counted_and_make_the_search(open_page, study, investigator):
    page = open_page(investigator, viewport=(390, 844))
    page.goto("/training/searches/new/")
    count = page.locator("[data-count]")
    assert not count.is_visible()
    rates = page.get_by_role("group", name="Learning rate")
    rates.get_by_label("0.001", exact=True).check()
    assert "Tick at least two values" in count.inner_text()
    rates.get_by_label("0.003", exact=True).check()
    page.get_by_role("group", name="Head").get_by_label("light").check()
    page.get_by_role("group", name="Epochs").get_by_label("10", exact=True).check()
    page.get_by_role("group", name="Epochs").get_by_label("20", exact=True).check()
    assert "2 × 2 = 4 recipes on 5 folds: 20 trainings." in count.inner_text()
    width = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1]
    page.get_by_label("Name").fill("By hand")
    page.get_by_role("button", name="Start the search").click()
    page.wait_for_url("**/training/searches/*/")
    search = Search.objects.get()
    assert (search.state, search.trials.count()) == (State.RUNNING, 20)


def test_the_cancel_button_ends_it(open_page, search, investigator):
    page = open_page(investigator)
    page.goto(f"/training/searches/{search.pk}/")
    page.get_by_role("button", name="Cancel the search").click()
    page.get_by_text("nothing is chosen from part of a grid").wait_for()
    assert page.get_by_role("button", name="Cancel the search").count() == 0
