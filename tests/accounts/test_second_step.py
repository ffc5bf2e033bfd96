"""The second step at sign-in: an authenticator app, recovery codes, and what goes round neither."""

import io
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core import mail
from django.core.management import CommandError, call_command

from readerstudy.accounts.adapters import Accounts
from readerstudy.accounts.keys import make_key
from readerstudy.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
SIGN_IN, STEP, APP = "/accounts/sign-in/", "/accounts/second-step/", "/accounts/factors/app/"
CODES = "/accounts/factors/codes/"


def enter(client, user, **more):
    return client.post(SIGN_IN, {"username": user.email, "password": PASSWORD, **more})


def prove(client) -> None:
    """Before how the account is opened may change."""
    assert client.post("/accounts/again/?next=/", {"password": PASSWORD}).url == "/"


def code_of(secret: str, ahead: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + ahead))


def is_in(client) -> bool:
    return "_auth_user_id" in client.session


def actions() -> list[str]:
    return [event.action for event in AuditEvent.objects.order_by("id")]


@pytest.fixture
def secret(stranger) -> str:
    """Sam has an authenticator app."""
    made = generate_totp_secret()
    TOTP.activate(stranger, made)
    return made


def test_an_app_is_added_on_the_page_of_the_account(client, stranger, django_capture_on_commit_callbacks):
    enter(client, stranger)
    assert client.get(APP).url.startswith("/accounts/again/")
    prove(client)
    page = client.get(APP).content.decode()
    secret = page.split("data-secret>")[1].split("<")[0]
    assert "<svg" in page
    assert "http" not in page.split("<svg")[1].split("</svg>")[0].replace("http://www.w3.org", "")
    wrong = client.post(APP, {"code": "000000" if code_of(secret) != "000000" else "111111"})
    assert "This code is not right" in wrong.content.decode()
    secret = wrong.content.decode().split("data-secret>")[1].split("<")[0]
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(APP, {"code": code_of(secret)})
    assert done.url == CODES
    codes = client.get(CODES).content.decode()
    assert codes.count('<code class="mono">') == 10
    assert client.get(CODES).content.decode().count('<code class="mono">') == 0  # shown once
    profile = client.get("/accounts/profile/").content.decode()
    assert "Remove the app" in profile
    assert "10 left" in profile
    assert [message.to for message in mail.outbox] == [[stranger.email]]
    assert "authenticator app was added" in mail.outbox[0].body
    assert actions() == ["account.signed_in", "account.factor_added", "account.factor_added"]


def test_the_password_alone_opens_nothing_once_an_app_is_there(client, stranger, secret):
    assert enter(client, stranger, next="/accounts/profile/").url.startswith(STEP)
    assert not is_in(client)
    assert client.get("/accounts/profile/").status_code == 302
    enter(client, stranger, next="/accounts/profile/")
    wrong = client.post(STEP, {"code": "1" + code_of(secret)})
    assert "This code is not right" in wrong.content.decode()
    done = client.post(STEP, {"code": code_of(secret)})
    assert done.url == "/accounts/profile/"
    assert is_in(client)
    told = AuditEvent.objects.get(action="account.signed_in")
    assert told.detail["how"] == ["password", "totp"]


def test_a_code_is_good_once(client, stranger, secret):
    code = code_of(secret)
    enter(client, stranger)
    assert client.post(STEP, {"code": code}).status_code == 302
    client.post("/accounts/sign-out/")
    enter(client, stranger)
    assert client.post(STEP, {"code": code}).status_code == 200
    assert not is_in(client)


def test_five_wrong_codes_are_enough(client, stranger, secret):
    enter(client, stranger)
    wrong = code_of(secret, ahead=50)
    for _ in range(5):
        client.post(STEP, {"code": wrong})
    page = client.post(STEP, {"code": code_of(secret)})
    assert "Too many wrong codes" in page.content.decode()
    assert not is_in(client)


