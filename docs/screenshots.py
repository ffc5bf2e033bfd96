"""The README's pictures, taken from a running demo: ``make demo`` in one terminal, ``make screenshots`` in another.

With ``SITE_LANGUAGE=zh-hans`` before both, the demo names its studies in Chinese and the pictures go into a folder of
their own. Only phantoms are ever shown. Pictures are WebP of a few dozen kB.
"""

import io
import os
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from readerstudy.launcher import services

HERE = Path(__file__).resolve().parent
LANGUAGE = os.environ.get("SITE_LANGUAGE", "en")
FOLDER = HERE / "screenshots" / ("" if LANGUAGE == "en" else LANGUAGE)
LOCALES = {"en": "en-GB", "zh-hans": "zh-CN"}
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
ADDRESS = f"http://{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"


def main() -> int:
    browser_path = services.chromium()
    if browser_path is None:
        print("No Chromium found: install one or name it in CHROMIUM.")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        for role, pictures in PICTURES.items():
            viewport = {"width": 1280, "height": 860}
            page = browser.new_context(viewport=viewport, locale=LOCALES[LANGUAGE]).new_page()
            page.goto(f"{ADDRESS}/accounts/demo/{role}/")
            for name, take in pictures.items():
                take(page)
                page.wait_for_timeout(1200)
                save(name, page.screenshot())
        browser.close()
    return 0


def save(name: str, png: bytes) -> None:
    target = FOLDER / f"{name}.webp"
    Image.open(io.BytesIO(png)).convert("RGB").save(target, "WEBP", quality=78, method=6)
    print(f"{target.relative_to(HERE.parent)}: {target.stat().st_size / 1024:.0f} kB")


def cohort(page: Any) -> None:
    page.goto(ADDRESS + "/cohorts/1/")


def monitor(page: Any) -> None:
    page.goto(ADDRESS + "/studies/1/monitor/")


def training(page: Any) -> None:
    page.goto(ADDRESS + "/training/1/")


def comparison(page: Any) -> None:
    page.goto(ADDRESS + "/analysis/1/")
    page.goto(ADDRESS + page.locator("main td a").first.get_attribute("href"))
    page.wait_for_selector(".main-svg")
    page.locator(".js-plotly-plot").first.evaluate("chart => chart.closest('section').scrollIntoView()")


def reading(page: Any) -> None:
    """Through consent, device check and practice to a face."""
    page.goto(ADDRESS + "/read/2/")
    if page.locator("[name=agree]").count():
        page.check("[name=agree]")
        page.click("main form button.primary")
    if page.locator("#device-check").count():
        page.wait_for_load_state("networkidle")
        page.click("#device-check button[type=submit]")
        page.wait_for_selector("[data-keys]:visible, [data-go]:visible")
        page.keyboard.press("f")
        page.keyboard.press("j")
        page.click("[data-go]")
    page.goto(ADDRESS + "/read/2/session/")
    page.click("#go")
    page.wait_for_function("() => document.getElementById('stage').dataset.phase === 'showing'")


PICTURES = {
    "coordinator": {"cohort": cohort, "monitor": monitor},
    "investigator": {"training": training, "comparison": comparison},
    "reader": {"reading": reading},
}

if __name__ == "__main__":
    sys.exit(main())
