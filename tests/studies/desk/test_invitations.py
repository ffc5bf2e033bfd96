"""Single-use links: made, mailed, shown once, renewed, taken back, used up."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from readerstudy.accounts.models import User
from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies.models import Invitation, Reader
from readerstudy.studies.services.invitations import (
    accept_invitation,
    find_invitation,
    invite,
    link_for,
    mail_invitation,
    renew_invitation,
    revoke_invitation,
)
from readerstudy.studies.services.studies import close_study

NEW = {
    "name": "Nadia New",
    "password1": "correct horse battery",
    "password2": "correct horse battery",
    "seniority": "junior",
    "years_of_experience": "3",
    "has_genetics_training": "no",
}


@pytest.fixture
def invited(study, coordinator) -> tuple[Invitation, str]:
    return invite(study=study, email="Nadia@Example.org", role="reader", by=coordinator, seniority="junior")


def path_of(token: str) -> str:
    return f"/invitations/{token}/"


def test_only_a_hash_of_the_token_is_stored(invited):
    invitation, token = invited
    assert invitation.email == "nadia@example.org"
    assert len(invitation.token_hash) == 64
    assert token not in str(Invitation.objects.values().get())
    assert token not in str(list(AuditEvent.objects.values()))
    assert timedelta(days=13) < invitation.expires_at - timezone.now() <= timedelta(days=14)


def test_the_mail_holds_the_link(invited):
    assert mail_invitation(invitation=invited[0], token=invited[1])
    message = mail.outbox[0]
    assert message.to == ["nadia@example.org"]
    assert link_for(invited[1]) in message.body
    assert "Clara Coordinator" in message.body


def test_a_mail_server_that_is_away_is_survived(invited, settings, client, coordinator, study):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert not mail_invitation(invitation=invited[0], token=invited[1])
    client.force_login(coordinator)
    page = client.post(f"/studies/{study.pk}/people/invitations/{invited[0].pk}/renew/", follow=True)
    assert "hand the link over yourself" in page.content.decode()


def test_a_stranger_makes_an_account_and_becomes_a_reader(client, invited, study):
    assert client.get(path_of(invited[1])).status_code == 200
    assert not User.objects.filter(email="nadia@example.org").exists()  # looking uses nothing up
    done = client.post(path_of(invited[1]), NEW)
    assert (done.status_code, done.url) == (302, "/")
    reader = study.readers.get(user__email="nadia@example.org")
    assert (reader.code, reader.seniority) == ("JP 1", "junior")
    assert (reader.years_of_experience, reader.has_genetics_training) == (3, False)
    assert client.session["_auth_user_id"] == str(reader.user_id)


def test_the_address_of_the_account_is_the_invited_one(client, invited):
    client.post(path_of(invited[1]), NEW | {"email": "mallory@example.org"})
    assert User.objects.filter(email="nadia@example.org").exists()
    assert not User.objects.filter(email="mallory@example.org").exists()


def test_a_link_works_once(client, invited, stranger):
    client.post(path_of(invited[1]), NEW)
    client.logout()
    assert client.get(path_of(invited[1])).status_code == 410
    assert client.post(path_of(invited[1]), NEW | {"name": "Again"}).status_code == 410
    with pytest.raises(Refused, match="has been used"):
        accept_invitation(token=invited[1], user=stranger)
    assert Reader.objects.filter(study=invited[0].study).count() == 2


def test_an_incomplete_answer_uses_nothing_up(client, invited):
    page = client.post(path_of(invited[1]), NEW | {"password2": "something else"})
    assert page.status_code == 200
    assert not User.objects.filter(email="nadia@example.org").exists()
    assert find_invitation(invited[1])


def test_an_expired_link_is_refused_and_renewing_opens_a_new_one(client, invited, coordinator):
    invitation, token = invited
    then = timezone.now() - timedelta(days=20)
    Invitation.objects.filter(pk=invitation.pk).update(created_at=then, expires_at=then + timedelta(days=14))
    page = client.get(path_of(token))
    assert page.status_code == 410
    assert "expired" in page.content.decode()
    _, fresh = renew_invitation(invitation=invitation, by=coordinator)
    assert client.get(path_of(fresh)).status_code == 200
    assert client.get(path_of(token)).status_code == 404


def test_a_link_taken_back_is_refused_and_cannot_be_renewed(client, invited, coordinator):
    revoke_invitation(invitation=invited[0], by=coordinator)
    assert client.get(path_of(invited[1])).status_code == 410
    for again in (renew_invitation, revoke_invitation):
        with pytest.raises(Refused, match="taken back"):
            again(invitation=invited[0], by=coordinator)


def test_an_unknown_token_is_not_known(client, db):
    assert client.get(path_of("nonsense")).status_code == 404


def test_a_closed_study_takes_no_reader_in(client, invited, study, coordinator):
    close_study(study=study, by=coordinator)
    assert client.get(path_of(invited[1])).status_code == 410
    with pytest.raises(Refused, match="closed"):
        invite(study=study, email="x@example.org", role="reader", by=coordinator)


def test_an_investigator_may_join_after_the_reading(client, study, coordinator):
    before = invite(study=study, email="ivo@example.org", role="investigator", by=coordinator)[1]
    close_study(study=study, by=coordinator)
    assert client.get(path_of(before)).status_code == 200
    after = invite(study=study, email="ida@example.org", role="investigator", by=coordinator)[1]
    assert client.get(path_of(after)).status_code == 200


def test_one_person_has_one_pending_invitation_to_a_role(invited, study, coordinator):
    with pytest.raises(Refused, match="invited as reader already"):
        invite(study=study, email="nadia@example.org", role="reader", by=coordinator)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.create(
            study=study,
            email="nadia@example.org",
            role="reader",
            token_hash="0" * 64,
            created_by=coordinator,
            expires_at=timezone.now() + timedelta(days=1),
        )


def test_an_expired_invitation_does_not_stand_in_the_way(invited, study, coordinator):
    then = timezone.now() - timedelta(days=20)
    Invitation.objects.update(created_at=then, expires_at=then + timedelta(days=14))
    again, _ = invite(study=study, email="nadia@example.org", role="reader", by=coordinator)
    assert again.pk != invited[0].pk


def test_whoever_has_an_account_signs_in_first(client, study, coordinator, stranger):
    _, token = invite(study=study, email=stranger.email, role="reader", by=coordinator)
    page = client.get(path_of(token)).content.decode()
    assert f"/accounts/sign-in/?next=/invitations/{token}/" in page
    client.post(path_of(token), NEW)
    assert not study.readers.filter(user=stranger).exists()
    client.force_login(stranger)
    client.post(path_of(token), {"seniority": "senior"})
    assert study.readers.get(user=stranger).code == "SP 2"


def test_the_invited_investigator_becomes_a_member(client, study, coordinator, stranger):
    _, token = invite(study=study, email=stranger.email, role="investigator", by=coordinator)
    client.force_login(stranger)
    client.post(path_of(token))
    assert study.memberships.get(user=stranger).role == "investigator"


def test_blinding_is_checked_when_inviting_and_once_more_when_accepting(client, study, coordinator, investigator):
    with pytest.raises(Refused, match="knows too much"):
        invite(study=study, email=investigator.email, role="reader", by=coordinator)
    _, token = invite(study=study, email="other.address@example.org", role="reader", by=coordinator)
    client.force_login(investigator)
    page = client.post(path_of(token), {"seniority": "senior"})
    assert page.status_code == 409
    assert "knows too much" in page.content.decode()
    assert find_invitation(token)


def test_a_reader_is_not_invited_to_a_seeing_role(study, coordinator, reader_user):
    with pytest.raises(Refused, match="must stay blind"):
        invite(study=study, email=reader_user.email, role="investigator", by=coordinator)


def test_a_simulated_physician_accepts_nothing(invited, make_user):
    with pytest.raises(Refused, match="simulated"):
        accept_invitation(token=invited[1], user=make_user("Sim", is_simulated=True))


def test_the_coordinator_sees_the_link_once(client, study, coordinator):
    client.force_login(coordinator)
    form = {"email": "nadia@example.org", "role": "reader", "seniority": "senior"}
    card = client.post(f"/studies/{study.pk}/people/", form).url
    assert "/invitations/" in client.get(card).content.decode().split("data-copy")[1][:200]
    again = client.get(card).content.decode()
    assert "data-copy" not in again
    assert "not shown again" in again
    assert len(mail.outbox) == 1


def test_renewing_and_taking_back_by_button(client, study, coordinator, invited):
    client.force_login(coordinator)
    card = client.post(f"/studies/{study.pk}/people/invitations/{invited[0].pk}/renew/", follow=True)
    assert "data-copy" in card.content.decode()
    client.post(f"/studies/{study.pk}/people/invitations/{invited[0].pk}/revoke/")
    invited[0].refresh_from_db()
    assert invited[0].revoked_at
