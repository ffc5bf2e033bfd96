# ruff: noqa: F811 - fixtures are imported and asked for by the same name
"""Photographs in a bucket: the same site, with a real S3-compatible server beside it instead of the folder."""

import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from moto.server import ThreadedMotoServer

from readerstudy import bucket as bucket_module
from readerstudy import stored
from readerstudy.bucket import StoreAway
from readerstudy.operations import archive, doctor
from readerstudy.operations.doctor import BAD, LOOK, OK
from readerstudy.reading.models import Incident
from readerstudy.studies.models import Face, Photo, Subject
from readerstudy.studies.services import cohorts as services
from tests.operations.site import Site
from tests.reading.conftest import seat  # noqa: F401 - a fixture
from tests.screening.new_photo.conftest import engine, finished, submit  # noqa: F401 - fixtures
from tests.studies.cohorts.test_faces import finding
from tests.studies.imports.conftest import listed, picture, upload, zipped
from tests.training.app.conftest import cohort, data_dir, fit, make_run, prepared  # noqa: F401 - fixtures
from training import services as training
from training.disk import disk_use

KEYS = {"access_key": "hospital", "secret_key": "a secret"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    running.start()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def new_bucket(server: str) -> Callable[[], Any]:
    def make() -> Any:
        keys = {"aws_access_key_id": KEYS["access_key"], "aws_secret_access_key": KEYS["secret_key"]}
        client = boto3.resource("s3", endpoint_url=server, region_name="us-east-1", **keys)
        return client.create_bucket(Bucket=f"faces-{uuid.uuid4().hex[:12]}")

    return make


@pytest.fixture
def bucket(new_bucket, server, settings, _own_media) -> Any:
    """The site's photographs lie in this bucket, below a prefix."""
    made = new_bucket()
    options = {"bucket_name": made.name, "endpoint_url": server, "region_name": "us-east-1", "location": "site", **KEYS}
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "readerstudy.bucket.Bucket", "OPTIONS": options}}
    return made


def names(bucket: Any, folder: str = "") -> list[str]:
    return sorted(found.key.removeprefix("site/") for found in bucket.objects.filter(Prefix=f"site/{folder}"))


def no_file_below(settings: Any) -> bool:
    """Nothing that shows a face lies on the disk of the web machine."""
    return not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]


@pytest.fixture
def imported(db, bucket, coordinator) -> Any:
    """Four photographs, through the import's own door, with a face found on each."""
    made = services.create_cohort(name="In a bucket", created_by=coordinator)
    files = {f"{number}.jpg": picture(number, size=(480, 600)) for number in range(4)}
    batch = services.start_import(
        cohort=made, archive=upload("p.zip", zipped(files)), manifest=upload("m.csv", listed([*files])),
        created_by=coordinator,
    )  # fmt: skip
    services.run_import(batch_id=batch.pk)
    for photo in made.photos.all():
        services.store_face(photo=photo, finding=finding())
    return made


def test_an_import_goes_into_the_bucket_and_leaves_nothing_on_the_disk(imported, bucket, settings):
    tokens = [str(photo.token) for photo in imported.photos.all()]
    assert len(tokens) == 4
    wanted = [f"{kind}/{token}.{end}" for kind, end in (("crops", "png"), ("photos", "jpg"), ("renditions", "jpg"))
              for token in tokens]  # fmt: skip
    assert names(bucket) == sorted(wanted)
    assert no_file_below(settings)
    # The same photo again, as after an interrupted attempt: in place, under the same name.
    photo = imported.photos.first()
    Photo.objects.filter(pk=photo.pk).update(status=Photo.Status.IMPORTED)
    services.store_face(photo=photo, finding=finding())
    assert names(bucket) == sorted(wanted)


def headers_of(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.items() if name not in {"X-Request-ID"}}


@pytest.mark.parametrize("kind", ["photo", "small", "rendition", "crop"])
def test_a_picture_goes_out_with_the_same_headers_from_a_bucket_as_from_a_folder(
    imported, client, coordinator, stranger, settings, kind
):
    photo = imported.photos.select_related("face").first()
    address = f"/cohorts/{imported.pk}/photos/{photo.pk}/{kind}/"
    client.force_login(coordinator)
    answer = client.get(address)
    assert answer.status_code == 200
    body, said = answer.getvalue(), headers_of(answer)
    client.force_login(stranger)
    assert client.get(address).status_code == 404
    client.force_login(coordinator)
    data = {field.name: field.read() for field in (photo.file, photo.face.crop, photo.face.rendition)}
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    for name, content in data.items():
        default_storage.save(name, ContentFile(content))
    answer = client.get(address)
    assert (answer.getvalue(), headers_of(answer)) == (body, said)


