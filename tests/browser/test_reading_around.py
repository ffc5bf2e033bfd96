"""What stands around the faces: the hint to rest, the preview and its scripted reader, names, contrast, deterrents."""

import re

import pytest

from readerstudy.reading.models import Call, Exposure, Note, ReadingSession
from readerstudy.studies.models import Study
from tests.browser.reading_desk import answer, begin, phase, shown, states, thanked, titled

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FATIGUE = """async ({ exposureMs, times, answers }) => {
  const { Fatigue } = await import('/static/js/reading/fatigue.js');
  const fatigue = new Fatigue({ exposureMs });
  const hints = [];
  times.forEach((time, i) => {
    fatigue.add(time, answers?.[i] ?? i % 2 === 0);
    hints.push(fatigue.hint()?.reason ?? null);
  });
  return hints.map((reason, i) => [i + 1, reason]).filter(([, reason]) => reason);
}"""


@pytest.mark.parametrize(
    ("times", "answers", "hints"),
    [
        ([6000] * 20 + [3000] * 30, None, [[30, "quicker"]]),
        ([6000] * 20 + [4500] * 30, None, []),
        ([6000, 900, 900, 900, 900, 900, 900], None, [[6, "at-once"]]),
        ([6000, 900, 900, 900, 900, 1100, 900], None, []),
        ([6000] * 40, [True] * 16 + [False] * 24, [[15, "same-answer"]]),
        ([6000] * 40, ([True] * 13 + [False]) * 3, []),
        ([None] * 40, None, []),
    ],
    ids=["half the time", "three quarters", "at once", "not in a row", "one side", "both sides", "times unknown"],
)
def test_tiredness_is_seen_once_and_not_where_there_is_none(desk, times, answers, hints):
    page, _ = desk(n=1)
    found = page.evaluate(FATIGUE, {"exposureMs": 10_000, "times": times, "answers": answers})
    assert found == hints


def test_a_reader_who_answers_at_once_gets_one_kind_hint_that_blocks_nothing(desk):
    page, _ = desk(n=8, exposure_ms=4100, call_ends_exposure=True)
    begin(page)
    for number in range(7):
        shown(page)
        page.wait_for_timeout(150)
        page.keyboard.press("fj"[number % 2])
        if number == 4:
            phase(page, "hint")
            assert "short rest" in page.inner_text("#prompt")
            page.keyboard.press("Space")
        else:
            page.wait_for_function("n => window.__readings.length > n", arg=number + 1)
    shown(page)
    page.wait_for_timeout(150)
    page.keyboard.press("j")
    thanked(page)
    note = Note.objects.get(kind="fatigue-hint")
    assert note.detail["reason"] == "at-once"
    assert Call.objects.count() == 8


def test_the_hint_leads_to_a_pause_for_those_who_want_one(desk):
    page, _ = desk(n=2)
    begin(page)
    shown(page)
    page.evaluate(
        """async () => {
          const { fatigue } = await import('/static/js/reading/desk.js');
          for (let i = 0; i < 14; i += 1) fatigue.add(null, true);
        }"""
    )
    answer(page, "j")
    phase(page, "hint")
    page.keyboard.press("p")
    titled(page, "Pause")
    page.click("#go")
    answer(page)
    thanked(page)
    assert Note.objects.get(kind="fatigue-hint").detail["reason"] == "same-answer"


def test_a_pause_is_noted_with_its_length(desk):
    page, _ = desk(n=2, exposure_ms=600)
    begin(page)
    shown(page)
    page.keyboard.press("p")
    answer(page)
    titled(page, "Pause")
    page.wait_for_timeout(1200)
    page.click("#go")
    answer(page)
    thanked(page)
    assert Note.objects.get(kind="pause").detail["seconds"] >= 1


