"""A session that nobody uses ends; what a page asks for by itself does not keep it alive."""

import json

import pytest

from readerstudy.accounts import idle
from readerstudy.accounts.keys import make_key
from readerstudy.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
SESSION = "/accounts/session/"
PAGE = "/accounts/profile/"
BY_ITSELF = {"HTTP_SEC_FETCH_DEST": "empty"}


class Clock:
    def __init__(self) -> None:
        self.at = 1_900_000_000.0

    def wait(self, minutes: float) -> None:
        self.at += 60 * minutes


@pytest.fixture
def clock(monkeypatch, settings) -> Clock:
    settings.SESSION_IDLE_S = 30 * 60
    made = Clock()
    monkeypatch.setattr(idle, "now", lambda: made.at)
    return made


def told(client, method: str = "get", **head) -> dict:
    return json.loads(getattr(client, method)(SESSION, **head).content)


def test_who_does_something_stays_signed_in(client, stranger, clock):
    client.force_login(stranger)
    for _ in range(5):
        assert client.get(PAGE).status_code == 200
        clock.wait(29)
    assert client.get(PAGE).status_code == 200


def test_who_does_nothing_is_signed_out_and_told_so(client, stranger, clock):
    client.force_login(stranger)
    client.get(PAGE)
    clock.wait(31)
    answer = client.get(PAGE, follow=True)
    assert answer.redirect_chain == [(f"/accounts/sign-in/?next={PAGE}", 302)]
    assert "nothing was done here for 30 minutes" in answer.content.decode()
    assert AuditEvent.objects.get(action="account.idle").actor == f"user:{stranger.pk}"


def test_what_a_page_asks_for_by_itself_counts_for_nothing(client, stranger, clock):
    client.force_login(stranger)
    client.get(PAGE)
    for _ in range(4):
        clock.wait(10)
        client.get(PAGE, **BY_ITSELF)
    assert client.get(PAGE).status_code == 302


def test_asking_how_long_it_lasts_does_not_make_it_longer_and_saying_that_one_is_there_does(client, stranger, clock):
    client.force_login(stranger)
    client.get(PAGE)
    clock.wait(20)
    assert told(client) == {"who": stranger.pk, "seconds_left": 600}
    assert told(client, "post") == {"who": stranger.pk, "seconds_left": 1800}
    clock.wait(29)
    assert told(client, **BY_ITSELF)["seconds_left"] == 60
    clock.wait(2)
    assert told(client) == {"who": None, "seconds_left": 0}
    assert client.post(SESSION).status_code == 401


def test_sending_something_counts_and_a_look_writes_no_session(client, study, reader_user, clock):
    client.force_login(reader_user)
    client.get(PAGE)
    clock.wait(10)
    before = client.session[idle.SEEN]
    for name in sorted(idle.NEVER_TOUCH - {"accounts:session"}):
        assert name.startswith("reading_api:")
    client.get("/api/v1/reading/trials/00000000-0000-0000-0000-000000000000/photo/")
    client.post("/api/v1/reading/trials/00000000-0000-0000-0000-000000000000/start/")
    assert client.session[idle.SEEN] == before
    client.post("/api/v1/reading/sessions/00000000-0000-0000-0000-000000000000/next/", **BY_ITSELF)
    assert client.session[idle.SEEN] == clock.at


def test_the_reading_page_hears_that_it_has_to_sign_in_again(client, reader_user, study, clock):
    client.force_login(reader_user)
    client.get(PAGE)
    clock.wait(31)
    answer = client.post("/api/v1/reading/sessions/00000000-0000-0000-0000-000000000000/next/", **BY_ITSELF)
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in")


def test_a_key_of_a_script_knows_no_such_end(client, coordinator, clock):
    head = {"HTTP_AUTHORIZATION": f"Token {make_key(user=coordinator, name='Script')[1]}"}
    for _ in range(2):
        assert client.get("/api/v1/studies/", **head).status_code == 200
        clock.wait(1000)


def test_a_site_may_do_without(client, stranger, clock, settings):
    settings.SESSION_IDLE_S = 0
    client.force_login(stranger)
    client.get(PAGE)
    clock.wait(1000)
    page = client.get(PAGE)
    assert page.status_code == 200
    assert 'id="idle"' not in page.content.decode()
