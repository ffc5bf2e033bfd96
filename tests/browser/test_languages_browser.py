"""Pages of every role in both languages, narrow and wide; and the choice of a language by keyboard.

A sample in every run; all pages of the site, in about two minutes, by

    EVERY_PAGE=1 pytest -m browser tests/browser/test_languages_browser.py
"""

import os
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import TimeoutError

from tests.browser import whole_site
from tests.browser.test_axe import DRAWN

EVERY_PAGE = bool(os.environ.get("EVERY_PAGE"))
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900 if EVERY_PAGE else 300)]
SAMPLE = [
    "accounts:sign_in", "studies:invitation", "home", "reading:study", "reading:session", "reading:done",
    "studies:study", "studies:people", "studies:monitor", "studies:cohort", "studies:audit", "status",
    "training:new", "training:run", "screening:comparison", "screening:planner",
]  # fmt: skip
CODES = (
    "karyotype, array, sequencing, clinical, other",
    "test, reader, case, data",
    "predict FILE PHOTO",
)  # of files, a shell
WIDTHS = ((360, 740), (1440, 900))
LANGUAGES = {"en-GB": "en", "zh-CN": "zh-hans"}  # what the browser asks for, and what the page says it speaks

FITS = "() => document.documentElement.scrollWidth <= innerWidth"
LAYOUT = """() => {
  const found = [];
  const { scrollWidth } = document.documentElement;
  if (scrollWidth > innerWidth) found.push(`is ${scrollWidth - innerWidth} px wider than the window`);
  const scrolls = (one) => one && one !== document.body
    && (["auto", "scroll"].includes(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
  for (const one of document.querySelectorAll("button, .button, input[type=submit]")) {
    if (!one.checkVisibility({ visibilityProperty: true }) || one.closest("#swagger-ui, .modebar")) continue;
    const { left, right, width } = one.getBoundingClientRect();
    const isCut = one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0;
    const isOutside = !scrolls(one.parentElement) && width > 0 && (right > innerWidth + 1 || left < -1);
    if (isCut || isOutside) found.push(`cuts its button “${one.textContent.trim().slice(0, 40)}”`);
  }
  return found;
}"""

# Three Latin words in a row are a sentence somebody forgot; names of people and things in the database are not.
ENGLISH = """(names) => {
  const silent = "script, style, noscript, template, textarea, code, kbd, pre, samp, .mono, [translate=no], .languages";
  const sentence = /[A-Za-z][A-Za-z'’-]*(?:[ ,;:]+[A-Za-z][A-Za-z'’-]*){2,}/;
  const found = new Set();
  const look = (text, where) => {
    for (const name of names) text = text.replaceAll(name, "·");
    const said = sentence.exec(text.replace(/\\s+/g, " "));
    if (said) found.add(`${where}: ${said[0].slice(0, 80)}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, data } = walker.currentNode;
    if (data.trim() && !parent.closest(silent) && parent.checkVisibility()) look(data, parent.localName);
  }
  for (const name of ["aria-label", "title", "placeholder", "alt"])
    for (const one of document.querySelectorAll(`body [${name}]`))
      if (!one.closest(silent) && one.checkVisibility()) look(one.getAttribute(name), name);
  look(document.title, "title");
  return [...found];
}"""


@pytest.fixture
def site(transactional_db: Any, make_study: Any, make_user: Any, settings: Any, tmp_path: Any) -> dict[str, Any]:
    settings.DATA_DIR = tmp_path
    return whole_site.build(make_study, make_user)


def test_every_roles_pages_stand_well_and_whole_in_both_languages(site: Any, open_page: Any) -> None:
    names, opened, problems = [*CODES, *_names()], {}, []
    pages = whole_site.pages(site)
    rows = [row for name in (pages if EVERY_PAGE else SAMPLE) for row in pages[name]]
    for locale, lang in LANGUAGES.items():
        for who, path in rows:
            if (who, locale) not in opened:
                opened[who, locale] = open_page(site["people"].get(who), locale=locale)
            page = opened[who, locale]
            found = _look(page, path, lang)
            is_english = lang == "en" or path.startswith("/docs/")  # the handbook says of itself that it is
            found += [] if is_english else page.evaluate(ENGLISH, names)
            problems += [f"{path} ({who or 'nobody'}, {lang}): {one}" for one in found]
    assert problems == [], "\n".join(problems)


def _look(page: Any, path: str, lang: str) -> list[str]:
    page.goto(path)
    page.wait_for_function(DRAWN)
    spoken = page.evaluate("() => document.documentElement.lang")
    found = [] if spoken == lang else [f"says that it speaks {spoken}"]
    for width, height in WIDTHS:
        page.set_viewport_size({"width": width, "height": height})
        with suppress(TimeoutError):  # a figure takes a moment to fit; what does not fit is told below
            page.wait_for_function(FITS, timeout=5_000)
        found += [f"at {width} px: {one}" for one in page.evaluate(LAYOUT)]
    return found


def _names() -> list[str]:
    """What people called things: it stands on a page in whatever language they wrote it; longest first."""
    from django.apps import apps

    fields = dict.fromkeys(("accounts.User", "studies.Study", "studies.Cohort", "studies.Invitation"), "name")
    fields |= {"training.TrainingRun": "name", "training.Search": "name", "studies.Subject": "diagnosis"}
    rows = [apps.get_model(model).objects.values_list(field, flat=True) for model, field in fields.items()]
    return sorted({name for names in rows for name in names} - {""}, key=len, reverse=True)


def test_a_language_is_chosen_with_the_keyboard_and_stays(
    transactional_db: Any, open_page: Any, make_user: Any
) -> None:
    page = open_page(None, viewport=(360, 740), locale="en-GB")
    page.goto("/accounts/sign-in/?next=/cohorts/")
    group = page.get_by_role("group", name="Language")
    assert [one.get_attribute("lang") for one in group.get_by_role("button").all()] == ["en", "zh-hans"]
    assert group.locator("[aria-current=true]").inner_text() == "English"
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.value") == "zh-hans":
            break
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.documentElement.lang === 'zh-hans'")
    assert page.url.endswith("/accounts/sign-in/?next=/cohorts/")
    page.goto("/help/reader/")
    assert page.evaluate("() => document.documentElement.lang") == "zh-hans"
    assert page.locator(".languages [aria-current=true]").inner_text() == "简体中文"