def test_a_recovery_code_opens_once(client, stranger, secret):
    code = RecoveryCodes.activate(stranger).get_unused_codes()[0]
    enter(client, stranger)
    assert client.post(STEP, {"code": code}).status_code == 302
    assert is_in(client)
    client.post("/accounts/sign-out/")
    enter(client, stranger)
    assert client.post(STEP, {"code": code}).status_code == 200
    assert not is_in(client)


def test_the_second_step_is_for_whoever_gave_the_password(client):
    assert client.get(STEP).url == SIGN_IN
    assert client.post(STEP, {"code": "123456"}).url == SIGN_IN


def test_a_new_password_by_mail_does_not_go_round_it(client, stranger, secret):
    client.post("/accounts/password/forgotten/", {"email": stranger.email})
    link = next(word for word in mail.outbox[0].body.split() if "/password/new/" in word)
    form = client.get("/" + link.split("/", 3)[3]).url
    client.post(form, {"new_password1": "another fine sentence", "new_password2": "another fine sentence"})
    client.post(SIGN_IN, {"username": stranger.email, "password": "another fine sentence"})
    assert not is_in(client)


def test_the_admin_has_no_sign_in_of_its_own(client, make_user):
    boss = make_user("Boss", is_staff=True, is_superuser=True)
    TOTP.activate(boss, generate_totp_secret())
    assert client.get("/admin/login/?next=/admin/").url.startswith(SIGN_IN)
    assert client.post("/admin/login/", {"username": boss.email, "password": PASSWORD}).status_code == 302
    assert not is_in(client)


def test_a_change_asks_again_who_it_is(client, stranger, secret, django_capture_on_commit_callbacks):
    client.force_login(stranger)  # long ago
    again = client.get("/accounts/factors/app/remove/")
    assert again.url.startswith("/accounts/again/")
    page = client.get(again.url)
    assert "Is it you?" in page.content.decode()
    assert client.post(again.url, {"password": "wrong"}).status_code == 200
    assert client.post(again.url, {"password": PASSWORD}).url == "/accounts/factors/app/remove/"
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/accounts/factors/app/remove/").url == "/accounts/factors/"
    assert not Authenticator.objects.exists()
    assert "account.factor_removed" in actions()
    assert "authenticator app was removed" in mail.outbox[0].body


def test_one_may_show_who_one_is_by_a_code_too(client, stranger, secret, django_capture_on_commit_callbacks):
    client.force_login(stranger)
    path = "/accounts/again/code/?next=/accounts/factors/codes/new/"
    assert "code" in client.get(path).content.decode()
    assert client.post(path, {"code": code_of(secret)}).url == "/accounts/factors/codes/new/"
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/accounts/factors/codes/new/").url == CODES
    assert "account.factor_renewed" in actions()


def test_nobody_touches_the_passkey_of_another(client, stranger, coordinator):
    other = Authenticator.objects.create(user=coordinator, type="webauthn", data={"name": "Mine", "credential": {}})
    enter(client, stranger)
    prove(client)
    for path in (f"/accounts/passkeys/{other.pk}/name/", f"/accounts/passkeys/{other.pk}/remove/"):
        assert client.get(path).status_code == 404
        assert client.post(path, {"name": "x"}).status_code == 404
    assert Authenticator.objects.get(pk=other.pk).data["name"] == "Mine"


@pytest.mark.parametrize("sent", ["", "{}", "[]", '"x"', "nonsense", '{"response": {}}', '{"id": 1, "response": 2}'])
def test_what_is_no_passkey_is_refused_in_a_sentence(client, stranger, sent):
    client.get("/accounts/passkeys/sign-in/", HTTP_ACCEPT="application/json")
    answer = client.post("/accounts/passkeys/sign-in/", {"credential": sent})
    assert answer.url == SIGN_IN
    assert not is_in(client)
    enter(client, stranger)
    prove(client)
    client.get("/accounts/passkeys/add/")
    assert client.post("/accounts/passkeys/add/", {"name": "x", "credential": sent}).status_code == 200


