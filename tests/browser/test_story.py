"""The whole story on the product itself, as ``make run`` starts it: real processes, real seconds, every role.

A coordinator makes the first account, imports phantoms and opens a study; a reader reads four faces of ten seconds; an
investigator trains a small network and opens the comparison. Not a single request leaves the machine.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from readerstudy.launcher.chores import answers
from readerstudy.phantoms.cohort import write_cohort

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a long enough pass phrase"


@pytest.fixture
def site() -> Iterator[dict[str, Any]]:
    """``make run`` in a data directory of its own; afterwards nothing of it may be left."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="rs-", dir="/tmp") as directory:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "DATABASE_"))}
        environment |= {"DATA_DIR": directory, "PORT": str(port), "PYTHONUNBUFFERED": "1", "DEBUG": "0"}
        output = Path(directory) / "terminal.log"
        with output.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "readerstudy.launcher.chores", "run"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        url = f"http://127.0.0.1:{port}"
        assert answers(url + "/healthz", seconds=60), output.read_text()
        for _ in range(100):
            if "Stop with Ctrl-C" in output.read_text():
                break
            time.sleep(0.2)
        yield {"url": url, "terminal": output, "directory": Path(directory)}
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, output.read_text()
        left = subprocess.run(["pgrep", "-f", directory], capture_output=True, text=True).stdout.split()
        assert left == []


@pytest.fixture
def people(chromium: Any, site: dict[str, Any]) -> Iterator[Any]:
    """``people(name)``: the page of a browser of one's own; every request and error of it is kept."""
    contexts, requests, errors = [], [], []

    def sit_down(name: str) -> Any:
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, base_url=site["url"])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: errors.append(f"{name}: {error}"))
        page.on("console", lambda m: errors.append(f"{name}: {m.text}") if m.type == "error" else None)
        return page

    yield sit_down
    for context in contexts:
        context.close()
    foreign = [url for url in requests if not url.startswith((site["url"], "blob:", "data:"))]
    assert foreign == []
    assert errors == [], site["terminal"].read_text(errors="replace")[-8000:]


def test_the_whole_story(site, people):
    coordinator = people("coordinator")
    make_first_account(coordinator, site)
    import_phantoms(coordinator, site["directory"])
    open_study(coordinator)
    reader_link = invite(coordinator, "reader@example.org", "reader")
    investigator_link = invite(coordinator, "investigator@example.org", "investigator")

    reader = people("reader")
    accept(reader, reader_link, "Rosa Reader")
    read_four_faces(reader)

    watch_and_close(coordinator)
    investigator = people("investigator")
    accept(investigator, investigator_link, "Ines Investigator")
    train(investigator)
    compare(investigator)


def make_first_account(page: Any, site: dict[str, Any]) -> None:
    link = re.search(r"http\S+/accounts/first/\S+", site["terminal"].read_text())
    assert link, site["terminal"].read_text()
    page.goto(link.group())
    page.fill("[name=name]", "Clara Coordinator")
    page.fill("[name=email]", "clara@example.org")
    fill_passwords(page)
    page.click("main form button.primary")
    page.wait_for_url(re.compile(r"^(?!.*/accounts/first/).*$"))


def fill_passwords(page: Any) -> None:
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)


def import_phantoms(page: Any, directory: Path) -> None:
    write_cohort(directory / "phantoms", n=24, seed=3)
    archive = directory / "photos.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for photo in sorted((directory / "phantoms" / "photos").iterdir()):
            packed.write(photo, photo.name)
    page.goto("/cohorts/new/")
    page.fill("[name=name]", "Twenty-four phantoms")
    page.select_option("[name=kind]", "phantom")
    page.click("main form button.primary")
    page.set_input_files("input[name=photos]", str(archive))
    page.set_input_files("input[name=manifest]", str(directory / "phantoms" / "manifest.csv"))
    page.click("main form button.primary")
    page.wait_for_url("**/imports/**", timeout=30_000)
    page.wait_for_selector("#report[data-over='1']", timeout=60_000)
    assert page.locator(".lines tbody tr", has_text="will be added").count() == 24
    page.get_by_role("button", name="Add 24 photos to the cohort").click()
    page.get_by_role("link", name="To the cohort").wait_for(timeout=60_000)
    assert page.locator(".lines tbody tr", has_text="added").count() == 24
    cohort = re.search(r"/cohorts/(\d+)/", page.url).group(1)
    deadline = time.monotonic() + 120
    ready = f"() => fetch('/api/v1/cohorts/{cohort}/').then(r => r.json()).then(c => c.photos.ready)"
    while page.evaluate(ready) != 24:
        assert time.monotonic() < deadline, page.inner_text("main")
        time.sleep(1)


