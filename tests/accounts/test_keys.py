"""Keys for scripts: made and revoked on the profile page, limited to reading or to a role, gone when they should be."""

import hashlib
import importlib
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from readerstudy.accounts import keys
from readerstudy.accounts.models import AccessKey
from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies.models import Membership

pytestmark = pytest.mark.django_db
PROFILE = "/accounts/profile/"


def with_key(text: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Token {text}"}


@pytest.fixture
def key_of():
    def make(user, **wish):
        return with_key(keys.make_key(user=user, name="Script", **({"can_write": True} | wish))[1])

    return make


def ask(client, **wish):
    given = {"name": "Nightly export", "may": "read", "role": "", "days": "30"} | wish
    return client.post("/accounts/keys/", {f"key-{name}": value for name, value in given.items()})


def test_a_key_is_shown_once_and_kept_as_a_hash(client, coordinator):
    client.force_login(coordinator)
    assert ask(client, role="coordinator").url == f"{PROFILE}#keys"
    page = client.get(PROFILE).content.decode()
    text = page.split("data-new-key>")[1].split("<")[0]
    key = AccessKey.objects.get()
    assert key.digest == hashlib.sha256(text.encode()).hexdigest()
    assert (key.role, key.can_write) == ("coordinator", False)
    assert timedelta(days=29) < key.expires_at - timezone.now() <= timedelta(days=30)
    again = client.get(PROFILE).content.decode()
    assert text not in again
    assert "Nightly export" in again
    assert AuditEvent.objects.get(action="key.made").detail["name"] == "Nightly export"


def test_a_revoked_key_opens_nothing(client, coordinator, key_of):
    head = key_of(coordinator)
    assert client.get("/api/v1/studies/", **head).status_code == 200
    client.force_login(coordinator)
    assert client.post(f"/accounts/keys/{AccessKey.objects.get().pk}/revoke/").url == PROFILE
    client.logout()
    answer = client.get("/api/v1/studies/", **head)
    assert (answer.status_code, answer.json()["detail"]) == (401, "This key was revoked.")
    client.force_login(coordinator)
    assert "Script" not in client.get(PROFILE).content.decode().split('id="keys"')[1]


def test_nobody_revokes_the_key_of_another(client, coordinator, stranger):
    key, _ = keys.make_key(user=coordinator, name="Mine")
    client.force_login(stranger)
    assert client.post(f"/accounts/keys/{key.pk}/revoke/").status_code == 404
    client.logout()
    assert client.post(f"/accounts/keys/{key.pk}/revoke/").status_code == 302
    key.refresh_from_db()
    assert key.revoked_at is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "This key has expired"),
        ({"digest": "0" * 64}, "There is no such key."),
    ],
)
def test_a_key_that_is_over_or_unknown_is_refused_with_401(client, coordinator, key_of, change, sentence):
    head = key_of(coordinator)
    AccessKey.objects.update(**change)
    answer = client.get("/api/v1/studies/", **head)
    assert answer.status_code == 401
    assert answer.json()["detail"].startswith(sentence)
    assert answer["WWW-Authenticate"] == "Token"


def test_a_key_goes_with_its_account(client, coordinator, key_of):
    head = key_of(coordinator)
    coordinator.is_active = False
    coordinator.save()
    assert client.get("/api/v1/studies/", **head).status_code == 401


def test_a_reading_key_reads_and_does_not_write(client, study, coordinator, key_of):
    head = key_of(coordinator, can_write=False)
    assert client.get(f"/api/v1/studies/{study.pk}/", **head).status_code == 200
    answer = client.post(f"/api/v1/studies/{study.pk}/close/", **head)
    assert (answer.status_code, answer.json()["detail"][:22]) == (403, "This key may only read")
    study.refresh_from_db()
    assert study.status == "open"


