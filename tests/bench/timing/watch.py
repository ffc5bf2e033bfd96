"""Opens a page in Chromium, plays its reader, and watches from outside what is shown: in the page and on the screen."""

import asyncio
import base64
import contextlib
import io
import json
import os
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import CDPSession, Page, async_playwright
from timing.diode import HEADED, Diode, virtual_screen
from timing.machine import busy_share, cpu_times

OBSERVER = (Path(__file__).parent / "observer.js").read_text()
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
VIEWPORT = {"width": 1280, "height": 900}
BLOCK = "ms => { const end = performance.now() + ms; while (performance.now() < end); }"
RESTYLE = """css => addEventListener("DOMContentLoaded", () => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
})"""
MIDDLE = """css => {
  const { left, top, width, height } = document.querySelector(css).getBoundingClientRect();
  return [Math.round(left + width / 2), Math.round(top + height / 2)];
}"""
BLOCK_AT = """([at, ms]) => void setTimeout(() => {
  const end = performance.now() + ms;
  while (performance.now() < end);
}, at - performance.now())"""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A page and how its reader behaves. ``block``: None, or (ms after the onset, for so many ms)."""

    name: str
    url: str
    selector: str
    faces: int
    exposure_ms: int
    start: str  # a key, or click:CSS
    own_js: str  # what the page recorded: [{key, rt, duration}]
    block: tuple[float, float] | None = None
    cookies: tuple[dict[str, str], ...] = ()
    over: str = ""  # the address that the page goes to at its end
    css: str = ""  # laid over the page's own, to show faces of another size
    place: str = "body"  # whose middle is the middle of every face


@dataclass
class Seen:
    """What was observed, all in milliseconds of the page's clock."""

    exposures: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    screen: list[tuple[float, float]] = field(default_factory=list)  # from when to when the face was on the screen
    own: list[dict[str, Any]] = field(default_factory=list)
    busy: float = 0.0


class Screencast:
    """The frames as the compositor hands them out. A face of the bench has a red middle, which nothing else has."""

    def __init__(self, cdp: CDPSession) -> None:
        self.cdp, self.frames, self._acks = cdp, [], set()
        cdp.on("Page.screencastFrame", self._keep)

    def _keep(self, event: dict[str, Any]) -> None:
        self.frames.append((event["metadata"]["timestamp"], event["data"]))
        ack = asyncio.ensure_future(self.cdp.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]}))
        self._acks.add(ack)
        ack.add_done_callback(self._acks.discard)

    async def start(self) -> None:
        size = {"maxWidth": 256, "maxHeight": 256, "everyNthFrame": 1}
        await self.cdp.send("Page.startScreencast", {"format": "jpeg", "quality": 50, **size})

    async def stop(self, origin_ms: float) -> list[tuple[float, float]]:
        await self.cdp.send("Page.stopScreencast")
        shown, since = [], None
        for stamp, data in self.frames:
            at, is_face = stamp * 1000 - origin_ms, has_red_middle(base64.b64decode(data))
            if is_face and since is None:
                since = at
            elif not is_face and since is not None:
                shown.append((since, at))
                since = None
        return shown


