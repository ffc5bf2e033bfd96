# ruff: noqa: F811 - fixtures are imported and asked for by the same name
"""Photographs sealed at rest: nothing on the disk shows a face, everything is served as before, keys can be changed."""

import os
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.management import CommandError, call_command
from django.urls import reverse

from readerstudy import sealed
from readerstudy.operations import doctor, sealing, status
from readerstudy.operations.doctor import BAD, LOOK, OK
from readerstudy.refusal import Refused
from readerstudy.sealed import Damaged, KeyMissing, KeysUnreadable, add_key, sealed_by
from readerstudy.studies.imports.staging import Staging
from readerstudy.studies.models import ImportBatch
from readerstudy.studies.services import cohorts as services
from readerstudy.studies.services.decisions import confirm_import
from tests.operations.test_bucket import KEYS, bucket, names, new_bucket, server  # noqa: F401 - fixtures
from tests.reading.conftest import seat  # noqa: F401 - a fixture
from tests.screening.new_photo.conftest import engine, finished, submit  # noqa: F401 - fixtures
from tests.studies.cohorts.test_faces import finding
from tests.studies.imports.conftest import listed, picture, upload, zipped
from tests.training.app.conftest import cohort, data_dir, fit, make_run, prepared  # noqa: F401 - fixtures

PLAIN = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"WEBPVP8")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch) -> None:
    monkeypatch.setattr(sealing, "YOUNG_S", 0.0)


@pytest.fixture
def folder(settings) -> Any:
    """The folder behind the seal, and no key yet."""
    settings.PHOTO_KEYS_FILE = ""
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "readerstudy.sealed_stores.SealedFolder"}}
    return settings


@pytest.fixture
def key_file(folder, tmp_path) -> Path:
    file = tmp_path / "photo_keys"
    add_key(file, made_on="2026-11-27")
    folder.PHOTO_KEYS_FILE = str(file)
    return file


def stored_files(settings: Any) -> dict[str, bytes]:
    root = Path(settings.MEDIA_ROOT)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def shows_a_picture(data: bytes) -> bool:
    return any(magic in data[:64] for magic in PICTURES)


def import_four(coordinator: Any, **more: Any) -> tuple[Any, ImportBatch]:
    made = services.create_cohort(name="Sealed", created_by=coordinator)
    files = {f"{number}.jpg": picture(number, size=(480, 600)) for number in range(4)}
    batch = services.start_import(
        cohort=made, archive=upload("p.zip", zipped(files)), manifest=upload("m.csv", listed([*files])),
        created_by=coordinator, **more,
    )  # fmt: skip
    services.run_import(batch_id=batch.pk)
    return made, batch


@pytest.fixture
def imported(db, key_file, coordinator) -> Any:
    made, _ = import_four(coordinator)
    for photo in made.photos.all():
        services.store_face(photo=photo, finding=finding())
    return made


def test_nothing_that_is_stored_shows_a_face(imported, settings):
    files = stored_files(settings)
    assert len(files) == 12
    assert [name for name, data in files.items() if shows_a_picture(data) or sealed_by(data) is None] == []
    photo = imported.photos.first()
    for field in (photo.file, photo.face.crop, photo.face.rendition):
        with field.open("rb") as file:
            assert shows_a_picture(file.read())
    assert len({len(data) for name, data in files.items() if name.startswith("renditions/")}) == 1  # as without a seal


def test_what_waits_for_a_yes_is_sealed_and_then_stored(db, key_file, settings, coordinator, investigator):
    made, batch = import_four(coordinator, is_checked_first=True)
    waiting = {name: data for name, data in stored_files(settings).items() if name.endswith(".jpg")}
    assert len(waiting) == 4
    assert {sealed_by(data) for data in waiting.values()} == {sealed.newest().id}
    add_key(key_file, made_on="2026-11-28")
    assert sealing.seal_all().done == 4
    batch.refresh_from_db()
    confirm_import(batch=batch, by=coordinator)
    services.run_import(batch_id=batch.pk)
    assert made.photos.count() == 4
    with made.photos.first().file.open("rb") as file:
        assert shows_a_picture(file.read())