def test_a_key_limited_to_a_role_does_nothing_in_another(client, study, coordinator, key_of):
    Membership.objects.create(study=study, user=coordinator, role="investigator")
    study.protocols.update(is_blinded_until_closed=False)
    desk, analysis = key_of(coordinator, role="coordinator"), key_of(coordinator, role="investigator")
    of_the_desk = [f"/api/v1/studies/{study.pk}/", f"/api/v1/studies/{study.pk}/monitor/"]
    of_the_analysis = [f"/api/v1/studies/{study.pk}/aids/", "/api/v1/runs/", f"/api/v1/studies/{study.pk}/files/"]
    assert [client.get(path, **desk).status_code for path in of_the_desk + of_the_analysis] == [200, 200, 403, 403, 403]
    assert [client.get(path, **analysis).status_code for path in of_the_desk + of_the_analysis] == [
        *(403, 403, 200, 200, 200)
    ]
    body = {"name": "New"}
    assert client.post("/api/v1/cohorts/", body, content_type="application/json", **analysis).status_code == 403
    assert client.post("/api/v1/cohorts/", body, content_type="application/json", **desk).status_code == 201
    assert client.get(f"/api/v1/cohorts/{study.cohort_id}/", **analysis).status_code == 200


def test_only_a_readers_key_reads_faces(client, study, reader_user, key_of):
    from readerstudy.reading.selectors import consent_version
    from readerstudy.reading.services import record_consent

    session = record_consent(reader=study.readers.get(), version=consent_version(study)).sessions.get()
    path = f"/api/v1/reading/sessions/{session.token}/start/"
    answer = client.post(path, **key_of(reader_user, role="coordinator"))
    assert (answer.status_code, answer.json()["detail"]) == (403, "This key is limited to the work of a coordinator.")
    assert client.post(path, **key_of(reader_user, role="reader")).status_code != 403


def test_a_role_that_is_not_held_gives_nothing(client, study, stranger, key_of):
    head = key_of(stranger, role="coordinator")
    assert client.get(f"/api/v1/studies/{study.pk}/", **head).status_code == 404
    with pytest.raises(Refused, match="no role 'king'"):
        keys.make_key(user=stranger, name="x", role="king")


def test_a_limited_user_cannot_be_saved(coordinator):
    with pytest.raises(RuntimeError, match="must not be saved"):
        coordinator.limited_to("reader").save()


def test_only_roles_one_holds_are_offered(client, study, reader_user, coordinator):
    for user, offered in ((reader_user, {"reader"}), (coordinator, {"coordinator"})):
        client.force_login(user)
        form = client.get(PROFILE).context["making"]
        assert {value for value, _ in form.fields["role"].choices} == offered | {""}
    assert ask(client, role="reader").status_code == 200  # the page again, with its error
    assert not AccessKey.objects.exists()


def test_twenty_keys_are_enough(client, coordinator):
    for n in range(keys.MOST):
        keys.make_key(user=coordinator, name=f"{n}")
    client.force_login(coordinator)
    assert "20 keys are in use" in ask(client).content.decode()


def test_use_is_noted_at_most_once_a_minute(client, coordinator, key_of):
    head = key_of(coordinator)
    client.get("/api/v1/studies/", **head)
    first = AccessKey.objects.get().last_used_at
    assert first is not None
    client.get("/api/v1/studies/", **head)
    assert AccessKey.objects.get().last_used_at == first
    AccessKey.objects.update(last_used_at=first - timedelta(minutes=2))
    client.get("/api/v1/studies/", **head)
    assert AccessKey.objects.get().last_used_at >= first


def test_keys_of_before_go_on_working(client, coordinator):
    old = "0123456789abcdef0123456789abcdef01234567"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE authtoken_token (key varchar(40), created timestamp, user_id bigint)")
        cursor.execute("INSERT INTO authtoken_token (key, user_id) VALUES (%s, %s)", [old, coordinator.pk])
    migration = importlib.import_module("readerstudy.accounts.migrations.0003_keys_of_before")
    migration.carry_over(apps, _Editor())
    assert client.get("/api/v1/studies/", **with_key(old)).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM authtoken_token")
        assert cursor.fetchone() == (0,)


class _Editor:
    """As much of a schema editor as the migration asks for."""

    connection = connection

    def execute(self, sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)
