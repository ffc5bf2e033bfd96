"""Who may enter which door of the desk: every page and every route of the API, for everybody in the cast."""

from dataclasses import dataclass

import pytest
from django.urls import URLPattern, reverse

from readerstudy.studies import api_urls
from readerstudy.studies.services.invitations import invite
from readerstudy.studies.services.people import add_reader
from readerstudy.studies.urls import desk

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Door:
    name: str
    method: str = "get"
    more: str = ""  # which further id the path holds
    open_to_all_coordinators: bool = False  # not about one study
    makes: bool = False  # needs an account that may make studies


PAGES = [
    Door("studies", open_to_all_coordinators=True),
    Door("new_study", open_to_all_coordinators=True, makes=True),
    Door("summary", open_to_all_coordinators=True),
    *(Door(name) for name in ("study", "protocol", "cases", "people", "monitor", "incidents", "audit")),
    *(Door(name) for name in ("edit", "invite_many", "cards")),
    *(Door(name, "post") for name in ("invite_many", "remind", "check_audit", "export_audit")),
    Door("replace_reader", "post", "reader_pk"),
    *(Door(name, "post") for name in ("open", "close", "reopen", "copy", "add_person", "cases", "edit", "people")),
    Door("card", more="invitation_pk"),
    Door("renew", "post", "invitation_pk"),
    Door("revoke", "post", "invitation_pk"),
    Door("withdraw_reader", "post", "reader_pk"),
    Door("anonymise_reader", "get", "reader_pk"),
    Door("anonymise_reader", "post", "reader_pk"),
    Door("remove_member", "post", "member_pk"),
]
API = [
    Door("studies", open_to_all_coordinators=True),
    Door("studies", "post", open_to_all_coordinators=True, makes=True),
    *(Door(name) for name in ("study", "readers", "invitations", "monitor", "incidents", "audit")),
    *(Door(name) for name in ("protocols", "cases", "members")),
    Door("study", "patch"),
    *(Door(name, "post") for name in ("cases", "open", "close", "reopen", "copy", "readers", "invitations")),
    *(Door(name, "post") for name in ("invite_many", "remind", "check_audit", "export_audit", "members")),
    Door("remove_member", "post", "member_pk"),
    *(Door(name, "post", "reader_pk") for name in ("withdraw_reader", "replace_reader", "anonymise_reader")),
    *(Door(name, "post", "invitation_pk") for name in ("renew", "revoke")),
]


@pytest.fixture
def visit(client, study, coordinator, make_user):
    """Knock at a door of the study as somebody, and tell the status."""
    invitation, _ = invite(study=study, email="x@example.org", role="reader", by=coordinator)
    ids = {
        "invitation_pk": invitation.pk,
        "reader_pk": add_reader(study=study, user=make_user("Second")).pk,
        "member_pk": study.memberships.get(role="investigator").pk,
    }

    def visit(space: str, door: Door, user) -> int:
        named = {} if door.open_to_all_coordinators else {"pk": study.pk}
        if door.more:
            named[door.more] = ids[door.more]
        client.logout()
        if user:
            client.force_login(user)
        kind = {"content_type": "application/json"} if space == "studies_api" and door.method != "get" else {}
        return getattr(client, door.method)(reverse(f"{space}:{door.name}", kwargs=named), **kind).status_code

    return visit


def label(door: Door) -> str:
    return f"{door.method} {door.name}"


@pytest.mark.parametrize("space", ["studies", "studies_api"])
def test_every_door_stands_in_the_matrix(space):
    patterns = desk if space == "studies" else api_urls.urlpatterns
    names = {pattern.name for pattern in patterns if isinstance(pattern, URLPattern)} - {"invitation"}
    assert names == {door.name for door in (PAGES if space == "studies" else API)}


