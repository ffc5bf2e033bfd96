"""The threshold explorer in a real browser: sliders, keys and numbers move one operating point."""

from typing import Any

import pytest

from screening import statistics
from screening.analysis.explorer import points
from screening.analysis.options import Options
from screening.models import Comparison
from screening.services import compare
from tests.screening.app.paperlike import build

pytestmark = pytest.mark.browser
READY = """() => document.querySelector('[data-explorer][data-ready]')
    && document.querySelectorAll('[data-plot][data-drawn]').length === 4"""
SAYS = "(words) => document.querySelector('[data-sentence]').textContent.includes(words)"


@pytest.fixture
def made(transactional_db: Any) -> Comparison:
    world = build(status="open", kind="phantom")
    return compare(study=world.study, run=world.run, options=Options(replicates=200), by=world.investigator)


@pytest.fixture
def show(open_page: Any, made: Comparison) -> Any:
    def visit(**options: Any) -> tuple[Any, list[str]]:
        page, said = open_page(made.created_by, **options), []
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.goto(f"/analysis/{made.study_id}/{made.pk}/explorer/")
        page.wait_for_function(READY)
        return page, said

    return visit


def counts(page: Any) -> list[int]:
    return [int(page.text_content(f'[data-count="{name}"]')) for name in ("tp", "fn", "tn", "fp")]


def test_it_starts_at_the_folds_thresholds(show: Any, made: Comparison) -> None:
    page, said = show()
    confusion = made.result["model"]["confusion"]
    assert counts(page) == [confusion[name] for name in ("tp", "fn", "tn", "fp")]
    assert page.input_value("#threshold-number") == "0.5"
    assert page.get_attribute("[data-presets] button >> nth=0", "aria-pressed") == "true"
    assert said == []


def test_the_arrow_keys_move_by_one_case_and_a_number_to_its_table(show: Any, made: Comparison) -> None:
    page, said = show()
    found = points(made.result)
    start = int(page.input_value("#threshold"))
    page.focus("#threshold")
    page.keyboard.press("ArrowRight")
    wanted = [found["columns"][name][start + 1] for name in ("tp", "fn", "tn", "fp")]
    assert counts(page) == wanted
    page.keyboard.press("PageUp")
    assert int(page.input_value("#threshold")) > start + 2
    page.fill("#threshold-number", "0.8")
    rows = made.result["rows"]
    table = statistics.rates_at_threshold(rows["truth"], rows["score"], 0.8)
    assert counts(page) == [table.tp, table.fn, table.tn, table.fp]
    page.click("[data-presets] button:has-text('Youden')")
    best = statistics.best_threshold(rows["truth"], rows["score"], tolerance=1e-12)
    assert page.text_content('[data-measure="sensitivity"]') == f"{100 * best.sensitivity[0]:.1f} %"
    assert said == []


def test_a_rarer_disease_is_asked_of_the_server(show: Any) -> None:
    page, said = show()
    page.fill("#prevalence-number", "20000")
    page.wait_for_function(
        "() => document.querySelector('[data-sentence]').textContent.includes('one child in 20 000')"
    )
    assert page.text_content('[data-expected="found"]').startswith("4.")
    page.fill("#prevalence-number", "0")
    page.wait_for_function("() => !document.querySelector('[data-trouble]').hidden")
    assert "one in 1.02" in page.text_content("[data-trouble]")
    page.click("[data-one-in=cohort]")
    page.wait_for_function(SAYS, arg="one child in 2 ")
    assert [text for text in said if "400" not in text] == []


@pytest.mark.parametrize("options", [{"viewport": (390, 844)}, {"color_scheme": "dark"}], ids=["phone", "dark"])
def test_it_fits_a_phone_and_the_dark_theme(show: Any, options: Any) -> None:
    page, said = show(**options)
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    assert said == []
