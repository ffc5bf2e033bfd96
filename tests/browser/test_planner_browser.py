"""The sample-size planner in a real browser: it answers at once, draws, recalculates, saves, asks nobody outside."""

from pathlib import Path
from typing import Any

import pytest

from screening.analysis.options import Options
from screening.models import Comparison
from screening.services import compare
from tests.screening.app.paperlike import build

pytestmark = pytest.mark.browser
DRAWN = "() => document.querySelectorAll('[data-figure][data-drawn] .main-svg').length >= 2"


@pytest.fixture
def made(transactional_db: Any) -> Comparison:
    world = build(n=120)
    return compare(study=world.study, run=world.run, options=Options(replicates=200), by=world.investigator)


@pytest.fixture
def show(open_page: Any, live_server: Any, made: Comparison) -> Any:
    def visit(path: str, **options: Any) -> tuple[Any, list[str], list[str]]:
        page, said, asked = open_page(made.created_by, **options), [], []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path)
        page.wait_for_function(DRAWN)
        return page, said, [url for url in asked if not url.startswith((live_server.url, "data:", "blob:"))]

    return visit


@pytest.mark.parametrize(
    "options", [{}, {"viewport": (390, 844)}, {"color_scheme": "dark"}], ids=["wide", "phone", "dark"]
)
def test_both_planners_draw_without_an_error_and_without_a_request_outside(
    show: Any, made: Comparison, options: Any
) -> None:
    for path in ("/analysis/planner/", f"/analysis/{made.study_id}/planner/?measure=specificity"):
        page, said, outside = show(path, **options)
        assert said == []
        assert outside == []
        assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
        names = page.eval_on_selector('[data-figure="power"]', "(place) => place.data.map((trace) => trace.name)")
        assert "5 readers" in names


def test_another_number_of_readers_gives_another_answer_that_can_be_linked_to(show: Any) -> None:
    page, _, _ = show("/analysis/planner/")
    before = page.locator(".stat b").first.text_content()
    page.fill("[name=readers]", "9")
    page.click("text=Work it out")
    page.wait_for_url("**readers=9**")
    page.wait_for_function(DRAWN)
    assert page.locator(".stat b").first.text_content() != before
    assert page.locator("tr.model th").text_content().startswith("9")


def test_another_measure_of_the_pilot_brings_its_own_components(show: Any, made: Comparison) -> None:
    page, _, _ = show(f"/analysis/{made.study_id}/planner/")
    before = page.input_value("[name=var]")
    page.select_option("#pick_measure", "specificity")
    page.click("text=Take this as the pilot")
    page.wait_for_url("**measure=specificity**")
    page.wait_for_function(DRAWN)
    assert page.input_value("[name=var]") != before
    assert page.locator("summary").first.text_content() == "Variance components: from the pilot"


def test_figures_and_data_can_be_kept(show: Any, tmp_path: Path) -> None:
    page, _, _ = show("/analysis/planner/")
    for link, name, start in (
        ("text=Figure a as SVG", "plan-power.svg", b"<svg"),
        ("text=Figure b as PNG", "plan-fewest.png", b"\x89PNG"),
        ("text=Data (CSV)", "plan.csv", b"\xef\xbb\xbfreaders"),
    ):
        with page.expect_download() as waiting:
            page.click(link)
        kept = tmp_path / name
        waiting.value.save_as(kept)
        assert waiting.value.suggested_filename == name
        assert kept.read_bytes().startswith(start)