def has_red_middle(data: bytes) -> bool:
    """Red at five places of the red field: a mask has the same colours, but only here and there."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    x, y, away = picture.width // 2, picture.height // 2, picture.width // 25
    places = [(x, y), (x - away, y - away), (x + away, y - away), (x - away, y + away), (x + away, y + away)]
    return all(red > 150 and green < 110 and blue < 110 for red, green, blue in map(picture.getpixel, places))


class Sitting:
    """One page with its observer."""

    def __init__(self, page: Page, cdp: CDPSession, task: Task) -> None:
        self.page, self.cdp, self.task, self.seen = page, cdp, task, Seen()
        self.onsets: list[dict[str, Any]] = []
        self._news = asyncio.Event()

    def hear(self, text: str) -> None:
        event = json.loads(text)
        {"onset": self.onsets, "offset": self.seen.exposures, "key": self.seen.keys}[event.pop("kind")].append(event)
        self._news.set()

    async def wait(self, events: list[dict[str, Any]], count: int) -> dict[str, Any]:
        try:
            async with asyncio.timeout(self.task.exposure_ms / 1000 + 30):
                while len(events) < count:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as problem:
            shown = await self.page.evaluate("() => document.body.innerText")
            raise SystemExit(f"{self.task.name} stands still before event {count}. Its page says: {shown}") from problem
        return events[count - 1]

    async def press(self, key: str) -> None:
        """Through the browser's own input path: the stamp on the event is the browser's."""
        common = {"key": key, "code": f"Key{key.upper()}", "windowsVirtualKeyCode": ord(key.upper())}
        await self.cdp.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": key, **common})
        await asyncio.sleep(0.04)
        await self.cdp.send("Input.dispatchKeyEvent", {"type": "keyUp", **common})

    async def begin(self) -> None:
        if self.task.start.startswith("click:"):
            await self.page.click(self.task.start[6:])
            return
        await self.page.wait_for_function("() => document.body.innerText.includes('press s')")
        await self.press(self.task.start)

    async def read(self) -> None:
        """Answers every face a quarter to half a second after it is gone, at any phase of the frame."""
        delays = random.Random(7)
        await self.begin()
        for number in range(1, self.task.faces + 1):
            if self.task.block:
                onset = (await self.wait(self.onsets, number))["onset"]
                at, ms = self.task.block
                await self.page.evaluate(BLOCK_AT, [onset + at, ms])
            await self.wait(self.seen.exposures, number)
            if number == self.task.faces:
                break
            await asyncio.sleep(delays.uniform(0.25, 0.45))
            await self.press("f")

    async def finish(self) -> None:
        """The last answer, after what the page knows of the others has been read."""
        await asyncio.sleep(0.4)
        self.seen.own = await self.page.evaluate(self.task.own_js)
        await self.press("f")
        if self.task.over:
            await self.page.wait_for_url(self.task.over)


@contextlib.asynccontextmanager
async def opened(task: Task, browser: str, *, display: str = "") -> AsyncIterator[Sitting]:
    """The page in a fresh browser: headless, or filling the X screen ``display``."""
    how: dict[str, Any] = {"args": FLAGS}
    if display:
        how = {"headless": False, "args": [*FLAGS[1:], *HEADED], "env": os.environ | {"DISPLAY": display}}
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=browser, ignore_default_args=["--headless"], **how)
        context = await chromium.new_context(**({"no_viewport": True} if display else {"viewport": VIEWPORT}))
        await context.add_cookies(list(task.cookies))
        page = await context.new_page()
        sitting = Sitting(page, await context.new_cdp_session(page), task)
        if display:  # a place in the page is then the same place on the screen
            window = await sitting.cdp.send("Browser.getWindowForTarget")
            bounds = {"windowId": window["windowId"], "bounds": {"windowState": "fullscreen"}}
            await sitting.cdp.send("Browser.setWindowBounds", bounds)
        await page.expose_binding("__observed", lambda _source, text: sitting.hear(text))
        await page.add_init_script(f"({OBSERVER})({json.dumps(task.selector)})")
        if task.css:
            await page.add_init_script(f"({RESTYLE})({json.dumps(task.css)})")
        await page.goto(task.url)
        yield sitting
        await chromium.close()


async def watched(task: Task, browser: str, *, by: str = "screencast") -> Seen:
    """``by`` "screencast" or "photodiode" (needs Xvfb)."""
    with virtual_screen() if by == "photodiode" else contextlib.nullcontext(("", None)) as (display, framebuffer):
        return await _watched(task, browser, display=display, framebuffer=framebuffer)


async def _watched(task: Task, browser: str, *, display: str, framebuffer: Path | None) -> Seen:
    before = cpu_times()
    async with opened(task, browser, display=display) as sitting:
        middle = await sitting.page.evaluate(MIDDLE, task.place)
        cast = Diode(framebuffer, middle) if framebuffer else Screencast(sitting.cdp)
        await cast.start()
        await sitting.read()
        sitting.seen.busy = busy_share(before, cpu_times())
        sitting.seen.screen = await cast.stop(await sitting.page.evaluate("performance.timeOrigin"))
        await sitting.finish()
    return sitting.seen
