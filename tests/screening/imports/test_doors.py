"""The page, the command and the API: who may, what they answer, and that the same files give the same study."""

from io import StringIO
from pathlib import Path

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from readerstudy.accounts.models import User
from readerstudy.audit.models import AuditEvent
from readerstudy.reading.models import Call, Exposure
from readerstudy.studies.models import Membership, Photo, Reader, Study
from screening.imports.services import forget_staged, import_study
from screening.models import StagedFile, StudyImport
from tests.screening.imports.test_refusals import READS, SCORES

FORM = {"name": "From elsewhere", "kind": "patients", "threshold": "0.5", "description": "Read on paper."}


@pytest.fixture
def small(monkeypatch) -> list:
    return [SCORES, READS]


def uploads(*files) -> list[SimpleUploadedFile]:
    return [SimpleUploadedFile(file.name, file.data) for file in files]


def checked(client, user: User, **more) -> StudyImport:
    client.force_login(user)
    response = client.post("/analysis/import/", FORM | {"files": uploads(SCORES, READS)} | more)
    assert response.status_code == 302, response.content.decode()
    return StudyImport.objects.get(pk=response["Location"].strip("/").split("/")[-1])


def test_the_page_checks_first_and_stores_on_a_yes(client, investigator):
    waiting = checked(client, investigator)
    page = client.get(f"/analysis/import/{waiting.pk}/").content.decode()
    assert "not stored yet" in page
    assert "4 of 4" in page
    assert SCORES.sha256 in page
    assert not Study.objects.exists()
    response = client.post(f"/analysis/import/{waiting.pk}/decide/", {"decision": "store"})
    study = Study.objects.get()
    assert response["Location"] == f"/analysis/{study.pk}/"
    assert not StagedFile.objects.exists()
    assert client.get(response["Location"]).status_code == 200
    again = client.post("/analysis/import/", FORM | {"name": "Once more", "files": uploads(SCORES, READS)})
    assert again["Location"] == f"/analysis/import/{waiting.pk}/"
    assert "badge good" in client.get(again["Location"]).content.decode()
    assert Study.objects.count() == 1
    assert client.post(f"/analysis/import/{waiting.pk}/decide/", {"decision": "discard"}).status_code == 302
    assert Study.objects.count() == 1


def test_a_no_throws_the_files_away(client, investigator):
    waiting = checked(client, investigator)
    client.post(f"/analysis/import/{waiting.pk}/decide/", {"decision": "discard"})
    assert not StudyImport.objects.exists()
    assert not StagedFile.objects.exists()
    assert not Study.objects.exists()


def test_files_that_nobody_confirms_are_forgotten(client, investigator):
    waiting = checked(client, investigator)
    forget_staged()
    assert StagedFile.objects.count() == 2
    StudyImport.objects.filter(pk=waiting.pk).update(created_at="2020-01-01T00:00:00Z")
    forget_staged()
    assert not StagedFile.objects.exists()


def test_a_bad_file_is_told_on_the_page_and_nothing_is_kept(client, investigator):
    client.force_login(investigator)
    response = client.post("/analysis/import/", FORM | {"files": uploads(SCORES)})
    assert response.status_code == 400
    assert "no file holds reads" in response.content.decode()
    assert client.post("/analysis/import/", FORM).status_code == 400
    assert "Nothing was stored" not in client.get("/analysis/import/").content.decode()
    assert not StudyImport.objects.exists()


def test_what_is_stored_is_a_closed_study_whose_readers_cannot_sign_in(investigator, wishes, small):
    made = import_study(files=small, wishes=wishes, by=investigator)
    study = made.study
    assert study.status == "closed"
    assert list(Membership.objects.filter(study=study).values_list("user", "role")) == [
        (investigator.pk, "investigator")
    ]
    reader = Reader.objects.get(study=study)
    assert not reader.user.is_active
    assert not reader.user.has_usable_password()
    assert reader.user.email.endswith("@imported.invalid")
    assert mail.outbox == []
    assert Call.objects.count() == 4
    assert not Exposure.objects.exists()
    assert not Photo.objects.exclude(file="").exists()
    assert study.protocols.get().digest == ""
    assert [fold.threshold for fold in made.run.folds.all()] == [0.5, 0.5]
    event = AuditEvent.objects.get(action="study.imported")
    assert [file["sha256"] for file in event.detail["files"]] == [SCORES.sha256, READS.sha256]