@pytest.mark.parametrize("door", PAGES, ids=label)
def test_pages(door, visit, coordinator, investigator, reader_user, stranger, neighbour):
    neighbours = neighbour.memberships.get(role="coordinator").user
    assert visit("studies", door, None) == 302
    if door.open_to_all_coordinators:
        refused = [visit("studies", door, user) for user in (investigator, reader_user, stranger)]
        assert refused == [403, 403, 403]
    else:
        assert [visit("studies", door, user) for user in (investigator, reader_user)] == [403, 403]
        others = [neighbours, neighbour.memberships.get(role="investigator").user, neighbour.readers.get().user]
        assert [visit("studies", door, user) for user in (stranger, *others)] == [404] * 4
    assert visit("studies", door, coordinator) in ({200} if door.method == "get" else {200, 302})


@pytest.mark.parametrize("door", API, ids=label)
def test_api(door, visit, coordinator, investigator, reader_user, stranger, neighbour):
    neighbours = neighbour.memberships.get(role="coordinator").user
    assert visit("studies_api", door, None) in (401, 403)
    if door.makes:
        assert [visit("studies_api", door, user) for user in (investigator, reader_user, stranger)] == [403] * 3
        assert visit("studies_api", door, coordinator) == 400  # an empty body
    elif door.open_to_all_coordinators:
        assert visit("studies_api", door, stranger) == 200  # an empty list
    else:
        assert [visit("studies_api", door, user) for user in (investigator, reader_user)] == [403, 403]
        assert [visit("studies_api", door, user) for user in (stranger, neighbours)] == [404, 404]
        assert visit("studies_api", door, coordinator) in (200, 201, 204, 400, 409)


@pytest.mark.parametrize("door", [door for door in PAGES if door.method == "post"], ids=label)
def test_writes_need_a_token_against_forgery(door, study, coordinator):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(coordinator)
    named = {"pk": study.pk} | ({door.more: 1} if door.more else {})
    assert strict.post(reverse(f"studies:{door.name}", kwargs=named)).status_code == 403


@pytest.mark.parametrize(
    "name", ["open", "close", "reopen", "copy", "add_person", "renew", "revoke", "withdraw_reader"]
)
def test_looking_changes_nothing(client, study, coordinator, name):
    more = {"renew": "invitation_pk", "revoke": "invitation_pk", "withdraw_reader": "reader_pk"}.get(name)
    client.force_login(coordinator)
    named = {"pk": study.pk} | ({more: 1} if more else {})
    assert client.get(reverse(f"studies:{name}", kwargs=named)).status_code == 405


def test_the_lists_hold_ones_own_studies_only(client, study, neighbour, coordinator):
    client.force_login(coordinator)
    page = client.get("/studies/").content.decode()
    assert "Study" in page
    assert "Neighbour" not in page
    assert [row["name"] for row in client.get("/api/v1/studies/").json()["results"]] == ["Study"]


def test_people_of_a_study_next_door_are_not_reachable_through_ones_own(client, study, neighbour, coordinator):
    client.force_login(coordinator)
    theirs = neighbour.readers.get()
    member = neighbour.memberships.first()
    base = f"/studies/{study.pk}/people"
    assert client.post(f"{base}/readers/{theirs.pk}/withdraw/").status_code == 404
    assert client.post(f"{base}/members/{member.pk}/remove/").status_code == 404
    assert client.post(f"/api/v1/studies/{study.pk}/readers/{theirs.pk}/withdraw/").status_code == 404
    theirs.refresh_from_db()
    assert theirs.withdrawn_at is None


def test_a_study_on_a_foreign_cohort_cannot_be_made(client, study, neighbour, coordinator):
    client.force_login(coordinator)
    body = {"name": "Sly", "cohort": neighbour.cohort_id}
    assert client.post("/api/v1/studies/", body, content_type="application/json").status_code == 404
    page = client.post("/studies/new/", body | {"how": "all", "exposure": 10})
    assert page.status_code == 200
    assert "Select a valid choice" in page.content.decode()
