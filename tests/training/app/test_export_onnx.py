"""The ONNX model asked for on the page, written by a worker, and downloaded."""

import os
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from training import exports, onnx_export, services, tasks
from training.weights import files_of

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def writer(monkeypatch):
    """Stands in for the engine: two files, as for the paper's network."""

    def write(ensemble, path: Path, *, told):
        files = [path, path.with_name(f"{path.name}.data")]
        for file in files:
            file.write_bytes(file.name.encode())
        return files

    monkeypatch.setattr("training.engine.onnx_file.write_onnx", write)


@pytest.fixture
def desk(client, real_run, investigator):
    client.force_login(investigator)
    return reverse("training:card", args=[real_run.pk])


def ask(client, run):
    return client.post(reverse("training:ask_for_onnx", args=[run.pk]), follow=True).content.decode()


def test_it_is_asked_for_written_and_downloaded(
    client, desk, real_run, writer, sent, investigator, django_capture_on_commit_callbacks
):
    assert "Write as one ONNX model" in client.get(desk).content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        page = ask(client, real_run)
    assert "A worker writes the ONNX model. <a" in page
    assert "Write as one ONNX model" not in page
    assert sent == [("training.write_onnx", (real_run.pk, f"user:{investigator.pk}"))]
    tasks.write_onnx(real_run.pk, f"user:{investigator.pk}")
    assert "Download ensemble.onnx.data" in client.get(desk).content.decode()
    for name in ("ensemble.onnx", "ensemble.onnx.data"):
        answer = client.get(reverse("training:onnx", args=[real_run.pk, name]))
        assert b"".join(answer.streaming_content) == name.encode()
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    event = AuditEvent.objects.get(action="run.exported")
    assert (event.actor, event.detail["form"]) == (f"user:{investigator.pk}", "onnx")
    assert AuditEvent.objects.filter(action="run.onnx_taken", actor=f"user:{investigator.pk}").count() == 2
    assert not onnx_export.write_onnx(run_id=real_run.pk, by="again")


def test_other_names_lead_nowhere(client, desk, real_run, writer):
    onnx_export._note(real_run.pk).write_text("")
    assert onnx_export.write_onnx(run_id=real_run.pk, by="test")
    for name in ("ensemble.onnx.txt", "fold-0.weights.h5", "..%2Fsecret_key"):
        assert client.get(f"{reverse('training:ask_for_onnx', args=[real_run.pk])}{name}").status_code == 404
    assert client.get(reverse("training:ask_for_onnx", args=[real_run.pk])).status_code == 405


def test_a_worker_without_the_library_says_so_on_the_page(client, desk, real_run, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    ask(client, real_run)
    assert onnx_export.write_onnx(run_id=real_run.pk, by="test")
    page = client.get(desk).content.decode()
    assert "There is no ONNX model." in page
    assert "need the package onnx" in page
    assert "Write as one ONNX model" in page
    assert sorted(file.name for file in files_of(real_run.pk).iterdir()) == ["ensemble.onnx.txt"]


def test_what_goes_wrong_in_the_worker_stands_on_the_page(client, desk, real_run, monkeypatch):
    def broken(*args, **kwargs):
        raise OSError("disk full")

    ask(client, real_run)
    monkeypatch.setattr(exports, "write_onnx", broken)
    assert onnx_export.write_onnx(run_id=real_run.pk, by="test")
    assert "The model could not be written (OSError: disk full)." in client.get(desk).content.decode()


def test_others_get_nothing(client, real_run, request, neighbour):
    others = [request.getfixturevalue(name) for name in ("coordinator", "reader_user", "stranger")]
    others.append(neighbour.memberships.get(role="investigator").user)
    for user, status in zip(others, (403, 403, 404, 404), strict=True):
        client.force_login(user)
        assert client.post(reverse("training:ask_for_onnx", args=[real_run.pk])).status_code == status
        assert client.get(reverse("training:onnx", args=[real_run.pk, "ensemble.onnx"])).status_code == status
    assert not onnx_export.onnx_state(real_run).is_asked


def test_a_run_without_its_networks_is_refused_at_once(client, desk, real_run):
    real_run.folds.filter(index=0).update(weights="gone")
    assert "The weights of fold 1 are not" in ask(client, real_run)
    assert not onnx_export.onnx_state(real_run).is_asked


@pytest.fixture
def sweep(sent, django_capture_on_commit_callbacks):
    def run(**later):
        sent.clear()
        with django_capture_on_commit_callbacks(execute=True):
            return services.requeue_stale(now=timezone.now() + timedelta(**later))["waiting ONNX models"]

    return run


def test_a_lost_message_is_sent_again_and_after_three_tries_the_page_says_so(
    client, desk, real_run, investigator, sweep, sent
):
    ask(client, real_run)
    assert sweep(seconds=30) == 0
    for _ in range(2):
        assert sweep(seconds=90) == 1
        assert sent == [("training.write_onnx", (real_run.pk, f"user:{investigator.pk}"))]
        assert onnx_export.onnx_state(real_run).is_asked
        assert sweep(seconds=30) == 0
    assert sweep(seconds=90) == 0
    page = client.get(desk).content.decode()
    assert "No worker ended the model in 3 tries" in page
    assert "Write as one ONNX model" in page
    assert sweep(seconds=900) == 0


def test_a_worker_at_work_is_left_alone_and_its_end_too(client, desk, real_run, writer, sweep, monkeypatch):
    ask(client, real_run)
    note = onnx_export._note(real_run.pk)
    os.utime(note, (0, 0))
    seen = []
    real = exports.write_onnx

    def slow(*given, **more):
        deadline = time.monotonic() + 30
        while note.stat().st_mtime == 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        seen.append(note.stat().st_mtime)
        return real(*given, **more)

    monkeypatch.setattr(onnx_export, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(exports, "write_onnx", slow)
    assert onnx_export.write_onnx(run_id=real_run.pk, by="test")
    assert seen[0] > 0
    assert not note.exists()
    assert sweep(seconds=900) == 0
    assert onnx_export.onnx_state(real_run).files