@pytest.mark.parametrize("kind", ["photo", "small", "rendition", "crop"])
def test_a_picture_goes_out_as_it_does_without_a_seal(imported, client, coordinator, stranger, settings, kind):
    photo = imported.photos.select_related("face").first()
    address = f"/cohorts/{imported.pk}/photos/{photo.pk}/{kind}/"
    client.force_login(stranger)
    assert client.get(address).status_code == 404
    client.force_login(coordinator)

    def answered() -> Any:
        answer = client.get(address)
        assert answer.status_code == 200
        return answer.getvalue(), {name: value for name, value in answer.items() if name != "X-Request-ID"}

    behind_the_seal = answered()
    assert sealing.unseal_all().done == 12
    settings.PHOTO_KEYS_FILE, settings.STORAGES = "", settings.STORAGES | {"default": PLAIN}
    assert answered() == behind_the_seal


@pytest.fixture
def reading(key_file, make_study, coordinator, investigator, reader_user, seat, client):
    study = make_study(coordinator, investigator, reader_user, n=4)
    client.force_login(reader_user)
    client.raise_request_exception = False
    return seat(study)


def face_of(reading: Any, client: Any) -> tuple[Any, Any]:
    trial = reading.next().trial
    return trial, client.get(reverse("reading_api:photo", args=[trial.token]))


def test_a_reader_reads_from_behind_the_seal(reading, client, settings):
    trial, answer = face_of(reading, client)
    name = trial.case.photo.face.rendition.name
    assert sealed_by(stored_files(settings)[name])
    assert answer.status_code == 200
    assert answer.getvalue() == default_storage.open(name).read()
    assert int(answer["Content-Length"]) == len(default_storage.open(name).read())


def test_a_missing_key_costs_no_face_and_a_damaged_file_its_own(reading, client, settings, key_file):
    settings.PHOTO_KEYS_FILE = ""
    trial, answer = face_of(reading, client)
    assert (answer.status_code, answer.json()["code"]) == (503, "photo_key_away")
    trial.refresh_from_db()
    assert trial.forfeited_at is None
    settings.PHOTO_KEYS_FILE = str(key_file)
    path = Path(default_storage.path(trial.case.photo.face.rendition.name))
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert client.get(reverse("reading_api:photo", args=[trial.token])).status_code == 410
    trial.refresh_from_db()
    assert trial.forfeited_at is not None


def test_a_screened_photo_its_heat_map_and_those_of_a_run_are_sealed(
    key_file, submit, engine, client, investigator, settings
):
    photo = submit(score=True)
    files = stored_files(settings)
    assert {name.split("/")[0] for name in files} >= {"screen", "heat", "crops"}
    made_here = {name: data for name, data in files.items() if name.startswith(("screen/", "heat/"))}
    assert len(made_here) == 23
    assert [name for name, data in made_here.items() if sealed_by(data) is None] == []
    client.force_login(investigator)
    for kind in ("photo", "face", "heat"):
        answer = client.get(reverse(f"screening:screened_{kind}", args=[photo.token]))
        assert answer.status_code == 200
        assert shows_a_picture(answer.getvalue())


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(folder) -> dict[str, bytes]:
    """Three photographs from before there was a key."""
    made = {f"photos/{number}.jpg": PICTURES[0] + bytes([number]) * 3_000 for number in range(3)}
    for name, data in made.items():
        default_storage.save(name, ContentFile(data))
    return made


def read_all(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: default_storage.open(name).read() for name in files}


