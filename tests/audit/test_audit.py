"""The log is appended to, never changed; and if somebody managed to, the chain would show it."""

import io
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from readerstudy.audit.guard import lift_guard
from readerstudy.audit.models import AuditEvent
from readerstudy.audit.selectors import actions_about, events_about, within
from readerstudy.audit.services import record, verify_chain

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def three_events(db) -> list[AuditEvent]:
    return [record("tea.made", actor="ada@example.org", target=f"cup:{i % 2}", sugar=i) for i in range(3)]


def test_events_form_a_chain(three_events):
    first, second, third = three_events
    assert (first.previous_digest, second.previous_digest) == ("", first.digest)
    assert third.previous_digest == second.digest
    assert verify_chain() is None


@pytest.mark.parametrize("change", [lambda q: q.update(actor="somebody else"), lambda q: q.delete()])
def test_the_database_refuses_update_and_delete(three_events, change):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(AuditEvent.objects.filter(pk=three_events[1].pk))
    assert AuditEvent.objects.count() == 3


def test_the_database_refuses_a_fork_of_the_chain(three_events):
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditEvent.objects.create(action="tea.spilt", previous_digest=three_events[0].digest, digest="0" * 64)


@pytest.mark.parametrize(
    "tamper",
    [
        lambda q: q.update(actor="somebody else"),
        lambda q: q.update(detail={"sugar": 7}),
        lambda q: q.update(at="2020-01-01T00:00Z"),
    ],
)
def test_the_chain_shows_a_change_made_behind_the_triggers(three_events, tamper):
    lift_guard(connection)
    tamper(AuditEvent.objects.filter(pk=three_events[1].pk))
    assert verify_chain() == three_events[1].pk


def test_the_chain_shows_a_removed_event(three_events):
    lift_guard(connection)
    three_events[1].delete()
    assert verify_chain() == three_events[2].pk


def test_the_command_says_intact_or_fails(three_events):
    out = io.StringIO()
    call_command("verify_audit", stdout=out)
    assert "intact: 3 entries" in out.getvalue()
    lift_guard(connection)
    AuditEvent.objects.filter(pk=three_events[0].pk).update(action="tea.stolen")
    with pytest.raises(CommandError, match=f"breaks at entry {three_events[0].pk}"):
        call_command("verify_audit")


def test_events_are_found_by_target_action_and_actor(three_events):
    record("cup.washed", actor="ben@example.org", target="cup:1")
    assert [event.action for event in events_about("cup:1")] == ["cup.washed", "tea.made"]
    assert events_about("cup:0", "cup:1", action="tea.made").count() == 3
    assert events_about("cup:0", "cup:1", actor="BEN").get().action == "cup.washed"
    assert actions_about("cup:1") == ["cup.washed", "tea.made"]


@pytest.mark.service
def test_postgresql_refuses_update_delete_and_truncate(postgres_url, tmp_path):
    environment = os.environ | {"DATABASE_URL": postgres_url, "DATA_DIR": str(tmp_path)}

    def manage(*arguments: str) -> str:
        command = [sys.executable, ROOT / "manage.py", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    manage("migrate", "-v0")
    manage("shell", "-c", "from readerstudy.audit.services import record; [record('tea.made') for _ in range(3)]")
    with psycopg.connect(postgres_url, autocommit=True) as sql:
        row = (
            "(at, who, face, subject, cohort, kind, door, quarter) VALUES ({}, 'user:1', 'photo:1', '', 1, '', '', {})"
        )
        sql.execute("INSERT INTO audit_faceview " + row.format("now()", 2))
        sql.execute("INSERT INTO audit_faceview " + row.format("now() - interval '184 days'", 1))
        assert sql.execute("DELETE FROM audit_faceview WHERE quarter = 1").rowcount == 1  # old enough to go
        for statement in (
            "UPDATE audit_auditevent SET actor = 'x'",
            "DELETE FROM audit_auditevent",
            "TRUNCATE audit_auditevent",
            "UPDATE audit_faceview SET who = 'user:0'",
            "DELETE FROM audit_faceview",
            "TRUNCATE audit_faceview",
        ):
            with pytest.raises(psycopg.errors.IntegrityError, match="append-only"):
                sql.execute(statement)
    assert "intact: 3 entries" in manage("verify_audit")
    manage("migrate", "audit", "0001", "-v0")
    with psycopg.connect(postgres_url, autocommit=True) as sql:
        sql.execute("UPDATE audit_auditevent SET actor = 'x'")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_transactional_test_may_leave_events_behind_and_finds_the_guard_set(turn):
    event = record("tea.made")
    assert AuditEvent.objects.count() == 1
    with pytest.raises(DatabaseError, match="append-only"):
        event.delete()


def test_events_are_found_by_day(three_events):
    lift_guard(connection)
    for event, day in zip(three_events, ("2027-03-30", "2027-03-31", "2027-04-01"), strict=True):
        AuditEvent.objects.filter(pk=event.pk).update(at=f"{day}T12:00Z")
    found = within(AuditEvent.objects.order_by("id"), since="2027-03-31", until="2027-03-31")
    assert list(found) == [three_events[1]]
    assert within(AuditEvent.objects.all(), since="2027-03-31").count() == 2
    for no_date in ("", "yesterday", "2027-02-31"):
        assert within(AuditEvent.objects.all(), since=no_date, until=no_date).count() == 3


def test_the_command_prints_what_was_asked_for(three_events):
    out = io.StringIO()
    call_command("audit_log", about=["cup:0"], stdout=out)
    head, *lines = out.getvalue().splitlines()
    assert head.startswith("entry,at_utc,actor,action")
    assert len(lines) == 2
    out = io.StringIO()
    call_command("audit_log", actor="ada", until="2000-01-01", stdout=out)
    assert len(out.getvalue().splitlines()) == 1
    lift_guard(connection)
    AuditEvent.objects.filter(pk=three_events[0].pk).update(action="tea.stolen")
    with pytest.raises(CommandError, match="nothing is printed"):
        call_command("audit_log", stdout=io.StringIO())
