"""A request's id reaches log, answer, error page and worker; nothing personal does."""

import json
import logging
from types import SimpleNamespace

import pytest
from celery import current_app

from readerstudy import tracing

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines(monkeypatch) -> list[str]:
    """What the site logs, as JSON."""
    kept: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record):
            kept.append(self.format(record))

    handler = Kept()
    handler.addFilter(tracing.Filter())
    handler.setFormatter(tracing.Json())
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [handler])
    monkeypatch.setattr(root, "level", logging.INFO)
    return kept


def test_each_answer_carries_an_id_of_its_own_and_its_line_no_person(client, lines, coordinator):
    client.force_login(coordinator)
    first, second = client.get("/cohorts/?secret=hello"), client.get("/cohorts/")
    ids = [first["X-Request-ID"], second["X-Request-ID"]]
    assert len(set(ids)) == 2
    told = [json.loads(line) for line in lines]
    told = [line for line in told if line["logger"] == "readerstudy.requests"]
    assert [line["request_id"] for line in told] == ids
    assert {(line["route"], line["status"], line["user"]) for line in told} == {
        ("studies:cohort_list", 200, coordinator.pk)
    }
    assert not any(word in " ".join(lines) for word in (coordinator.email, coordinator.name, "secret", "hello"))


def test_the_id_of_one_request_is_over_with_it(client):
    client.get("/healthz")
    assert tracing.current.get() == "-"


def test_a_broken_page_names_its_id_and_the_log_knows_why(client, lines, monkeypatch):
    client.raise_request_exception = False
    monkeypatch.setattr("readerstudy.health.connection", SimpleNamespace(cursor=lambda: 1 / 0))
    answer = client.get("/healthz")
    assert answer.status_code == 500
    assert answer["X-Request-ID"] in answer.content.decode()
    assert any("ZeroDivisionError" in line and answer["X-Request-ID"] in line for line in lines)


def test_the_id_travels_through_the_queue_into_the_task(monkeypatch):
    sent = {}
    monkeypatch.setattr(
        current_app.amqp, "send_task_message", lambda producer, name, message, **_: sent.update(message[0])
    )
    seen = []

    @current_app.task(name="tests.traced")
    def traced():
        seen.append(tracing.current.get())

    token = tracing.current.set("a-request")
    headers: dict = {}
    tracing._send_along(headers=headers)
    tracing.current.reset(token)
    assert headers == {"request_id": "a-request"}
    traced.push_request(**headers)
    tracing._take_over(task=traced)
    traced.run()
    tracing._let_go()
    traced.pop_request()
    assert (seen, tracing.current.get()) == (["a-request"], "-")


def test_lines_for_people_hold_the_same(capsys):
    record = logging.LogRecord("x", logging.INFO, "", 0, "request", (), None)
    record.facts = {"route": "home", "ms": 1.5}
    tracing.Filter().filter(record)
    text = tracing.Lines("{request_id} {message} {facts_text}", style="{").format(record)
    assert text == "- request route=home ms=1.5"


def test_metrics_are_for_whoever_has_the_token(client, settings, make_study, coordinator, investigator, reader_user):
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "s3cret"
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    make_study(coordinator, investigator, reader_user)
    answer = client.get("/metrics", headers={"Authorization": "Bearer s3cret"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "readerstudy_sessions_running 0.0" in text
    assert 'readerstudy_request_seconds_count{method="GET",route="metrics",status="404"}' in text
    assert reader_user.email not in text
