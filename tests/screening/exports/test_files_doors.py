"""The page of files and its API, for everybody in the cast."""

import pytest
from django.urls import reverse

from readerstudy.audit.models import AuditEvent
from readerstudy.reading.models import Call
from readerstudy.studies.models import Reader
from screening.downloads import DOWNLOADS
from tests.screening.app.paperlike import build

EXPECTED = {"investigator": 200, "coordinator": 200, "reader": 403, "stranger": 404, "neighbour": 404}
PAGES = ["", *DOWNLOADS]


@pytest.fixture
def cast(small, make_user):
    reader = make_user("Rosa Reader")
    Reader.objects.create(study=small.study, user=reader, code="SP 9")
    return {
        "investigator": small.investigator,
        "coordinator": small.coordinator,
        "reader": reader,
        "stranger": make_user("Sam Stranger"),
        "neighbour": build(name="Next door", n=60, readers=False).investigator,
    }


@pytest.mark.parametrize("name", PAGES)
def test_files_of_a_closed_study_open_for_its_investigators_and_coordinators_only(client, small, cast, name):
    page, api = (f"{root}/{small.study.pk}/files/{name}" for root in ("/analysis", "/api/v1/studies"))
    assert client.get(page).status_code == 302
    assert client.get(api).status_code in (401, 403)
    for who, user in cast.items():
        client.force_login(user)
        for path in (page, api):
            answer = client.get(path)
            assert answer.status_code == EXPECTED[who], (who, path)
            if name and answer.status_code == 200:
                assert answer.getvalue()
                assert answer["Content-Disposition"].endswith(f'{name}"')
                assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("status", ["draft", "open"])
@pytest.mark.parametrize("is_blinded", [True, False])
def test_files_wait_until_the_reading_is_closed(client, small, cast, status, is_blinded):
    """For coordinators always, for investigators unless the protocol allows interim results."""
    type(small.study).objects.filter(pk=small.study.pk).update(status=status)
    small.study.protocols.update(is_blinded_until_closed=is_blinded)
    shut = {"coordinator": 403} | ({"investigator": 403} if is_blinded else {})
    for who, expected in (EXPECTED | shut).items():
        client.force_login(cast[who])
        for root in ("analysis", "api/v1/studies"):
            for name in ("", "reads.csv", "rjafroc.xlsx"):
                answer = client.get(f"/{root}/{small.study.pk}/files/{name}")
                assert answer.status_code == expected, (who, root, name)


def test_a_coordinator_is_shown_no_way_to_a_page_that_stays_shut(client, small):
    client.force_login(small.coordinator)
    page = client.get(f"/analysis/{small.study.pk}/files/").content.decode()
    assert f'href="/studies/{small.study.pk}/"' in page
    assert f'href="/analysis/{small.study.pk}/"' not in page
    home = client.get(f"/studies/{small.study.pk}/").content.decode()
    assert f'href="/analysis/{small.study.pk}/files/"' in home


def test_only_a_file_that_left_is_audited(client, small, cast):
    for who in ("reader", "stranger", "neighbour"):
        client.force_login(cast[who])
        client.get(reverse("screening:file", args=[small.study.pk, "reads.csv"]))
    assert not AuditEvent.objects.filter(action="study.exported").exists()


@pytest.mark.parametrize("wanted", ["no-number", "999999", "{other}"])
def test_a_run_that_is_not_on_this_cohort_does_not_exist(client, small, cast, wanted):
    from training.models import TrainingRun

    other = TrainingRun.objects.exclude(cohort=small.study.cohort).get()
    client.force_login(small.investigator)
    for root in ("analysis", "api/v1/studies"):
        path = f"/{root}/{small.study.pk}/files/reads.csv?run={wanted.format(other=other.pk)}"
        assert client.get(path).status_code == 404


def test_an_unknown_file_does_not_exist(client, small):
    client.force_login(small.investigator)
    for root in ("analysis", "api/v1/studies"):
        assert client.get(f"/{root}/{small.study.pk}/files/passwords.csv").status_code == 404


def test_the_page_offers_every_file_with_the_run_that_was_chosen(client, small):
    client.force_login(small.investigator)
    page = client.get(f"/analysis/{small.study.pk}/files/?run={small.run.pk}").content.decode()
    for name, download in DOWNLOADS.items():
        ending = f"?run={small.run.pk}" if download.has_model else ""
        assert f'href="/analysis/{small.study.pk}/files/{name}{ending}"' in page
    assert "With the scores of Five folds" in page


def test_a_file_that_cannot_be_made_is_refused_with_its_reason(client, small):
    Call.objects.all().delete()
    client.force_login(small.investigator)
    page = client.get(f"/analysis/{small.study.pk}/files/rjafroc.xlsx", follow=True)
    assert "No reader has called a case yet" in page.content.decode()
    api = client.get(f"/api/v1/studies/{small.study.pk}/files/rjafroc.xlsx")
    assert (api.status_code, api.json()["detail"][:14]) == (409, "No reader has ")


def test_the_api_lists_the_files_with_their_addresses(client, small):
    client.force_login(small.investigator)
    listed = client.get(f"/api/v1/studies/{small.study.pk}/files/").json()
    assert [entry["name"] for entry in listed] == list(DOWNLOADS)
    assert client.get(listed[0]["url"]).status_code == 200


def test_interim_data_are_called_so_while_the_reading_is_open(client, small):
    client.force_login(small.investigator)
    path = f"/analysis/{small.study.pk}/files/"
    assert "interim" not in client.get(path).content.decode()
    type(small.study).objects.filter(pk=small.study.pk).update(status="open")
    small.study.protocols.update(is_blinded_until_closed=False)
    assert "interim data" in client.get(path).content.decode()
