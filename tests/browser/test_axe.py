"""Every page of the site under axe-core, for its role, light and dark, wide and narrow; and the keyboard alone.

axe finds perhaps half of what WCAG asks for; what it does find is counted here: nothing of level A or AA may be left.
"""

from importlib.resources import files
from typing import Any
from unittest.mock import MagicMock

import pytest

from tests.browser import whole_site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
# What a theme cannot change is not asked twice: in the dark, colours and what is drawn with them.
COLOURS = ["color-contrast", "link-in-text-block"]
WIDE, NARROW = (1280, 900), (390, 844)
LOOKS = [("light", WIDE, None), ("dark", WIDE, COLOURS), ("dark", NARROW, COLOURS), ("light", NARROW, None)]
DRAWN = (
    "() => [...document.querySelectorAll('[data-figure], [data-chart]')].every((one) => one.hasAttribute('data-drawn'))"
)
RUN = """async ([tags, rules, preload]) => {
  for (const part of document.querySelectorAll("details")) part.open = true;
  const options = rules
    ? { runOnly: { type: "rule", values: rules } }
    : { runOnly: { type: "tag", values: tags }, rules: { "target-size": { enabled: true } } };
  const found = await axe.run(document, { ...options, preload, resultTypes: ["violations"] });
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.html.slice(0, 160)} | ${node.failureSummary}`));
}"""


@pytest.fixture
def site(transactional_db: Any, make_study: Any, make_user: Any, settings: Any, tmp_path: Any) -> dict[str, Any]:
    settings.DATA_DIR = tmp_path
    settings.DEMO = settings.DEBUG = True  # so that the choice of demo roles is a page too
    return whole_site.build(make_study, make_user)


def test_every_address_is_a_page_of_the_list_or_known_to_be_none() -> None:
    listed = set(whole_site.pages(MagicMock()))
    others = set().union(*whole_site.NOT_PAGES.values())
    assert listed & others == set()
    assert set(whole_site.address_names()) == listed | others


def test_no_page_breaks_a_rule_of_wcag_2_2_aa_or_asks_for_anything_outside_the_site(
    site: Any, open_page: Any, live_server: Any
) -> None:
    source = files("axe_playwright_python").joinpath("axe.min.js").read_text()
    opened, problems = {}, []
    for rows in whole_site.pages(site).values():
        for who, path in rows:
            if who not in opened:
                opened[who] = open_page(site["people"].get(who))
                opened[who].add_init_script(source)
            problems += _look(opened[who], who, path)
    assert problems == [], "\n".join(problems)
    asked = [url for url in open_page.requests if not url.startswith(("data:", "blob:"))]
    assert len(asked) > 4 * len(whole_site.pages(site))
    assert [url for url in asked if not url.startswith(f"{live_server.url}/")] == []


def _look(page: Any, who: str, path: str) -> list[str]:
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    page.emulate_media(color_scheme="light")
    answer = page.goto(path)
    landed = page.url.removeprefix(page.evaluate("() => location.origin"))
    is_there = landed == path or (answer.status == 200 and "/password/new/" in landed)  # a link that hides its token
    if not is_there or answer.status not in (200, 404, 410):
        return [f"{path} ({who}): answered {answer.status} at {landed}"]
    page.wait_for_function(DRAWN)
    found = []
    for theme, (width, height), rules in LOOKS:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme)
        found += [f"{path} ({who}, {theme}, {width}): {one}" for one in _axe(page, rules, is_wide=width == WIDE[0])]
        if rules is None and page.evaluate("() => document.documentElement.scrollWidth > window.innerWidth"):
            found.append(f"{path} ({who}, {theme}, {width}): wider than the window")
    return found


def _axe(page: Any, rules: list[str] | None, *, is_wide: bool) -> list[str]:
    """Style sheets are fetched for axe once: what it reads in them does not change with the width."""
    return page.evaluate(RUN, [TAGS, rules, rules is None and is_wide])


TABBABLE = """() => {
  const usable = (one) => !one.disabled && !one.closest('[inert]') && one.tabIndex >= 0
    && one.checkVisibility({ visibilityProperty: true })
    && !(one.type === "radio" && !one.checked && document.querySelector(`[name="${one.name}"]:checked`));
  const all = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]");
  window.walk = [...all].filter(usable);
  return window.walk.length;
}"""
FOCUSED = """() => {
  const one = document.activeElement;
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(one);
  const { left, top, width, height } = one.getBoundingClientRect();
  const seen = document.elementFromPoint(left + width / 2, top + height / 2);
  return {
    place: window.walk.indexOf(one),
    name: one.outerHTML.slice(0, 90),
    hasRing: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && outlineColor !== "rgba(0, 0, 0, 0)",
    isSeen: !!seen && (one.contains(seen) || seen.contains(one) || one.labels?.[0]?.contains(seen)),
  };
}"""


def _walk(page: Any) -> list[dict[str, Any]]:
    """What has the focus after each press of Tab, from the top of the page to its end."""
    return [page.keyboard.press("Tab") or page.evaluate(FOCUSED) for _ in range(page.evaluate(TABBABLE))]


def test_the_keyboard_alone_reaches_everything_in_order_and_is_seen_to(site: Any, open_page: Any) -> None:
    page = open_page(site["people"]["investigator"])
    page.goto(f"/analysis/{site['study'].pk}/{site['comparison'].pk}/")
    page.wait_for_function(DRAWN)
    steps = _walk(page)
    assert len(steps) > 20
    assert [(i, step["name"]) for i, step in enumerate(steps) if step["place"] != i] == []
    assert [step["name"] for step in steps if not step["hasRing"]] == []
    assert [step["name"] for step in steps if not step["isSeen"]] == []

    page = open_page(site["people"]["ready"])
    page.goto(f"/read/{site['study'].pk}/session/")
    page.wait_for_function("() => document.activeElement.id === 'go'")
    assert page.evaluate(TABBABLE) == 2  # nothing of the stage behind the panel
    for key, name in ((None, "go"), ("Tab", "leave"), ("Shift+Tab", "go")):
        if key:
            page.keyboard.press(key)
        step = page.evaluate(FOCUSED)
        assert f'id="{name}"' in step["name"]
        assert step["hasRing"]
        assert step["isSeen"]
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.getElementById('panel').hidden")
    assert not page.evaluate("() => document.getElementById('stage').inert")