@pytest.fixture
def reading(bucket, make_study, coordinator, investigator, reader_user, seat, client):
    study = make_study(coordinator, investigator, reader_user, n=4)
    client.force_login(reader_user)
    client.raise_request_exception = False
    return seat(study)


def test_a_reader_reads_from_the_bucket(reading, client):
    trial = reading.next().trial
    answer = client.get(reverse("reading_api:photo", args=[trial.token]))
    assert answer.status_code == 200
    stored_bytes = trial.case.photo.face.rendition.read()
    assert answer.getvalue() == stored_bytes
    assert (answer["Cache-Control"], answer["Content-Type"]) == ("no-store", "image/png")
    assert answer["Content-Disposition"] == 'inline; filename="face"'
    assert int(answer["Content-Length"]) == len(stored_bytes)
    reading.start(trial)
    assert client.get(reverse("reading_api:photo", args=[trial.token])).status_code == 410


def test_while_the_bucket_is_away_no_face_is_lost(reading, client, settings, monkeypatch):
    """The page is told to try again; only a picture that is really gone is passed over, with its incident."""
    monkeypatch.setattr(bucket_module, "CONFIG", bucket_module.CONFIG.merge(Config(retries={"total_max_attempts": 1})))
    trial, there = reading.next().trial, settings.STORAGES
    options = there["default"]["OPTIONS"] | {"endpoint_url": "http://127.0.0.1:9"}
    settings.STORAGES = there | {"default": there["default"] | {"OPTIONS": options}}
    answer = client.get(reverse("reading_api:photo", args=[trial.token]))
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_away")
    with pytest.raises(StoreAway, match="does not answer"):
        default_storage.exists("x")
    trial.refresh_from_db()
    assert trial.forfeited_at is None
    assert not Incident.objects.exists()
    settings.STORAGES = there
    assert client.get(reverse("reading_api:photo", args=[trial.token])).status_code == 200
    default_storage.delete(trial.case.photo.face.rendition.name)
    assert client.get(reverse("reading_api:photo", args=[trial.token])).status_code == 410
    assert Incident.objects.get().kind == "picture-gone"


def test_a_run_keeps_its_maps_in_the_bucket_and_withdrawn_consent_takes_all_of_a_child(
    bucket, finished, coordinator, settings
):
    assert len(names(bucket, "heat/")) == 20
    assert disk_use(finished, finished.folds.all()).heat_maps == sum(found.size for found in _maps(bucket))
    row = finished.predictions.select_related("photo__subject").first()
    token = str(row.photo.token)
    assert len([name for name in names(bucket) if token in name]) == 4  # photo, crop, rendition, heat map
    services.withdraw_consent(subject=row.photo.subject, by=coordinator)
    assert training.requeue_stale()["dropped heat maps"] == 1
    assert [name for name in names(bucket) if token in name] == []
    assert len(names(bucket, "heat/")) == 19
    stored.remove_below(f"heat/{finished.pk}")
    assert names(bucket, "heat/") == []
    assert no_file_below(settings)


def _maps(bucket: Any) -> Any:
    return bucket.objects.filter(Prefix="site/heat/")


def test_a_screened_photo_lies_in_the_bucket_and_goes_when_it_is_erased(
    bucket, submit, engine, client, investigator, settings
):
    photo = submit(score=True)
    assert len(names(bucket, "screen/")) == 3
    client.force_login(investigator)
    for kind in ("photo", "face", "heat"):
        answer = client.get(reverse(f"screening:screened_{kind}", args=[photo.token]))
        assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
    training.erase_new_photo(photo=photo)
    assert names(bucket, "screen/") == []
    assert no_file_below(settings)


def test_a_bucket_that_keeps_versions_keeps_none_of_a_withdrawn_child(imported, bucket, coordinator):
    bucket.Versioning().enable()
    default_storage._asked_at = -bucket_module.ASK_AGAIN_AFTER
    subject = Subject.objects.first()
    photo = subject.photos.get()
    Photo.objects.filter(pk=photo.pk).update(status=Photo.Status.IMPORTED)
    services.store_face(photo=photo, finding=finding())  # made anew: there are older versions now
    services.withdraw_consent(subject=subject, by=coordinator)
    kept = [version.object_key for version in bucket.object_versions.all()]
    assert kept
    assert [key for key in kept if str(photo.token) in key] == []
    assert Face.objects.get(photo=photo).crop.name == ""


