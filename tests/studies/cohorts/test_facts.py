"""Codes and confirmation that became known after the import: written down on the subject's page, and audited."""

import pytest
from django.urls import reverse

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies.models import Subject
from readerstudy.studies.services.facts import state_confirmation

pytestmark = pytest.mark.django_db


@pytest.fixture
def subject(study) -> Subject:
    return study.cohort.subjects.get(code="T000")


@pytest.fixture
def control(study) -> Subject:
    return study.cohort.subjects.get(code="T001")


def facts(subject: Subject) -> tuple[str, ...]:
    subject.refresh_from_db()
    return (subject.orpha, subject.omim, subject.confirmation, subject.confirmed_on)


def test_facts_are_read_as_the_manifest_is_and_the_audit_log_keeps_both(subject, coordinator):
    state_confirmation(subject=subject, by=coordinator, orpha=" 648 ", confirmation="array")
    state_confirmation(subject=subject, by=coordinator, orpha="Orphanet:649", omim="#163950", confirmed_on="2024-03")
    assert facts(subject) == ("ORPHA:649", "OMIM:163950", "array", "2024-03")
    last = AuditEvent.objects.filter(action="subject.facts_changed").latest("id").detail
    assert last["before"] == {"orpha": "ORPHA:648", "omim": "", "confirmed_on": ""}
    assert last["after"] == {"orpha": "ORPHA:649", "omim": "OMIM:163950", "confirmed_on": "2024-03"}


def test_the_same_again_leaves_no_trace(subject, coordinator):
    for _ in range(2):
        state_confirmation(subject=subject, by=coordinator, orpha="648")
    assert AuditEvent.objects.filter(action="subject.facts_changed").count() == 1


def test_a_wrong_code_or_a_code_of_a_control_is_refused_and_nothing_is_written(subject, control, coordinator):
    for who, told in ((subject, {"orpha": "Q90"}), (subject, {"confirmed_on": "2999"}), (control, {"omim": "163950"})):
        with pytest.raises(Refused):
            state_confirmation(subject=who, by=coordinator, confirmation="array", **told)
        assert facts(who) == ("", "", "", "")


def test_the_page_takes_them_and_names_what_is_wrong(client, subject, coordinator):
    client.force_login(coordinator)
    url = reverse("studies:subject_facts", args=[subject.cohort_id, subject.pk])
    told = {"orpha": "Orphanet: 648", "omim": "OMIM:163950", "confirmation": "sequencing", "confirmed_on": "2024"}
    page = client.post(url, told, follow=True).content.decode()
    assert "ORPHA:648, OMIM:163950" in page
    assert "sequencing, 2024" in page
    wrong = client.post(url, told | {"omim": "870"})
    assert wrong.status_code == 400
    assert "is not an OMIM code" in wrong.content.decode()
    assert facts(subject)[1] == "OMIM:163950"


def test_a_control_is_asked_for_no_code(client, control, coordinator):
    client.force_login(coordinator)
    page = client.get(reverse("studies:subject", args=[control.cohort_id, control.pk])).content.decode()
    assert "ORPHA code" not in page
    url = reverse("studies:subject_facts", args=[control.cohort_id, control.pk])
    client.post(url, {"orpha": "648", "confirmation": "array"})
    assert facts(control) == ("", "", "array", "")


def test_a_script_writes_only_what_it_names(client, subject, coordinator):
    client.force_login(coordinator)
    url = f"/api/v1/cohorts/{subject.cohort_id}/subjects/{subject.pk}/facts/"
    assert client.post(url, {"orpha": "648"}, content_type="application/json").json()["orpha"] == "ORPHA:648"
    assert client.post(url, {"confirmed_on": "2024"}, content_type="application/json").status_code == 200
    assert facts(subject) == ("ORPHA:648", "", "", "2024")
    refused = client.post(url, {"orpha": "Q90"}, content_type="application/json")
    assert refused.status_code == 400
    assert "ORPHA:648" in refused.json()["detail"]
