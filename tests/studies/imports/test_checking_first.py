"""A check first: what would happen is told file by file, and nothing is stored until somebody says yes."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies.imports import limits
from readerstudy.studies.models import ImportBatch, Photo, Subject
from readerstudy.studies.selectors.imports import reasons
from readerstudy.studies.services import cohorts as services

from .conftest import BAD_INPUTS, listed, picture, upload, zipped

pytestmark = pytest.mark.django_db
NAMES = [f"{i:03d}.jpg" for i in range(4)]


@pytest.fixture
def check(cohort):
    def check(photos, manifest):
        batch = services.start_import(
            cohort=cohort,
            archive=upload("photos.zip", photos),
            manifest=upload("m.csv", manifest),
            created_by=cohort.created_by,
            is_checked_first=True,
        )
        return services.run_import(batch_id=batch.pk)

    return check


@pytest.fixture
def confirm(coordinator):
    def confirm(batch):
        services.confirm_import(batch=batch, by=coordinator)
        return services.run_import(batch_id=batch.pk)

    return confirm


def photos(n: int = 4) -> bytes:
    return zipped({name: picture(i) for i, name in enumerate(NAMES[:n])})


def verdicts(batch) -> list[str]:
    return list(batch.lines.values_list("verdict", flat=True))


def test_a_check_stores_nothing_and_tells_every_line(check, settings):
    batch = check(photos(), listed([*NAMES, "nowhere.jpg"]))
    assert batch.status == ImportBatch.Status.CHECKED
    assert verdicts(batch) == ["added"] * 4 + ["rejected"]
    assert not Photo.objects.exists()
    assert not Subject.objects.exists()
    assert not (settings.MEDIA_ROOT / "photos").exists()
    assert not (settings.MEDIA_ROOT / batch.directory / "photos.zip").exists()  # with it went all metadata


def test_a_confirmed_import_stores_what_was_checked(check, confirm, settings, coordinator):
    batch = confirm(check(photos(), listed([*NAMES, "nowhere.jpg"])))
    assert batch.status == ImportBatch.Status.FINISHED
    assert (batch.done, batch.total, batch.confirmed_by) == (5, 5, coordinator)
    assert verdicts(batch) == ["added"] * 4 + ["rejected"]
    assert [line.photo.original_name for line in batch.lines.filter(verdict="added")] == NAMES
    assert all(photo.file.read()[:2] == b"\xff\xd8" for photo in Photo.objects.all())
    assert list((settings.MEDIA_ROOT / "incoming").iterdir()) == []


def test_a_check_and_a_straight_import_say_the_same(check, take, coordinator):
    names = ["duplicate-a.jpg", "duplicate-b-same-bytes.jpg", "duplicate-c-recompressed.jpg", "truncated.jpg"]
    names += ["exif-orientation-6.jpg", "grayscale.jpg"]
    files = {n: (BAD_INPUTS / "images" / n).read_bytes() for n in names if (BAD_INPUTS / "images" / n).exists()}
    assert len(files) >= 5
    checked = check(zipped(files), listed([*files, "nowhere.jpg"]))
    other = services.create_cohort(name="Straight", created_by=coordinator)
    taken = take(zipped(files), listed([*files, "nowhere.jpg"]), into=other)
    wanted = ("number", "file", "subject_code", "verdict", "reason")
    assert list(checked.lines.values_list(*wanted)) == list(taken.lines.values_list(*wanted))
    assert {"added", "review", "rejected"} <= set(verdicts(checked))


def test_what_the_cohort_took_in_the_meantime_is_not_taken_twice(check, confirm, take):
    batch = check(photos(), listed(NAMES))
    take(photos(2), listed(NAMES[:2]))
    batch = confirm(batch)
    assert verdicts(batch) == ["ignored", "ignored", "added", "added"]
    assert Photo.objects.count() == 4
    assert batch.status == ImportBatch.Status.FINISHED


def test_consent_withdrawn_after_the_yes_keeps_the_photo_out(check, take, coordinator):
    take(photos(1), listed(NAMES[:1]))
    further = b"subject_id,file,label,index_photo\nP001,003.jpg,GS,no\n"
    batch = check(photos(), further)
    assert verdicts(batch)[0] == "added"
    services.confirm_import(batch=batch, by=coordinator)
    services.withdraw_consent(subject=Subject.objects.get(), by=coordinator)
    batch = services.run_import(batch_id=batch.pk)
    assert "Consent of P001 was withdrawn" in batch.lines.first().reason
    assert Photo.objects.count() == 1


def test_withdrawing_consent_takes_checked_photos_of_the_subject_off_the_disk_at_once(
    check, take, coordinator, settings
):
    take(photos(1), listed(NAMES[:1]))
    manifest = b"subject_id,file,label,index_photo\np001,003.jpg,GS,no\nP002,002.jpg,control,yes\n"
    batch = check(photos(), manifest)
    folder = settings.MEDIA_ROOT / batch.directory / "checked"
    assert len(list(folder.iterdir())) == 4
    services.withdraw_consent(subject=Subject.objects.get(), by=coordinator)
    assert {path.stem for path in folder.iterdir()} == {"000002"}
    assert verdicts(batch)[:2] == ["rejected", "added"]
    assert batch.lines.first().reason == "Consent of P001 was withdrawn: nothing is taken."


def test_consent_withdrawn_while_an_import_runs_keeps_the_photo_out(take, coordinator, monkeypatch):
    from readerstudy.studies.imports import run

    take(photos(1), listed(NAMES[:1]))

    def withdraw_while_decoding(data, clean=run.clean):
        services.withdraw_consent(subject=Subject.objects.get(), by=coordinator)
        return clean(data)

    monkeypatch.setattr(run, "clean", withdraw_while_decoding)
    batch = take(photos(), b"subject_id,file,label,index_photo\nP001,003.jpg,GS,no\n")
    assert "Consent of P001 was withdrawn" in batch.lines.first().reason
    assert Photo.objects.count() == 1


def test_a_likeness_that_came_in_the_meantime_sends_the_photo_to_a_person(check, confirm, take):
    original, copy = ((BAD_INPUTS / "images" / f"duplicate-{n}.jpg").read_bytes() for n in ("a", "c-recompressed"))
    batch = check(zipped({"copy.jpg": copy}), b"subject_id,file,label\nB,copy.jpg,GS\n")
    assert verdicts(batch) == ["added"]
    take(zipped({"a.jpg": original}), b"subject_id,file,label\nA,a.jpg,GS\n")
    batch = confirm(batch)
    assert verdicts(batch) == ["review"]
    assert Photo.objects.get(original_name="copy.jpg").warnings == [
        "Looks the same as “a.jpg” of A: is it one child twice?"
    ]


def test_thrown_away_leaves_the_report_and_nothing_else(check, coordinator, settings):
    batch = services.discard_import(batch=check(photos(), listed(NAMES)), by=coordinator)
    assert batch.status == ImportBatch.Status.DISCARDED
    assert batch.lines.count() == 4
    assert list((settings.MEDIA_ROOT / "incoming").iterdir()) == []
    with pytest.raises(Refused, match="thrown away"):
        services.confirm_import(batch=batch, by=coordinator)
    services.run_import(batch_id=batch.pk)
    assert not Photo.objects.exists()


def test_an_import_is_confirmed_once(check, coordinator, sent, django_capture_on_commit_callbacks):
    batch = check(photos(), listed(NAMES))
    with django_capture_on_commit_callbacks(execute=True):
        services.confirm_import(batch=batch, by=coordinator)
        with pytest.raises(Refused, match="does not wait"):
            services.confirm_import(batch=batch, by=coordinator)
    assert [args for name, args in sent if name == "studies.import_cohort"].count((batch.pk,)) == 1


def test_nothing_to_add_cannot_be_confirmed(check, coordinator):
    batch = check(zipped({"a.jpg": b"no picture"}), listed(["a.jpg"]))
    with pytest.raises(Refused, match="Nothing of this import"):
        services.confirm_import(batch=batch, by=coordinator)


def test_what_nobody_confirms_is_thrown_away_in_time(check, settings):
    batch = check(photos(), listed(NAMES))
    assert services.discard_forgotten_imports() == 0
    ImportBatch.objects.update(checked_at=timezone.now() - timedelta(days=limits.CHECKED_KEPT_DAYS, hours=1))
    assert services.discard_forgotten_imports() == 1
    batch.refresh_from_db()
    assert batch.status == ImportBatch.Status.DISCARDED
    assert list((settings.MEDIA_ROOT / "incoming").iterdir()) == []
    assert AuditEvent.objects.get(action="import.discarded").actor == "system"


class Killed(BaseException):
    pass


def kill_at(monkeypatch, name: str, *, call: int) -> None:
    """The worker dies at this call of one method of the run."""
    from readerstudy.studies.imports.run import Run

    whole = getattr(Run, name)
    calls = []

    def until_killed(self, *args, **more):
        calls.append(1)
        if len(calls) == call:
            raise Killed
        return whole(self, *args, **more)

    monkeypatch.setattr(Run, name, until_killed)


@pytest.mark.django_db(transaction=True)
def test_a_killed_check_goes_on_and_still_sees_twins_among_what_it_had_checked(cohort, coordinator, monkeypatch):
    files = {n: picture(i) for i, n in enumerate(NAMES)}
    files["twin.jpg"] = files[NAMES[0]]
    batch = services.start_import(
        cohort=cohort,
        archive=upload("p.zip", zipped(files)),
        manifest=upload("m.csv", listed(list(files))),
        created_by=coordinator,
        is_checked_first=True,
    )
    with monkeypatch.context() as patch:
        kill_at(patch, "_stage", call=3)
        with pytest.raises(Killed):
            services.run_import(batch_id=batch.pk)
    ImportBatch.objects.update(heartbeat_at="2020-01-01T00:00Z")
    assert services.requeue_stale_imports() == 1
    batch = services.run_import(batch_id=batch.pk)
    assert verdicts(batch) == ["added"] * 4 + ["rejected"]
    assert "byte for byte, as “000.jpg” of P001" in batch.lines.last().reason


@pytest.mark.django_db(transaction=True)
def test_a_killed_storing_goes_on_where_it_stopped(check, coordinator, settings, monkeypatch):
    batch = services.confirm_import(batch=check(photos(), listed(NAMES)), by=coordinator)
    with monkeypatch.context() as patch:
        kill_at(patch, "_store", call=3)
        with pytest.raises(Killed):
            services.run_import(batch_id=batch.pk)
    assert Photo.objects.count() == 2
    ImportBatch.objects.update(heartbeat_at="2020-01-01T00:00Z")
    assert services.requeue_stale_imports() == 1
    batch = services.run_import(batch_id=batch.pk)
    assert (batch.status, batch.done) == (ImportBatch.Status.FINISHED, 4)
    assert Photo.objects.count() == len(list((settings.MEDIA_ROOT / "photos").iterdir())) == 4


def test_an_error_of_the_server_while_storing_leaves_no_line_that_says_added_without_a_photo(
    check, confirm, monkeypatch
):
    from readerstudy.studies.imports.run import Run

    batch = check(photos(), listed(NAMES))
    with monkeypatch.context() as patch:

        def full_disk(self, step, said, settle=Run._settle):
            if step.number == 3:
                raise OSError(28, "No space left on device")
            settle(self, step, said)

        patch.setattr(Run, "_settle", full_disk)
        batch = confirm(batch)
    assert batch.status == ImportBatch.Status.FAILED
    assert Photo.objects.count() == batch.lines.filter(verdict="added").count() == 2
    assert batch.lines.filter(reason__startswith="Not stored").count() == 2


def test_reasons_are_counted_whatever_the_file(check, take):
    take(zipped({"a.jpg": picture(90)}), b"subject_id,file,label\nP001,a.jpg,GS\nP002,b.jpg,control\n")
    files = {"x.jpg": b"no", "y.jpg": b"no either", "z.jpg": picture(90)}
    batch = check(zipped(files), listed(["v.jpg", *files]))
    [(label, counted)] = reasons(batch)
    assert label == "Refused"
    assert counted[0][1] == 2
    assert ("The same file, byte for byte, as another photo.", 1) in counted


def test_every_doubt_of_a_photo_is_counted_and_what_was_done_to_it_is_not(check):
    names = ["grayscale.jpg", "name-burned-in.jpg", "exif-orientation-6.jpg"]  # one face on all of them
    batch = check(zipped({n: (BAD_INPUTS / "images" / n).read_bytes() for n in names}), listed(names))
    [(label, counted)] = reasons(batch)
    assert label == "Needs a look"
    assert dict(counted) == {
        "The photo has no colour.": 1,
        "There may be writing on the photo: see that no name and no date can be read.": 1,
        "Looks the same as another photo: is it one child twice?": 2,
    }
    assert "Turned upright" in batch.lines.last().reason


def test_the_page_asks_and_both_buttons_work(client, check, cohort, coordinator):
    client.force_login(coordinator)
    for door, status in (("import_discard", "discarded"), ("import_confirm", "queued")):
        batch = check(photos(), listed([*NAMES, "nowhere.jpg"]))
        url = reverse("studies:import_report", args=[cohort.pk, batch.pk])
        page = client.get(url).content.decode()
        assert "Nothing is stored yet" in page
        assert "4 will be added" in page
        assert "Add 4 photos to the cohort" in page
        assert "not among the files" in page
        response = client.post(reverse(f"studies:{door}", args=[cohort.pk, batch.pk]))
        assert response["Location"] == url
        batch.refresh_from_db()
        assert batch.status == status
        again = client.post(reverse("studies:import_discard", args=[cohort.pk, batch.pk]), follow=True)
        assert "does not wait for a decision" in again.content.decode()
    assert (
        "Thrown away: nothing of this import"
        in client.get(reverse("studies:import_report", args=[cohort.pk, cohort.imports.first().pk])).content.decode()
    )


def test_the_downloaded_report_of_a_check_says_will_be(client, check, cohort, coordinator):
    client.force_login(coordinator)
    url = reverse("studies:import_csv", args=[cohort.pk, check(photos(), listed(NAMES)).pk])
    assert b"".join(client.get(url).streaming_content).count(b"will be added") == 4


def test_a_script_checks_and_confirms_through_the_api(client, cohort, coordinator):
    client.force_login(coordinator)
    url = f"/api/v1/cohorts/{cohort.pk}/imports/"
    files = {"photos": upload("p.zip", photos()), "manifest": upload("m.csv", listed(NAMES)), "dry_run": "true"}
    batch = client.post(url, files).json()
    services.run_import(batch_id=batch["id"])
    state = client.get(f"{url}{batch['id']}/").json()
    assert (state["status"], state["waits_for_decision"], state["is_over"]) == ("checked", True, False)
    assert state["verdicts"]["added"] == 4
    assert client.post(f"{url}{batch['id']}/confirm/").json()["status"] == "queued"
    services.run_import(batch_id=batch["id"])
    assert Photo.objects.count() == 4
    refused = client.post(f"{url}{batch['id']}/discard/")
    assert refused.status_code == 409
    assert "finished" in refused.json()["detail"]


@pytest.fixture
def command(tmp_path, coordinator):
    (tmp_path / "p.zip").write_bytes(photos())
    (tmp_path / "m.csv").write_bytes(listed(NAMES))

    def command(**more):
        call_command("import_cohort", name="By command", photos=tmp_path / "p.zip", manifest=tmp_path / "m.csv",
                     owner=coordinator.email, **more)  # fmt: skip

    return command


def test_the_command_only_checks_when_told_so(command, capsys):
    command(dry_run=True)
    out = capsys.readouterr().out
    assert "4 will be added" in out
    assert "Nothing was stored" in out
    assert not Photo.objects.exists()


@pytest.mark.parametrize(("answer", "stored"), [("y", 4), ("", 0), ("no", 0)])
def test_at_a_terminal_the_command_asks_first(command, monkeypatch, capsys, answer, stored):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: answer)
    command()
    assert Photo.objects.count() == stored
    assert ("4 added" in capsys.readouterr().out) == bool(stored)


def test_yes_is_not_asked(command, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    command(yes=True)
    assert Photo.objects.count() == 4


def test_the_cohort_page_points_to_an_import_that_waits(client, check, confirm, cohort, coordinator):
    client.force_login(coordinator)
    url = reverse("studies:cohort", args=[cohort.pk])
    batch = check(photos(), listed(NAMES))
    page = client.get(url).content.decode()
    assert "waits for your decision" in page
    assert reverse("studies:import_report", args=[cohort.pk, batch.pk]) in page
    services.confirm_import(batch=batch, by=coordinator)
    assert "An import of photos.zip is under way" in client.get(url).content.decode()
    services.run_import(batch_id=batch.pk)
    page = client.get(url).content.decode()
    assert "waits for your decision" not in page
    assert "under way" not in page


def test_the_same_again_has_nothing_to_add_and_says_so(client, check, take, cohort, coordinator):
    take(photos(), listed(NAMES))
    batch = check(photos(), listed(NAMES))
    client.force_login(coordinator)
    page = client.get(reverse("studies:import_report", args=[cohort.pk, batch.pk])).content.decode()
    assert "is in the cohort already" in page
    assert "mend the files" not in page
    assert reverse("studies:import_confirm", args=[cohort.pk, batch.pk]) not in page