def test_nothing_in_the_bucket_has_a_public_address(imported, bucket):
    photo = imported.photos.first()
    assert photo.file.url == f"/no-public-media/{photo.file.name}"
    assert not default_storage.is_open_to_anybody(photo.file.name)
    assert names(bucket, "photos/")
    bucket.Object(f"site/{photo.file.name}").Acl().put(ACL="public-read")
    assert default_storage.is_open_to_anybody(photo.file.name)


def states(subject: str) -> dict[str, str]:
    return {found.found: found.state for found in doctor.examine(has_workers=False) if found.subject == subject}


def test_the_doctor_looks_into_the_bucket(imported, bucket, monkeypatch):
    assert states("photographs") == {"all 12 files that the database names are there": OK}
    assert states("bucket")[f"{bucket.name} can be written to, and is closed to everybody else"] == OK
    assert "doctor" not in " ".join(names(bucket))
    photo = imported.photos.first()
    default_storage.delete(photo.file.name)
    assert BAD in states("photographs").values()
    monkeypatch.setattr(type(default_storage._wrapped), "is_open_to_anybody", lambda *_: True)
    assert states("bucket")["anybody can read what lies there"] == BAD
    bucket.Versioning().enable()
    default_storage._asked_at = -bucket_module.ASK_AGAIN_AFTER
    assert states("bucket")["the bucket keeps older versions"] == LOOK


FILL = """
import django; django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
for number in range(30):
    default_storage.save(f"photos/{number}.jpg", ContentFile(bytes([number]) * 5_000))
"""


@pytest.mark.slow
def test_a_site_in_a_bucket_is_backed_up_and_comes_back_into_another_or_into_a_folder(
    new_bucket, server, tmp_path, monkeypatch
):
    secret, recipient = archive.new_identity()
    (tmp_path / "key").write_text(secret)
    sealed = tmp_path / "all.backup"

    def site(name: str, made: Any = None) -> Site:
        monkeypatch.setenv("S3_BUCKET", made.name if made else "")
        (tmp_path / name).mkdir()
        return Site(tmp_path / name)

    for name, value in {"ENDPOINT": server, "REGION": "us-east-1", "PREFIX": "site"}.items():
        monkeypatch.setenv(f"S3_{name}", value)
    monkeypatch.setenv("S3_ACCESS_KEY", KEYS["access_key"])
    (tmp_path / "secret").write_text(KEYS["secret_key"])
    monkeypatch.setenv("S3_SECRET_KEY_FILE", str(tmp_path / "secret"))
    first, second = new_bucket(), new_bucket()
    here = site("here", first)
    here.manage("migrate", "--verbosity", "0")
    here.run("-c", FILL)
    (here.folder / "media/incoming/1").mkdir(parents=True)
    (here.folder / "media/incoming/1/photos.zip").write_bytes(b"being uploaded")
    assert "31 files" in here.manage("backup", str(sealed), "--recipient", recipient)
    there = site("there", second)
    second.put_object(Key="site/photos/other.jpg", Body=b"x")
    assert "photographs in the bucket" in there.manage(
        "restore", str(sealed), "--key", str(tmp_path / "key"), expected=1
    )
    second.Object("site/photos/other.jpg").delete()
    there.manage("restore", str(sealed), "--key", str(tmp_path / "key"))
    found = {one.key: one.get()["Body"].read() for one in second.objects.all()}
    assert found == {f"site/photos/{number}.jpg": bytes([number]) * 5_000 for number in range(30)}
    assert there.files() == {"media/incoming/1/photos.zip": b"being uploaded"}
    folder = site("folder")
    folder.manage("restore", str(sealed), "--key", str(tmp_path / "key"))
    assert len(folder.files()) == 31


def test_without_the_packages_the_setting_is_refused_in_a_sentence(tmp_path):
    code = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "boto3" else real(name, *more)
try:
    import readerstudy.settings
except Exception as problem:
    sys.exit(str(problem))
"""
    said = Site(tmp_path).run("-c", code, expected=1, S3_BUCKET="faces")
    assert "S3_BUCKET is set, but the packages for it are not installed" in said
