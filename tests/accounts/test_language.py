"""Pages speak the account's language, else the browser's, else the site's; mails that of whoever gets them."""

import os
import subprocess
import sys
from datetime import date

import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import get_language

from readerstudy import dates, languages
from readerstudy.accounts.adapters import CHANGES, mail_change
from readerstudy.accounts.keys import make_key
from readerstudy.accounts.language import in_language_of
from readerstudy.studies.services import invitations, reminders

SIGN_IN, CHOOSE = "/accounts/sign-in/", "/accounts/language/"
CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9,en;q=0.5"}


def lang(answer) -> str:
    page = answer.content.decode()
    return page.split('<html lang="')[1].split('"')[0]


def test_a_page_follows_the_browser_and_says_so(client, db):
    answer = client.get(SIGN_IN, **CHINESE)
    assert (lang(answer), answer["Content-Language"]) == ("zh-hans", "zh-hans")
    assert "Accept-Language" in answer["Vary"]
    assert lang(client.get(SIGN_IN, HTTP_ACCEPT_LANGUAGE="fr")) == "en"
    assert lang(client.get("/no/such/page/", **CHINESE)) == "zh-hans"


def test_what_a_stranger_chooses_counts_in_this_browser(client, db):
    page = client.get(SIGN_IN).content.decode()
    assert 'role="group" aria-label="Language"' in page
    assert '<button class="link" name="language" value="zh-hans" lang="zh-hans">简体中文</button>' in page
    answer = client.post(CHOOSE, {"language": "zh-hans", "next": "/accounts/password/forgotten/?x=1"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/forgotten/?x=1")
    assert lang(client.get(SIGN_IN)) == "zh-hans"
    client.post(CHOOSE, {"language": "en"})
    assert lang(client.get(SIGN_IN, **CHINESE)) == "en"


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "", "javascript:alert(1)"])
def test_one_is_led_back_to_a_page_of_ours_only(client, db, back):
    assert client.post(CHOOSE, {"language": "en", "next": back})["Location"] == "/"


@pytest.mark.parametrize("code", ["", "fr", "zh", "../../etc"])
def test_a_language_that_the_site_does_not_speak_changes_nothing(client, coordinator, code):
    client.force_login(coordinator)
    answer = client.post(CHOOSE, {"language": code, "next": "/cohorts/"}, follow=True)
    assert "The site does not speak this language." in answer.content.decode()
    coordinator.refresh_from_db()
    assert (coordinator.language, lang(answer)) == ("", "en")
    assert client.get(CHOOSE).status_code == 405


def test_an_accounts_choice_goes_with_it_to_every_browser(client, coordinator):
    client.force_login(coordinator)
    client.post(CHOOSE, {"language": "zh-hans"})
    coordinator.refresh_from_db()
    assert coordinator.language == "zh-hans"
    elsewhere = Client()
    elsewhere.post(CHOOSE, {"language": "en"})
    assert lang(elsewhere.get(SIGN_IN)) == "en"
    elsewhere.force_login(coordinator)
    assert lang(elsewhere.get("/cohorts/")) == "zh-hans"
    elsewhere.post("/accounts/sign-out/")
    assert lang(elsewhere.get(SIGN_IN)) == "zh-hans"


def test_an_account_without_a_choice_follows_its_browser(client, coordinator):
    client.force_login(coordinator)
    assert lang(client.get("/cohorts/", **CHINESE)) == "zh-hans"
    assert lang(client.get("/cohorts/")) == "en"


def test_a_script_gets_the_language_it_asks_for(client, coordinator):
    type(coordinator).objects.update(language="zh-hans")
    _, key = make_key(user=coordinator, name="Script")
    told = {"HTTP_AUTHORIZATION": f"Token {key}"}
    assert client.get("/api/v1/studies/", **told)["Content-Language"] == "en"
    assert client.get("/api/v1/studies/", **told, **CHINESE)["Content-Language"] == "zh-hans"


