"""A backup onto a disk that is full or read-only: it says so, and nothing is there that could be taken for a backup."""

import errno
import os

import pytest
from django.core.management import CommandError, call_command

from readerstudy.audit.models import AuditEvent
from readerstudy.operations import archive
from readerstudy.operations.backup import backup
from readerstudy.refusal import Refused
from tests.full_disk import no_file_over

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(settings, tmp_path):
    """One photograph of 600 kB, which packs no smaller."""
    settings.DATA_DIR = tmp_path / "data"
    settings.MEDIA_ROOT = settings.DATA_DIR / "media"
    settings.MEDIA_ROOT.mkdir(parents=True)
    (settings.MEDIA_ROOT / "face.jpg").write_bytes(os.urandom(600_000))
    return settings


@pytest.fixture
def recipient() -> str:
    return archive.new_identity()[1]


def nothing_is_left(folder) -> None:
    assert [path.name for path in folder.iterdir() if "backup" in path.name] == []
    assert not AuditEvent.objects.filter(action="site.backed_up").exists()


def test_a_backup_that_finds_no_room_says_so_and_leaves_nothing(site, recipient, tmp_path):
    with no_file_over(200_000), pytest.raises(Refused, match=r"could not be written to .*all\.backup"):
        backup(target=tmp_path / "all.backup", recipient=recipient)
    nothing_is_left(tmp_path)
    assert backup(target=tmp_path / "all.backup", recipient=recipient).files == 1


def test_a_backup_onto_read_only_media_says_so(site, recipient, tmp_path, monkeypatch):
    def shut(path, *given, opened=os.open):
        if "backup" in str(path):
            raise OSError(errno.EROFS, "Read-only file system")
        return opened(path, *given)

    monkeypatch.setattr(os, "open", shut)
    with pytest.raises(CommandError, match="Read-only file system"):
        call_command("backup", tmp_path / "all.backup", "--recipient", recipient)
    monkeypatch.undo()
    nothing_is_left(tmp_path)
