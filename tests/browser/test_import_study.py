"""The import door in a real browser: files chosen, looked at, stored, compared."""

from collections.abc import Callable
from typing import Any

import pytest

from readerstudy.studies.models import Study
from tests.screening.app.paperlike import GOLDEN

pytestmark = pytest.mark.browser


def test_a_study_comes_in_by_its_files(transactional_db: Any, make_user: Callable, open_page: Callable) -> None:
    page = open_page(make_user("Ines Investigator", may_coordinate=True))
    page.goto("/analysis/")
    page.click("text=Import a study")
    page.fill("[name=name]", "Hong-like")
    page.select_option("[name=kind]", "test")
    page.set_input_files("[name=files]", [GOLDEN / "data" / "paperlike_reads.csv"])
    page.click("text=Check the files")
    page.wait_for_selector("#problems")
    assert "says nothing of the truth" in page.inner_text("#problems")
    assert page.input_value("[name=name]") == "Hong-like"
    files = [GOLDEN / "data" / name for name in ("paperlike_scores.csv", "paperlike_reads.csv")]
    page.set_input_files("[name=files]", files)
    page.fill("[name=threshold]", "0.5")
    page.click("text=Check the files")
    page.wait_for_url("**/analysis/import/*/")
    assert "456 of 456" in page.inner_text("main")
    assert not Study.objects.exists()
    page.click("text=Store this study")
    page.wait_for_selector("text=New comparison")
    assert Study.objects.get().name == "Hong-like"
