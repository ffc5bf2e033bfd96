"""A large comparison in a real browser: the bar follows the worker, the page opens what it made."""

import re
from typing import Any

import pytest

from screening import jobs, services
from screening.analysis.options import Options
from screening.models import ComparisonJob
from tests.screening.app.paperlike import Paperlike, build
from training.models import State

pytestmark = pytest.mark.browser
QUICK = Options(replicates=200)


@pytest.fixture
def world(transactional_db: Any) -> Paperlike:
    return build(n=60)


@pytest.fixture
def asked(world: Paperlike, monkeypatch: pytest.MonkeyPatch) -> ComparisonJob:
    monkeypatch.setattr(jobs, "MOST_CALLS", 0)
    return jobs.ask(study=world.study, run=world.run, options=QUICK, by=world.investigator)


def test_the_bar_follows_and_the_comparison_opens(open_page: Any, world: Paperlike, asked: ComparisonJob) -> None:
    page = open_page(world.investigator)
    page.goto(f"/analysis/{world.study.pk}/jobs/{asked.pk}/")
    assert "Waiting for a worker" in page.inner_text("[data-job]")
    held = jobs.claim(job_id=asked.pk, worker="here")
    jobs.advance(held, share=0.62, step="SP 2 against the model")
    page.wait_for_function("() => document.querySelector('[data-job] progress').value === 0.62")
    assert "SP 2 against the model" in page.inner_text("[data-job]")
    made = services.compare(study=world.study, run=world.run, options=QUICK, by=world.investigator)
    jobs.finish(held, made=made)
    page.wait_for_url(f"**/analysis/{world.study.pk}/{made.pk}/")
    assert "Readers against the model" in page.inner_text("h1")


def test_cancel_stops_it_and_it_can_be_tried_again(open_page: Any, world: Paperlike, asked: ComparisonJob) -> None:
    page = open_page(world.investigator, viewport=(390, 844))
    page.goto(f"/analysis/{world.study.pk}/jobs/{asked.pk}/")
    page.click("text=Cancel")
    page.wait_for_selector("h1:has-text('was cancelled')")
    asked.refresh_from_db()
    assert asked.state == State.CANCELLED
    page.click("text=Try again")
    page.wait_for_selector("[data-job][data-state=queued]")
    assert not page.url.endswith(f"/jobs/{asked.pk}/")


def test_one_click_changes_an_option(open_page: Any, world: Paperlike) -> None:
    first = services.compare(study=world.study, run=world.run, options=QUICK, by=world.investigator)
    page = open_page(world.investigator)
    page.goto(f"/analysis/{world.study.pk}/{first.pk}/")
    page.click("button[name=level][value='0.99']")
    page.wait_for_url(re.compile(rf"/analysis/{world.study.pk}/(?!{first.pk}/)\d+/$"))
    assert page.inner_text(".choice .chosen >> nth=2") == "99\u00a0%"