def command(name: str, *arguments: str) -> str:
    out = StringIO()
    call_command(name, *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_what_was_stored_before_is_read_sealed_sealed_anew_and_opened_again(db, three, key_file, settings):
    old = sealed.newest()
    assert read_all(three) == three  # sealed or not
    assert "3 sealed with the newest key, 0 were so already; 3 files." in command("seal_photos")
    assert {sealed_by(data) for data in stored_files(settings).values()} == {old.id}
    assert read_all(three) == three
    assert "0 sealed with the newest key, 3 were so already" in command("seal_photos")
    assert command("photo_key", "--new").startswith(f"{key_file}: the newest key is ")
    new = sealed.newest()
    assert new != old
    assert read_all(three) == three
    assert "3 sealed with the newest key" in command("seal_photos")
    assert {sealed_by(data) for data in stored_files(settings).values()} == {new.id}
    assert f"{old.id}         0 files  older, opens nothing here any more" in command("photo_key")
    key_file.write_text(new.line + "\n")  # the old one is taken out
    assert read_all(three) == three
    assert "3 unsealed" in command("unseal_photos")
    assert stored_files(settings) == three


def test_a_key_that_is_missing_is_named_and_nothing_is_harmed(db, three, key_file, settings, tmp_path, capsys):
    command("seal_photos")
    first, other = sealed.newest().id, tmp_path / "other"
    before = stored_files(settings)
    add_key(other, made_on="2026-11-27")
    settings.PHOTO_KEYS_FILE = str(other)
    said = rf"photos/0.jpg is sealed with the key {first}, which is not in PHOTO_KEYS_FILE"
    with pytest.raises(KeyMissing, match=said):
        default_storage.open("photos/0.jpg")
    with pytest.raises(SystemExit, match="1"):
        call_command("seal_photos")
    assert "3 could not be opened and were left as they are" in capsys.readouterr().err
    assert stored_files(settings) == before
    assert "THE KEY IS MISSING" in command("photo_key")
    found = [one for one in doctor._photo_keys() if one.state == BAD]
    assert [f"3 of 3 looked at are sealed with {first}" in one.found for one in found] == [True]


def test_a_changed_byte_and_a_swapped_name_are_refused(db, three, key_file, settings):
    command("seal_photos")
    one, two = (Path(default_storage.path(f"photos/{number}.jpg")) for number in (0, 1))
    good = one.read_bytes()
    for place in (3, 10, 20, 40, len(good) - 1):  # magic, key id, nonce, ciphertext, tag
        one.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        if place == 3:
            assert default_storage.open("photos/0.jpg").read() != three["photos/0.jpg"]
            continue
        with pytest.raises((Damaged, KeyMissing), match=r"photos/0\.jpg"):
            default_storage.open("photos/0.jpg")
    one.write_bytes(good[:30])
    with pytest.raises(Damaged, match="damaged"):
        default_storage.open("photos/0.jpg")
    shutil.copy(two, one)
    with pytest.raises(Damaged, match="not those that were sealed"):
        default_storage.open("photos/0.jpg")


def test_what_is_erased_or_made_anew_while_it_is_sealed_stays_so(db, three, key_file, settings, monkeypatch):
    real = sealing.seal_bytes

    def meanwhile(data: bytes, *, name: str, key: Any) -> bytes:
        if name == "photos/0.jpg":
            default_storage.delete(name)
        if name == "photos/1.jpg":
            default_storage.delete(name)
            default_storage.save(name, ContentFile(b"anew"))
        return real(data, name=name, key=key)

    monkeypatch.setattr(sealing, "seal_bytes", meanwhile)
    found = sealing.seal_all()
    assert (found.done, found.passed) == (1, 2)
    assert sorted(stored_files(settings)) == ["photos/1.jpg", "photos/2.jpg"]
    assert default_storage.open("photos/1.jpg").read() == b"anew"


def test_two_sealings_at_once_are_refused(db, three, key_file):
    with sealing._alone(), pytest.raises(CommandError, match="Another sealing is under way"):
        command("seal_photos")


def test_without_a_key_nothing_is_sealed_and_a_key_file_is_never_written_over(db, three, settings, tmp_path):
    with pytest.raises(CommandError, match="There is no key"):
        command("seal_photos")
    with pytest.raises(CommandError, match="Say into which file"):
        command("photo_key", "--new")
    letter = tmp_path / "letter"
    letter.write_text("Dear colleague\n")
    with pytest.raises(CommandError, match="line 1 is no key of photographs"):
        command("photo_key", "--new", str(letter))
    assert letter.read_text() == "Dear colleague\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), ("# nothing\n", "holds no key"), ("photo-key-1-AAAA\n", "line 1 is no key"),
     (b"\xff\xfe\0", "line 1 is no key")],
)  # fmt: skip
def test_a_key_file_that_is_none_is_said_and_nothing_is_stored_unsealed(folder, tmp_path, content, said):
    file = tmp_path / "photo_keys"
    folder.PHOTO_KEYS_FILE = str(file)
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    errors = [one for one in run_checks() if one.id == "readerstudy.E002"]
    assert [said in one.msg for one in errors] == [True]
    with pytest.raises(KeysUnreadable, match=said):
        default_storage.save("photos/new.jpg", ContentFile(PICTURES[0]))
    assert stored_files(folder) == {}
    line = {one.subject: one for one in status._seal()}["Seal"]
    assert line.state == BAD