def test_a_coordinator_plays_the_reader_and_a_script_plays_for_her(
    make_study, coordinator, investigator, reader_user, open_page
):
    study = make_study(
        coordinator,
        investigator,
        reader_user,
        name="Pilot",
        exposure_ms=300,
        confidence="five",
        design="sequential",
        asks_syndrome=True,
        undo_ms=2000,
    )
    page = open_page(coordinator)
    page.goto(f"/studies/{study.pk}/")
    page.click("text=Try it as a reader")
    assert "nothing counts" in page.inner_text(".notice.warn")
    page.check("[name=agree]")
    page.click("text=Agree and go on")
    page.wait_for_selector("[type=submit]:not([disabled])")
    page.click("text=Check this device")
    page.wait_for_selector("[data-keys]:not([hidden])")
    page.click("[data-tap]")
    page.click("[data-go]")
    page.click("text=Start reading")
    assert "Preview of “Pilot”" in page.inner_text(".preview-banner")
    page.click("#play-itself")
    page.wait_for_url("**/done/", timeout=180_000)
    preview = Study.objects.get(preview_of=study)
    session = ReadingSession.objects.get(reader__study=preview, is_practice=False)
    assert states(session) == ["called"] * 6
    assert Call.objects.filter(trial__session=session).values("trial", "stage").distinct().count() == 12
    assert all(e.measures["is_simulated"] for e in Exposure.objects.filter(trial__session=session))
    page.click("text=End the preview")
    page.wait_for_url(f"**/studies/{study.pk}/")
    assert not Study.objects.filter(preview_of=study).exists()
    assert not Call.objects.exists()


def test_a_scripted_reader_has_the_operating_point_it_is_given(desk):
    page, session = desk(n=12, exposure_ms=200, call_ends_exposure=True)
    truth = {
        str(t.token): t.case.photo.subject.has_syndrome for t in session.trials.select_related("case__photo__subject")
    }
    page.expose_function("truthOf", lambda token: truth[token])
    page.evaluate(
        """async () => {
          const { ScriptedReader } = await import('/static/js/reading/simulate.js');
          new ScriptedReader({ sensitivity: 1, specificity: 0, truthOf: window.truthOf, pace: 0.1 }).start();
        }"""
    )
    page.wait_for_url("**/done/", timeout=90_000)
    assert Call.objects.filter(is_gs=True).count() == 12, "sensitivity 1 and specificity 0 say GS to every face"


def test_the_script_is_loaded_in_previews_only(desk):
    page, _ = desk(n=1)
    assert page.locator("script[src*=simulate]").count() == 0
    assert page.locator(".preview-banner").count() == 0


def test_a_face_cannot_be_dragged_saved_or_opened_by_the_right_button(desk):
    page, _ = desk(n=1, exposure_ms=2500)
    begin(page)
    token = shown(page)
    assert re.fullmatch(r"[0-9a-f-]{36}", token)
    stopped = page.evaluate(
        """() => ['contextmenu', 'dragstart'].map((type) => {
          const event = new MouseEvent(type, { bubbles: true, cancelable: true });
          document.getElementById('plate').dispatchEvent(event);
          return event.defaultPrevented;
        })"""
    )
    assert stopped == [True, True]
    face = page.locator(".face")
    assert face.evaluate("face => [face.draggable, getComputedStyle(face).pointerEvents, face.alt]") == [
        False,
        "none",
        "",
    ]
    assert face.get_attribute("src").startswith("blob:")


