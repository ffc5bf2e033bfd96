"""Many single photos without a ZIP: sent in pieces, gone on with after a break, checked in the end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies.imports import limits
from readerstudy.studies.imports import uploads as kept
from readerstudy.studies.models import ImportBatch, Photo, Subject
from readerstudy.studies.services import cohorts as services
from readerstudy.studies.services import uploads

from .conftest import listed, picture, upload, zipped

pytestmark = pytest.mark.django_db
NAMES = [f"{i:03d}.jpg" for i in range(6)]


@pytest.fixture
def begun(cohort, coordinator):
    manifest = upload("list.csv", listed(NAMES))
    return uploads.begin_upload(cohort=cohort, manifest=manifest, n_files=len(NAMES), created_by=coordinator)


def send(batch, names: list[str], *, folder: str = "") -> int:
    files = [(f"{folder}{name}", upload(name, picture(NAMES.index(name)))) for name in names]
    return uploads.add_files(batch=batch, files=files)


def test_photos_sent_in_pieces_are_checked_together_and_stored_after_a_yes(begun, coordinator, settings):
    assert send(begun, NAMES[:2]) == 2
    assert send(begun, NAMES[2:]) == 6
    batch = uploads.complete_upload(batch=begun, by=coordinator)
    batch = services.run_import(batch_id=batch.pk)
    assert batch.status == ImportBatch.Status.CHECKED
    assert batch.archive_name == "6 photos"
    assert not Photo.objects.exists()
    assert not (settings.MEDIA_ROOT / batch.directory / "uploaded").exists()
    services.confirm_import(batch=batch, by=coordinator)
    services.run_import(batch_id=batch.pk)
    assert sorted(Photo.objects.values_list("original_name", flat=True)) == NAMES
    assert list((settings.MEDIA_ROOT / "incoming").iterdir()) == []


def test_what_has_arrived_can_be_asked_so_that_only_the_rest_is_sent(begun):
    send(begun, NAMES[:2])
    arrived = {file.name: file.size for file in uploads.uploaded_files(batch=begun)}
    assert arrived == {name: len(picture(i)) for i, name in enumerate(NAMES[:2])}
    begun.refresh_from_db()
    assert (begun.done, begun.total) == (2, 6)


def test_a_file_cut_off_on_its_way_is_not_counted_and_is_sent_again(begun, settings):
    def cut_off():
        yield b"half"
        raise ConnectionError

    folder = settings.MEDIA_ROOT / begun.directory / "uploaded"
    with pytest.raises(ConnectionError):
        kept.add(folder, NAMES[0], cut_off())
    assert uploads.uploaded_files(batch=begun) == []
    send(begun, NAMES[:1])
    assert [file.name for file in uploads.uploaded_files(batch=begun)] == NAMES[:1]


def test_a_torn_line_of_the_index_costs_only_its_own_file(begun, settings):
    send(begun, NAMES[:1])
    index = settings.MEDIA_ROOT / begun.directory / "uploaded" / "index.jsonl"
    with index.open("ab") as file:
        file.write(b'["002.jpg", 12\n')
    send(begun, NAMES[1:2])
    assert [file.name for file in uploads.uploaded_files(batch=begun)] == NAMES[:2]


def test_the_same_photo_sent_twice_is_there_once(begun, coordinator):
    send(begun, NAMES)
    assert send(begun, NAMES[:3]) == 6
    uploads.complete_upload(batch=begun, by=coordinator)
    assert services.run_import(batch_id=begun.pk).lines.count() == 6


def test_a_photo_in_a_subfolder_is_found_by_its_name(begun, coordinator):
    send(begun, NAMES, folder="clinic/2026/")
    uploads.complete_upload(batch=begun, by=coordinator, is_checked_first=False)
    assert services.run_import(batch_id=begun.pk).lines.filter(verdict="added").count() == 6


def test_a_photo_that_never_arrived_costs_only_its_own_line(begun, coordinator):
    send(begun, NAMES[:5])
    uploads.complete_upload(batch=begun, by=coordinator)
    lines = services.run_import(batch_id=begun.pk).lines
    assert lines.filter(verdict="added").count() == 5
    assert "not among the files" in lines.get(verdict="rejected").reason


def test_an_oversized_file_is_refused_in_its_line_and_not_kept_whole(begun, coordinator, monkeypatch, settings):
    monkeypatch.setattr(limits, "FILE_BYTES", 50_000)
    send(begun, NAMES[:1])
    uploads.add_files(batch=begun, files=[(NAMES[1], upload(NAMES[1], bytes(200_000)))])
    folder = settings.MEDIA_ROOT / begun.directory / "uploaded"
    assert max(path.stat().st_size for path in folder.iterdir()) <= 50_001
    assert [file.size for file in uploads.uploaded_files(batch=begun)][1] == 200_000
    uploads.complete_upload(batch=begun, by=coordinator)
    assert "Larger than" in services.run_import(batch_id=begun.pk).lines.get(file=NAMES[1]).reason


def test_a_manifest_that_cannot_be_read_is_refused_before_any_photo_is_sent(cohort, coordinator, settings):
    with pytest.raises(Refused, match="patient_name"):
        uploads.begin_upload(
            cohort=cohort,
            manifest=upload("m.csv", b"subject_id,file,label,patient_name\nA,a.jpg,GS,X\n"),
            n_files=1,
            created_by=coordinator,
        )
    assert not ImportBatch.objects.exists()
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", ["../a.jpg", "/etc/passwd", "C:\\a.jpg", "", "a" * 1001])
def test_a_name_is_never_a_path_of_the_server(begun, name, settings):
    with pytest.raises(Refused, match="not a file name"):
        uploads.add_files(batch=begun, files=[("ok.jpg", upload("ok.jpg", b"1")), (name, upload("x", b"2"))])
    assert uploads.uploaded_files(batch=begun) == []


def test_odd_names_arrive_as_they_are(begun):
    names = ["new\nline.jpg", "Zoë.jpg", "photo\u202egpj.exe.jpg", "\ud83d.jpg", "a b&c.jpg"]
    uploads.add_files(batch=begun, files=[(name, upload("x", b"1")) for name in names])
    assert {file.name for file in uploads.uploaded_files(batch=begun)} == set(names)


@pytest.mark.parametrize("n", [0, limits.ENTRIES + 1])
def test_too_many_or_no_files_are_refused_at_the_start(cohort, coordinator, n):
    with pytest.raises(Refused, match="One import takes"):
        uploads.begin_upload(cohort=cohort, manifest=upload("m.csv", listed(NAMES)), n_files=n, created_by=coordinator)


def test_more_files_than_fit_one_import_are_refused_on_their_way(begun, monkeypatch):
    monkeypatch.setattr(limits, "ENTRIES", 3)
    send(begun, NAMES[:3])
    send(begun, NAMES[:3])  # the same again is no more
    with pytest.raises(Refused, match="at most 3 files"):
        send(begun, NAMES[3:4])


def test_more_bytes_than_fit_one_import_are_refused_on_their_way(begun, monkeypatch):
    monkeypatch.setattr(limits, "TOTAL_BYTES", 10_000)
    with pytest.raises(Refused, match="split it"):
        send(begun, NAMES)


def test_nothing_can_be_completed_that_has_not_arrived(begun, coordinator):
    with pytest.raises(Refused, match="No photo has arrived"):
        uploads.complete_upload(batch=begun, by=coordinator)


def test_a_completed_upload_takes_no_more_and_is_completed_once(begun, coordinator):
    send(begun, NAMES)
    uploads.complete_upload(batch=begun, by=coordinator)
    for again in (
        lambda: send(begun, NAMES[:1]),
        lambda: uploads.complete_upload(batch=begun, by=coordinator),
    ):
        with pytest.raises(Refused, match="takes no more files: it is waiting"):
            again()


def test_an_upload_can_be_thrown_away_or_is_forgotten_in_time(begun, cohort, coordinator, settings):
    send(begun, NAMES[:2])
    services.discard_import(batch=begun, by=coordinator)
    uploads.begin_upload(cohort=cohort, manifest=upload("m.csv", listed(NAMES)), n_files=6, created_by=coordinator)
    assert services.discard_forgotten_imports() == 0
    ImportBatch.objects.filter(status="collecting").update(
        heartbeat_at=timezone.now() - timedelta(days=limits.CHECKED_KEPT_DAYS, hours=1)
    )
    assert services.discard_forgotten_imports() == 1
    assert list((settings.MEDIA_ROOT / "incoming").iterdir()) == []
    assert not ImportBatch.objects.exclude(status="discarded").exists()
    assert AuditEvent.objects.filter(action="import.discarded").count() == 2


def test_withdrawing_consent_empties_what_was_uploaded_of_the_subject(begun, take, coordinator, settings):
    send(begun, NAMES[:2])
    take(zipped({NAMES[0]: picture(90)}), listed(NAMES[:1]))
    services.withdraw_consent(subject=Subject.objects.get(), by=coordinator)
    folder = settings.MEDIA_ROOT / begun.directory / "uploaded"
    sizes = {file.name: (folder / file.stored).stat().st_size for file in uploads.uploaded_files(batch=begun)}
    assert sizes[NAMES[0]] == 0 < sizes[NAMES[1]]
    uploads.complete_upload(batch=begun, by=coordinator)
    line = services.run_import(batch_id=begun.pk).lines.get(file=NAMES[0])
    assert line.reason == "Consent of P001 was withdrawn: nothing is taken."


def test_the_reaper_leaves_an_upload_alone(begun, sent):
    ImportBatch.objects.update(heartbeat_at="2020-01-01T00:00Z")
    assert services.requeue_stale_imports() == 0
    assert services.run_import(batch_id=begun.pk).status == "collecting"


def test_a_script_sends_photos_in_pieces_through_the_api(client, cohort, coordinator):
    client.force_login(coordinator)
    url = f"/api/v1/cohorts/{cohort.pk}/uploads/"
    made = client.post(url, {"manifest": upload("m.csv", listed(NAMES)), "n_files": 6})
    assert made.status_code == 201
    for some in (NAMES[:4], NAMES[4:]):
        files = [upload("blob", picture(NAMES.index(name))) for name in some]
        sent = client.post(made.json()["files_url"], {"file": files, "path": [f"sub/{name}" for name in some]})
        assert sent.status_code == 200, sent.content
    assert sent.json() == {"n_arrived": 6}
    arrived = client.get(made.json()["files_url"]).json()
    assert [file["name"] for file in arrived] == [f"sub/{name}" for name in NAMES]
    done = client.post(made.json()["complete_url"], {}, content_type="application/json")
    assert done.status_code == 202
    assert done.json()["is_checked_first"] is True
    assert client.get(made.json()["page"]).status_code == 200
    late = client.post(made.json()["files_url"], {"file": [upload("x", b"1")], "path": ["x"]})
    assert late.status_code == 409


def test_files_without_their_paths_are_refused(client, begun, coordinator):
    client.force_login(coordinator)
    url = f"/api/v1/cohorts/{begun.cohort_id}/uploads/{begun.pk}/files/"
    files = [upload("a.jpg", b"1"), upload("b.jpg", b"2")]
    assert client.post(url, {"file": files, "path": ["a.jpg"]}).status_code == 400
    assert client.post(url, {}).status_code == 400
    assert uploads.uploaded_files(batch=begun) == []


def test_a_request_over_the_limit_is_refused_unread(client, begun, coordinator, settings):
    settings.UPLOAD_MAX_MB = 0
    client.force_login(coordinator)
    url = f"/api/v1/cohorts/{begun.cohort_id}/uploads/{begun.pk}/files/"
    assert client.post(url, {"file": [upload("a.jpg", b"1")]}).status_code == 413
