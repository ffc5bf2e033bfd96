"""The comparison page in a real browser: both figures draw, their switches work, they save, and nothing leaves here."""

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
    world = build(status="open", kind="phantom")
    return compare(study=world.study, run=world.run, options=Options(replicates=200), by=world.investigator)


@pytest.fixture
def show(open_page: Any, live_server: Any, made: Comparison) -> Any:
    """A page of the comparison with what its console said and where it asked."""

    def visit(tail: str = "", **options: Any) -> tuple[Any, list[str], list[str]]:
        page, said, asked = open_page(made.created_by, **options), [], []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"/analysis/{made.study_id}/{made.pk}/{tail}")
        page.wait_for_function(DRAWN)
        return page, said, [url for url in asked if not url.startswith((live_server.url, "data:", "blob:"))]

    return visit


def shown(page: Any, figure: str) -> list[str]:
    """Names of the traces plotly shows in a figure."""
    return page.evaluate(
        f"""() => document.querySelector('[data-figure="{figure}"]').data
            .filter((trace) => trace.visible !== false).map((trace) => trace.name)"""
    )


@pytest.mark.parametrize(
    "options", [{}, {"viewport": (390, 844)}, {"color_scheme": "dark"}], ids=["wide", "phone", "dark"]
)
def test_both_figures_draw_without_an_error_and_without_a_request_outside(show: Any, options: Any) -> None:
    page, said, outside = show(**options)
    assert said == []
    assert outside == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    for name in ("SP 1", "SP 2", "JP 1", "JP 2", "JP 3"):
        assert page.locator('[data-figure="b"] .textpoint', has_text=name).count() == 1
    assert "digital phantom" in page.locator('[data-figure="b"] .annotation').text_content()


def test_on_paper_both_figures_stand_side_by_side_within_the_sheet(show: Any) -> None:
    page, said, _ = show(viewport=(1280, 1000), color_scheme="dark")
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-figure]')].every((place) => place.layout.width === 320)"
    )
    assert page.evaluate("() => document.querySelector('[data-figure]').layout.paper_bgcolor") == "#ffffff"
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    page.wait_for_function("() => document.querySelector('[data-figure]').layout.width > 400")
    assert said == []


def test_there_is_no_share_button_and_no_logo(show: Any) -> None:
    page, _, _ = show()
    page.hover('[data-figure="b"] .plot-container')
    titles = page.eval_on_selector_all("[data-title]", "(buttons) => buttons.map((button) => button.dataset.title)")
    assert titles  # the mode bar is there: zoom, pan, reset
    assert not [
        title for title in titles if any(word in title.lower() for word in ("share", "cloud", "plotly", "edit"))
    ]


def test_the_switches_change_what_is_drawn(show: Any) -> None:
    page, said, _ = show()
    assert "95 % pointwise band at specificity" in shown(page, "b")
    page.check("[name=kind][value=simultaneous]")
    page.check("[name=at][value=sensitivity]")
    bands = [name for name in shown(page, "b") if "band" in name]
    assert bands == ["95 % simultaneous band at sensitivity"]
    page.uncheck("[name=folds]")
    assert not [name for name in shown(page, "a") if name.startswith("Fold")]
    page.check("[name=own]")
    assert len([name for name in shown(page, "b") if "by confidence" in name]) == 5
    page.uncheck("[name=crosses]")
    assert page.locator('[data-figure="b"] .errorbar').count() == 0
    assert said == []


@pytest.mark.parametrize(("form", "start"), [("svg", b"<svg"), ("png", b"\x89PNG")])
def test_a_figure_saves_for_print(show: Any, form: str, start: bytes) -> None:
    page, said, outside = show(color_scheme="dark")
    with page.expect_download() as download:
        page.click(f'[data-save="b"][data-format={form}]')
    assert download.value.suggested_filename.endswith(f"figure-b.{form}")
    data = Path(download.value.path()).read_bytes()
    assert data.startswith(start)
    if form == "svg":
        picture = data.decode()
        assert "SP 1" in picture
        assert "digital phantom" in picture
        assert "rgb(255, 255, 255)" in picture  # on white paper, whatever the theme
    assert (said, outside) == ([], [])


@pytest.mark.parametrize("width", [1280, 390])
def test_the_report_stands_on_the_page_and_in_a_file_of_its_own(
    open_page: Any, live_server: Any, made: Comparison, tmp_path: Path, width: int
) -> None:
    page, said, asked = open_page(made.created_by, viewport=(width, 900)), [], []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(f"/analysis/{made.study_id}/{made.pk}/report/")
    assert "Methods, as done" in page.inner_text("main")
    assert page.locator("article figure svg").count() == 3
    with page.expect_download() as download:
        page.click("text=HTML file")
    file = tmp_path / "report.html"
    download.value.save_as(file)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"file://{file}")
    assert page.locator("main svg").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert [url for url in asked if not url.startswith("file://")] == []
    assert said == []
