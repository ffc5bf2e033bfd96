"""A reader made of a program: the same requests as the reading page, over HTTP, with its patience and its memory.

What was done is written down before it is sent, and repeated until the server has answered for good; after a "reload"
the next page sends what is left. Everything that the server acknowledged is kept, to be held against the database.
"""

import json
import random
import re
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests

PATIENCE = 20  # seconds, as the page has
SIGN_IN = {401, 404}


class Reload(Exception):
    """The page is gone; the reader opens it again."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    data: dict[str, Any]

    @property
    def word(self) -> str:
        """As api.js has it."""
        if 200 <= self.status < 300:
            return "done"
        if self.data.get("code") in {"sign_in", "csrf"} or self.status in SIGN_IN:
            return "sign in"
        if 300 <= self.status < 400:
            return "done"
        return "again" if self.status in {0, 429} or self.status >= 500 else "refused"


@dataclass
class ScriptedReader:
    """``run()`` consents, checks the device and reads to the end."""

    site: str
    study: int
    code: str
    cookie: str
    seed: int
    exposure_s: float = 0.4
    thinking_s: tuple[float, float] = (1.0, 3.0)
    reloads: float = 0.04  # chance, at each step of a face, that the page is reloaded
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)  # by trial: start, exposure, call
    refused: list[tuple[str, int, str]] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    tries: Counter[str] = field(default_factory=Counter)
    outbox: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)  # survives a reload
    reloaded: int = 0
    is_done: bool = False

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.link = requests.Session()
        self.link.trust_env = False
        self.link.cookies.set("sessionid", self.cookie, domain="127.0.0.1")

    # --- the wire -------------------------------------------------------------------------------------------------

    def once(self, method: str, path: str, **body: Any) -> tuple[Answer, str]:
        """One try; status 0 means that nobody answered."""
        token = self.link.cookies.get("csrftoken", domain="127.0.0.1") or ""
        headers = {"X-CSRFToken": token, "Referer": self.site, "Origin": self.site}
        try:
            got = self.link.request(
                method, self.site + path, headers=headers, timeout=PATIENCE, allow_redirects=False, **body
            )
            text = got.text
        except requests.RequestException:
            self.statuses[0] += 1
            return Answer(status=0, data={}), ""
        self.statuses[got.status_code] += 1
        is_json = "json" in got.headers.get("Content-Type", "")
        return Answer(status=got.status_code, data=json.loads(text) if is_json else {}), text

    def insist(self, method: str, path: str, **body: Any) -> tuple[Answer, str]:
        wait = 0.4
        while True:
            self.tries[path.rstrip("/").rsplit("/", 1)[-1]] += 1
            answer, text = self.once(method, path, **body)
            if answer.word in {"done", "refused"}:
                if answer.word == "refused":
                    self.refused.append((path, answer.status, str(answer.data.get("detail", ""))))
                return answer, text
            time.sleep(wait * self.dice.uniform(0.8, 1.2))
            wait = min(wait * 1.7, 8)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Answer:
        return self.insist("POST", path, json=body or {})[0]

    # --- the way to the first face --------------------------------------------------------------------------------

    def run(self) -> None:
        home = f"/read/{self.study}/"
        _, page = self.insist("GET", home)
        version = re.search(r'name="version" value="([0-9a-f]{8})"', page)
        if version:
            form = {"agree": "yes", "version": version[1], "csrfmiddlewaretoken": self.link.cookies["csrftoken"]}
            self.insist("POST", f"{home}consent/", data=form)
            _, page = self.insist("GET", home)
        if device := re.search(r'"url": "(/api/v1/reading/sessions/[0-9a-f-]+/device/)"', page):
            self.post(device[1], {"device": {"refresh_hz": 60, "is_scripted": True}})
        while not self.is_done:
            try:
                self.read(home)
            except Reload:
                self.reloaded += 1

    def read(self, home: str) -> None:
        """One page, from its opening to the end of the session or to the next reload."""
        answer, text = self.insist("GET", f"{home}session/")
        if answer.status == 302:  # everything was read
            self.flush()
            self.is_done = True
            return
        page = json.loads(re.search(r'<script id="page" type="application/json">(.*?)</script>', text, re.S)[1])
        had_unsent = bool(self.outbox)
        self.flush()
        urls = page["urls"]
        key = uuid.uuid4().hex
        place = self.post(urls["next" if had_unsent else "start"], {"key": key}).data
        while place["state"] != "finished":
            self.face(urls["trials"], place["trial"], key)
            key = uuid.uuid4().hex
            place = self.post(urls["next"], {"key": key}).data
        self.is_done = True

    def maybe_reload(self) -> None:
        if self.dice.random() < self.reloads:
            raise Reload

    # --- one face -------------------------------------------------------------------------------------------------

    def face(self, trials: str, trial: dict[str, Any], key: str) -> None:
        door = f"{trials}{trial['token']}/"
        mine = self.acknowledged.setdefault(trial["token"], {})
        begun = time.monotonic()
        if trial["state"] in {"waiting", "issued"}:
            picture, _ = self.insist("GET", trial["photo"])
            started = self.post(f"{door}start/", {"key": key})
            if picture.word != "done" or started.word != "done":
                return  # the server has other plans; the next place says which
            assert "start" not in mine, f"{self.code} was let see {trial['token']} twice"
            mine["start"] = key
            time.sleep(self.exposure_s)
            self.maybe_reload()
            shown = round(begun * 1000 % 1e8, 1)
            look = {"end": "complete", "onset_ms": shown, "offset_ms": shown + 1000 * self.exposure_s, "frames": 24}
            look |= {"frame_period_ms": 16.7, "longest_gap_ms": 17.0}
            self.outbox.append(("exposure", door, look))
        time.sleep(self.dice.uniform(*self.thinking_s))
        call = {"is_gs": self.dice.random() < 0.5, "confidence": self.dice.randint(1, 5), "idempotency_key": key}
        call |= {"response_ms": round(1000 * (time.monotonic() - begun), 1), "input": "key", "stage": trial["stage"]}
        self.outbox.append(("call", door, call))
        self.maybe_reload()
        self.flush()
        self.maybe_reload()

    def flush(self) -> None:
        """In order, each until the server has it."""
        while self.outbox:
            what, door, body = self.outbox[0]
            answer = self.post(f"{door}{what}/", body)
            if answer.word == "done":
                self.acknowledged.setdefault(door.rstrip("/").rsplit("/", 1)[-1], {})[what] = body
            self.outbox.pop(0)