@pytest.mark.parametrize(
    ("chosen", "of_the_site", "spoken"),
    [("zh-hans", "en", "zh-hans"), ("", "zh-hans", "zh-hans"), ("en", "zh-hans", "en"), ("gone", "en", "en")],
)
def test_a_mail_speaks_its_receivers_language(coordinator, settings, chosen, of_the_site, spoken):
    settings.LANGUAGE_CODE = of_the_site
    type(coordinator).objects.update(language=chosen)

    @in_language_of(lambda address: address)
    def write(address: str) -> str:
        return get_language()

    with translation.override("en"):
        assert write(coordinator.email.upper()) == spoken
        assert write("new@example.org") == of_the_site
        assert get_language() == "en"


def test_invitations_and_reminders_are_such_mails(study, coordinator, reader_user, stranger, monkeypatch):
    type(coordinator).objects.exclude(pk=coordinator.pk).update(language="zh-hans")
    spoken = []
    for module in (invitations, reminders):
        monkeypatch.setattr(module, "render_to_string", lambda *_: spoken.append(get_language()) or "text")
    for email in (stranger.email, "new@example.org"):
        invitation, token = invitations.invite(study=study, email=email, role="investigator", by=coordinator)
        assert invitations.mail_invitation(invitation=invitation, token=token)
    assert reminders.remind_readers(study=study, by=coordinator).mailed == ["SP 1"]
    assert spoken == ["zh-hans", "en", "zh-hans"]


def test_a_mail_for_a_new_password_speaks_the_accounts_language(client, coordinator, monkeypatch):
    from django.template import loader

    type(coordinator).objects.update(language="zh-hans")
    spoken, render = [], loader.render_to_string
    monkeypatch.setattr(loader, "render_to_string", lambda *given: spoken.append(get_language()) or render(*given))
    client.post("/accounts/password/forgotten/", {"email": coordinator.email}, HTTP_ACCEPT_LANGUAGE="en")
    assert set(spoken) == {"zh-hans"}


def test_a_mail_about_a_new_factor_speaks_its_owners_language(coordinator, mailoutbox):
    coordinator.language = "zh-hans"
    coordinator.save()
    mail_change(coordinator, CHANGES["mfa/email/webauthn_added"])
    with translation.override("zh-hans"):
        assert str(CHANGES["mfa/email/webauthn_added"]) in mailoutbox[0].body
    assert str(CHANGES["mfa/email/webauthn_added"]) not in mailoutbox[0].body


def test_the_scripts_words_are_kept_until_they_change(client, db):
    page = client.get(SIGN_IN, **CHINESE).content.decode()
    address = page.split('<script src="/jsi18n/')[1].split('"')[0]
    assert page.index("/jsi18n/") < page.index('type="module"')
    answer = client.get(f"/jsi18n/{address}", **CHINESE)
    assert answer["Content-Type"].startswith("text/javascript")
    assert "immutable" in answer["Cache-Control"]
    assert b"django.interpolate = function" in answer.content
    assert "no-store" in client.get(f"/jsi18n/{address}", HTTP_ACCEPT_LANGUAGE="en")["Cache-Control"]
    assert "no-store" in client.get("/jsi18n/")["Cache-Control"]
    assert languages.version("en") != languages.version("zh-hans")


def test_dates_and_numbers_stand_in_the_order_of_the_language(db):
    day, template = date(2027, 3, 31), "{% load humanize %}{{ day|date:'j F Y' }} {{ n|intcomma }}"
    from django.template import engines

    said = []
    for code in ("en", "zh-hans"):
        with translation.override(code):
            said.append(engines["django"].from_string(template).render({"day": day, "n": 12345}))
            assert dates.worded(day) in said[-1]
    assert said == ["31 March 2027 12,345", "2027年3月31日 12,345"]
    with translation.override("zh-hans"):
        assert dates.as_here("j M Y, H:i") == "Y年n月j日 H:i"
        assert dates.as_here("j M, H:i") == "n月j日 H:i"


def test_a_site_language_that_there_is_not_is_refused_at_the_start(tmp_path):
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "SITE_LANGUAGE": "de"}
    done = subprocess.run(
        [sys.executable, "-c", "import readerstudy.settings"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "SITE_LANGUAGE is 'de': write en or zh-hans." in done.stderr
