"""A Chromium that is spoken to over its own pipe.

Playwright keeps every page visible and focused, whatever is done to its window; here a tab that goes behind another one
really is hidden.
"""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

WORDS = "location.pathname + document.body.innerText"


class Tab:
    def __init__(self, browser: "BareBrowser", target: str) -> None:
        self.browser, self.target = browser, target
        attached = browser.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]

    def send(self, method: str, **parameters: Any) -> Any:
        return self.browser.send(method, session=self._session, **parameters)

    def come_to_front(self) -> None:
        self.browser.send("Target.activateTarget", targetId=self.target)

    def evaluate(self, expression: str) -> Any:
        found = self.send("Runtime.evaluate", expression=expression, awaitPromise=True)
        return found["result"].get("value")

    def wait_for(self, expression: str, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while self.evaluate(expression) is not True:
            assert time.monotonic() < end, f"never true: {expression}; the page: {self.evaluate(WORDS)}"
            time.sleep(0.05)

    def press(self, key: str) -> None:
        code = {"key": key, "code": f"Key{key.upper()}", "windowsVirtualKeyCode": ord(key.upper())}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=key, **code)
        time.sleep(0.04)
        self.send("Input.dispatchKeyEvent", type="keyUp", **code)


class BareBrowser:
    """One window. Every call waits for its answer."""

    def __init__(self, path: str, *, flags: list[str], profile: Path) -> None:
        to_browser, self._write = os.pipe()
        self._read, from_browser = os.pipe()
        # The browser reads its file descriptor 3 and writes 4; a shell puts them there.
        shell = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}'
        command = [path, *flags, "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        self._process = subprocess.Popen(
            ["bash", "-c", shell, *command], pass_fds=[to_browser, from_browser], stderr=subprocess.DEVNULL
        )
        os.close(to_browser)
        os.close(from_browser)
        self._number, self._heard = 0, b""

    def send(self, method: str, *, session: str = "", **parameters: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        os.write(self._write, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            continue  # an event
        assert "error" not in answer, f"{method}: {answer.get('error')}"
        return answer["result"]

    def _next(self) -> Any:
        while b"\0" not in self._heard:
            part = os.read(self._read, 65536)
            assert part, "the browser is gone"
            self._heard += part
        message, self._heard = self._heard.split(b"\0", 1)
        return json.loads(message)

    def tab(self, address: str = "about:blank") -> Tab:
        tab = Tab(self, self.send("Target.createTarget", url=address)["targetId"])
        tab.come_to_front()
        return tab

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        os.close(self._write)
        os.close(self._read)
