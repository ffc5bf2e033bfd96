"""Backups that are made, taken away, and put back: on each database and from each to the other."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from readerstudy.launcher import services
from readerstudy.operations import archive, rows
from readerstudy.operations.backup import backup
from readerstudy.operations.restore import restore
from readerstudy.refusal import Refused
from tests.operations.site import Site

WITH_OURS = {"audit.auditevent"}  # grows by the entries of backup and restore themselves


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a PostgreSQL that databases may be made in."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    postgres = services.Postgres()
    try:
        yield postgres.start()
    except services.Unavailable as reason:
        pytest.skip(f"No PostgreSQL: {reason}")
    finally:
        postgres.stop()


@pytest.fixture
def new_site(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., Site]:
    def make(name: str, vendor: str = "sqlite") -> Site:
        folder = tmp_path / name
        folder.mkdir()
        if vendor == "sqlite":
            return Site(folder)
        url = request.getfixturevalue("server")
        database = f"{name}_{os.getpid()}_{tmp_path.name[-8:]}".lower().replace("-", "_")
        _create(url, database)
        return Site(folder, url.rsplit("/", 1)[0] + f"/{database}")

    return make


def _create(url: str, database: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as link:
        link.execute(f'DROP DATABASE IF EXISTS "{database}"')
        link.execute(f'CREATE DATABASE "{database}"')


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    secret, recipient = archive.new_identity()
    file = tmp_path / "key.txt"
    file.write_text(f"# a comment\n{secret}\n")
    return file, recipient


def same_but_for_our_entries(before: str, after: str) -> None:
    had, has = json.loads(before), json.loads(after)
    assert had.keys() == has.keys()
    for told in (had, has):
        told.pop("audit.chainhead")  # a note of how far the log was checked, made anew by the restore
    assert {label for label in had if had[label] != has[label]} <= WITH_OURS
    for label in WITH_OURS:
        assert set(had[label]) < set(has[label])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("from_vendor", "to_vendor"), [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite")]
)
def test_a_destroyed_site_comes_back_whole(new_site, key, tmp_path, from_vendor, to_vendor):
    file, recipient = key
    site = new_site("first", from_vendor)
    site.fill()
    rows, files = site.rows(), site.files()
    said = site.manage("backup", str(tmp_path / "all.backup"), "--recipient", recipient)
    assert "3 files" in said
    assert b"paper-like" not in (tmp_path / "all.backup").read_bytes().lower()
    other = new_site("second", to_vendor)
    said = other.manage("restore", str(tmp_path / "all.backup"), "--key", str(file))
    assert "the audit log is intact" in said
    same_but_for_our_entries(rows, other.rows())
    assert other.files() == files
    # The next row gets a key of its own, and the log goes on.
    other.run(
        "-c", "import django; django.setup(); from readerstudy.audit.services import record; record('site.tested')"
    )
    assert "intact" in other.manage("verify_audit")
    refused = other.manage("restore", str(tmp_path / "all.backup"), "--key", str(file), expected=1)
    assert "accounts already" in refused


@pytest.fixture
def empty(db, settings, tmp_path):
    """The tests' own site: no account, one photograph's file."""
    settings.DATA_DIR = tmp_path / "data"
    settings.MEDIA_ROOT = settings.DATA_DIR / "media"
    settings.MEDIA_ROOT.mkdir(parents=True)
    return settings


@pytest.fixture
def sealed(empty, key, tmp_path):
    """A backup with one file, taken from a site that is empty again."""
    (empty.MEDIA_ROOT / "face.jpg").write_bytes(os.urandom(300_000))
    made = backup(target=tmp_path / "all.backup", recipient=key[1])
    (empty.MEDIA_ROOT / "face.jpg").unlink()
    return made.path


@pytest.mark.parametrize("harm", ["end cut off", "half", "changed", "no backup", "another key"])
def test_a_damaged_backup_is_refused_and_nothing_is_put_in_place(empty, sealed, key, tmp_path, harm):
    data, file = sealed.read_bytes(), key[0]
    changed = data[:300] + bytes([data[300] ^ 1]) + data[301:]
    sealed.write_bytes({"end cut off": data[:-5000], "half": data[:9000], "changed": changed}.get(harm, data))
    if harm == "no backup":
        sealed.write_bytes(b"no backup at all")
    if harm == "another key":
        file.write_text(archive.new_identity()[0])
    with pytest.raises(Refused, match="cannot be opened with this key, or it was changed or cut off"):
        restore(source=sealed, key=file)
    assert [path for path in empty.DATA_DIR.rglob("*") if path.is_file()] == []


def test_what_is_missing_or_in_the_way_is_named(empty, sealed, key, tmp_path, make_user):
    file, recipient = key
    with pytest.raises(Refused, match="never writes over another"):
        backup(target=sealed, recipient=recipient)
    with pytest.raises(Refused, match="no age recipient"):
        backup(target=tmp_path / "b", recipient="me")
    with pytest.raises(Refused, match="could not be written"):
        backup(target=tmp_path / "no" / "b", recipient=recipient)
    with pytest.raises(Refused, match="cannot be read"):
        restore(source=tmp_path / "no", key=file)
    with pytest.raises(Refused, match=r"key file .* cannot be read"):
        restore(source=sealed, key=tmp_path / "no")
    (empty.MEDIA_ROOT / "other.jpg").touch()
    with pytest.raises(Refused, match="There are files in"):
        restore(source=sealed, key=file)
    make_user("Clara Coordinator")
    with pytest.raises(Refused, match="accounts already"):
        restore(source=sealed, key=file)


def test_a_backup_of_a_later_version_is_refused(empty, sealed, key, monkeypatch):
    monkeypatch.setattr(rows, "applied_migrations", lambda: [("studies", "9999_of_the_future")])
    monkeypatch.setattr(rows, "models_of", lambda migrations: {})
    later = backup(target=sealed.with_name("later.backup"), recipient=key[1]).path
    monkeypatch.undo()
    with pytest.raises(Refused, match=r"knows studies 9999_of_the_future; this one, .*, does not"):
        restore(source=later, key=key[0])


def test_a_site_that_once_had_another_app_is_backed_up_without_it(empty, key, tmp_path):
    MigrationRecorder(connection).record_applied("given_up", "0001_initial")
    made = backup(target=tmp_path / "all.backup", recipient=key[1])
    assert made.path.exists()
    assert ("given_up", "0001_initial") not in rows.applied_migrations()


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path, capsys):
    file = tmp_path / "key.txt"
    call_command("backup_key", file)
    said = capsys.readouterr().out
    assert said.startswith("BACKUP_RECIPIENT=age1")
    assert file.stat().st_mode & 0o777 == 0o600
    assert said.strip().split("=")[1] in file.read_text()
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("backup_key", file)


def test_without_a_recipient_no_backup_is_made(tmp_path):
    with pytest.raises(CommandError, match="Nobody could open this backup"):
        call_command("backup", tmp_path / "b")


def test_an_interrupted_backup_is_not_taken_for_one(empty, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "readerstudy.operations.backup.files", lambda: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    with pytest.raises(Refused, match="No space left"):
        backup(target=tmp_path / "all.backup", recipient=archive.new_identity()[1])
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == []


def test_a_backup_opens_without_this_program(tmp_path, key):
    """The format is age around gzip around tar: here by the library alone."""
    import io
    import tarfile

    import pyrage

    file, recipient = key
    sealed = io.BytesIO()
    with archive.writing(sealed, archive.recipient_of(recipient)) as tar:
        entry = tarfile.TarInfo("a.txt")
        entry.size = 5
        tar.addfile(entry, io.BytesIO(b"hello"))
    plain = pyrage.decrypt(sealed.getvalue(), [archive.identity_in(file)])
    done = subprocess.run(["tar", "-xzO"], input=plain, capture_output=True, check=True)
    assert done.stdout == b"hello"
