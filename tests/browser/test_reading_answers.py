"""Keys and sides, the second question, half answers, and answers that are taken back."""

import pytest

from readerstudy.reading.models import Call, Exposure
from tests.browser.reading_desk import answer, begin, phase, shown, states, thanked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def calls() -> list[tuple]:
    return list(Call.objects.order_by("id").values_list("is_gs", "revision"))


def test_with_gs_on_the_left_f_means_gs(desk):
    page, _ = desk(n=2, sides="gs_left")
    assert page.locator("#yes").bounding_box()["x"] < page.locator("#no").bounding_box()["x"]
    assert page.locator("#yes kbd").inner_text() == "F"
    assert page.locator("#no kbd").inner_text() == "J"
    begin(page)
    answer(page, "f")
    answer(page, "j")
    thanked(page)
    assert list(Call.objects.order_by("id").values_list("is_gs", "side", "key")) == [
        (True, "left", "f"),
        (False, "right", "j"),
    ]


def test_the_readers_own_keys_stand_on_the_buttons_and_the_old_ones_do_nothing(desk):
    page, _ = desk(n=1, device={"keys": {"gs": "k", "not_gs": "d"}})
    assert page.locator("#yes kbd").inner_text() == "K"
    begin(page)
    phase(page, "asking")
    page.keyboard.press("j")
    page.wait_for_timeout(200)
    assert page.get_attribute("#stage", "data-phase") == "asking"
    page.keyboard.press("k")
    thanked(page)
    call = Call.objects.get()
    assert (call.is_gs, call.key) == (True, "k")


def test_a_syndrome_is_named_by_keyboard_only_and_may_be_left_empty(desk):
    page, _ = desk(
        n=3, asks_syndrome=True, confidence="five", syndromes="Noonan syndrome\nDown syndrome\nSotos syndrome"
    )
    begin(page)
    answer(page, "j", "4")
    phase(page, "naming")
    assert page.evaluate("() => document.activeElement.id") == "syndrome"
    page.keyboard.type("noo")
    assert page.locator("[role=option]").all_inner_texts() == ["Noonan syndrome"]
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#syndrome", "aria-activedescendant") == "syndrome-0"
    page.keyboard.press("Enter")
    answer(page, "j", "2")
    phase(page, "naming")
    page.keyboard.press("Enter")
    answer(page, "f", "1")  # not GS: nothing more is asked
    thanked(page)
    named = Call.objects.order_by("id").values_list("is_gs", "confidence", "suspected_syndrome")
    assert list(named) == [(True, 4, "Noonan syndrome"), (True, 2, ""), (False, 1, "")]


def test_a_name_that_is_in_no_list_is_taken_as_typed_and_p_is_a_letter_there(desk):
    page, _ = desk(n=1, asks_syndrome=True)
    begin(page)
    answer(page)
    phase(page, "naming")
    page.keyboard.type("  Pitt  Hopkins, perhaps")
    page.keyboard.press("Enter")
    thanked(page)
    assert Call.objects.get().suspected_syndrome == "Pitt Hopkins, perhaps"


def test_a_suggestion_can_be_tapped(desk):
    page, _ = desk(n=1, asks_syndrome=True, syndromes="Down syndrome", options={"has_touch": True})
    begin(page)
    phase(page, "asking")
    page.tap("#yes")
    phase(page, "naming")
    page.fill("#syndrome", "dow")
    page.tap("[role=option]")
    thanked(page)
    assert Call.objects.get().suspected_syndrome == "Down syndrome"


def test_an_answer_is_taken_back_by_key_and_given_anew(desk):
    page, session = desk(n=2, undo_ms=20_000, confidence="five")
    begin(page)
    first = shown(page)
    answer(page, "j", "4")
    phase(page, "undo")
    assert page.inner_text("#prompt") == "Saved: GS – 4 of 5"
    assert calls() == [(True, 1)]
    page.keyboard.press("z")
    answer(page, "f", "2")
    phase(page, "undo")
    assert page.inner_text("#prompt") == "Saved: Not GS – 2 of 5"
    page.keyboard.press("Space")
    assert shown(page) != first
    answer(page, "j", "5")
    phase(page, "undo")
    page.keyboard.press("Space")
    thanked(page)
    assert calls() == [(True, 1), (False, 2), (True, 1)]
    assert Exposure.objects.count() == 2, "the face is not shown again"
    assert states(session) == ["called", "called"]


def test_the_last_answer_is_taken_back_by_touch(desk):
    page, session = desk(n=1, undo_ms=20_000, options={"has_touch": True}, viewport=(390, 844))
    begin(page)
    phase(page, "asking")
    page.tap("#yes")
    phase(page, "undo")
    page.tap("[data-undo]")
    phase(page, "asking")
    assert "Taken back" in page.inner_text("#prompt")
    page.tap("#no")
    phase(page, "undo")
    page.tap("[data-next]")
    thanked(page)
    assert calls() == [(True, 1), (False, 2)]
    session.refresh_from_db()
    assert session.finished_at


def test_the_time_for_taking_back_runs_out_and_the_next_face_comes_by_itself(desk):
    page, _ = desk(n=2, undo_ms=1500)
    begin(page)
    first = shown(page)
    answer(page)
    phase(page, "undo")
    assert page.inner_text("[data-seconds]").endswith("s")
    phase(page, "showing")
    assert page.get_attribute(".face", "data-stimulus") != first
    page.keyboard.press("z")  # too late: another face is on the screen
    answer(page, "f")
    thanked(page)
    assert calls() == [(True, 1), (False, 1)]


def test_without_the_protocols_leave_nothing_is_offered(desk):
    page, _ = desk(n=2)
    begin(page)
    answer(page)
    phase(page, "showing")
    assert page.locator("#undo").is_hidden()


def test_a_half_answer_survives_a_reload_and_only_the_rest_is_asked(desk):
    page, session = desk(n=2, confidence="five")
    begin(page)
    answer(page, "j")
    phase(page, "rating")
    page.reload()
    begin(page)
    phase(page, "rating")
    half = Call.objects.get()
    assert (half.is_gs, half.confidence) == (True, None)
    assert "You answered GS" in page.inner_text("#prompt")
    page.keyboard.press("3")
    answer(page, "f", "1")
    thanked(page)
    last = Call.objects.filter(trial=half.trial).order_by("-revision").first()
    assert (last.is_gs, last.confidence, last.response_ms) == (True, 3, half.response_ms)
    assert states(session) == ["called", "called"]


def test_a_half_answer_to_a_face_that_was_left_is_kept_and_the_face_does_not_come_again(desk):
    page, session = desk(n=2, confidence="five", exposure_ms=2500, incident_policy="represent")
    begin(page)
    phase(page, "showing")
    page.wait_for_timeout(300)
    page.keyboard.press("j")
    page.reload()
    begin(page)
    phase(page, "rating")
    page.keyboard.press("5")
    answer(page, "f", "1")
    thanked(page)
    assert states(session) == ["called", "called"]
    exposure = Exposure.objects.order_by("id").first()
    assert exposure.end == "left"
    last = Call.objects.filter(trial=exposure.trial).order_by("-revision").first()
    assert (last.is_gs, last.confidence) == (True, 5)