def test_a_key_file_that_lies_open_is_said(db, key_file, settings):
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert [one for one in run_checks() if one.id.startswith("readerstudy.")] == []
    assert [one.state for one in doctor._photo_keys()] == [OK]
    key_file.chmod(0o644)
    assert [one.id for one in run_checks() if one.id.startswith("readerstudy.")] == ["readerstudy.W001"]
    assert {one.found: one.state for one in doctor._photo_keys()}["other accounts of the machine may read the keys"]
    within = Path(settings.MEDIA_ROOT) / "photo_keys"
    within.parent.mkdir(exist_ok=True)
    shutil.copy(key_file, within)
    settings.PHOTO_KEYS_FILE = str(within)
    assert BAD in {one.state for one in doctor._photo_keys()}


def test_the_doctor_says_what_is_not_sealed_yet(db, three, key_file):
    assert [(one.state, one.found[:6]) for one in doctor._photo_keys()] == [(LOOK, "0 of 3")]
    sealing.seal_all()
    assert [(one.state, one.found[:6]) for one in doctor._photo_keys()] == [(OK, "3 of 3")]


def test_a_name_that_is_taken_in_the_same_moment_is_sealed_under_the_one_it_gets(three, key_file, monkeypatch):
    real = default_storage.get_available_name
    asked = iter(["photos/0.jpg"])
    monkeypatch.setattr(storages["default"], "get_available_name", lambda name, max_length=None: next(
        asked, None) or real(name, max_length=max_length))  # fmt: skip
    name = default_storage.save("photos/0.jpg", ContentFile(b"another"))
    assert name != "photos/0.jpg"
    assert default_storage.open(name).read() == b"another"


# --- the bucket ------------------------------------------------------------------------------------------------------


def test_a_bucket_is_sealed_and_sealed_anew_too(db, bucket, settings, tmp_path):
    options = settings.STORAGES["default"]["OPTIONS"]
    behind = {"BACKEND": "readerstudy.sealed_bucket.SealedBucket", "OPTIONS": options}
    settings.STORAGES, settings.PHOTO_KEYS_FILE = settings.STORAGES | {"default": behind}, ""
    bucket.Versioning().enable()
    default_storage.save("photos/0.jpg", ContentFile(PICTURES[0] + b"old"))
    settings.PHOTO_KEYS_FILE = str(tmp_path / "keys")
    add_key(tmp_path / "keys", made_on="2026-11-27")
    default_storage.save("photos/1.jpg", ContentFile(PICTURES[0] + b"new"))
    assert sealing.seal_all().done == 1
    lying = [version.get()["Body"].read() for version in bucket.object_versions.all()]
    assert len(lying) == 2
    assert {sealed_by(data) for data in lying} == {sealed.newest().id}
    assert [default_storage.open(name).read()[3:] for name in names(bucket)] == [b"old", b"new"]
    data, mark = storages["default"].version("photos/0.jpg")
    assert not storages["default"].replace("photos/0.jpg", data, mark='"another"')
    default_storage.delete("photos/0.jpg")
    assert not storages["default"].replace("photos/0.jpg", data, mark=mark)
    assert names(bucket) == ["photos/1.jpg"]


def test_staging_and_sealing_agree_on_the_name(settings, tmp_path):
    place = Path(settings.MEDIA_ROOT) / "incoming/ab/checked"
    assert Staging(place)._name(3) == "incoming/ab/checked/000003.jpg"
    assert Path("incoming/ab/checked/000003.jpg").match(sealing.STAGED)
    assert os.sep == "/"


def test_a_refusal_says_which_file_cannot_be_written(tmp_path):
    with pytest.raises(Refused, match="cannot be written"):
        add_key(tmp_path / "nowhere/keys", made_on="2026-11-27")