def test_the_same_files_twice_give_the_same_study_to_the_same_person(investigator, wishes, small, make_user):
    made = import_study(files=small, wishes=wishes, by=investigator)
    assert import_study(files=small[::-1], wishes=wishes, by=investigator).pk == made.pk
    with pytest.raises(Exception, match="already: choose another name"):
        import_study(files=small, wishes=wishes, by=make_user("Nora Neighbour"))
    assert Study.objects.count() == 1


def test_no_photo_of_an_imported_cohort_can_be_read_or_trained_on(client, investigator, wishes, small):
    made = import_study(files=small, wishes=wishes, by=investigator)
    client.force_login(investigator)
    cohort = made.study.cohort_id
    assert client.get(f"/cohorts/{cohort}/").status_code == 200
    assert not Photo.objects.filter(cohort=cohort, status=Photo.Status.READY).exists()
    for path in ("/training/", f"/training/{made.run_id}/", "/analysis/", f"/analysis/{made.study_id}/files/"):
        assert client.get(path).status_code == 200, path


def test_the_door_is_for_investigators_and_coordinators(client, investigator, stranger, reader_user, make_user):
    assert client.get("/analysis/import/").status_code == 302
    assert client.post("/api/v1/study-imports/").status_code in (401, 403)
    waiting = checked(client, investigator)
    study = import_study(files=[SCORES, READS], wishes=_wishes("Other"), by=investigator).study
    Reader.objects.create(study=study, user=reader_user, code="SP 9")
    for user in (stranger, reader_user):
        client.force_login(user)
        assert client.get("/analysis/import/").status_code == 403
        assert client.post("/analysis/import/", FORM).status_code == 403
        assert client.post("/api/v1/study-imports/").status_code == 403
    for user in (stranger, reader_user, make_user("Nora Neighbour", may_coordinate=True)):
        client.force_login(user)
        assert client.get(f"/analysis/import/{waiting.pk}/").status_code == 404
        assert client.post(f"/analysis/import/{waiting.pk}/decide/", {"decision": "store"}).status_code == 404
    client.force_login(stranger)
    assert client.get(f"/analysis/{study.pk}/").status_code == 404


def _wishes(name: str):
    from screening.imports.content import Reading
    from screening.imports.services import Wishes

    return Wishes(name=name, kind="test", reading=Reading(threshold=0.4))


def test_the_api_checks_stores_and_gives_the_same_back(client, investigator):
    client.force_login(investigator)

    def post(**more):
        return client.post("/api/v1/study-imports/", FORM | {"files": uploads(SCORES, READS)} | more)

    look = post(check_only="true")
    assert (look.status_code, look.json()["study"], look.json()["found"]["n_cases"]) == (200, None, 4)
    assert not Study.objects.exists()
    made = post()
    assert made.status_code == 201, made.json()
    assert made.json()["study"] == Study.objects.get().pk
    assert (post().status_code, post().json()["study"]) == (200, made.json()["study"])
    bad = post(files=uploads(SCORES))
    assert bad.status_code == 400
    assert "no file holds reads" in bad.json()["problems"][0]
    assert post(threshold="7").status_code == 400
    assert post(kind="elves").status_code == 400
    assert Study.objects.count() == 1


def test_the_command_checks_and_stores(tmp_path: Path, investigator):
    for file in (SCORES, READS):
        (tmp_path / file.name).write_bytes(file.data)
    paths = [str(tmp_path / file.name) for file in (SCORES, READS)]
    told = {"name": "By command", "by": investigator.email, "kind": "test", "threshold": 0.5}
    out = StringIO()
    call_command("import_study", *paths, **told, check=True, stdout=out)
    assert "this was a check" in out.getvalue()
    assert not Study.objects.exists()
    call_command("import_study", *paths, **told, stdout=out)
    study = Study.objects.get(name="By command")
    assert f"/analysis/{study.pk}/" in out.getvalue()
    with pytest.raises(CommandError, match="no file holds reads"):
        call_command("import_study", paths[0], **told, stdout=out)
    with pytest.raises(CommandError, match="There is no account"):
        call_command("import_study", *paths, **told | {"by": "nobody@example.org"}, stdout=out)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_study", str(tmp_path / "absent.csv"), **told, stdout=out)


def test_the_planner_is_told_of_the_rows(db, files, wishes, investigator):
    """PostgreSQL would plan the first comparison by the counts of an empty table."""
    with CaptureQueriesContext(connection) as asked:
        import_study(files=files, wishes=wishes, by=investigator)
    counted = [query["sql"] for query in asked if query["sql"].startswith("ANALYZE")]
    assert len(counted) == (connection.vendor == "postgresql")
    if counted:
        with connection.cursor() as cursor:
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'reading_call'")
            assert cursor.fetchone()[0] >= 2280
