"""One new photo in a real browser: chosen, dropped or taken, sent in, waited for, looked at and erased."""

import io
from typing import Any

import pytest
from PIL import Image

from tests.browser import whole_site
from training.models import NewPhoto, State

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DROP = """([names, pixels]) => {
  const data = new DataTransfer();
  for (const name of names) data.items.add(new File([Uint8Array.from(pixels)], name, { type: "image/jpeg" }));
  const place = document.querySelector("[data-drop]");
  place.dispatchEvent(new DragEvent("dragover", { dataTransfer: data, bubbles: true, cancelable: true }));
  place.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""


def picture() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (300, 300), (200, 150, 120)).save(data, "JPEG")
    return data.getvalue()


@pytest.fixture
def run(study: Any, investigator: Any, settings: Any, tmp_path: Any) -> Any:
    settings.DATA_DIR = tmp_path
    return whole_site.finished_run(study.cohort, investigator, seed=1)


def finish(photo: NewPhoto) -> None:
    """What the worker would store."""
    whole_site.answer(photo)
    photo.state, photo.ended_at = State.FINISHED, whole_site.timezone.now()
    photo.save()


def test_a_dropped_photo_is_shown_sent_in_answered_and_erased(open_page: Any, run: Any, investigator: Any) -> None:
    page, asked = open_page(investigator), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/screen/?run={run.pk}")
    said = page.locator("[data-said]")
    page.evaluate(DROP, [["a.jpg", "b.jpg"], list(picture())])
    assert said.inner_text() == "One photo at a time, please."
    page.evaluate(DROP, [["a.jpg"], list(picture())])
    page.locator("[data-chosen]").wait_for(state="visible")
    assert said.inner_text() == "a.jpg, 0.0 MB"
    page.get_by_label("Age of the child").fill("1.5")
    page.get_by_role("button", name="Score this photo").click()
    page.get_by_text("The worker looks at the photo").wait_for()
    finish(NewPhoto.objects.get())
    page.locator("[data-figure=place][data-drawn]").wait_for()  # it loaded itself anew
    assert page.locator(".found rect").count() == 2
    assert page.locator(".found circle").count() == 5
    heat = page.locator(".face-stack .heat")
    assert heat.is_visible()
    page.get_by_label("Show the heat map").uncheck()
    assert not heat.is_visible()
    page.get_by_label("Prevalence of GS").fill("20")
    page.get_by_role("button", name="Reckon").click()
    page.wait_for_url("**prevalence=20*")
    assert page.get_by_label("Prevalence of GS").input_value() == "20"
    page.get_by_role("button", name="Erase now").click()
    page.get_by_text("The photo and its scores are erased.").wait_for()
    assert not NewPhoto.objects.exists()
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {page.url.split("/")[2]}


def test_a_file_that_is_too_large_is_named_before_it_is_sent(
    open_page: Any, run: Any, investigator: Any, tmp_path: Any
) -> None:
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(30_000_001)
    page = open_page(investigator)
    page.goto("/screen/")
    page.locator("input[type=file]").set_input_files(large)
    assert "larger than 30 MB" in page.locator("[data-said]").inner_text()
    page.get_by_role("button", name="Score this photo").click()
    assert page.evaluate("() => !document.querySelector('[data-screen]').checkValidity()")
    assert not NewPhoto.objects.exists()


def test_a_phone_offers_its_camera(open_page: Any, run: Any, investigator: Any) -> None:
    page = open_page(investigator, viewport=(390, 844), has_touch=True, is_mobile=True)
    page.goto("/screen/")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Take a picture").click()
    chooser.value.set_files({"name": "taken.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    page.locator("[data-chosen]").wait_for(state="visible")
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def test_keeping_asks_for_the_consent_first(open_page: Any, run: Any, investigator: Any) -> None:
    photo = whole_site.new_photo(run, investigator, State.FINISHED)
    page = open_page(investigator)
    page.goto(f"/screen/{photo.token}/")
    page.get_by_text("Keep this photo and its scores").click()
    page.get_by_label("Whose consent").fill("both parents signed form B")
    page.get_by_label("I state that").check()
    page.get_by_role("button", name="Keep", exact=True).click()
    page.get_by_role("heading", name="Kept").wait_for()
    assert NewPhoto.objects.get().consent == "both parents signed form B"
    page.goto("/screen/")
    page.get_by_role("button", name="Erase the photo of").click()
    page.get_by_text("The photo and its scores are erased.").wait_for()
    assert not NewPhoto.objects.exists()
