"""Faces chosen by syndrome: controls stay, other syndromes stay behind."""

import pytest

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies.models import Study
from readerstudy.studies.selectors.studies import diagnoses_of
from readerstudy.studies.services.studies import choose_cases, create_study


@pytest.fixture
def draft(make_cohort, coordinator) -> Study:
    """Ten controls; five children with Noonan, three with Williams, one with Turner, one without a name."""
    cohort = make_cohort(coordinator, n=20)
    names = ["Noonan"] * 5 + ["Williams"] * 3 + ["Turner", ""]
    for subject, name in zip(cohort.subjects.filter(has_syndrome=True).order_by("id"), names, strict=True):
        subject.diagnosis = name
        subject.save()
    return create_study(cohort=cohort, name="Draft", created_by=coordinator)


def chosen(study: Study, **fields) -> dict[str, int]:
    found: dict[str, int] = {}
    for case in study.cases.filter(**fields).select_related("photo__subject"):
        subject = case.photo.subject
        name = subject.diagnosis or ("unnamed" if subject.has_syndrome else "control")
        found[name] = found.get(name, 0) + 1
    return found


def test_the_cohorts_diagnoses_are_counted(draft):
    assert diagnoses_of(draft.cohort) == [("Noonan", 5), ("Williams", 3), ("Turner", 1)]


def test_only_these_syndromes_and_all_controls(draft, coordinator):
    choose_cases(study=draft, by=coordinator, diagnoses=["Williams", "Noonan"])
    assert chosen(draft) == {"Noonan": 5, "Williams": 3, "control": 10}
    assert AuditEvent.objects.get(action="cases.chosen").detail["diagnoses"] == ["Noonan", "Williams"]


def test_a_sample_keeps_the_mix_of_what_was_asked_for(draft, coordinator):
    choose_cases(study=draft, by=coordinator, how="sample", n=9, practice=3, diagnoses=["Noonan"], seed=1)
    assert chosen(draft, is_practice=False) == {"Noonan": 3, "control": 6}
    assert set(chosen(draft, is_practice=True)) <= {"Noonan", "control"}


def test_a_diagnosis_that_no_face_has_is_refused(draft, coordinator):
    with pytest.raises(Refused, match="has this diagnosis: Marfan"):
        choose_cases(study=draft, by=coordinator, diagnoses=["Noonan", "Marfan"])
    assert not draft.cases.exists()


def test_nothing_ticked_takes_all(draft, coordinator):
    choose_cases(study=draft, by=coordinator)
    assert sum(chosen(draft).values()) == 20


def test_page_and_api_offer_the_choice(client, draft, coordinator):
    client.force_login(coordinator)
    path = f"/studies/{draft.pk}/cases/"
    assert "Noonan (5)" in client.get(path).content.decode()
    client.post(path, {"how": "all", "diagnoses": ["Turner"]})
    assert chosen(draft) == {"Turner": 1, "control": 10}
    assert "Select a valid choice" in client.post(path, {"how": "all", "diagnoses": ["Marfan"]}).content.decode()
    body = {"how": "all", "diagnoses": ["Williams"]}
    answer = client.post(f"/api/v1{path}", body, content_type="application/json").json()
    assert answer["cases"]["reading"] == 13


def test_where_there_is_nothing_to_choose_nothing_is_asked(client, make_cohort, coordinator):
    study = create_study(cohort=make_cohort(coordinator, "One", n=6), name="One", created_by=coordinator)
    client.force_login(coordinator)
    assert "Only these syndromes" not in client.get(f"/studies/{study.pk}/cases/").content.decode()
