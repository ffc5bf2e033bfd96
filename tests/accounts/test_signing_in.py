"""Signing in and out, the profile, a forgotten password."""

import re
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from readerstudy.accounts.models import User
from readerstudy.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"  # what the cast of tests/conftest.py signs in with
SIGN_IN = "/accounts/sign-in/"


def enter(client, email: str, password: str = PASSWORD):
    return client.post(SIGN_IN, {"username": email, "password": password})


def test_a_person_signs_in_whatever_the_case_of_the_address(client, stranger):
    assert enter(client, stranger.email.upper()).url == "/"
    assert client.session["_auth_user_id"] == str(stranger.pk)
    assert AuditEvent.objects.get().action == "account.signed_in"


def test_a_wrong_password_is_refused_without_telling_which_was_wrong(client, stranger):
    known = enter(client, stranger.email, "wrong")
    unknown = enter(client, "nobody@example.org", "wrong")
    sentence = "The e-mail address or the password is not right."
    assert sentence in known.content.decode()
    assert sentence in unknown.content.decode()


def test_nobody_signs_in_as_a_simulated_physician(client, make_user):
    page = enter(client, make_user("Sim", is_simulated=True).email)
    assert "simulated physician" in page.content.decode()
    assert "_auth_user_id" not in client.session


def test_signing_out_needs_a_post(client, stranger):
    client.force_login(stranger)
    assert client.get("/accounts/sign-out/").status_code == 405
    assert client.post("/accounts/sign-out/").url == SIGN_IN
    assert "_auth_user_id" not in client.session


def test_two_accounts_cannot_differ_by_case_only(stranger):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email=stranger.email.upper(), name="Twin")


def test_a_person_changes_name_and_password(client, stranger):
    client.force_login(stranger)
    client.post("/accounts/profile/", {"name": "Sam Smith"})
    new = "another horse battery"
    done = client.post("/accounts/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    stranger.refresh_from_db()
    assert done.url == "/accounts/profile/"
    assert stranger.name == "Sam Smith"
    assert stranger.check_password(new)
    assert client.get("/accounts/profile/").status_code == 200  # still signed in


def test_a_weak_password_is_refused(client, stranger):
    client.force_login(stranger)
    page = client.post(
        "/accounts/password/", {"old_password": PASSWORD, "new_password1": "12345", "new_password2": "12345"}
    )
    assert "too short" in page.content.decode()


def test_a_forgotten_password_is_replaced_through_a_mailed_link(client, stranger):
    client.post("/accounts/password/forgotten/", {"email": stranger.email})
    link = re.search(r"https?://[^/]+(/\S+)", mail.outbox[0].body).group(1)
    form = client.get(link, follow=True)
    new = "another horse battery"
    done = client.post(form.redirect_chain[-1][0], {"new_password1": new, "new_password2": new})
    assert done.url == SIGN_IN
    stranger.refresh_from_db()
    assert stranger.check_password(new)
    assert "does not open" in client.get(link, follow=True).content.decode()


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client):
    answer = client.post("/accounts/password/forgotten/", {"email": "nobody@example.org"})
    assert answer.url == "/accounts/password/forgotten/sent/"
    assert mail.outbox == []


@pytest.mark.parametrize("path", ["/", "/accounts/profile/", "/accounts/password/"])
def test_pages_of_ones_own_send_the_anonymous_to_sign_in(client, path):
    assert client.get(path).url == f"{SIGN_IN}?next={path}"


def test_five_wrong_passwords_close_the_account_to_that_address_only(client, stranger, coordinator):
    for _ in range(4):
        assert enter(client, stranger.email, "wrong").status_code == 200
    closed = enter(client, stranger.email.upper(), "wrong")
    assert (closed.status_code, "Too many wrong passwords" in closed.content.decode()) == (429, True)
    assert enter(client, stranger.email).status_code == 429  # the right one comes too late
    assert enter(client, coordinator.email).status_code == 302  # another account from the same place
    client.logout()
    elsewhere = client.post(SIGN_IN, {"username": stranger.email, "password": PASSWORD}, REMOTE_ADDR="10.9.8.7")
    assert elsewhere.status_code == 302


def test_an_unknown_address_is_closed_just_the_same(client, db):
    answers = [enter(client, "nobody@example.org", "wrong").status_code for _ in range(5)]
    assert answers == [200, 200, 200, 200, 429]


def test_a_right_password_begins_the_count_anew_and_time_opens_the_account(client, stranger):
    for _ in range(2):
        for _ in range(4):
            enter(client, stranger.email, "wrong")
        assert enter(client, stranger.email).status_code == 302
        client.logout()
    for _ in range(5):
        enter(client, stranger.email, "wrong")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert enter(client, stranger.email).status_code == 302


def test_a_new_password_by_mail_opens_the_account_at_once(client, stranger):
    for _ in range(5):
        enter(client, stranger.email, "wrong")
    client.post("/accounts/password/forgotten/", {"email": stranger.email})
    link = re.search(r"https?://[^/]+(/\S+)", mail.outbox[0].body).group(1)
    form = client.get(link).url
    client.post(form, {"new_password1": "another fine sentence", "new_password2": "another fine sentence"})
    assert enter(client, stranger.email, "another fine sentence").status_code == 302
