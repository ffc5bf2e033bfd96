"""Who was sent which face is written down before the picture leaves, once a quarter of an hour, and for good."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from readerstudy.accounts.keys import make_key
from readerstudy.audit.guard import lift_guard, set_guard
from readerstudy.audit.models import AuditEvent, FaceView
from readerstudy.audit.views_log import note_view
from readerstudy.reading import services
from readerstudy.reading.selectors import consent_version
from readerstudy.studies.models import Subject
from training.engine.recipe import PRESETS
from training.models import Fold, NewPhoto, Prediction, State, TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(study):
    return study.cohort.photos.select_related("subject").order_by("id").first()


def seen() -> list[tuple[str, str, str, str]]:
    return list(FaceView.objects.order_by("id").values_list("who", "subject", "kind", "door"))


def test_each_way_to_a_face_is_written_down(client, study, photo, coordinator, investigator):
    run = TrainingRun.objects.create(
        cohort=study.cohort, name="Run", state=State.FINISHED, recipe=PRESETS["smoke"].to_dict(), seed=1,
        created_by=investigator,
    )  # fmt: skip
    fold = Fold.objects.create(run=run, index=0, state=State.FINISHED, threshold=0.5)
    photos = list(study.cohort.photos.order_by("id"))
    Prediction.objects.bulk_create(Prediction(run=run, fold=fold, photo=one, score=0.4) for one in photos)
    new = NewPhoto.objects.create(run=run, created_by=investigator)
    with photo.file.open("rb") as file:
        new.file.save("screen/x.png", ContentFile(file.read()))
    here = f"/cohorts/{study.cohort_id}/photos/"
    token = make_key(user=coordinator, name="Script")[1]
    ways = [
        (coordinator, f"{here}{photos[0].pk}/photo/", {}, ("photo", "page")),
        (coordinator, f"{here}{photos[1].pk}/small/", {}, ("small", "page")),
        (investigator, f"{here}{photos[2].pk}/crop/", {}, ("crop", "page")),
        (investigator, f"/training/{run.pk}/faces/{photos[3].token}/face.png", {}, ("crop", "page")),
        (investigator, f"/screen/{new.token}/photo.jpg", {}, ("photo", "page")),
        (
            None,
            f"/api/v1{here}{photos[4].pk}/file/rendition/",
            {"HTTP_AUTHORIZATION": f"Token {token}"},
            ("rendition", "api"),
        ),
    ]
    for user, path, head, expected in ways:
        client.logout() if user is None else client.force_login(user)
        assert client.get(path, **head).status_code == 200, path
        who, _, *rest = seen()[-1]
        assert tuple(rest) == expected
        assert who == f"user:{(user or coordinator).pk}"
    assert len(seen()) == len(ways)


def test_one_row_a_person_face_and_quarter_of_an_hour(client, study, photo, coordinator, investigator, monkeypatch):
    for user in (coordinator, investigator, coordinator):
        client.force_login(user)
        for kind in ("small", "photo", "crop"):
            client.get(f"/cohorts/{study.cohort_id}/photos/{photo.pk}/{kind}/")
    assert [row[0] for row in seen()] == [f"user:{coordinator.pk}", f"user:{investigator.pk}"]
    later = timezone.now() + timedelta(minutes=16)
    monkeypatch.setattr("readerstudy.audit.views_log.timezone.now", lambda: later)
    note_view(who=coordinator, face=f"photo:{photo.pk}", subject="x", cohort=1, kind="small")
    assert FaceView.objects.count() == 3


def test_who_is_refused_has_seen_nothing(client, study, photo, stranger, reader_user):
    for user in (stranger, reader_user):
        client.force_login(user)
        assert client.get(f"/cohorts/{study.cohort_id}/photos/{photo.pk}/photo/").status_code in (403, 404)
    assert seen() == []


def test_what_cannot_be_written_down_is_not_sent(client, study, photo, coordinator, monkeypatch):
    def broken(**_):
        raise DatabaseError("the disk is full")

    monkeypatch.setattr("readerstudy.studies.views.photos.note_view", broken)
    client.force_login(coordinator)
    client.raise_request_exception = False
    assert client.get(f"/cohorts/{study.cohort_id}/photos/{photo.pk}/photo/").status_code == 500


def test_a_reading_writes_no_row_here(client, study, reader_user):
    """A reader's look is an exposure; nothing is added between the face and the start of its ten seconds."""
    client.force_login(reader_user)
    reader = services.record_consent(reader=study.readers.get(), version=consent_version(study))
    session = services.record_device(session=reader.sessions.get(), device={"refresh_hz": 60})
    place = client.post(f"/api/v1/reading/sessions/{session.token}/start/").json()
    assert client.get(place["trial"]["photo"]).status_code == 200
    assert seen() == []


