"""A page looks at the new entries only; a button and a command walk the whole log; an export leaves with its trail."""

import csv
import io

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from readerstudy.audit import services
from readerstudy.audit.guard import lift_guard
from readerstudy.audit.models import AuditEvent, ChainHead
from readerstudy.audit.services import check_new_entries, record, verify_chain


@pytest.fixture
def log(db) -> list[AuditEvent]:
    return [record("tea.made", actor="ada@example.org", target="cup:1", sugar=i) for i in range(5)]


def tamper(event: AuditEvent) -> None:
    lift_guard(connection)
    AuditEvent.objects.filter(pk=event.pk).update(actor="somebody else")


def test_the_first_look_walks_everything_and_remembers_the_head(log):
    state = check_new_entries()
    assert (state.broken, state.entries) == (None, 5)
    head = ChainHead.objects.get()
    assert (head.event, head.digest, head.entries) == (log[-1].pk, log[-1].digest, 5)
    assert head.whole_checked_at


def test_later_looks_read_new_entries_only(log, monkeypatch):
    verify_chain()
    new = record("tea.drunk")
    looked_at = []
    digest_of = services.digest_of
    monkeypatch.setattr(services, "digest_of", lambda event: looked_at.append(event.pk) or digest_of(event))
    assert check_new_entries().entries == 6
    assert looked_at == [log[-1].pk, new.pk]


def test_a_change_to_a_new_entry_or_to_the_head_is_seen_at_once(log):
    verify_chain()
    new = record("tea.drunk")
    tamper(new)
    assert check_new_entries().broken == new.pk
    tamper(log[-1])
    assert check_new_entries().broken == log[-1].pk


def test_an_older_change_is_found_by_the_whole_check(log):
    verify_chain()
    tamper(log[1])
    assert check_new_entries().broken is None
    assert verify_chain() == log[1].pk
    assert check_new_entries().broken == log[1].pk, "and no later look forgets it"


def test_a_removed_head_is_seen(log):
    verify_chain()
    lift_guard(connection)
    AuditEvent.objects.filter(pk=log[-1].pk).delete()
    assert check_new_entries().broken == log[-1].pk


def test_many_new_entries_move_the_head_on(log, monkeypatch):
    monkeypatch.setattr(services, "MANY_NEW", 3)
    verify_chain()
    whole = ChainHead.objects.get().whole_checked_at
    for _ in range(3):
        last = record("tea.drunk")
    assert check_new_entries().entries == 8
    head = ChainHead.objects.get()
    assert (head.event, head.entries, head.whole_checked_at) == (last.pk, 8, whole)


def test_the_command_checks_the_whole_log(log):
    out = io.StringIO()
    call_command("verify_audit", stdout=out)
    assert ChainHead.objects.get().entries == 5


def test_the_page_says_when_the_whole_log_was_checked_and_the_button_checks_it(client, study, coordinator):
    event = record("study.opened", actor=coordinator, target=f"study:{study.pk}")
    record("study.closed", actor=coordinator, target=f"study:{study.pk}")
    client.force_login(coordinator)
    page = reverse("studies:audit", args=[study.pk])
    assert "The whole log was last checked" in client.get(page).content.decode()
    check = reverse("studies:check_audit", args=[study.pk])
    assert "the chain is intact" in client.post(check, follow=True).content.decode()
    tamper(event)
    assert f"breaks at entry {event.pk}" in client.post(check, follow=True).content.decode()
    assert client.post(reverse("studies_api:check_audit", args=[study.pk])).json() == {
        "is_intact": False,
        "broken_at": event.pk,
    }


def test_the_export_holds_what_was_asked_defused_and_is_itself_audited(client, study, coordinator):
    target = f"study:{study.pk}"
    record("reader.withdrawn", actor="=cmd()", target=target, reason="=1+1")
    record("study.closed", actor=coordinator, target=target)
    record("elsewhere", actor=coordinator, target="study:999")
    client.force_login(coordinator)
    path = reverse("studies:export_audit", args=[study.pk])
    answer = client.post(path)
    assert answer["Content-Disposition"].endswith('.csv"')
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row["action"] for row in rows] == ["reader.withdrawn", "study.closed"]
    assert rows[0]["actor"] == "'=cmd()"
    assert rows[1]["previous_digest"] == rows[0]["digest"]
    assert AuditEvent.objects.filter(action="audit.exported", target=target).count() == 1
    narrow = b"".join(client.post(path, {"action": "study.closed"}).streaming_content).decode()
    assert "reader.withdrawn" not in narrow
    listed = client.get(reverse("studies_api:audit", args=[study.pk]), {"action": "study.closed"}).json()
    assert (listed["count"], listed["results"][0]["action"]) == (1, "study.closed")
