"""What the model says: after the reader's own answer, or beside the face; when it comes, and how it is drawn."""

import itertools
import re

import pytest

from readerstudy.reading.models import Call, Exposure
from tests.browser.reading_desk import answer, begin, phase, shown, states, thanked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
AIDS: dict = {}
PIXEL = """([x, y]) => {
  const context = document.querySelector('#aid figure > canvas').getContext('2d');
  return Array.from(context.getImageData(x, y, 1, 1).data);
}"""


def left(page) -> None:
    """The first of two readings is over; the second one waits for its day."""
    page.wait_for_url(re.compile(r"/read/\d+/$"))


def stages() -> list[tuple]:
    return list(Call.objects.order_by("id").values_list("stage", "is_gs", "confidence"))


def test_in_a_sequential_study_the_model_speaks_after_the_stored_answer(desk):
    page, session = desk(n=2, design="sequential", confidence="five", aids=AIDS, sides="gs_left")
    early = []
    page.on("request", lambda request: early.append(Call.objects.count()) if request.url.endswith("/aid/") else None)
    begin(page)
    token = shown(page)
    assert page.locator("#aid").is_hidden()
    answer(page, "j", "2")
    page.wait_for_selector("#aid:not([hidden])")
    assert page.locator(".face").count() == 0
    assert page.inner_text("[data-number]") == "83"
    assert "Of 100 children" in page.inner_text("[data-sentence]")
    assert stages() == [("unaided", False, 2)]
    assert page.inner_text("#ask") == "You said: Not GS – 2 of 5. Keep your answer, or change it."
    phase(page, "asking")
    page.wait_for_timeout(150)
    page.keyboard.press("f")
    phase(page, "rating")
    page.keyboard.press("4")
    assert shown(page) != token
    assert page.locator("#aid").is_hidden()
    answer(page, "f", "5")
    page.wait_for_selector("#aid:not([hidden])")
    phase(page, "asking")
    page.wait_for_timeout(150)
    page.keyboard.press("f")
    phase(page, "rating")
    page.keyboard.press("5")
    thanked(page)
    assert stages() == [("unaided", False, 2), ("aided", True, 4), ("unaided", True, 5), ("aided", True, 5)]
    assert early == [1, 3]
    assert Exposure.objects.count() == 2
    assert states(session) == ["called", "called"]
    assert all(call.response_ms >= 100 for call in Call.objects.filter(stage="aided"))


def test_after_a_reload_the_model_speaks_again_and_no_face_is_shown(desk):
    page, _ = desk(n=1, design="sequential", aids=AIDS)
    begin(page)
    answer(page, "f")
    page.wait_for_selector("#aid:not([hidden])")
    page.reload()
    begin(page)
    page.wait_for_selector("#aid:not([hidden])")
    assert page.locator(".face").count() == 0
    phase(page, "asking")
    assert "Keep your answer, or change it." in page.inner_text("#ask")
    page.wait_for_timeout(150)
    page.keyboard.press("j")
    thanked(page)
    assert stages() == [("unaided", False, None), ("aided", True, None)]
    assert Exposure.objects.count() == 1


def test_taking_back_is_offered_after_the_second_answer_only(desk):
    page, _ = desk(n=1, design="sequential", undo_ms=20_000, aids=AIDS)
    begin(page)
    answer(page, "f")
    page.wait_for_selector("#aid:not([hidden])")
    phase(page, "asking")
    assert page.locator("#undo").is_hidden()
    page.wait_for_timeout(150)
    page.keyboard.press("j")
    phase(page, "undo")
    page.keyboard.press("Backspace")
    answer(page, "f")
    phase(page, "undo")
    assert page.locator("#aid").is_visible()
    page.keyboard.press("Space")
    thanked(page)
    assert stages() == [("unaided", False, None), ("aided", True, None), ("aided", False, None)]


