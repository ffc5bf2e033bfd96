"""The reading page in a real browser: what was seen and answered, read off the rows afterwards."""

import pytest

from readerstudy.reading.models import Call, Exposure, Incident, Trial
from tests.browser.reading_desk import answer, begin, give_faces, phase, states, thanked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_whole_session_by_keys(desk):
    page, session = desk(n=3, confidence="five")
    begin(page)
    for key, confidence in [("j", "4"), ("f", "1"), ("j", "5")]:
        answer(page, key, confidence)
    thanked(page)
    calls = list(Call.objects.order_by("trial__position").values_list("is_gs", "confidence", "input"))
    assert calls == [(True, 4, "key"), (False, 1, "key"), (True, 5, "key")]
    exposures = list(Exposure.objects.order_by("trial__position"))
    assert [e.end for e in exposures] == ["complete"] * 3
    for exposure in exposures:
        # A machine that is busy with other tests may disturb a look; then the row has to say so.
        assert abs(exposure.offset_ms - exposure.onset_ms - 400) <= exposure.frame_period_ms or exposure.flags
        assert exposure.measures["decode_ms"] >= 0
        assert exposure.measures["viewport"] == [1280, 900]
    session.refresh_from_db()
    assert session.finished_at
    assert not Incident.objects.exists()
    assert all(call.response_ms > 400 for call in Call.objects.all())


def test_a_reload_while_the_face_is_up_never_shows_it_again(desk):
    page, session = desk(n=2, exposure_ms=3000)
    begin(page)
    phase(page, "showing")
    shown = page.get_attribute(".face", "data-stimulus")
    page.reload()
    begin(page)
    phase(page, "asking")
    assert page.locator(".face").count() == 0
    assert "left while this face was shown" in page.inner_text("#prompt")
    exposure = Exposure.objects.get(trial__token=shown)
    assert exposure.end == "left"
    assert Incident.objects.filter(trial__token=shown).exists()
    page.keyboard.press("j")
    phase(page, "showing")
    assert page.get_attribute(".face", "data-stimulus") != shown
    answer(page)
    thanked(page)
    assert Exposure.objects.count() == 2
    assert states(session) == ["called", "called"]


def test_by_protocol_a_face_that_was_left_comes_again_at_the_end(desk):
    page, session = desk(n=2, exposure_ms=2000, incident_policy="represent")
    begin(page)
    phase(page, "showing")
    page.reload()
    begin(page)
    for _ in range(2):
        answer(page)
    thanked(page)
    assert states(session) == ["forfeited", "called", "called"]
    assert Trial.objects.get(is_represented=True).repetition == 1


def test_a_double_press_does_not_burn_the_next_face(desk):
    page, _ = desk(n=3)
    begin(page)
    phase(page, "asking")
    page.keyboard.press("j", delay=25)
    page.wait_for_timeout(60)
    page.keyboard.press("f", delay=25)
    answer(page, "j")
    answer(page, "j")
    thanked(page)
    assert list(Call.objects.values_list("is_gs", flat=True)) == [True] * 3
    assert all(e.offset_ms - e.onset_ms > 350 for e in Exposure.objects.all())


def test_a_key_that_is_held_down_answers_once(desk):
    page, _ = desk(n=2)
    begin(page)
    phase(page, "asking")
    page.keyboard.down("j")
    phase(page, "showing")
    page.keyboard.down("j")  # as a keyboard repeats it
    phase(page, "asking")
    page.wait_for_timeout(300)
    assert Call.objects.count() == 1
    page.keyboard.up("j")
    page.keyboard.press("f")
    thanked(page)
    assert list(Call.objects.order_by("id").values_list("is_gs", flat=True)) == [True, False]


def test_a_call_may_end_the_look_by_protocol(desk):
    page, _ = desk(n=1, exposure_ms=5000, call_ends_exposure=True)
    begin(page)
    phase(page, "showing")
    page.wait_for_timeout(500)
    page.keyboard.press("f")
    thanked(page)
    exposure, call = Exposure.objects.get(), Call.objects.get()
    assert exposure.end == "called"
    assert exposure.flags == []
    assert call.response_ms <= exposure.offset_ms - exposure.onset_ms <= call.response_ms + 100


def test_an_answer_during_the_look_leaves_the_face_up_for_its_time(desk):
    page, _ = desk(n=1, exposure_ms=1500, confidence="hundred")
    begin(page)
    phase(page, "showing")
    page.wait_for_timeout(300)
    page.keyboard.press("j")
    page.keyboard.press("8")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    thanked(page)
    exposure, call = Exposure.objects.get(), Call.objects.get()
    assert exposure.end == "complete"
    assert (call.is_gs, call.confidence) == (True, 85)
    assert call.response_ms < 1500 <= exposure.offset_ms - exposure.onset_ms + 20


