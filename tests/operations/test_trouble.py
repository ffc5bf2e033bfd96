"""A full disk, a storage that cannot be written, a database that is away: one sentence with the request's id each."""

import errno
import sqlite3

import psycopg
import pytest
from django.db import IntegrityError, InterfaceError, InternalError, OperationalError, ProgrammingError
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path

from readerstudy.trouble import DATABASE_AWAY, DISK_FULL, READ_ONLY, STORAGE_AWAY, broken, trouble_of


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def of_sqlite(*statements: str) -> Exception:
    """What SQLite itself raises."""
    link = sqlite3.connect(":memory:")
    *before, last = statements
    for statement in before:
        link.execute(statement)
    with pytest.raises(sqlite3.Error) as raised:
        link.execute(last)
    return caused(OperationalError(str(raised.value)), raised.value)


FULL = ("CREATE TABLE t (x)", "PRAGMA max_page_count = 3", "INSERT INTO t VALUES (zeroblob(100000))")


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DISK_FULL),
        (OSError(errno.EDQUOT, "Quota exceeded"), DISK_FULL),
        (OSError(errno.EROFS, "Read-only file system"), READ_ONLY),
        (PermissionError(errno.EACCES, "Permission denied"), READ_ONLY),
        (OSError(errno.EIO, "Input/output error"), STORAGE_AWAY),
        (of_sqlite(*FULL), DISK_FULL),
        (of_sqlite("PRAGMA query_only = 1", "CREATE TABLE t (x)"), READ_ONLY),
        (caused(OperationalError("no room"), psycopg.errors.DiskFull()), DISK_FULL),
        (caused(InternalError("read-only"), psycopg.errors.ReadOnlySqlTransaction()), READ_ONLY),
        (caused(OperationalError("gone"), psycopg.errors.AdminShutdown()), DATABASE_AWAY),
        (OperationalError("connection failed: No such file or directory"), DATABASE_AWAY),
        (InterfaceError("connection already closed"), DATABASE_AWAY),
        (of_sqlite("SELECT * FROM nothing"), None),
        (ProgrammingError("no such column"), None),
        (IntegrityError("twice"), None),
        (FileNotFoundError(errno.ENOENT, "No such file"), None),
        (ValueError("ours"), None),
    ],
)
def test_what_an_error_says_of_the_site(error, trouble):
    assert trouble_of(error) is trouble


def raising(error: Exception):
    def view(request):
        raise error

    return view


ROOM = OSError(errno.ENOSPC, "No space left on device: /srv/photos/anna.jpg")
urlpatterns = [
    path("full/", raising(ROOM)),
    path("api/full/", raising(ROOM)),
    path("api/away/", raising(OperationalError("connection failed"))),
    path("api/bug/", raising(ZeroDivisionError())),
    path("bug/", raising(ZeroDivisionError())),
    path("late/", lambda request: HttpResponse("fine")),
    path("", lambda request: HttpResponse("home"), name="home"),
]
handler500 = broken
alone = override_settings(ROOT_URLCONF=__name__)


@alone
@pytest.mark.parametrize(("door", "status", "code"), [("full", 507, "disk_full"), ("away", 503, "database_away")])
def test_a_script_is_told_in_json_with_the_requests_id(client, door, status, code):
    answer = client.get(f"/api/{door}/")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["request_id"] == answer["X-Request-ID"]
    assert answer["Retry-After"] == "5"
    assert "anna" not in answer.content.decode()


@alone
def test_a_person_gets_a_page_that_asks_the_database_nothing(client):
    answer = client.get("/full/")  # without the fixture db any question would fail the test
    assert answer.status_code == 507
    page = answer.content.decode()
    assert "disk is full" in page
    assert answer["X-Request-ID"] in page
    assert "Traceback" not in page


@alone
@pytest.mark.parametrize("door", ["/bug/", "/api/bug/"])
def test_what_nobody_expected_has_its_id_and_asks_the_database_nothing(client, door):
    client.raise_request_exception = False
    answer = client.get(door)
    assert answer.status_code == 500
    assert answer["X-Request-ID"] in answer.content.decode()
    assert ("json" in answer["Content-Type"]) == door.startswith("/api/")


@alone
def test_a_middleware_that_meets_trouble_is_answered_alike(client, monkeypatch):
    client.raise_request_exception = False
    away = raising(OperationalError("gone"))
    monkeypatch.setattr(
        "django.contrib.sessions.middleware.SessionMiddleware.process_response", lambda *given: away(None)
    )
    answer = client.get("/late/")
    assert answer.status_code == 503
    assert "database does not answer" in answer.content.decode()
