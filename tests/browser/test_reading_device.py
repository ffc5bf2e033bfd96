"""The device check: own keys, a bank card on the screen, and what of it reaches every look."""

import pytest

from readerstudy.reading.models import Call, Exposure
from readerstudy.reading.selectors import consent_version
from readerstudy.reading.services import record_consent
from tests.browser.reading_desk import answer, begin, give_faces, phase, thanked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TOLD = "[data-keys] [data-told]"


@pytest.fixture
def check(make_study, coordinator, investigator, reader_user, open_page):
    """The device page of a study, and the session it is for."""

    def open_(*, viewport=(1280, 900), options=None, **protocol):
        rules = {"exposure_ms": 300, "confidence": "none", **protocol}
        study = make_study(coordinator, investigator, reader_user, name="Device", n=1, **rules)
        give_faces(study)
        reader = record_consent(reader=study.readers.get(), version=consent_version(study))
        page = open_page(reader_user, viewport=viewport, **(options or {}))
        page.goto(f"/read/{study.pk}/")
        page.wait_for_selector("[type=submit]:not([disabled])")
        return page, reader.sessions.get()

    return open_


def measure(page) -> None:
    page.click("text=Check this device")
    page.wait_for_selector("[data-keys]:not([hidden])")


def passed(page) -> None:
    page.wait_for_selector("[data-go]:not([hidden])")


def test_other_keys_are_chosen_by_pressing_them_and_unfit_ones_are_explained(check):
    page, session = check()
    measure(page)
    assert page.locator("[data-keys] kbd").all_inner_texts() == ["F", "J"]
    page.click("[data-answer=gs] button")
    for key, reason in {"4": "digits", "p": "pause", "z": "back", "f": "different keys", "Enter": "letter"}.items():
        page.keyboard.press(key)
        assert reason in page.inner_text(TOLD), key
    page.keyboard.press("k")
    assert page.locator("[data-keys] kbd").all_inner_texts() == ["F", "K"]
    page.keyboard.press("j")  # means nothing any more
    assert page.locator("[data-keys]").is_visible()
    page.keyboard.press("k")
    page.keyboard.press("f")
    passed(page)
    session.refresh_from_db()
    assert session.device["keys"] == {"gs": "k", "not_gs": "f"}
    page.click("[data-go]")
    page.click("text=Start reading")
    assert page.locator("#yes kbd").inner_text() == "K"
    begin(page)
    answer(page, "k")
    thanked(page)
    assert Call.objects.get().is_gs


def test_a_choice_can_be_called_off(check):
    page, session = check()
    measure(page)
    page.click("[data-answer=not_gs] button")
    page.keyboard.press("Escape")
    assert "stays" in page.inner_text(TOLD)
    page.keyboard.press("f")
    page.keyboard.press("j")
    passed(page)
    session.refresh_from_db()
    assert session.device["keys"] == {"gs": "j", "not_gs": "f"}


def test_where_gs_stands_on_the_left_its_key_comes_first_and_is_f(check):
    page, _ = check(sides="gs_left")
    measure(page)
    assert page.locator(".key-row b").all_inner_texts() == ["GS", "Not GS"]
    assert page.locator("[data-keys] kbd").all_inner_texts() == ["F", "J"]


def test_without_a_card_nothing_is_said_about_millimetres(check):
    page, session = check(options={"has_touch": True}, viewport=(844, 390))
    measure(page)
    page.tap("[data-tap]")
    passed(page)
    session.refresh_from_db()
    assert "px_per_mm" not in session.device
    page.tap("[data-go]")
    page.tap("text=Start reading")
    page.tap("#go")
    phase(page, "asking")  # within 100 ms of the onset a tap would be a reflex, and is ignored
    page.tap("#yes")
    thanked(page)
    assert "shown_mm" not in Exposure.objects.get().measures


def test_a_card_on_the_screen_gives_every_look_its_size_and_visual_angle(check):
    page, session = check()
    page.click("summary:has-text('bank card')")
    card = page.locator("[data-card]")
    card.scroll_into_view_if_needed()
    box = page.locator("[data-grip]").bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 25, box["y"] + 9)
    page.mouse.up()
    dragged = round(card.bounding_box()["width"])
    assert dragged == 344
    card.focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowRight")
    assert round(card.bounding_box()["width"]) == dragged + 7
    assert card.get_attribute("aria-valuenow") == str(dragged + 7)
    page.fill("[name=distance]", "60,5")
    measure(page)
    page.keyboard.press("f")
    page.keyboard.press("j")
    passed(page)
    session.refresh_from_db()
    scale = (dragged + 7) / 85.6
    assert session.device["px_per_mm"] == pytest.approx(scale, abs=1e-3)
    assert session.device["viewing_distance_mm"] == 605
    page.click("[data-go]")
    page.click("text=Start reading")
    begin(page)
    answer(page)
    thanked(page)
    measures = Exposure.objects.get().measures
    width, height = measures["shown_size"]
    assert measures["shown_mm"] == pytest.approx([width / scale, height / scale], rel=0.01)
    assert 10 < measures["visual_angle_deg"][0] < measures["visual_angle_deg"][1] < 25


def test_the_instructions_show_the_way_with_drawn_faces_and_the_readers_keys(check):
    page, _ = check(sides="gs_left", confidence="five", asks_syndrome=True, undo_ms=3000)
    steps = page.locator(".how > li")
    assert steps.count() == 6
    assert steps.nth(3).inner_text().count("F") >= 1
    for image in page.locator(".how img").all():
        assert image.evaluate("image => image.complete && image.naturalWidth") == 256
        assert "/static/img/reading/" in image.get_attribute("src")
    assert page.locator(".pane-answer span").all_inner_texts() == ["F\nGS", "J\nNot GS"]