def test_the_answer_window_runs_out(desk):
    page, session = desk(n=2, answer_window_ms=1200)
    begin(page)
    phase(page, "showing")
    first = page.get_attribute(".face", "data-stimulus")
    page.wait_for_function(
        "first => { const f = document.querySelector('.face'); return f && f.dataset.stimulus !== first; }", arg=first
    )
    answer(page)
    thanked(page)
    assert states(session) == ["forfeited", "called"]
    assert Incident.objects.get().kind == "answer-window-over"


def test_practice_tells_the_truth_and_a_rest_comes_between_blocks(
    make_study, coordinator, investigator, reader_user, open_page
):
    study = make_study(
        coordinator,
        investigator,
        reader_user,
        name="Way",
        n=5,
        practice=1,
        exposure_ms=300,
        confidence="none",
        block_length=2,
        practice_pass_percent=100,
    )
    give_faces(study)
    page = open_page(reader_user)
    page.goto("/read/")
    page.click("text=Read the consent")
    page.check("[name=agree]")
    page.click("text=Agree and go on")
    page.click("text=Check this device")
    page.wait_for_selector("[data-keys]:not([hidden])")
    page.keyboard.press("f")
    page.keyboard.press("j")
    page.click("[data-go]")
    page.click("text=Practise")
    begin(page)
    answer(page, "f")  # the practice face, case 1, has a syndrome: not this time
    page.wait_for_function("() => document.getElementById('panel-title').textContent === 'Not this time'")
    page.click("#go")
    page.wait_for_function("() => document.getElementById('panel-title').textContent === 'Once more, please'")
    page.click("#go")
    answer(page, "j")
    page.wait_for_function("() => document.getElementById('panel-title').textContent === 'Right'")
    page.click("#go")
    page.wait_for_url(f"**/read/{study.pk}/")
    page.click("text=Start reading")
    begin(page)
    answer(page)
    answer(page)
    page.wait_for_function("() => document.getElementById('panel-title').textContent === 'Time for a rest'")
    page.click("#go")
    answer(page)
    answer(page)
    thanked(page)
    assert Call.objects.filter(trial__session__is_practice=False).count() == 4


def test_a_pause_comes_between_two_faces(desk):
    page, _ = desk(n=2, exposure_ms=600)
    begin(page)
    phase(page, "showing")
    page.keyboard.press("p")
    answer(page)
    page.wait_for_function("() => document.getElementById('panel-title').textContent === 'Pause'")
    assert Exposure.objects.count() == 1
    page.wait_for_timeout(500)
    assert Exposure.objects.count() == 1
    page.click("#go")
    answer(page)
    thanked(page)


PLACES = """() => ['plate', 'no', 'yes', 'scale']
  .map((id) => document.getElementById(id).getBoundingClientRect().toJSON())"""
SCREENS = {
    "clinic": (1024, 768),
    "wide": (1920, 1080),
    "phone on its side": (844, 390),
    "phone": (390, 844),
    "small phone": (320, 568),
    "tablet": (820, 1180),
}


@pytest.mark.parametrize("viewport", SCREENS.values(), ids=SCREENS.keys())
def test_the_whole_face_and_both_buttons_are_in_view_without_scrolling(desk, viewport):
    page, _ = desk(n=1, exposure_ms=1500, confidence="five", viewport=viewport, options={"has_touch": True})
    begin(page)
    phase(page, "fixation")
    before = page.evaluate(PLACES)
    phase(page, "showing")
    face = page.locator(".face").bounding_box()
    width, height = viewport
    assert face["x"] >= 0
    assert face["y"] >= 0
    assert face["x"] + face["width"] <= width
    assert face["y"] + face["height"] <= height
    assert face["width"] / face["height"] == pytest.approx(0.8, abs=0.01)
    assert face["height"] >= min(0.54 * height, 1.15 * width)
    overflow = page.evaluate(
        "() => [document.documentElement.scrollHeight - innerHeight, document.documentElement.scrollWidth - innerWidth]"
    )
    assert overflow == [0, 0]
    phase(page, "asking")
    for button in ("#no", "#yes"):
        box = page.locator(button).bounding_box()
        assert box["height"] >= 44
        assert box["width"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
        overlaps = box["x"] < face["x"] + face["width"] and face["x"] < box["x"] + box["width"]
        overlaps = overlaps and box["y"] < face["y"] + face["height"] and face["y"] < box["y"] + box["height"]
        assert not overlaps
    page.tap("#yes")
    phase(page, "rating")
    after = page.evaluate(PLACES)
    assert after == before, "the layout moved"
    page.tap("[data-confidence='2']")
    thanked(page)
    call = Call.objects.get()
    assert (call.is_gs, call.confidence, call.input) == (True, 2, "touch")
