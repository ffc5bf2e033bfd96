"""The site in trouble while somebody reads: each has its answer, nothing half is kept, the same request does later."""

import errno
import json
from datetime import timedelta

import psycopg
import pytest
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError
from django.utils import timezone

from readerstudy.reading import services
from readerstudy.reading.models import Call, Exposure, Incident
from readerstudy.reading.states import state_of
from readerstudy.trouble import trouble_of

pytestmark = pytest.mark.django_db


def no_room(*given, **named):
    raise OperationalError("could not extend file") from psycopg.errors.DiskFull()


@pytest.fixture
def sitting(hand, client, reader_user):
    """A face that was shown and is to be answered now."""
    client.force_login(reader_user)
    trial = hand.next().trial
    hand.start(trial, key="page")
    hand.close(trial)
    return trial


def send(client, trial, door: str, body: dict):
    address = f"/api/v1/reading/trials/{trial.token}/{door}/"
    return client.post(address, json.dumps(body), content_type="application/json")


CALL = {"is_gs": True, "confidence": 3, "response_ms": 900.0, "idempotency_key": "one-and-only"}


def test_an_answer_on_a_full_disk_is_refused_for_now_and_taken_later(sitting, client, monkeypatch):
    with monkeypatch.context() as full:
        full.setattr(Call, "save", no_room)
        answer = send(client, sitting, "call", CALL)
        assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
        assert answer.json()["request_id"] == answer["X-Request-ID"]
        assert not Call.objects.exists()
    assert send(client, sitting, "call", CALL).status_code == 201
    assert send(client, sitting, "call", CALL).status_code == 200
    assert Call.objects.get().idempotency_key == "one-and-only"
    assert not Incident.objects.exists()


def test_no_face_is_shown_that_a_full_disk_could_not_write_down(hand, client, reader_user, monkeypatch):
    client.force_login(reader_user)
    trial = hand.next().trial
    services.issue_photo(trial=trial, now=hand.now).close()
    with monkeypatch.context() as full:
        full.setattr(Exposure, "save", no_room)
        assert send(client, trial, "start", {"key": "page"}).status_code == 507
    assert not Exposure.objects.exists()
    assert send(client, trial, "start", {"key": "page"}).status_code == 201


def test_reading_needs_no_room_for_files(hand, monkeypatch):
    """Media that are mounted read-only: faces are read, answers go into the database."""

    def shut(*given, **named):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(FileSystemStorage, "_save", shut)
    for _ in range(hand.session.trials.count()):
        hand.read()
    assert hand.next().state == "finished"


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EACCES])
def test_a_storage_that_fails_costs_no_face(hand, client, reader_user, monkeypatch, number):
    client.force_login(reader_user)
    trial = hand.next().trial

    def fail(*given, **named):
        raise OSError(number, "failed")

    with monkeypatch.context() as sick:
        sick.setattr(FileSystemStorage, "_open", fail)
        answer = client.get(f"/api/v1/reading/trials/{trial.token}/photo/")
    assert answer.status_code == trouble_of(OSError(number, "")).status == 503
    assert client.get(f"/api/v1/reading/trials/{trial.token}/photo/").status_code == 200
    trial.refresh_from_db()
    assert trial.forfeited_at is None


def test_a_server_clock_that_goes_back_changes_no_measured_time_and_is_told(hand):
    """An hour back between start and close: the datum is the page's own clock, and the look says what was odd."""
    trial = hand.next().trial
    hand.start(trial)
    hand.now -= timedelta(hours=1)
    exposure = hand.close(trial)
    assert exposure.offset_ms - exposure.onset_ms == 10_000
    assert exposure.ended_at < exposure.started_at
    assert exposure.flags == ["The page says 10000 ms, the server's clock allows only 0 ms."]
    hand.call(trial)
    assert state_of(hand.next().trial) == "waiting"


def test_a_whole_session_ends_under_a_clock_that_goes_back_at_every_step(hand):
    for _ in range(hand.session.trials.count()):
        hand.read()
        hand.now -= timedelta(hours=2)
    assert hand.next().state == "finished"
    assert Call.objects.count() == hand.session.trials.count()
    assert not Incident.objects.exists()
    from readerstudy.audit.services import verify_chain

    assert verify_chain() is None


def test_an_answer_with_an_expired_session_is_asked_to_sign_in_and_then_taken(sitting, client, reader_user):
    session = client.session
    session.set_expiry(timezone.now() - timedelta(seconds=1))
    session.save()
    answer = send(client, sitting, "call", CALL)
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in")
    assert not Call.objects.exists()
    client.force_login(reader_user)
    assert send(client, sitting, "call", CALL).status_code == 201