CONTRAST = """() => {
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const groundOf = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = numbers(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const e of document.querySelectorAll('body *')) {
    const text = [...e.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!text || !e.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (['SCRIPT', 'STYLE', 'NOSCRIPT'].includes(e.tagName) || e.closest('[aria-hidden=true], :disabled')) continue;
    const [a, b] = [light(numbers(getComputedStyle(e).color)), light(groundOf(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.push([e.textContent.trim().slice(0, 40), Number(ratio.toFixed(2))]);
  }
  return poor;
}"""
NAMELESS = """() => [...document.querySelectorAll('button, input, a[href], [role=slider], canvas[role=img]')]
  .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('[aria-hidden=true]'))
  .filter((e) => !(e.innerText?.trim() || e.getAttribute('aria-label') || e.labels?.[0]?.innerText.trim()))
  .map((e) => e.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_state_can_be_read_and_every_control_has_a_name(desk, colours):
    page, _ = desk(
        n=1,
        design="sequential",
        confidence="hundred",
        asks_syndrome=True,
        undo_ms=20_000,
        aids={},
        options={"color_scheme": colours, "reduced_motion": "reduce"},
    )

    def fine(state):
        assert page.evaluate(CONTRAST) == [], state
        assert page.evaluate(NAMELESS) == [], state

    fine("start")
    begin(page)
    answer(page)
    phase(page, "rating")
    fine("rating")
    assert page.locator("#yes").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Enter")
    phase(page, "naming")
    page.keyboard.type("no")
    fine("naming")
    page.keyboard.press("Enter")
    page.wait_for_selector("#aid:not([hidden])")
    fine("model")
    phase(page, "asking")
    page.wait_for_timeout(150)
    page.keyboard.press("f")
    phase(page, "rating")
    page.keyboard.press("Enter")
    phase(page, "undo")
    fine("undo")
    assert page.locator("#prompt").get_attribute("role") == "status"
    assert page.locator("#undo progress").is_hidden(), "nothing moves where the reader asked for less motion"
    page.keyboard.press("Space")
    thanked(page)


LAYOUTS = {
    "clinic": (1024, 768),
    "clinic at 200 %": (512, 384),
    "phone on its side": (844, 390),
    "iPad upright": (820, 1180),
    "iPad on its side": (1180, 820),
    "phone": (390, 844),
}
OUTSIDE = """() => {
  const out = [];
  const parts = '#plate, #no, #yes, #aid, #second, #undo button, #scale.asked button, #scale.asked input';
  for (const e of document.querySelectorAll(parts)) {
    if (!e.checkVisibility({ visibilityProperty: true })) continue;
    const box = e.getBoundingClientRect();
    if (box.left < -0.5 || box.top < -0.5 || box.right > innerWidth + 0.5 || box.bottom > innerHeight + 0.5) {
      out.push([e.id || e.outerHTML.slice(0, 60), Math.round(box.right), Math.round(box.bottom)]);
    }
  }
  const { scrollHeight, scrollWidth } = document.documentElement;
  if (scrollHeight > innerHeight || scrollWidth > innerWidth) out.push(['page', scrollWidth, scrollHeight]);
  return out;
}"""


@pytest.mark.parametrize("viewport", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_question_is_in_view_without_scrolling(desk, viewport):
    page, _ = desk(
        n=1, design="sequential", confidence="five", asks_syndrome=True, undo_ms=20_000, aids={}, viewport=viewport
    )
    begin(page)
    answer(page)
    phase(page, "rating")
    places = page.evaluate("() => JSON.stringify(document.getElementById('plate').getBoundingClientRect())")
    for key, following in [("4", "naming"), ("Enter", "asking"), ("f", "rating"), ("4", "undo")]:
        assert page.evaluate(OUTSIDE) == []
        page.keyboard.press(key)
        phase(page, following)
        page.wait_for_timeout(150)
    assert page.evaluate(OUTSIDE) == []
    assert page.evaluate("() => JSON.stringify(document.getElementById('plate').getBoundingClientRect())") == places
    page.keyboard.press("Space")
    thanked(page)


def test_the_own_result_is_linked_once_the_study_is_closed(desk):
    page, session = desk(n=1, shows_own_result=True)
    begin(page)
    answer(page)
    thanked(page)
    assert "Once the study is closed" in page.inner_text("main")
    Study.objects.filter(pk=session.reader.study_id).update(status="closed")
    page.reload()
    assert page.get_attribute("text=See my result", "href") == f"/analysis/{session.reader.study_id}/mine/"
