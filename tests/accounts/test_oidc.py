"""The hospital's own sign-in: it opens what is here, or what an invitation waits for, and makes nothing else."""

from datetime import timedelta

import pytest
import requests
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from readerstudy.accounts import oidc
from readerstudy.accounts.models import User
from readerstudy.audit.models import AuditEvent
from readerstudy.env import BadSetting
from readerstudy.studies.models import Invitation
from readerstudy.studies.services.invitations import invite
from tests.accounts.directory import CLIENT, SECRET, open_directory

pytestmark = pytest.mark.django_db
DOOR = "/accounts/oidc/hospital/login/"


@pytest.fixture
def directory(settings):
    with open_directory() as made:
        given = {"issuer": made.issuer, "name": "St Anna", "client": CLIENT, "secret": SECRET}
        settings.SOCIALACCOUNT_PROVIDERS = oidc.providers(**given)
        settings.OIDC_NAME = "St Anna"
        yield made


def come(client, directory, **claims):
    """Through the directory's door and back; its last answer is ours."""
    directory.claims = {"sub": "77", "email_verified": True, "name": "Dr Sam", **claims}
    there = client.get(DOOR)
    assert there.url.startswith(f"{directory.issuer}/authorize?")
    back = requests.get(there.url, allow_redirects=False, timeout=10).headers["Location"]
    return client.get(back.replace("http://testserver", ""))


def is_in(client) -> bool:
    return "_auth_user_id" in client.session


def test_the_button_is_there_where_it_is_set_up(client, directory, settings):
    page = client.get("/accounts/sign-in/?next=/read/").content.decode()
    assert "Sign in with St Anna" in page
    assert f"{DOOR}?next=%2Fread%2F" in page or f"{DOOR}?next=/read/" in page
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert "Sign in with St Anna" not in client.get("/accounts/sign-in/").content.decode()
    assert client.get(DOOR).status_code == 404


def test_an_account_that_is_here_is_opened_by_its_verified_address(client, directory, stranger):
    assert come(client, directory, email=stranger.email.upper()).url == "/"
    assert client.session["_auth_user_id"] == str(stranger.pk)
    assert AuditEvent.objects.get(action="account.signed_in").detail["how"] == ["oidc"]
    client.post("/accounts/sign-out/")
    come(client, directory, email="new.name@example.org")  # known by now: the directory may rename
    assert client.session["_auth_user_id"] == str(stranger.pk)
    assert SocialAccount.objects.count() == 1
    assert User.objects.count() == 1


def test_its_second_step_is_asked_for_all_the_same(client, directory, stranger):
    TOTP.activate(stranger, generate_totp_secret())
    assert come(client, directory, email=stranger.email).url.startswith("/accounts/second-step/")
    assert not is_in(client)


def test_who_is_neither_here_nor_invited_is_refused(client, directory):
    page = come(client, directory, email="nobody@example.org")
    assert page.status_code == 403
    assert "no account and no invitation for nobody@example.org" in page.content.decode()
    assert not is_in(client)
    assert not User.objects.exists()


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": None}, {"email": ""}])
def test_an_address_that_nobody_vouches_for_opens_nothing(client, directory, stranger, claims):
    page = come(client, directory, **{"email": stranger.email, **claims})
    assert page.status_code == 403
    assert "is verified" in page.content.decode()
    assert not is_in(client)


def test_a_site_may_trust_its_directory_with_addresses(client, directory, stranger, settings):
    settings.OIDC_TRUST_EMAIL = True
    come(client, directory, email=stranger.email, email_verified=False)
    assert is_in(client)


def test_who_is_invited_gets_an_account_without_a_password(client, directory, study, coordinator):
    _, token = invite(study=study, email="new@example.org", role="reader", by=coordinator)
    assert come(client, directory, email="New@example.org").url == "/"
    user = User.objects.get(email="new@example.org")
    assert (user.name, user.has_usable_password(), user.may_coordinate) == ("Dr Sam", False, False)
    assert AuditEvent.objects.get(action="account.created").actor == "the hospital's sign-in"
    assert "signed in as" in client.get(f"/invitations/{token}/").content.decode()
    Invitation.objects.update(
        created_at=timezone.now() - timedelta(days=9), expires_at=timezone.now() - timedelta(days=1)
    )
    client.post("/accounts/sign-out/")
    SocialAccount.objects.all().delete()
    user.delete()
    assert come(client, directory, email="new@example.org").status_code == 403  # the invitation has run out


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_simulated": True}])
def test_an_account_that_may_not_sign_in_is_not_opened(client, directory, stranger, change):
    User.objects.update(**change)
    assert come(client, directory, email=stranger.email).status_code == 403
    assert not is_in(client)


def test_a_directory_in_trouble_is_told_in_a_sentence(client, directory, stranger):
    directory.is_broken = True
    page = come(client, directory, email=stranger.email)
    assert (page.status_code, "St Anna did not answer" in page.content.decode()) == (403, True)
    forged = client.get("/accounts/oidc/hospital/login/callback/?code=x&state=forged")
    assert forged.status_code == 403
    assert not is_in(client)


def test_what_is_missing_is_said_at_the_start(monkeypatch):
    given = {"issuer": "https://x.example/", "name": "X", "client": "c", "secret": "s"}
    assert oidc.providers(**given | {"issuer": ""}) == {}
    (app,) = oidc.providers(**given)["openid_connect"]["APPS"]
    assert app["settings"]["server_url"] == "https://x.example"
    with pytest.raises(BadSetting, match="OIDC_CLIENT_SECRET"):
        oidc.providers(**given | {"secret": ""})
    monkeypatch.setattr(oidc, "find_spec", lambda name: None)
    with pytest.raises(BadSetting, match=r"readerstudy\[oidc\]"):
        oidc.providers(**given)
