"""The doctor sees what is wrong, says what to do, and tells nothing of a patient."""

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from readerstudy.audit.guard import lift_guard, set_guard
from readerstudy.audit.models import AuditEvent
from readerstudy.audit.services import record
from readerstudy.operations import doctor
from readerstudy.operations.doctor import BAD, LOOK, OK, examine

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def site(settings, tmp_path, monkeypatch):
    """A site as it should be: Redis and both workers answer, mail goes out, a backup was made."""
    tmp_path.chmod(0o700)
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    settings.DEBUG, settings.HTTPS, settings.BACKUP_RECIPIENT = False, True, "age1..."
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECRET_KEY = "Zq3!" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2
    monkeypatch.setattr(doctor, "_queue", lambda: iter(()))
    queues = SimpleNamespace(active_queues=lambda: {"one@here": [{"name": "work"}], "two@here": [{"name": "train"}]})
    monkeypatch.setattr("readerstudy.celery.app.control.inspect", lambda **_: queues)
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=100e9))
    record("site.backed_up", target="site")
    return settings


def states(subject: str) -> dict[str, str]:
    return {finding.found: finding.state for finding in examine() if finding.subject == subject}


def test_a_site_in_order_has_nothing_bad():
    assert [finding for finding in examine() if finding.state == BAD] == []


def test_everything_bad_has_its_advice_and_ends_with_status_one(site, capsys):
    site.DEBUG = True
    with pytest.raises(SystemExit, match="1"):
        call_command("doctor", "--json")
    found = json.loads(capsys.readouterr().out)
    bad = [finding for finding in found if finding["state"] == BAD]
    assert ["DEBUG is on" in finding["found"] for finding in bad] == [True]
    assert all(finding["advice"] for finding in bad)


def test_a_file_that_is_gone_is_named_by_its_random_name_only(make_cohort, coordinator):
    cohort = make_cohort(coordinator, n=2)
    assert list(states("photographs").values()) == [OK]
    photo = cohort.photos.first()
    name = photo.file.name
    photo.file.storage.delete(name)
    assert states("photographs") == {f"1 of 6 files that the database names are not there, the first is {name}": BAD}
    assert photo.original_name not in name


def test_a_guard_that_was_lifted_and_a_broken_chain_are_found():
    assert set(states("audit log").values()) == {OK}
    lift_guard(connection)
    AuditEvent.objects.update(actor="nobody")
    first = AuditEvent.objects.first().pk
    assert states("audit log") == {
        "the database would let it be changed": BAD,
        f"the chain breaks at entry {first}": BAD,
    }
    set_guard(connection)


def test_an_old_backup_is_noticed(monkeypatch, site):
    assert list(states("backup").values()) == [OK]
    later = timezone.now() + timedelta(days=3)
    monkeypatch.setattr(doctor.timezone, "now", lambda: later)
    assert list(states("backup").values()) == [LOOK]
    site.BACKUP_RECIPIENT = ""
    assert "no key for backups is set" in states("backup")


@pytest.mark.parametrize(("free", "state"), [(1e9, BAD), (10e9, LOOK), (50e9, OK)])
def test_a_full_disk_is_noticed_before_an_import_fails(monkeypatch, free, state):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=free))
    assert list(states("disk").values()) == [state]


def test_a_queue_that_nobody_serves_is_named(monkeypatch):
    monkeypatch.setattr(
        "readerstudy.celery.app.control.inspect", lambda **_: SimpleNamespace(active_queues=lambda: None)
    )
    assert list(states("workers").values()) == [BAD, BAD]


def test_what_cannot_be_looked_at_is_a_finding_not_a_traceback(monkeypatch):
    def away():
        raise ConnectionError("nobody there")

    monkeypatch.setattr(doctor, "_queue", away)
    assert states("queue") == {"could not be looked at: ConnectionError: nobody there": BAD}
