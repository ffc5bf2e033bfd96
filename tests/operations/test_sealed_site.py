"""A whole site behind the seal: killed while it seals, backed up and restored."""

import pytest

from readerstudy import sealed, sealed_stores
from readerstudy.operations import archive
from readerstudy.sealed import sealed_by
from tests.operations.site import Site

FILL = """
import django; django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
for number in range(60):
    default_storage.save(f"photos/{number}.jpg", ContentFile(b"\\xff\\xd8\\xff" + bytes([number]) * 5_000))
"""
KILLED = """
import os, signal, sys
import django; django.setup()
from django.core.management import call_command
real, calls = os.fsync, []
def fsync(handle):
    real(handle)
    calls.append(handle)
    if len(calls) == {n}:
        os.kill(os.getpid(), signal.SIGKILL)
os.fsync = fsync
call_command("seal_photos")
"""
COUNT = """
import django; django.setup()
from django.core.files.storage import default_storage
print(sum(default_storage.open(f"photos/{n}.jpg").read() == b"\\xff\\xd8\\xff" + bytes([n]) * 5_000 for n in range(60)))
"""


@pytest.mark.slow
@pytest.mark.parametrize("n", [21, 22])  # before the rename, and right after it
def test_killed_in_the_middle_every_file_is_whole_and_the_next_one_goes_on(tmp_path, monkeypatch, n):
    site = Site(tmp_path)
    monkeypatch.delenv("PHOTO_KEYS_FILE", raising=False)
    site.manage("migrate", "--verbosity", "0")
    site.run("-c", FILL)
    site.manage("photo_key", "--new", str(tmp_path / "keys"))
    monkeypatch.setenv("PHOTO_KEYS_FILE", str(tmp_path / "keys"))
    site.run("-c", KILLED.format(n=n), expected=-9)
    media = tmp_path / "media/photos"
    sealed_now = [path for path in media.iterdir() if path.suffix == ".jpg" and sealed_by(path.read_bytes())]
    assert len(sealed_now) in {10, 11}
    assert len(list(media.glob(f"{sealed_stores.PART}*"))) == (1 if n % 2 else 0)
    assert site.run("-c", COUNT).strip() == "60"
    said = site.manage("seal_photos")
    assert f"{60 - len(sealed_now)} sealed with the newest key, {len(sealed_now)} were so already; 60 files." in said
    assert list(media.glob(f"{sealed_stores.PART}*")) == []
    assert site.run("-c", COUNT).strip() == "60"


@pytest.mark.slow
def test_a_backup_names_its_keys_and_comes_back_with_them_only(tmp_path, monkeypatch):
    here, there = Site(tmp_path / "here"), Site(tmp_path / "there")
    here.folder.mkdir()
    there.folder.mkdir()
    keys_file, identity = tmp_path / "keys", tmp_path / "identity"
    secret, recipient = archive.new_identity()
    identity.write_text(secret)
    here.manage("migrate", "--verbosity", "0")
    here.manage("photo_key", "--new", str(keys_file))
    monkeypatch.setenv("PHOTO_KEYS_FILE", str(keys_file))
    here.run("-c", FILL)
    said = here.manage("backup", str(tmp_path / "all"), "--recipient", recipient)
    key_id = sealed._keys_in.__wrapped__(keys_file)[0].id
    assert f"60 photographs in it are sealed with the key {key_id}" in said
    restore = ("restore", str(tmp_path / "all"), "--key", str(identity))
    monkeypatch.delenv("PHOTO_KEYS_FILE")
    said = there.manage(*restore, expected=1)
    assert f"60 photographs of this backup are sealed with the key {key_id}" in said
    assert "Nothing was changed." in said
    assert there.files() == {}
    monkeypatch.setenv("PHOTO_KEYS_FILE", str(keys_file))
    there.manage(*restore)
    assert there.files() == here.files()
    assert there.run("-c", COUNT).strip() == "60"
