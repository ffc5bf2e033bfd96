"""Lists under /api/v1/: pages, filters and what they refuse; editing, members, photos and the audit file by script."""

import pytest

from readerstudy.audit.models import AuditEvent
from readerstudy.reading.models import Incident, ReadingSession
from readerstudy.studies.models import Membership, Photo
from readerstudy.studies.services.invitations import invite, revoke_invitation
from readerstudy.studies.services.people import withdraw_reader
from readerstudy.studies.services.studies import create_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client, coordinator):
    """``ask("get", "studies/", ...)`` as the coordinator: the answer's body, or its status where it is a refusal."""
    client.force_login(coordinator)

    def ask(method: str, path: str, body: dict | None = None):
        kind = {} if method == "get" else {"content_type": "application/json"}
        answer = getattr(client, method)(f"/api/v1/{path}", body or {}, **kind)
        if answer.status_code >= 400:
            return answer.status_code, answer.json()["detail"]
        return answer.json() if answer.headers.get("Content-Type") == "application/json" else answer

    return ask


@pytest.fixture
def names(ask):
    def names(path: str, key: str) -> list:
        return [row[key] for row in ask("get", path)["results"]]

    return names


def test_a_list_comes_in_pages(study, ask, names):
    base = f"cohorts/{study.cohort_id}/subjects/"
    first = ask("get", f"{base}?page_size=5")
    assert (first["count"], len(first["results"]), first["previous"]) == (12, 5, None)
    assert first["next"].endswith("page=2&page_size=5")
    seen = [code for page in (1, 2, 3) for code in names(f"{base}?page_size=5&page={page}", "code")]
    assert seen == [f"T{n:03d}" for n in range(12)]
    assert ask("get", f"{base}?page=9") == (404, "Invalid page.")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?status=half", "The filter status takes one of draft, open, closed, not “half”."),
        ("?cohort=x", "The filter cohort takes a number, not “x”."),
        ("?colour=red", "There is no filter colour here. There are: status, cohort, q."),
        ("?q=%00", "The filter q takes a text of at most 200 characters, not “\0”."),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused_with_a_sentence(study, ask, query, sentence):
    assert ask("get", f"studies/{query}") == (400, sentence)


def test_a_switch_takes_true_or_false(study, ask):
    assert ask("get", f"studies/{study.pk}/readers/?is_active=perhaps")[0] == 400


def test_studies_by_status_cohort_and_name(study, coordinator, names):
    draft = create_study(cohort=study.cohort, name="A second one", created_by=coordinator)
    assert names("studies/", "id") == [study.pk, draft.pk]
    assert names("studies/?status=draft", "id") == [draft.pk]
    assert names("studies/?q=SECOND", "id") == [draft.pk]
    assert names(f"studies/?cohort={study.cohort_id + 99}", "id") == []


def test_subjects_and_photos_by_what_is_known_of_them(study, names):
    base = f"cohorts/{study.cohort_id}"
    assert len(names(f"{base}/subjects/?has_syndrome=true", "id")) == 6
    assert len(names(f"{base}/subjects/?diagnosis=noonan&sex=F", "id")) == 6
    assert names(f"{base}/subjects/?q=t003", "code") == ["T003"]
    assert len(names(f"{base}/subjects/?has_consent=true", "id")) == 12
    photo = study.cohort.photos.first()
    Photo.objects.filter(pk=photo.pk).update(status="review")
    assert names(f"{base}/photos/?status=review", "id") == [photo.pk]
    assert names(f"{base}/photos/?subject={photo.subject_id}&is_index=true", "id") == [photo.pk]


def test_people_by_what_became_of_them(study, coordinator, names):
    base = f"studies/{study.pk}"
    kept, _ = invite(study=study, email="a@example.org", role="reader", by=coordinator)
    gone, _ = invite(study=study, email="b@example.org", role="investigator", by=coordinator)
    revoke_invitation(invitation=gone, by=coordinator)
    assert names(f"{base}/invitations/?is_revoked=false&is_accepted=false", "id") == [kept.pk]
    assert names(f"{base}/invitations/?role=investigator", "id") == [gone.pk]
    withdraw_reader(reader=study.readers.get(), by=coordinator)
    assert names(f"{base}/readers/?is_active=true", "code") == []
    assert names(f"{base}/readers/?is_active=false", "code") == ["SP 1"]


def test_incidents_by_kind_and_reader(study, names):
    session = ReadingSession.objects.create(reader=study.readers.get(), protocol=study.protocols.get(), seed=1)
    for kind in ("hidden", "late"):
        Incident.objects.create(session=session, kind=kind)
    base = f"studies/{study.pk}/incidents/"
    assert names(base, "kind") == ["late", "hidden"]
    assert names(f"{base}?kind=late&reader=sp%201", "kind") == ["late"]
    assert names(f"{base}?reader=SP%202", "kind") == []


