"""An empty site opens to the holder of the printed link, once; the demo opens to anybody, in debug mode only."""

import io

import pytest
from django.core import signing
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError

from readerstudy.accounts.checks import demo_is_for_debug_only
from readerstudy.accounts.models import User
from readerstudy.accounts.services import create_first_account, demo_user, first_account_link, first_account_token
from readerstudy.refusal import Refused

pytestmark = pytest.mark.django_db
FORM = {
    "name": "Ada First",
    "email": "Ada@Example.org",
    "password1": "correct horse battery",
    "password2": "correct horse battery",
}


def test_the_printed_link_makes_the_first_coordinator_and_signs_in(client):
    link = first_account_link()
    assert client.get(link).status_code == 200
    done = client.post("/accounts/first/", FORM | {"token": first_account_token()})
    user = User.objects.get()
    assert (done.status_code, done.url) == (302, "/")
    assert (user.email, user.may_coordinate, user.is_staff) == ("ada@example.org", True, True)
    assert client.session["_auth_user_id"] == str(user.pk)


def test_the_link_works_once_and_is_printed_no_more(client, stranger):
    token = signing.dumps("first", salt="readerstudy.accounts.first")
    assert first_account_token() == ""
    assert client.get("/accounts/first/", {"token": token}).status_code == 410
    assert client.post("/accounts/first/", FORM | {"token": token}).status_code == 410
    with pytest.raises(Refused, match="first account already"):
        create_first_account(token=token, email="b@example.org", name="B", password="x")
    assert User.objects.get() == stranger


@pytest.mark.parametrize("token", ["", "first", "ImZpcnN0Ig:1xVNfF:forged"])
def test_a_forged_token_opens_nothing(client, token):
    assert client.get("/accounts/first/", {"token": token}).status_code == 403
    assert client.post("/accounts/first/", FORM | {"token": token}).status_code == 403
    assert not User.objects.exists()


def test_an_old_token_opens_nothing(client, monkeypatch):
    token = first_account_token()
    monkeypatch.setattr("readerstudy.accounts.services.FIRST_MAX_AGE", -1)
    assert client.get("/accounts/first/", {"token": token}).status_code == 403


def test_the_command_prints_the_link_or_nothing(make_user):
    out = io.StringIO()
    call_command("first_link", stdout=out)
    assert out.getvalue().startswith("http")
    assert "/accounts/first/?token=" in out.getvalue()
    make_user("Ada")
    out = io.StringIO()
    call_command("first_link", stdout=out)
    assert out.getvalue() == ""


def test_the_sign_in_page_of_an_empty_site_says_what_to_do(client, settings):
    assert "first_link" in client.get("/accounts/sign-in/").content.decode()


@pytest.mark.parametrize("role", ["coordinator", "investigator", "reader"])
def test_the_demo_signs_in_with_one_click(client, settings, role):
    settings.DEMO = settings.DEBUG = True
    assert f"/accounts/demo/{role}/" in client.get("/accounts/demo/").content.decode()
    assert client.get(f"/accounts/demo/{role}/").url == "/"
    user = User.objects.get(email=f"demo-{role}@demo.invalid")
    assert client.session["_auth_user_id"] == str(user.pk)
    assert not user.has_usable_password()
    assert (user.may_coordinate, user.is_staff) == (role == "coordinator", False)


@pytest.mark.parametrize(("demo", "debug"), [(False, True), (True, False), (False, False)])
@pytest.mark.parametrize("path", ["/accounts/demo/", "/accounts/demo/coordinator/"])
def test_without_demo_and_debug_there_is_no_such_page(client, settings, demo, debug, path):
    settings.DEMO, settings.DEBUG = demo, debug
    assert client.get(path).status_code == 404
    assert not User.objects.exists()


def test_the_demo_knows_three_roles_only(client, settings):
    settings.DEMO = settings.DEBUG = True
    assert client.get("/accounts/demo/king/").status_code == 404
    with pytest.raises(Refused, match="no 'king'"):
        demo_user("king")
    assert demo_user("reader") == demo_user("reader")


def test_demo_mode_on_a_real_site_is_refused_at_the_start(settings):
    settings.DEMO, settings.DEBUG = True, False
    assert [error.id for error in demo_is_for_debug_only()] == ["readerstudy.E001"]
    with pytest.raises((SystemCheckError, CommandError), match="E001"):
        call_command("check")
    settings.DEBUG = True
    assert demo_is_for_debug_only() == []
