"""Signed links to files: they open one file as their maker would get it, end, and can be revoked."""

import re
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from readerstudy.studies.models import Membership, Reader
from screening import links
from screening.analysis.options import Options
from screening.downloads import DOWNLOADS
from screening.models import Comparison, DownloadLink
from screening.services import compare
from screening.views_report import FILES
from tests.screening.app.paperlike import build


@pytest.fixture
def comparison(small) -> Comparison:
    return compare(study=small.study, run=small.run, options=Options(replicates=200), by=small.investigator)


@pytest.fixture
def page(small) -> str:
    return f"/analysis/{small.study.pk}/links/"


def made(client, page, path) -> str:
    """The path of a new link, as the page shows it."""
    answer = client.post(page, {"path": path})
    assert answer.status_code == 200
    return re.search(r"data-copy>[^<]*?(/analysis/\d+/links/[^<\s]+)<", answer.content.decode())[1]


@pytest.fixture
def reads(client, small, page) -> str:
    client.force_login(small.investigator)
    link = made(client, page, f"/analysis/{small.study.pk}/files/reads.csv?run={small.run.pk}")
    client.logout()
    return link


def test_a_link_opens_the_file_without_signing_in_as_often_as_one_likes(client, small, reads):
    client.force_login(small.investigator)
    wanted = client.get(f"/analysis/{small.study.pk}/files/reads.csv?run={small.run.pk}")
    body = wanted.getvalue()
    client.logout()
    for n in (1, 2):
        answer = client.get(reads)
        assert answer.status_code == 200
        assert answer.getvalue() == body
        for header in ("Content-Type", "Content-Disposition", "Cache-Control"):
            assert answer[header] == wanted[header]
        assert DownloadLink.objects.get().used == n
    assert b"model_score" in body
    assert "_auth_user_id" not in client.session
    actions = list(AuditEvent.objects.values_list("action", flat=True))
    assert [actions.count(one) for one in ("link.made", "link.used", "study.exported")] == [1, 2, 3]
    assert AuditEvent.objects.filter(action="link.used").last().detail["made_by"] == f"user:{small.investigator.pk}"


@pytest.mark.parametrize("kind", [*FILES, "results", "calls", "answers"])
def test_every_file_of_numbers_can_be_linked_to(client, small, comparison, page, kind):
    client.force_login(small.investigator)
    here = f"/analysis/{small.study.pk}/"
    path = {
        "results": f"{here}{comparison.pk}/results.json",
        "calls": f"{here}{comparison.pk}/calls.csv",
        "answers": f"{here}answers.csv",
    }.get(kind, f"{here}{comparison.pk}/report.{kind}")
    link = made(client, page, path)
    client.logout()
    assert client.get(link).status_code == 200


def test_no_face_and_nothing_else_can_be_linked_to(client, small, page):
    client.force_login(small.investigator)
    other = build(name="Next door", n=60, readers=False)
    photo = small.study.cases.first().photo
    for path in (
        f"/cohorts/{small.study.cohort_id}/photos/{photo.pk}/crop/",
        f"/analysis/{other.study.pk}/files/reads.csv",
        f"/analysis/{small.study.pk}/files/",
        f"https://elsewhere.example/analysis/{small.study.pk}/files/reads.csv",
        f"//elsewhere.example/analysis/{small.study.pk}/files/reads.csv",
        "/accounts/profile/",
        "/nothing/",
        "",
        f"/analysis/{small.study.pk}/files/reads.csv?run=" + "1" * 400,
    ):
        assert client.post(page, {"path": path}).status_code == 302, path
    assert not DownloadLink.objects.exists()
    assert not [door for door in links.FILES if re.search("photo|face|heat|crop", door)]


def test_whoever_may_not_have_the_files_makes_and_revokes_none(client, small, comparison, page, reads, make_user):
    reader, stranger = make_user("Rosa Reader"), make_user("Sam Stranger")
    Reader.objects.create(study=small.study, user=reader, code="SP 9")
    neighbour = build(name="Next door", n=60, readers=False).investigator
    path = f"/analysis/{small.study.pk}/files/reads.csv"
    for user, status in ((reader, 403), (stranger, 404), (neighbour, 404)):
        client.force_login(user)
        assert client.get(page).status_code == status
        assert client.post(page, {"path": path}).status_code == status
        assert client.post(f"{page}revoke/").status_code == status
    client.logout()
    assert client.post(page, {"path": path}).status_code == 302
    assert client.get(reads).status_code == 200
    client.force_login(small.coordinator)  # has the files of a closed study, but no comparison
    assert client.post(page, {"path": f"/analysis/{small.study.pk}/{comparison.pk}/report.pdf"}).status_code == 403
    assert DownloadLink.objects.count() == 1


