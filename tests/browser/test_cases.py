"""Who missed what in a real browser: the matrix opens a case, arrow keys go through the list."""

import re
from typing import Any

import pytest

from screening.analysis.cases import Choice, chosen, difficulty
from screening.analysis.options import Options
from screening.models import Comparison
from screening.services import compare
from tests.screening.app.paperlike import build

pytestmark = pytest.mark.browser


@pytest.fixture
def made(transactional_db: Any) -> Comparison:
    world = build(status="open", kind="phantom")
    return compare(study=world.study, run=world.run, options=Options(replicates=200), by=world.investigator)


def order_of(made: Comparison, **choice: str) -> list[int]:
    found, numbers = difficulty(made.result), made.result["rows"]["number"]
    return [numbers[place] for place in chosen(made.result, found, Choice(**choice))]


@pytest.mark.parametrize("options", [{}, {"viewport": (390, 844)}], ids=["wide", "phone"])
def test_the_matrix_draws_and_a_click_opens_the_case(open_page: Any, made: Comparison, options: Any) -> None:
    page = open_page(made.created_by, **options)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(f"/analysis/{made.study_id}/{made.pk}/cases/?show=gs-missed")
    page.wait_for_selector("[data-matrix][data-drawn] .nsewdrag")
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    page.click("[data-matrix] .nsewdrag")
    page.wait_for_url(re.compile(r"/cases/\d+/\?show=gs-missed"))
    assert int(page.url.split("/cases/")[1].split("/")[0]) in order_of(made, show="gs-missed")
    assert said == []


def test_the_arrow_keys_go_through_the_list_and_escape_back(open_page: Any, made: Comparison) -> None:
    order = order_of(made, show="readers-missed")
    page = open_page(made.created_by)
    base = f"/analysis/{made.study_id}/{made.pk}/cases/"
    page.goto(f"{base}{order[0]}/?show=readers-missed")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**{base}{order[1]}/?show=readers-missed")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**{base}{order[2]}/?show=readers-missed")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(f"**{base}{order[1]}/?show=readers-missed")
    page.keyboard.press("Escape")
    page.wait_for_url(f"**{base}?show=readers-missed")
