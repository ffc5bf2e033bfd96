"""The front door leads to one's own desk; the other doors say what they are."""

import pytest


@pytest.mark.parametrize(
    ("who", "desk"), [("coordinator", "/studies/"), ("investigator", "/training/"), ("reader_user", "/read/")]
)
def test_one_role_goes_straight_to_its_desk(client, study, who, desk, request):
    client.force_login(request.getfixturevalue(who))
    assert client.get("/").url == desk


def test_several_roles_choose(client, study, neighbour, investigator):
    neighbour.memberships.create(user=investigator, role="coordinator")
    client.force_login(investigator)
    page = client.get("/").content.decode()
    assert 'href="/studies/"' in page
    assert 'href="/training/"' in page


def test_no_role_is_told_what_to_do(client, stranger):
    client.force_login(stranger)
    page = client.get("/")
    assert page.status_code == 200
    assert "Nothing for you to do yet" in page.content.decode()


def test_a_withdrawn_reader_has_no_desk(client, study, reader_user):
    study.readers.update(withdrawn_at="2026-01-01T00:00Z")
    client.force_login(reader_user)
    assert "Nothing for you to do yet" in client.get("/").content.decode()


@pytest.mark.parametrize("role", ["reader", "coordinator", "investigator"])
def test_help_explains_the_role_and_the_phantom(client, db, role):
    page = client.get(f"/help/{role}/")
    assert page.status_code == 200
    assert "What is a phantom?" in page.content.decode()


def test_there_is_no_help_for_kings(client, db):
    assert client.get("/help/king/").status_code == 404


def test_what_is_not_there_is_said_in_the_sites_look(client, db):
    page = client.get("/no-such-page/")
    assert page.status_code == 404
    assert "There is nothing here" in page.content.decode()


def test_the_wrong_role_is_told_so(client, study, reader_user):
    client.force_login(reader_user)
    page = client.get(f"/studies/{study.pk}/")
    assert page.status_code == 403
    assert "This page is for another role in this study" in page.content.decode()


def test_a_broken_page_shows_no_traceback(client, stranger, monkeypatch):
    def broken(user):
        raise RuntimeError("inner detail")

    monkeypatch.setattr("readerstudy.studies.views.home.roles_of", broken)
    client.force_login(stranger)
    client.raise_request_exception = False
    page = client.get("/")
    assert page.status_code == 500
    assert "Something broke" in page.content.decode()
    assert "inner detail" not in page.content.decode()


def test_a_stale_form_is_explained(stranger):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(stranger)
    page = strict.post("/accounts/sign-out/")
    assert page.status_code == 403
    assert "Please send it again" in page.content.decode()