def test_there_is_no_registration(client):
    page = client.get("/accounts/join/")
    assert (page.status_code, "by an invitation" in page.content.decode()) == (404, True)
    assert client.post("/accounts/join/", {"email": "a@example.org"}).status_code == 405
    assert Accounts().is_open_for_signup(None) is False


def test_wrong_passwords_and_signing_out_are_written_down(client, stranger):
    client.post(SIGN_IN, {"username": stranger.email, "password": "wrong"})
    client.post(SIGN_IN, {"username": "nobody@example.org", "password": "wrong"})
    enter(client, stranger)
    client.post("/accounts/sign-out/")
    assert actions() == ["account.sign_in_failed", "account.signed_in", "account.signed_out"]


def test_an_account_that_is_switched_off_stays_outside(client, stranger):
    stranger.is_active = False
    stranger.save()
    answer = enter(client, stranger)
    assert "switched off" in answer.content.decode()
    assert not is_in(client)


@pytest.mark.parametrize(("rule", "who", "is_sent"), [
    ("none", "coordinator", False), ("staff", "coordinator", True),
    ("staff", "stranger", False), ("all", "stranger", True),
])  # fmt: skip
def test_a_site_may_make_it_a_duty(client, settings, request, rule, who, is_sent):
    settings.REQUIRE_SECOND_FACTOR = rule
    user = request.getfixturevalue(who)
    client.force_login(user)
    assert client.get("/", follow=False).url == APP if is_sent else client.get("/", follow=True).status_code == 200
    answer = client.get("/api/v1/studies/")
    assert answer.status_code == (403 if is_sent else 200)
    assert not is_sent or answer.json()["code"] == "second_factor"
    assert client.get("/accounts/profile/").status_code == 200  # where it is set up, and where one signs out
    key = {"HTTP_AUTHORIZATION": f"Token {make_key(user=user, name='Script')[1]}"}
    client.logout()
    assert client.get("/api/v1/studies/", **key).status_code == 200
    TOTP.activate(user, generate_totp_secret())
    client.force_login(user)
    assert client.get("/", follow=True).redirect_chain != [(APP, 302)]


def test_a_lost_one_is_removed_by_a_command(client, stranger, secret):
    RecoveryCodes.activate(stranger)
    out = io.StringIO()
    call_command("reset_second_factor", stranger.email.upper(), stdout=out)
    assert "2 removed" in out.getvalue()
    assert actions() == ["account.factors_reset"]
    assert enter(client, stranger).url == "/"
    out = io.StringIO()
    call_command("reset_second_factor", stranger.email, stdout=out)
    assert "no second factor" in out.getvalue()
    with pytest.raises(CommandError, match="no account for nobody"):
        call_command("reset_second_factor", "nobody@example.org")


def test_the_secrets_do_not_lie_open_in_the_database(client, stranger, secret):
    RecoveryCodes.activate(stranger)
    stored = " ".join(str(one.data) for one in Authenticator.objects.filter(user=stranger))
    assert secret not in stored
    assert stored.count("sealed:") == 2
    enter(client, stranger)
    client.post(STEP, {"code": code_of(secret)})
    assert is_in(client)


def test_a_secret_stored_before_they_were_sealed_still_opens(client, stranger, secret):
    Authenticator.objects.filter(user=stranger).update(data={"secret": secret})
    enter(client, stranger)
    client.post(STEP, {"code": code_of(secret)})
    assert is_in(client)


def test_an_earlier_key_of_the_site_still_opens_and_a_foreign_one_opens_to_no_code(client, stranger, secret, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key of this site", [settings.SECRET_KEY]
    enter(client, stranger)
    client.post(STEP, {"code": code_of(secret)})
    assert is_in(client)
    client.logout()
    settings.SECRET_KEY_FALLBACKS = []
    enter(client, stranger)
    answer = client.post(STEP, {"code": code_of(secret, ahead=1)})
    assert (answer.status_code, is_in(client)) == (200, False)
    assert "This code is not right" in answer.content.decode()
