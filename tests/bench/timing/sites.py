"""The pages that are compared: ours on its real server, and the same task in jsPsych 8 and bare on a plain one."""

import contextlib
import io
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image, ImageDraw

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SIZES = {"small": (768, 960), "big": (2700, 3375)}  # big: 9 megapixels, as a phone takes them
PLAIN_HEIGHT = {"small": 820, "big": 820}  # about the height at which our page shows a face in the same window
LANDMARKS = np.array([[0.38, 0.4], [0.62, 0.4], [0.5, 0.52], [0.41, 0.64], [0.59, 0.64]])  # of width and height


def photo(number: int, size: tuple[int, int]) -> Image.Image:
    """Noise in blue and green, as costly to decode as a photograph, with a red middle that a screencast can tell."""
    width, height = size
    noise = np.random.default_rng(number).integers(0, 255, (120, 96, 3), dtype=np.uint8)
    noise[..., 0] //= 4
    picture = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
    box = [width * 0.36, height * 0.38, width * 0.64, height * 0.62]
    ImageDraw.Draw(picture).rectangle(box, fill=(230, 20, 30))
    return picture


def jpeg(picture: Image.Image) -> bytes:
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=88)
    return data.getvalue()


# --- ours -----------------------------------------------------------------------------------------------------------


def make_reading(faces: int, exposure_ms: int, *, photos: str) -> dict[str, Any]:
    """An open study whose one reader may start at once. Big photos go through the server's own scaling."""
    from bench_reading_simulate import make_study
    from django.core.files.base import ContentFile
    from django.test import Client
    from django.utils import timezone

    from readerstudy.accounts.models import User
    from readerstudy.reading import services
    from readerstudy.reading.selectors import consent_version
    from readerstudy.studies.models import Protocol, Reader
    from readerstudy.studies.pictures import rendition

    study = make_study(faces, 0)
    Protocol.objects.filter(study=study).update(exposure_ms=exposure_ms, confidence="none", block_length=0)
    size = SIZES[photos]
    for number, case in enumerate(study.cases.select_related("photo__face").order_by("number")):
        data = rendition(photo(number, size), landmarks=LANDMARKS * size)
        case.photo.face.rendition.save("face.jpg", ContentFile(data))
    user = User.objects.create_user(f"page-{time.time()}@example.org", name="Page", joined_at=timezone.now())
    reader = Reader.objects.create(study=study, user=user, code="P 1")
    services.record_consent(reader=reader, version=consent_version(study))
    services.record_device(session=reader.sessions.get(), device={"bench": True})
    client = Client()
    client.force_login(user)
    return {"study": study.pk, "session": reader.sessions.get().pk, "cookie": client.cookies["sessionid"].value}


@contextlib.contextmanager
def our_server() -> Iterator[str]:
    """Gunicorn, as it is served in earnest; a starved page has a server of its own somewhere else, so it goes first."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = "--threads 4 --timeout 120 --keep-alive 75 --log-level error --no-control-socket"
    command = [sys.executable, "-m", "gunicorn", "readerstudy.wsgi", "--bind", f"127.0.0.1:{port}", *options.split()]
    if subprocess.run(["chrt", "-r", "1", "true"], capture_output=True).returncode == 0:
        command = ["chrt", "-r", "1", *command]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "DEBUG": "1"})
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/healthz", timeout=2)
                break
            time.sleep(0.1)
        else:
            raise SystemExit("The server did not start.")
        yield address
    finally:
        server.terminate()
        server.wait()


def our_rows(session: int) -> dict[str, dict[str, Any]]:
    """What the server stored, by the face's token."""
    from readerstudy.reading.models import Exposure

    fields = ["trial__token", "onset_ms", "offset_ms", "frames", "frame_period_ms", "longest_gap_ms", "measures"]
    rows = Exposure.objects.filter(trial__session_id=session).values(*fields, "flags", "end", "trial__calls__is_gs")
    return {str(row["trial__token"]): row for row in rows}


# --- jsPsych, and nothing but the picture -----------------------------------------------------------------------------


class _Plain(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    packages: Path | None
    faces: dict[str, bytes]

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path in self.faces:
            self._send(self.faces[path], "image/jpeg")
        elif path in ("/jspsych.html", "/bare.html"):
            self._send((HERE / path[1:]).read_bytes(), "text/html; charset=utf-8")
        elif self.packages and path.startswith("/npm/") and ".." not in path:
            kind = "text/css" if path.endswith(".css") else "text/javascript"
            self._send((self.packages / path[5:]).read_bytes(), kind)
        else:
            self.send_error(404)

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "private, max-age=3600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def plain_server(packages: Path | None, *, faces: int, photos: str) -> Iterator[str]:
    """``packages``: a node_modules folder with jsPsych in it. Nothing is scaled: the file is shown as it is."""
    pictures = {f"/faces/{photos}/{i}.jpg": jpeg(photo(i, SIZES[photos])) for i in range(faces)}
    handler = type("Plain", (_Plain,), {"packages": packages, "faces": pictures})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
