"""The disk is full, the media are read-only or the database goes away while photographs come in."""

import errno

import pytest
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError
from django.urls import reverse

from readerstudy.studies.models import ImportBatch, ImportLine, Photo
from readerstudy.studies.services import cohorts as services
from tests.full_disk import no_file_over

from .conftest import listed, picture, upload, zipped

pytestmark = pytest.mark.django_db
NAMES = [f"{i:03d}.jpg" for i in range(4)]


def files_in(folder) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def failing_after(n: int, error: Exception, monkeypatch):
    """The storage takes ``n`` files, and of the next one the first bytes."""
    taken, save = [], FileSystemStorage._save

    def stop(self, name, content):
        if len(taken) < n:
            taken.append(name)
            return save(self, name, content)
        content.truncate(100)
        save(self, name, content)
        raise error

    monkeypatch.setattr(FileSystemStorage, "_save", stop)


@pytest.mark.parametrize(
    ("number", "sentence"), [(errno.ENOSPC, "The site's disk is full"), (errno.EROFS, "The site may not write")]
)
def test_an_import_stops_with_a_sentence_and_leaves_nothing_half_written(take, settings, monkeypatch, number, sentence):
    photos = zipped({name: picture(i) for i, name in enumerate(NAMES)})
    with monkeypatch.context() as trouble:
        failing_after(2, OSError(number, "trouble"), trouble)
        batch = take(photos, listed(NAMES))
    assert batch.status == ImportBatch.Status.FAILED
    assert batch.problem.startswith(sentence)
    assert Photo.objects.count() == 2
    assert len(files_in(settings.MEDIA_ROOT)) == 2, "no orphan, no half a picture, no upload left"
    refused = batch.lines.filter(verdict=ImportLine.Verdict.REJECTED)
    assert not refused.filter(file__in=NAMES).exists(), "no photo is refused for what is wrong with the disk"
    assert take(photos, listed(NAMES)).lines.filter(verdict="added").count() == 2
    assert Photo.objects.count() == 4


def test_a_database_that_goes_away_stops_no_import_for_good(cohort, monkeypatch):
    photos = zipped({name: picture(i) for i, name in enumerate(NAMES)})
    batch = services.start_import(
        cohort=cohort,
        archive=upload("photos.zip", photos),
        manifest=upload("manifest.csv", listed(NAMES)),
        created_by=cohort.created_by,
    )
    with monkeypatch.context() as away:
        add, seen = Photo.save, []

        def gone(self, *given, **named):
            seen.append(self)
            if len(seen) == 3:
                raise OperationalError("server closed the connection unexpectedly")
            return add(self, *given, **named)

        away.setattr(Photo, "save", gone)
        assert services.run_import(batch_id=batch.pk).status == ImportBatch.Status.RUNNING
    assert batch.lines.count() == 2
    ImportBatch.objects.update(status=ImportBatch.Status.QUEUED)  # as the reaper has it after two minutes of silence
    done = services.run_import(batch_id=batch.pk)
    assert done.status == ImportBatch.Status.FINISHED
    assert list(done.lines.order_by("number").values_list("verdict", flat=True)) == ["added"] * 4
    assert Photo.objects.count() == 4


def test_a_photo_that_finds_no_room_on_its_way_in_is_told_and_sent_again(cohort, client, coordinator, settings):
    client.force_login(coordinator)
    began = client.post(
        reverse("studies_api:uploads", args=[cohort.pk]), {"manifest": upload("m.csv", listed(NAMES)), "n_files": 4}
    ).json()
    big = picture(0, size=(1600, 2000), quality=100)
    # The upload is held in memory and written once: beyond 64 kB the kernel stops it.
    from readerstudy.studies.imports import uploads

    folder = settings.MEDIA_ROOT / ImportBatch.objects.get().directory / "uploaded"
    with no_file_over(65_536), pytest.raises(OSError, match="File too large"):
        uploads.add(folder, "000.jpg", [big])
    assert files_in(folder) == ["index.jsonl"]
    answer = client.post(began["files_url"], {"file": upload("000.jpg", big)})
    assert (answer.status_code, answer.json()["n_arrived"]) == (200, 1)


def test_an_upload_over_the_api_on_a_full_disk_is_answered_507(cohort, client, coordinator, monkeypatch, settings):
    client.force_login(coordinator)

    def full(*given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("readerstudy.studies.services.uploads.uploads.begin", full)
    answer = client.post(
        reverse("studies_api:uploads", args=[cohort.pk]), {"manifest": upload("m.csv", listed(NAMES)), "n_files": 4}
    )
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    assert not ImportBatch.objects.exists()


def test_an_upload_with_an_expired_session_is_told_to_sign_in_and_goes_on(cohort, client, coordinator):
    client.force_login(coordinator)
    began = client.post(
        reverse("studies_api:uploads", args=[cohort.pk]), {"manifest": upload("m.csv", listed(NAMES)), "n_files": 4}
    ).json()
    client.logout()
    assert client.post(began["files_url"], {"file": upload("000.jpg", picture(0))}).status_code == 401
    client.force_login(coordinator)
    answer = client.post(began["files_url"], {"file": upload("000.jpg", picture(0))})
    assert (answer.status_code, answer.json()["n_arrived"]) == (200, 1)
