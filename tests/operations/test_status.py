"""The status page says in plain words what stands still, to coordinators and to nobody else."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone

from readerstudy.accounts.keys import make_key
from readerstudy.audit.services import record
from readerstudy.operations import status
from readerstudy.operations.doctor import BAD, LOOK, OK
from readerstudy.studies.models import ImportBatch, Photo
from training.engine.recipe import PRESETS
from training.models import Fold, State, TrainingRun

pytestmark = pytest.mark.django_db
BOTH = {"work": ["one"], "train": ["two"]}


@pytest.fixture(autouse=True)
def site(settings, tmp_path, monkeypatch):
    """Everything is in order: the queue and both kinds of workers answer, there is room, a backup was made."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=100e9))
    record("site.backed_up", target="site")

    def queue(*, is_there: bool = True, served: dict | None = None, waiting: int = 0) -> None:
        asked = status._Queue(is_there=is_there, waiting={"work": waiting}, served=BOTH if served is None else served)
        monkeypatch.setattr(status._Queue, "ask", lambda: asked)

    queue()
    return queue


def lines() -> dict[str, status.Line]:
    return {line.subject: line for line in status.look().lines}


def test_a_site_in_order_says_so(client, coordinator):
    found = status.look()
    assert [line for line in found.lines if line.state != OK] == []
    assert found.state == OK
    client.force_login(coordinator)
    answer = client.get("/status/")
    assert "Everything is in order." in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("queue", "subject", "words"),
    [
        ({"is_there": False}, "Queue", "Reading goes on and nothing is lost"),
        ({"served": {"train": ["two"]}}, "Workers", "No worker answers: imports, faces and analyses wait."),
        ({"served": {"work": ["one"]}}, "Trainers", "No trainer answers: trainings wait."),
    ],
)
def test_what_stands_still_is_said_with_what_to_do(site, client, coordinator, queue, subject, words):
    site(**queue)
    line = lines()[subject]
    assert (line.state, status.look().state) == (BAD, BAD)
    assert words in line.says
    assert line.advice.startswith("Tell whoever runs the server: ")
    client.force_login(coordinator)
    page = client.get("/status/").content.decode()
    assert "Something stands still and has to be mended." in page
    assert line.advice in page


def test_work_without_a_sign_of_life_needs_a_look(make_cohort, coordinator):
    cohort, old = make_cohort(coordinator), timezone.now() - timedelta(minutes=20)
    ImportBatch.objects.create(
        cohort=cohort, created_by=coordinator, status="running", done=40, total=200, heartbeat_at=timezone.now()
    )
    run = TrainingRun.objects.create(
        cohort=cohort, name="Run", recipe=PRESETS["smoke"].to_dict(), seed=1, created_by=coordinator
    )
    for index, state in enumerate([State.FINISHED, State.RUNNING, State.QUEUED]):
        Fold.objects.create(run=run, index=index, state=state, threshold=0.5, heartbeat_at=timezone.now())
    assert lines()["Imports"].says == "1 import under way: 40 of 200 photos looked at."
    assert lines()["Trainings"].says == "1 training under way: 1 of 3 folds done."
    assert status.look().state == OK
    ImportBatch.objects.update(heartbeat_at=old)
    run.folds.filter(state=State.RUNNING).update(heartbeat_at=old)
    Photo.objects.filter(cohort=cohort).update(status="imported", face_queued_at=timezone.now() - timedelta(hours=2))
    for subject in ("Imports", "Trainings", "Faces"):
        assert lines()[subject].state == LOOK
        assert "Nothing has moved for" in lines()[subject].says
    assert lines()["Faces"].says.startswith("12 photos wait for the face finder.")
    ImportBatch.objects.update(status="checked")
    assert [line.says for line in status.look().lines if line.subject == "Imports"] == [
        "No import is under way.",
        "1 import has been checked and not yet been taken.",
    ]


def test_room_and_backup_are_told_in_gigabytes_and_days(monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1.2e9))
    later = timezone.now() + timedelta(days=3)
    monkeypatch.setattr(status.timezone, "now", lambda: later)
    assert (lines()["Room"].state, lines()["Room"].says) == (BAD, "1.2 GB are left on the disk.")
    assert lines()["Backup"].state == LOOK
    assert "3\xa0days old" in lines()["Backup"].says


def test_a_store_of_photographs_that_is_away_is_named(monkeypatch):
    def away(name):
        raise OSError

    assert "Photographs" not in lines()
    monkeypatch.setattr(status, "stored", SimpleNamespace(is_folder=lambda: False))
    assert lines()["Photographs"].state == OK
    monkeypatch.setattr(status, "default_storage", SimpleNamespace(exists=away))
    assert lines()["Photographs"].state == BAD


def test_a_line_that_cannot_be_made_is_a_line_and_tells_no_more_than_its_kind(monkeypatch):
    def broken(path):
        raise PermissionError("/srv/secret")

    monkeypatch.setattr("shutil.disk_usage", broken)
    line = lines()["Room"]
    assert line.state == BAD
    assert "PermissionError" in line.advice
    assert "secret" not in line.advice + line.says


def test_it_is_for_coordinators_only(client, study, coordinator, investigator, reader_user, stranger):
    for path in ("/status/", reverse("api_status")):
        said = {}
        for user in (coordinator, investigator, reader_user, stranger):
            client.force_login(user)
            said[user] = client.get(path).status_code
        assert list(said.values()) == [200, 403, 403, 404]
        client.logout()
        assert client.get(path).status_code in {302, 401}
    client.force_login(investigator)
    assert 'href="/status/"' not in client.get("/training/").content.decode()
    client.force_login(coordinator)
    assert 'href="/status/"' in client.get("/studies/").content.decode()


def test_it_names_nothing_of_a_study_and_the_api_says_the_same(client, study, coordinator, investigator, settings):
    client.force_login(coordinator)
    page = client.get("/status/").content.decode().split("<main")[1]
    for secret in (study.name, study.cohort.name, investigator.email, "SP 1", str(settings.DATA_DIR), "redis"):
        assert secret not in page
    key = make_key(user=coordinator, name="Watch", role="coordinator")[1]
    client.logout()
    answer = client.get(reverse("api_status"), headers={"authorization": f"Token {key}"})
    told = answer.json()
    assert told["state"] == OK
    assert {line["subject"] for line in told["lines"]} == set(lines())
    assert all(line["says"] in page for line in told["lines"])
