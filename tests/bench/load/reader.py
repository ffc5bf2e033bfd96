"""A reader who is a script: one connection, one face after the other, at the pace of a person.

HTTP is spoken by hand over asyncio's streams, because every millisecond that the client computes is one
that the server, on the same processors, does not have.
"""

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any

LOOK, DECIDE = 10.0, (1.0, 4.0)  # seconds that a face is shown, and from its end to the answer
CSRF = "c" * 32
API = "/api/v1/reading"


@dataclass
class Measured:
    """(when it ended, milliseconds) of each request by kind; what was answered with an error."""

    times: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    connections: int = 0


class Reader:
    def __init__(self, port: int, seat: dict[str, str], measured: Measured) -> None:
        self.port, self.seat, self.measured = port, seat, measured
        self.random = random.Random(seat["session"])
        self.link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def read(self, *, until: float, delay: float) -> None:
        """Faces, one after the other, until the clock says ``until``; the first after ``delay`` seconds."""
        await asyncio.sleep(delay)
        try:
            while time.monotonic() < until and await self._face():
                pass
        except (OSError, asyncio.IncompleteReadError) as problem:
            self.measured.errors.append(f"{type(problem).__name__}: {problem}")
        finally:
            if self.link:
                self.link[1].close()

    async def _face(self) -> bool:
        place = await self._post("next", f"{API}/sessions/{self.seat['session']}/next/")
        if not place.get("trial"):
            return False
        trial = f"{API}/trials/{place['trial']['token']}"
        await self._request("photo", "GET", f"{trial}/photo/", b"")
        began = time.monotonic()
        await self._post("start", f"{trial}/start/", key=place["trial"]["token"])
        await asyncio.sleep(LOOK)
        shown = {"end": "complete", "onset_ms": 20.0, "offset_ms": 20.0 + 1000 * LOOK, "frames": 600}
        await self._post("exposure", f"{trial}/exposure/", **shown, frame_period_ms=16.667, longest_gap_ms=17.0)
        await asyncio.sleep(self.random.uniform(*DECIDE))
        answer = {"is_gs": self.random.random() < 0.5, "confidence": 3, "input": "key", "side": "left", "key": "f"}
        milliseconds = round(1000 * (time.monotonic() - began), 1)
        key = f"bench-{place['trial']['token']}"
        await self._post("call", f"{trial}/call/", **answer, response_ms=milliseconds, idempotency_key=key)
        return True

    async def _post(self, kind: str, path: str, **body: Any) -> dict[str, Any]:
        said = await self._request(kind, "POST", path, json.dumps(body).encode())
        return dict(json.loads(said)) if said else {}

    async def _request(self, kind: str, method: str, path: str, body: bytes) -> bytes:
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: application/json\r\n"
            f"Cookie: sessionid={self.seat['cookie']}; csrftoken={CSRF}\r\nX-CSRFToken: {CSRF}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        began = time.perf_counter()
        for try_ in (1, 2):  # a server may have closed a connection that rested
            if self.link is None:
                self.link = await asyncio.open_connection("127.0.0.1", self.port)
                self.measured.connections += 1
            try:
                self.link[1].write(head.encode() + body)
                status, said = await self._answer(self.link[0])
                break
            except (OSError, asyncio.IncompleteReadError):
                self.link = None
                if try_ == 2:
                    raise
        ended = time.perf_counter()
        self.measured.times.setdefault(kind, []).append((time.monotonic(), 1000 * (ended - began)))
        if status >= 400:
            self.measured.errors.append(f"{kind}: {status} {said[:120]!r}")
            return b""
        return said

    async def _answer(self, stream: asyncio.StreamReader) -> tuple[int, bytes]:
        head = await stream.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        named = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        said = await stream.readexactly(int(named.get("content-length", 0)))
        if named.get("connection", "").lower() == "close":
            self.link = None
        return int(first.split()[1]), said