def test_no_name_and_no_address_is_kept(client, study, photo, coordinator):
    client.force_login(coordinator)
    client.get(f"/cohorts/{study.cohort_id}/photos/{photo.pk}/photo/")
    row = str(FaceView.objects.values().get())
    assert photo.subject.code in row
    for word in (coordinator.email, coordinator.name, photo.original_name):
        assert word not in row


@pytest.mark.parametrize("change", [lambda q: q.update(who="user:0"), lambda q: q.delete()])
def test_the_database_refuses_to_change_it(coordinator, change):
    note_view(who=coordinator, face="photo:1", subject="P1", cohort=1, kind="photo")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(FaceView.objects.all())
    assert FaceView.objects.count() == 1


def test_what_is_older_than_the_site_keeps_it_goes_and_nothing_younger(coordinator, settings, capsys):
    settings.FACE_VIEW_DAYS = 400
    for number in (1, 2, 3):
        note_view(who=coordinator, face=f"photo:{number}", subject=f"P{number}", cohort=1, kind="photo")
    lift_guard(connection)
    for number, days in ((1, 401), (2, 399)):
        FaceView.objects.filter(face=f"photo:{number}").update(at=timezone.now() - timedelta(days=days))
    set_guard(connection)
    call_command("forget_views")
    assert "1 rows" in capsys.readouterr().out
    assert [row[1] for row in seen()] == ["P2", "P3"]
    assert AuditEvent.objects.get(action="face_views.forgotten").detail["rows"] == 1


@pytest.fixture
def three(study, coordinator, investigator, photo):
    cohort = study.cohort_id
    Subject.objects.filter(pk=photo.subject_id).update(code="=SUM(1)")
    note_view(who=coordinator, face="photo:1", subject="P001", cohort=cohort, kind="photo")
    note_view(who=investigator, face="photo:1", subject="P001", cohort=cohort, kind="crop", is_api=True)
    note_view(who=investigator, face="photo:2", subject="=SUM(1)", cohort=cohort, kind="crop")
    note_view(who=investigator, face="photo:9", subject="OTHER", cohort=cohort + 1000, kind="crop")
    return f"/cohorts/{cohort}/views"


def test_the_page_shows_and_narrows(client, three, coordinator):
    client.force_login(coordinator)

    def codes(query: str = "") -> list[str]:
        return [view.subject for view, _ in client.get(f"{three}/{query}").context["rows"]]

    today = timezone.localdate()
    assert codes() == ["=SUM(1)", "P001", "P001"]
    assert codes("?person=ines") == ["=SUM(1)", "P001"]
    assert codes("?case=p001") == ["P001", "P001"]
    assert codes(f"?since={today}&until={today}") == codes()
    assert codes("?until=2001-01-01") == []
    assert "Ines" not in client.get(f"{three}/?person=nobody").content.decode()
    assert client.get(f"{three}/").content.decode().count("ines.investigator@example.org") == 2


def test_the_file_holds_the_same_and_its_taking_is_written_down(client, three, coordinator):
    client.force_login(coordinator)
    answer = client.post(f"{three}.csv", {"person": "ines"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["case"] for line in lines] == ["P001", "'=SUM(1)"]
    assert lines[0]["who_today"] == "ines.investigator@example.org"
    assert AuditEvent.objects.get(action="face_views.exported").detail == {"rows": 2}


def test_scripts_see_the_same(client, three, coordinator):
    client.force_login(coordinator)
    path = f"/api/v1{three}/"
    found = client.get(path).json()
    assert (found["count"], found["results"][0]["case"]) == (3, "=SUM(1)")
    assert client.get(path, {"person": "ines", "case": "P0"}).json()["results"][0]["door"] == "api"
    assert client.get(path, {"day": timezone.localdate()}).json()["count"] == 3
    assert client.get(path, {"day": "yesterday"}).status_code == 400


@pytest.mark.parametrize("path", ["/{}", "/api/v1/{}"])
def test_only_coordinators_of_the_cohort_see_it(client, study, neighbour, stranger, reader_user, investigator, path):
    place = path.format(f"cohorts/{study.cohort_id}/views/")
    near = neighbour.created_by
    for user, status in ((stranger, 404), (near, 404), (reader_user, 403), (investigator, 403)):
        client.force_login(user)
        assert client.get(place).status_code == status
    client.force_login(study.created_by)
    assert client.get(place).status_code == 200
