"""A copy of a study has its words, rules and faces, and nobody's answers."""

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies.forms.desk import CopyForm
from readerstudy.studies.models import Study
from readerstudy.studies.selectors.studies import current_protocol
from readerstudy.studies.services.copies import copy_study
from readerstudy.studies.services.invitations import invite


@pytest.fixture
def pattern(make_study, coordinator, investigator, reader_user) -> Study:
    rules = {"exposure_ms": 5000, "confidence": "hundred", "repeats_percent": 10, "version": 3}
    return make_study(coordinator, investigator, reader_user, practice=2, **rules)


def faces(study: Study) -> list[tuple]:
    return list(study.cases.values_list("number", "photo_id", "is_practice"))


def test_words_rules_and_faces_are_taken_over_and_people_are_not(pattern, coordinator, show_a_face):
    show_a_face(pattern)
    invite(study=pattern, email="x@example.org", role="reader", by=coordinator)
    copy = copy_study(study=pattern, name=" Second ", by=coordinator)
    rules = current_protocol(copy)
    assert (copy.name, copy.status, copy.cohort_id) == ("Second", "draft", pattern.cohort_id)
    assert (rules.exposure_ms, rules.confidence, rules.repeats_percent) == (5000, "hundred", 10)
    assert (rules.version, rules.frozen_at, rules.digest) == (1, None, "")
    assert faces(copy) == faces(pattern)
    assert (copy.readers.count(), copy.invitations.count()) == (0, 0)
    assert [m.role for m in copy.memberships.all()] == ["coordinator"]
    event = AuditEvent.objects.get(action="study.copied")
    assert (event.target, event.detail["source"]) == (f"study:{copy.pk}", f"study:{pattern.pk}")


def test_the_faces_may_stay_behind(pattern, coordinator):
    assert not copy_study(study=pattern, name="Bare", by=coordinator, with_cases=False).cases.exists()


def test_a_face_that_can_no_longer_be_shown_is_left_out_and_counted(client, pattern, coordinator):
    subject = pattern.cases.get(number=5).photo.subject
    subject.consent_withdrawn_at = timezone.now()
    subject.save()
    client.force_login(coordinator)
    page = client.post(f"/studies/{pattern.pk}/copy/", {"name": "Less", "with_cases": "on"}, follow=True)
    assert "and 11 faces. 1 faces can no longer be shown" in page.content.decode()
    assert 5 not in Study.objects.get(name="Less").cases.values_list("number", flat=True)


def test_a_name_that_is_taken_is_refused_and_makes_nothing(client, pattern, coordinator):
    with pytest.raises(Refused, match="named “Study” already"):
        copy_study(study=pattern, name="Study", by=coordinator)
    client.force_login(coordinator)
    assert "already" in client.post(f"/studies/{pattern.pk}/copy/", {"name": "Study"}, follow=True).content.decode()
    assert "a name of" in client.post(f"/studies/{pattern.pk}/copy/", {"name": " "}, follow=True).content.decode()
    assert Study.objects.count() == 1


def test_the_proposed_name_is_free(pattern, coordinator):
    for expected in ("Study, copy", "Study, copy 2", "Study, copy 3"):
        assert CopyForm.for_study(pattern).initial["name"] == expected
        copy_study(study=pattern, name=expected, by=coordinator)


def test_an_account_that_may_not_make_studies_may_not_copy_one(client, pattern, coordinator):
    coordinator.may_coordinate = False
    coordinator.save()
    with pytest.raises(PermissionDenied):
        copy_study(study=pattern, name="Sly", by=coordinator)
    client.force_login(coordinator)
    assert client.post(f"/studies/{pattern.pk}/copy/", {"name": "Sly"}).status_code == 403
    assert "Make a copy" not in client.get(f"/studies/{pattern.pk}/").content.decode()


def test_a_script_copies_a_study(client, pattern, coordinator):
    client.force_login(coordinator)
    made = client.post(f"/api/v1/studies/{pattern.pk}/copy/", {"name": "By script"}, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["cases"] == {"reading": 10, "practice": 2}
