"""A reader's name taken away for good: what goes, what stays, and that nothing leads back."""

import json

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.db import IntegrityError, transaction
from django.urls import reverse

from readerstudy.accounts.keys import make_key
from readerstudy.accounts.models import User
from readerstudy.audit.models import AuditEvent
from readerstudy.audit.services import verify_chain
from readerstudy.reading.models import Call
from readerstudy.reading.selectors import consent_version
from readerstudy.reading.services import record_consent, start_session
from readerstudy.refusal import Refused
from readerstudy.studies.models import Invitation, Reader, Study
from readerstudy.studies.services.anonymity import anonymise_reader
from readerstudy.studies.services.invitations import accept_invitation, invite
from readerstudy.studies.services.people import add_reader, withdraw_reader
from readerstudy.studies.services.studies import close_study

ADDRESS, NAME = "petra.pseudonym@hospital.example", "Petra Pseudonym"
PASSWORD = "a horse that is correct 9"


@pytest.fixture
def petra(client, study, coordinator) -> Reader:
    """Invited by mail, with an account made for it, who has told her profile, read a little and left one answer."""
    _, token = invite(study=study, email=ADDRESS, name=NAME, role="reader", by=coordinator)
    form = {"name": NAME, "password1": PASSWORD, "password2": PASSWORD, "seniority": "senior"}
    answer = client.post(f"/invitations/{token}/", form | {"years_of_experience": "31", "has_genetics_training": "yes"})
    assert answer.status_code == 302
    reader = Reader.objects.get(user__email=ADDRESS)
    record_consent(reader=reader, version=consent_version(study))
    session = start_session(session=reader.sessions.get(is_practice=False))
    Call.objects.create(trial=session.trials.first(), is_gs=True, confidence=3, idempotency_key="one")
    make_key(user=reader.user, name="Petra's script")
    client.logout()
    return reader


def everything() -> str:
    """Every value of every table, but for sessions, which name nobody."""
    models = [model for model in apps.get_models() if model._meta.app_label != "sessions"]
    rows = [row for model in models for row in model.objects.values()]
    return json.dumps(rows, default=str, ensure_ascii=False)


def test_after_closing_nothing_in_the_database_knows_the_person(client, petra, study, coordinator):
    client.post(reverse("accounts:sign_in"), {"username": ADDRESS, "password": "wrong"})
    assert AccessAttempt.objects.filter(username=ADDRESS).exists()
    assert ADDRESS in everything()
    close_study(study=study, by=coordinator)
    number = petra.user_id
    anonymise_reader(reader=petra, by=coordinator, code=petra.code)
    left = everything()
    assert ADDRESS not in left
    assert NAME not in left
    assert not User.objects.filter(pk=number).exists()
    petra.refresh_from_db()
    assert (petra.user, petra.code, petra.seniority) == (None, "SP 2", "senior")
    assert (petra.years_of_experience, petra.has_genetics_training) == (None, None)
    assert Call.objects.filter(trial__session__reader=petra).count() == 1
    assert verify_chain() is None


def test_no_entry_of_the_log_ties_the_code_to_the_account(petra):
    """Not even while the account is there: a reader acts under the reader's own number."""
    mine = f"user:{petra.user_id}"
    for event in AuditEvent.objects.all():
        text = f"{event.actor} {event.target} {json.dumps(event.detail)}"
        is_about_account = mine in (event.actor, event.target) or f'"{mine}"' in text
        is_about_reader = f"reader:{petra.pk}" in text or petra.code in text or "invitation" in event.detail
        assert not (is_about_account and is_about_reader), (event.action, text)


def test_the_log_never_held_an_address(petra, coordinator):
    withdraw_reader(reader=petra, by=coordinator)
    for event in AuditEvent.objects.all():
        assert "@" not in f"{event.actor} {event.target} {json.dumps(event.detail)}", event.action


def test_the_profile_can_be_kept_on_purpose(petra, coordinator):
    withdraw_reader(reader=petra, by=coordinator)
    made = anonymise_reader(reader=petra, by=coordinator, code="sp 2", keeps_profile=True)
    assert (made.years_of_experience, made.has_genetics_training) == (31, True)
    assert AuditEvent.objects.get(action="reader.anonymised").detail["profile"] == "kept"


def test_the_link_of_an_open_invitation_stops_working(petra, study, coordinator):
    Invitation.objects.filter(study=study).update(accepted_at=None, accepted_as=None)
    withdraw_reader(reader=petra, by=coordinator)
    anonymise_reader(reader=petra, by=coordinator, code=petra.code)
    (invitation,) = study.invitations.all()
    assert invitation.revoked_at
    assert invitation.email.endswith("@reader.invalid")


def test_an_invitation_that_was_sent_to_another_address_is_found_by_its_reader(study, coordinator, stranger):
    _, token = invite(study=study, email="other@hospital.example", name="Other", role="reader", by=coordinator)
    reader = accept_invitation(token=token, user=stranger)
    withdraw_reader(reader=reader, by=coordinator)
    anonymise_reader(reader=reader, by=coordinator, code=reader.code)
    assert "other@hospital.example" not in everything()


@pytest.mark.parametrize("hold", ["another study", "a role", "may make studies"])
def test_an_account_that_holds_more_stays(petra, neighbour, coordinator, hold):
    user = petra.user
    if hold == "another study":
        add_reader(study=neighbour, user=user)
    elif hold == "a role":
        neighbour.memberships.create(user=user, role="investigator")
    else:
        User.objects.filter(pk=user.pk).update(may_coordinate=True)
    withdraw_reader(reader=petra, by=coordinator)
    made = anonymise_reader(reader=petra, by=coordinator, code=petra.code)
    user.refresh_from_db()
    assert (user.email, user.is_active, made.user) == (ADDRESS, True, None)
    assert AuditEvent.objects.get(action="reader.anonymised").detail["account"].startswith("kept")