def test_in_an_aided_session_the_panel_comes_with_the_face_and_stays_until_the_answer(desk):
    page, _ = desk(n=2, design="crossover", arm="aided", exposure_ms=1500, aids=AIDS)
    seen = []
    page.expose_function("saw", lambda *what: seen.append(what))
    page.evaluate(
        """() => {
          const look = () => {
            const aid = document.getElementById('aid');
            const isUp = !aid.hidden && getComputedStyle(aid).visibility === 'visible';
            const phase = document.getElementById('stage').dataset.phase;
            if (look.last !== phase + isUp) window.saw(phase, isUp);
            look.last = phase + isUp;
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    begin(page)
    shown(page)
    face, panel = page.locator(".face").bounding_box(), page.locator("#aid").bounding_box()
    assert face["x"] + face["width"] <= panel["x"], "nothing lies over the face"
    answer(page, "j")
    answer(page, "f")
    left(page)
    assert {name for name, is_up in map(tuple, seen) if is_up} <= {"showing", "mask", "asking", "rating", "saving"}
    assert ("showing", True) in {tuple(what) for what in seen}
    assert ("fixation", True) not in {tuple(what) for what in seen}
    assert [stage for stage, *_ in stages()] == ["aided", "aided"]


def test_a_reload_in_an_aided_session_leaves_the_panel_for_the_answer(desk):
    page, _ = desk(n=1, design="crossover", arm="aided", exposure_ms=3000, aids=AIDS)
    begin(page)
    shown(page)
    page.reload()
    begin(page)
    phase(page, "asking")
    assert page.locator("#aid").is_visible()
    assert page.locator(".face").count() == 0
    page.keyboard.press("j")
    left(page)
    assert stages() == [("aided", True, None)]


def test_the_face_is_as_large_alone_as_beside_the_model(desk):
    """Both readings of a crossover leave the same room, whether the panel is up or not."""
    page, _ = desk(n=1, design="crossover", aids=AIDS)
    for width, height in [(1024, 768), (844, 390), (820, 1180), (390, 844)]:
        page.set_viewport_size({"width": width, "height": height})
        alone = page.locator("#plate").bounding_box()
        beside = page.evaluate(
            """async () => {
              const { aid } = await import('/static/js/reading/desk.js');
              aid.show('beside');
              const box = document.getElementById('plate').getBoundingClientRect();
              const panel = document.getElementById('aid').getBoundingClientRect();
              aid.hide();
              return { width: box.width, height: box.height, right: box.right, bottom: box.bottom,
                       left: panel.left, top: panel.top, end: panel.right, foot: panel.bottom };
            }"""
        )
        assert (beside["width"], beside["height"]) == (alone["width"], alone["height"])
        assert beside["right"] <= beside["left"] or beside["bottom"] <= beside["top"], "the panel lies beside the face"
        assert beside["end"] <= width
        assert beside["foot"] <= height


def test_an_uncalibrated_score_is_not_called_a_probability(desk):
    page, _ = desk(n=1, design="sequential", aids={"is_calibrated": False})
    begin(page)
    answer(page, "f")
    page.wait_for_selector("#aid:not([hidden])")
    said = page.inner_text("#aid")
    assert "score" in said
    assert "Of 100 children" not in said
    assert "%" not in said


def test_the_heat_map_is_drawn_in_even_steps_of_brightness(desk):
    page, _ = desk(n=1, design="sequential", aids=AIDS)
    begin(page)
    answer(page, "f")
    page.wait_for_selector("#aid:not([hidden])")
    hot, cold = page.evaluate(PIXEL, [92, 108]), page.evaluate(PIXEL, [2, 220])
    assert hot[0] > 200 > 120 > hot[2], "the middle of the spot is yellow"
    assert cold[:3] == [0, 34, 78]
    light = page.evaluate(
        """async () => {
          const { colourOf } = await import('/static/js/reading/aid.js');
          const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
          const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
          const lightness = (colour) => 116 * Math.cbrt(luminance(colour)) - 16;
          return Array.from({ length: 11 }, (_, i) => lightness(colourOf(i / 10)));
        }"""
    )
    steps = [after - before for before, after in itertools.pairwise(light)]
    assert min(steps) > 0
    assert max(steps) < 2.2 * min(steps)