def test_a_link_dies_with_the_right_of_whoever_made_it(client, small, reads):
    person = small.investigator
    person.is_active = False
    person.save()
    assert client.get(reads).status_code == 410
    person.is_active = True
    person.save()
    assert client.get(reads).status_code == 200
    person.set_password("another one, which is long")
    person.save()
    assert client.get(reads).status_code == 404
    client.force_login(person)
    link = made(client, f"/analysis/{small.study.pk}/links/", f"/analysis/{small.study.pk}/files/reads.csv")
    client.logout()
    Membership.objects.filter(study=small.study, user=person).delete()
    answer = client.get(link)
    assert answer.status_code == 410
    assert "may not have this file any more" in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"


def test_results_that_are_closed_again_are_closed_for_links_too(client, small, reads):
    type(small.study).objects.filter(pk=small.study.pk).update(status="open")
    small.study.protocols.update(is_blinded_until_closed=True)
    assert client.get(reads).status_code == 410


def test_a_link_ends_by_itself_and_is_revoked_by_hand(client, small, page, reads, settings):
    settings.LINK_HOURS = 24
    DownloadLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(reads).status_code == 410
    assert client.get(page).status_code == 302
    client.force_login(small.investigator)
    assert "There is none." in client.get(page).content.decode()
    path = f"/analysis/{small.study.pk}/files/reads.csv"
    one, two, three = (made(client, page, path) for _ in range(3))
    assert client.get(page).content.decode().count('name="link"') == 3
    first = DownloadLink.objects.order_by("pk")[1]
    assert client.post(f"{page}revoke/", {"link": first.pk}, follow=True).status_code == 200
    assert [client.get(link).status_code for link in (one, two, three)] == [410, 200, 200]
    client.post(f"{page}revoke/")
    assert [client.get(link).status_code for link in (one, two, three)] == [410, 410, 410]
    told = AuditEvent.objects.filter(action="link.revoked").values_list("detail", flat=True)
    assert [len(detail["links"]) for detail in told] == [1, 2]


def test_the_signature_ends_by_its_own_clock(client, small, reads, monkeypatch):
    DownloadLink.objects.update(expires_at=timezone.now() + timedelta(days=900))  # somebody wrote into the row
    now = time.time()
    monkeypatch.setattr("django.core.signing.time", SimpleNamespace(time=lambda: now + 25 * 3600))
    answer = client.get(reads)
    assert answer.status_code == 410
    assert "Ask whoever sent it for a new one." in answer.content.decode()


def test_a_link_can_be_for_once(client, small, page, settings):
    settings.LINK_ONCE = True
    client.force_login(small.investigator)
    link = made(client, page, f"/analysis/{small.study.pk}/files/reads.csv")
    assert "opens the file once" in client.get(page).content.decode()
    client.logout()
    assert [client.get(link).status_code for _ in range(2)] == [200, 410]
    assert client.head(link).status_code == 405


def test_a_link_that_was_changed_opens_nothing(client, small, reads):
    other = build(name="Next door", n=60, readers=False)
    _, _, study, _, pk, token, _ = reads.split("/")
    for path in (
        f"/analysis/{study}/links/{pk}/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}/",
        f"/analysis/{study}/links/{int(pk) + 1}/{token}/",
        f"/analysis/{other.study.pk}/links/{pk}/{token}/",
        f"/analysis/{study}/links/{pk}/x/",
    ):
        assert client.get(path).status_code == 404
    DownloadLink.objects.update(path=f"/analysis/{small.study.pk}/files/redcap.csv")  # the signature holds the file
    assert client.get(reads).status_code == 404


def test_what_cannot_be_made_is_said_and_leads_nowhere(client, small, page, monkeypatch):
    client.force_login(small.investigator)
    link = made(client, page, f"/analysis/{small.study.pk}/files/rjafroc.xlsx")
    client.logout()
    small.study.readers.all().update(withdrawn_at=timezone.now())

    def refuse(*_: object, **__: object) -> None:
        from readerstudy.refusal import Refused

        raise Refused("There is nothing for this file.")

    monkeypatch.setattr("screening.views_exports.fetch", refuse)
    answer = client.get(link)
    assert answer.status_code == 409
    assert "Location" not in answer


def test_the_pages_offer_links_beside_their_files(client, small, comparison):
    client.force_login(small.investigator)
    files = client.get(reverse("screening:files", args=[small.study.pk]), {"run": small.run.pk}).content.decode()
    assert files.count("Copy a link</button>") == len(DOWNLOADS)
    assert f'value="/analysis/{small.study.pk}/files/reads.csv?run={small.run.pk}"' in files
    assert f'value="/analysis/{small.study.pk}/files/dictionary.csv"' in files
    report = client.get(reverse("screening:report", args=[small.study.pk, comparison.pk])).content.decode()
    assert report.count("Copy a link</button>") == 2


def test_a_link_has_the_sites_own_address(client, small, page, settings):
    settings.SITE_URL = "https://faces.hospital.example/"
    client.force_login(small.investigator)
    told = client.post(page, {"path": f"/analysis/{small.study.pk}/files/reads.csv"}).content.decode()
    assert f"https://faces.hospital.example/analysis/{small.study.pk}/links/" in told
    assert links.match_of("") is None