def test_an_account_that_once_made_something_is_emptied(petra, coordinator, make_cohort):
    user = petra.user
    make_cohort(user, "An old cohort", 2)
    withdraw_reader(reader=petra, by=coordinator)
    anonymise_reader(reader=petra, by=coordinator, code=petra.code)
    user.refresh_from_db()
    assert (user.name, user.is_active, user.has_usable_password()) == ("", False, False)
    assert ADDRESS not in everything()
    assert not user.keys.exists()


def test_refusals(petra, study, coordinator, make_user):
    with pytest.raises(Refused, match="still takes part"):
        anonymise_reader(reader=petra, by=coordinator, code=petra.code)
    withdraw_reader(reader=petra, by=coordinator)
    with pytest.raises(Refused, match="Type the code SP 2"):
        anonymise_reader(reader=petra, by=coordinator, code="SP 1")
    assert Reader.objects.get(pk=petra.pk).user
    anonymise_reader(reader=petra, by=coordinator, code=petra.code)
    with pytest.raises(Refused, match="anonymised already"):
        anonymise_reader(reader=petra, by=coordinator, code=petra.code)
    simulated = add_reader(study=study, user=make_user("Bot", is_simulated=True))
    with pytest.raises(Refused, match="played by a program"):
        anonymise_reader(reader=simulated, by=coordinator, code=simulated.code)


def test_the_database_knows_no_reader_who_is_neither_somebody_nor_anonymised(petra):
    with pytest.raises(IntegrityError), transaction.atomic():
        Reader.objects.filter(pk=petra.pk).update(user=None)


def test_the_page_asks_for_the_code_and_does_it(client, petra, study, coordinator):
    Study.objects.filter(pk=study.pk).update(status="closed")
    client.force_login(coordinator)
    people = f"/studies/{study.pk}/people/"
    path = f"{people}readers/{petra.pk}/anonymise/"
    assert path in client.get(people).content.decode()
    assert "This cannot be undone" in client.get(path).content.decode()
    assert "Type the code" in client.post(path, {"code": "SP 9"}).content.decode()
    assert "SP 2 is anonymous now" in client.post(path, {"code": "SP 2"}, follow=True).content.decode()
    for page in (people, f"/studies/{study.pk}/monitor/", f"/studies/{study.pk}/audit/", path):
        answer = client.get(page)
        assert answer.status_code == 200
        assert ADDRESS not in answer.content.decode()
    assert "was anonymised on" in client.get(path).content.decode()


def test_the_api_does_it_too(client, petra, study, coordinator):
    withdraw_reader(reader=petra, by=coordinator)
    client.force_login(coordinator)
    path = f"/api/v1/studies/{study.pk}/readers/{petra.pk}/anonymise/"
    assert client.post(path, {"code": "x"}, content_type="application/json").status_code == 400
    told = client.post(path, {"code": "SP 2"}, content_type="application/json").json()
    assert (told["email"], told["name"], told["code"], told["seniority"]) == (None, "", "SP 2", "senior")
    rows = client.get(f"/api/v1/studies/{study.pk}/readers/").json()
    rows = rows["results"] if isinstance(rows, dict) else rows
    assert [row["email"] for row in rows if row["code"] == "SP 2"] == [None]
    nobody = client.post(f"/api/v1/studies/{study.pk}/readers/", {"email": None}, content_type="application/json")
    assert nobody.status_code == 400


def test_whoever_leaves_alone_does_so_as_a_reader(client, petra, study):
    client.force_login(petra.user)
    client.post(f"/read/{study.pk}/withdraw/", {"sure": "yes"})
    assert AuditEvent.objects.get(action="reader.withdrawn").actor == f"reader:{petra.pk}"


def test_the_audit_page_calls_people_by_name_and_finds_them_by_it(client, petra, study, coordinator):
    client.force_login(coordinator)
    page = client.get(f"/studies/{study.pk}/audit/?actor=clara").content.decode()
    assert coordinator.email in page
    assert "invitation.made" in page.split("<table")[1]
    mine = client.get(f"/studies/{study.pk}/audit/?actor=SP+2").content.decode()
    assert "<td>SP 2</td>" in mine
    rows = client.get(f"/api/v1/studies/{study.pk}/audit/?action=invitation.made").json()["results"]
    assert (rows[0]["actor"], rows[0]["who"]) == (f"user:{coordinator.pk}", coordinator.email)
    body = client.post(f"/studies/{study.pk}/audit/export/", {"action": "", "actor": "clara"})
    assert f",{coordinator.email}" in b"".join(body.streaming_content).decode()
    assert "clara" not in json.dumps(AuditEvent.objects.get(action="audit.exported").detail)


def test_the_audit_page_holds_what_readers_did_and_bounds_it_by_day(client, petra, study, coordinator):
    client.force_login(coordinator)
    path = f"/studies/{study.pk}/audit/"
    page = client.get(path).content.decode()
    assert "reader.consented" in page
    assert "session.started" in page
    assert "No such entries" in client.get(f"{path}?until=2000-01-01").content.decode()
    body = client.post(f"{path}export/", {"until": "2000-01-01"})
    assert len(b"".join(body.streaming_content).decode().splitlines()) == 1
