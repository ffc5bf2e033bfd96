"""A bad network between a real browser and the site: a proxy that loses, delays, doubles and reorders by the dice.

It speaks HTTP/1.1, one request a connection, and can drop an answer after the server has acted, which no fault that is
made inside the browser can.
"""

import asyncio
import random
import threading
from collections import Counter
from dataclasses import dataclass, field

FAULTS = ("drop before", "drop after", "delay", "double", "late double")
FAULTED = b"/api/v1/reading/"


@dataclass
class FaultyNetwork:
    """``address`` leads to ``target`` ("127.0.0.1", port); of requests for the reading API ``share`` go wrong."""

    target: tuple[str, int]
    seed: int
    share: float = 0.5
    done: Counter[str] = field(default_factory=Counter)
    late: list[asyncio.Task] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result(10)
        self.address = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    def close(self) -> None:
        """Once what is late has arrived; nothing more when it is closed already."""
        if not self.thread.is_alive():
            return

        async def end() -> None:
            self.server.close()
            await asyncio.gather(*self.late, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _read_request(reader)
            answer = await self._answer(request) if request else b""
            writer.write(answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _answer(self, request: bytes) -> bytes:
        """The bytes for the browser; none at all: the connection breaks."""
        is_faulted = FAULTED in request.split(b"\r\n", 1)[0] and self.dice.random() < self.share
        fault = self.dice.choice(FAULTS) if is_faulted else "none"
        self.done[fault] += 1
        if fault == "drop before":
            return b""
        if fault == "delay":
            await asyncio.sleep(self.dice.uniform(0.1, 0.9))
        if fault == "double":  # both at the same moment
            first, _ = await asyncio.gather(self._forward(request), self._forward(request))
            return first
        answer = await self._forward(request)
        if fault == "late double":  # once more when the page is long somewhere else
            self.late.append(asyncio.create_task(self._again(request, self.dice.uniform(0.3, 2.0))))
        return b"" if fault == "drop after" else answer

    async def _again(self, request: bytes, after: float) -> None:
        await asyncio.sleep(after)
        await self._forward(request)

    async def _forward(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*self.target)
        writer.write(request)
        await writer.drain()
        answer = await reader.read()
        writer.close()
        return answer


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    """Head and body as they came, but that the connection ends with the answer."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:  # the browser opened a connection ahead and did not need it
        return b""
    lines = [line for line in head.split(b"\r\n") if line]
    names = {line.split(b":", 1)[0].lower(): line.split(b":", 1)[1].strip() for line in lines[1:]}
    body = await reader.readexactly(int(names.get(b"content-length", b"0")))
    kept = [line for line in lines if not line.lower().startswith((b"connection:", b"keep-alive:"))]
    return b"\r\n".join([*kept, b"Connection: close", b"", b""]) + body
