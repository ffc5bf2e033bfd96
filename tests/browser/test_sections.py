"""The sections of the comparison page in a real browser: figures draw and save, the menu follows, keys suffice."""

from pathlib import Path
from typing import Any

import pytest

from screening.analysis.options import Options
from screening.models import Comparison
from screening.services import compare
from tests.screening.app.rich import build_rich

pytestmark = pytest.mark.browser
DRAWN = """() => {
  const places = [...document.querySelectorAll('[data-chart]')];
  const isDrawn = (place) => place.matches('[data-drawn]') && place.querySelector('.main-svg');
  return places.length === 10 && places.every(isDrawn);
}"""


def is_current(name: str) -> str:
    return f"() => document.querySelector('.on-page a[aria-current]')?.textContent === '{name}'"


@pytest.fixture
def made(transactional_db: Any) -> Comparison:
    world = build_rich(n=120, kind="phantom", status="open")
    return compare(study=world.study, run=world.run, options=Options(replicates=200), by=world.investigator)


@pytest.fixture
def show(open_page: Any, made: Comparison) -> Any:
    def visit(tail: str = "", **options: Any) -> tuple[Any, list[str]]:
        page, said = open_page(made.created_by, **options), []
        page.set_default_timeout(60_000)
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.goto(f"/analysis/{made.study_id}/{made.pk}/{tail}")
        page.wait_for_function(DRAWN)
        return page, said

    return visit


@pytest.mark.parametrize(
    "options", [{}, {"viewport": (390, 844)}, {"color_scheme": "dark"}], ids=["wide", "phone", "dark"]
)
def test_every_figure_draws_inside_the_page(show: Any, options: Any) -> None:
    page, said = show(**options)
    assert said == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate(
        """() => [...document.querySelectorAll('[data-chart]')].every((place) => {
            const svg = place.querySelector('.main-svg').getBoundingClientRect(), room = place.getBoundingClientRect();
            return svg.width <= room.width + 1 && Math.abs(svg.height - room.height) < 2;
        })"""
    )
    assert "digital phantom" in page.locator('[data-chart="sensitivity-rates"] .annotation').first.text_content()
    assert "† " not in page.locator('[data-chart="specificity-rates"]').text_content()  # no controls have a syndrome


def test_the_menu_is_reached_by_keys_stays_in_sight_and_follows(show: Any) -> None:
    page, said = show()
    link = page.locator(".on-page a", has_text="Subgroups")
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(is_current("Subgroups"))
    top = page.evaluate("() => document.getElementById('subgroups-head').getBoundingClientRect().top")
    bar = page.evaluate("() => document.querySelector('.on-page').getBoundingClientRect()")
    assert bar["top"] == 0
    assert bar["bottom"] <= top < 300  # the heading stands free under the menu
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('section')?.id") == "subgroups"  # on into the section
    page.evaluate("() => window.scrollTo(0, 0)")
    page.wait_for_function(is_current("ROC curve"))
    page.evaluate("() => window.scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_function(is_current("Method"))
    assert said == []


def test_an_address_with_a_section_opens_there_on_a_phone(show: Any) -> None:
    page, _ = show("#time", viewport=(390, 844))
    page.wait_for_function(is_current("Time"))
    seen = page.evaluate("() => document.querySelector('.on-page a[aria-current]').getBoundingClientRect().toJSON()")
    assert seen["left"] >= 0
    assert seen["right"] <= 390  # the menu is pushed so far that its entry can be seen


@pytest.mark.parametrize(("form", "start"), [("svg", b"<svg"), ("png", b"\x89PNG")])
def test_a_figure_saves_for_print_whatever_the_theme(show: Any, form: str, start: bytes) -> None:
    page, said = show(color_scheme="dark")
    with page.expect_download() as download:
        page.click(f'[data-save-chart="sensitivity-difference"][data-format={form}]')
    assert download.value.suggested_filename.endswith(f"sensitivity-difference.{form}")
    data = Path(download.value.path()).read_bytes()
    assert data.startswith(start)
    if form == "svg":
        picture = data.decode()
        assert "rgb(255, 255, 255)" in picture
        assert "digital phantom" in picture
    assert said == []


def test_the_data_of_a_figure_is_a_file(show: Any) -> None:
    page, _ = show()
    with page.expect_download() as download:
        page.get_by_role("link", name="Data as CSV: Accuracy by how long").click()
    assert "wrong" in Path(download.value.path()).read_text()


def test_on_paper_the_figures_fit_and_the_menu_is_gone(show: Any) -> None:
    page, said = show(viewport=(720, 1000), color_scheme="dark")
    page.emulate_media(media="print")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-chart]')].every((place) => place.layout.width === 660)"
    )
    assert page.evaluate("() => document.querySelector('[data-chart]').layout.paper_bgcolor") == "#ffffff"
    assert not page.locator(".on-page").is_visible()
    assert page.locator("#subgroups-head").is_visible()
    assert said == []