def test_a_draft_is_edited_and_an_open_study_only_with_a_reason(study, coordinator, ask):
    draft = create_study(cohort=study.cohort, name="Draft", created_by=coordinator)
    edited = ask("patch", f"studies/{draft.pk}/", {"description": "Why", "protocol": {"exposure_ms": 3000}})
    assert (edited["description"], edited["protocol"]["exposure_ms"], edited["name"]) == ("Why", 3000, "Draft")
    assert "3 seconds" in " ".join(edited["sentences"])
    assert {check["state"] for check in edited["checks"]} >= {"stop"}
    rules = {"protocol": {"exposure_ms": 3000}}
    assert ask("patch", f"studies/{study.pk}/", rules)[0] == 400
    changed = ask("patch", f"studies/{study.pk}/", rules | {"reason": "Too long"})
    assert (changed["protocol"]["version"], changed["checks"]) == (2, [])
    assert [rule["version"] for rule in ask("get", f"studies/{study.pk}/protocols/")] == [2, 1]
    assert ask("patch", f"studies/{study.pk}/", {"name": "Other"})[0] == 409


def test_either_all_of_an_edit_is_done_or_nothing(study, coordinator, ask):
    draft = create_study(cohort=study.cohort, name="Draft", created_by=coordinator)
    assert ask("patch", f"studies/{draft.pk}/", {"name": "New", "protocol": {"exposure_ms": 1}})[0] == 400
    draft.refresh_from_db()
    assert draft.name == "Draft"


def test_the_protocol_of_a_closed_study_stands(study, ask):
    ask("post", f"studies/{study.pk}/close/")
    answer = ask("patch", f"studies/{study.pk}/", {"protocol": {"exposure_ms": 3000}, "reason": "Late"})
    assert answer == (409, "The study is closed: its protocol no longer changes.")
    assert study.protocols.count() == 1


def test_cases_are_listed_by_their_numbers(study, ask):
    page = ask("get", f"studies/{study.pk}/cases/?is_practice=false&page_size=2")
    assert page["count"] == 12
    assert page["results"][0].keys() == {"number", "photo", "subject_code", "is_practice"}


def test_members_come_and_go(study, stranger, ask, names):
    base = f"studies/{study.pk}/members/"
    made = ask("post", base, {"email": stranger.email.upper(), "role": "investigator"})
    assert made["name"] == stranger.name
    assert names(f"{base}?role=investigator", "email").count(stranger.email) == 1
    ask("post", f"{base}{made['id']}/remove/")
    assert not Membership.objects.filter(user=stranger).exists()
    own = Membership.objects.get(study=study, role="coordinator")
    assert ask("post", f"{base}{own.pk}/remove/")[0] == 409
    assert ask("post", base, {"email": "nobody@example.org", "role": "investigator"})[0] == 400


def test_a_script_looks_at_a_photo_and_takes_another_instead(study, ask, client):
    subject = study.cohort.subjects.first()
    photo, other = subject.photos.get(), study.cohort.photos.exclude(subject=subject).first()
    study.cases.filter(photo__in=[photo, other]).delete()
    Photo.objects.filter(pk=other.pk).update(subject=subject, is_index=False)
    base = f"cohorts/{study.cohort_id}/photos"
    seen = ask("get", f"{base}/{photo.pk}/")
    assert (seen["face"]["box"], seen["others"]) == ([40, 40, 140, 140], [other.pk])
    assert client.get(f"/api/v1/{base}/{photo.pk}/file/crop/")["Content-Type"] == "image/png"
    assert ask("get", f"{base}/{photo.pk}/file/secret/")[0] == 404
    assert ask("post", f"{base}/{photo.pk}/instead/", {"other": other.pk})["is_index"] is True
    photo.refresh_from_db()
    assert (photo.status, photo.is_index) == ("unusable", False)
    assert ask("post", f"{base}/{photo.pk}/index/")["is_index"] is True


def test_imports_are_listed(study, coordinator, names):
    batch = study.cohort.imports.create(created_by=coordinator, status="finished")
    assert names(f"cohorts/{study.cohort_id}/imports/?status=finished", "id") == [batch.pk]
    assert names(f"cohorts/{study.cohort_id}/imports/?status=failed", "id") == []


def test_the_audit_file_is_streamed_and_is_an_entry_itself(study, coordinator, ask):
    create_study(cohort=study.cohort, name="Another", created_by=coordinator)
    ask("post", f"studies/{study.pk}/close/")
    answer = ask("post", f"studies/{study.pk}/audit/export/", {"action": "study.closed"})
    lines = b"".join(answer.streaming_content).decode().strip().splitlines()
    assert len(lines) == 2
    assert "study.closed" in lines[1]
    assert AuditEvent.objects.filter(action="audit.exported").count() == 1