def open_study(page: Any) -> None:
    page.goto("/studies/new/")
    page.select_option("[name=cohort]", label=page.locator("[name=cohort] option").nth(1).inner_text())
    page.fill("[name=name]", "The story")
    page.select_option("[name=how]", "sample")
    page.fill("[name=n]", "4")
    page.fill("[name=practice]", "0")
    page.select_option("[name=confidence]", "five")
    page.click("button.primary.large")
    page.wait_for_url(re.compile(r"/studies/\d+/$"))
    page.click("text=Open the study")
    page.wait_for_selector("text=Open since")


def invite(page: Any, email: str, role: str) -> str:
    page.goto("/studies/1/people/")
    form = page.locator("form", has=page.locator("h2", has_text="Invite"))
    form.locator("[name=email]").fill(email)
    form.locator("[name=role]").select_option(role)
    form.locator("button.primary").click()
    page.wait_for_selector("text=/invitations/")
    link = re.search(r"https?://\S+/invitations/\S+?/", page.inner_text("main"))
    assert link, page.inner_text("main")
    return link.group()


def accept(page: Any, link: str, name: str) -> None:
    page.goto(link)
    page.fill("[name=name]", name)
    fill_passwords(page)
    page.click("main form button.primary")
    page.wait_for_url(re.compile(r"^(?!.*/invitations/).*$"))


def read_four_faces(page: Any) -> None:
    page.goto("/read/1/")
    page.check("[name=agree]")
    page.click("text=Agree and go on")
    page.wait_for_load_state("networkidle")
    page.click("text=Check this device")
    page.wait_for_selector("[data-keys]:visible, [data-go]:visible")
    page.keyboard.press("f")
    page.keyboard.press("j")
    page.click("[data-go]")
    page.click("text=Start reading")
    page.click("#go")
    for key in "jfjf":
        wait_for_phase(page, "showing")
        began = time.monotonic()
        wait_for_phase(page, "asking")
        assert 9.5 < time.monotonic() - began < 11.5
        page.keyboard.press(key)
        wait_for_phase(page, "rating")
        page.keyboard.press("4")
    page.wait_for_url("**/done/")


def wait_for_phase(page: Any, name: str) -> None:
    page.wait_for_function("name => document.getElementById('stage').dataset.phase === name", arg=name)


def watch_and_close(page: Any) -> None:
    page.goto("/studies/1/monitor/")
    assert re.search(r"4\s*(/|of)\s*4", page.inner_text("main"))
    page.goto("/studies/1/")
    page.click("text=Close the reading")
    page.wait_for_selector("text=closed")


def train(page: Any) -> None:
    page.goto("/training/new/")
    page.check("[name=preset][value=smoke]")
    page.fill("[name=name]", "A small run")
    page.select_option("[name=cohort]", index=page.locator("[name=cohort] option").count() - 1)
    page.click("text=Start the run")
    page.wait_for_url(re.compile(r"/training/\d+/$"))
    assert "random weights" in page.inner_text("main")
    page.wait_for_selector("text=Compare with readers", timeout=300_000)


def compare(page: Any) -> None:
    page.goto("/analysis/1/")
    page.click("main form button.primary")
    page.wait_for_url(re.compile(r"/analysis/1/\d+/$"))
    page.wait_for_selector(".js-plotly-plot .main-svg")
    text = page.inner_text("main")
    assert "SP 1" in text
    assert "AUC" in text
    assert "phantom" in text.lower()
