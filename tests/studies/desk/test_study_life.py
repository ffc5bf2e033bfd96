"""A study from its first draft to its closing."""

import pytest
from django.db import IntegrityError, transaction

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies.models import Photo, Protocol, Study, Subject
from readerstudy.studies.selectors.studies import (
    case_counts,
    current_protocol,
    opening_checks,
    practice_truth,
    protocol_digest,
)
from readerstudy.studies.services.studies import (
    choose_cases,
    close_study,
    create_study,
    open_study,
    reopen_study,
    update_protocol,
    update_study,
)


@pytest.fixture
def cohort(make_cohort, coordinator):
    return make_cohort(coordinator, n=20)


@pytest.fixture
def draft(cohort, coordinator) -> Study:
    return create_study(cohort=cohort, name="Draft", created_by=coordinator)


def test_a_new_study_has_the_papers_protocol_and_its_maker_as_coordinator(draft, coordinator):
    protocol = current_protocol(draft)
    assert (protocol.version, protocol.exposure_ms, protocol.confidence) == (1, 10_000, "five")
    assert (protocol.block_length, protocol.call_ends_exposure, protocol.answer_window_ms) == (50, False, None)
    assert draft.memberships.get().role == "coordinator"
    assert draft.memberships.get().user == coordinator
    assert draft.consent_text
    assert draft.instructions


def test_two_studies_cannot_share_a_name(draft, cohort, coordinator):
    with pytest.raises(Refused, match="named “Draft” already"):
        create_study(cohort=cohort, name="Draft", created_by=coordinator)


def test_an_unknown_rule_is_refused(cohort, coordinator):
    with pytest.raises(Refused, match="no rule named colour"):
        create_study(cohort=cohort, name="New", created_by=coordinator, colour="red")


@pytest.mark.parametrize("rule", [{"exposure_ms": 99}, {"exposure_ms": 600_001}, {"repeats_percent": 101}])
def test_rules_out_of_range_are_refused_and_leave_nothing_behind(cohort, coordinator, rule):
    with pytest.raises(Refused, match=r"0\.1 s to 10 minutes"):
        create_study(cohort=cohort, name="New", created_by=coordinator, **rule)
    assert not Study.objects.filter(name="New").exists()


def test_the_database_refuses_an_exposure_out_of_range(draft):
    with pytest.raises(IntegrityError), transaction.atomic():
        Protocol.objects.filter(study=draft).update(exposure_ms=5)


def test_the_database_refuses_an_open_study_without_its_date(draft):
    with pytest.raises(IntegrityError), transaction.atomic():
        Study.objects.filter(pk=draft.pk).update(status="open")


def test_all_ready_faces_are_chosen_and_their_order_says_nothing(draft, coordinator):
    Photo.objects.filter(original_name="3.png").update(status="review")
    Subject.objects.filter(code="T004").update(consent_withdrawn_at="2026-01-01T00:00Z")
    cases = choose_cases(study=draft, by=coordinator, seed=5)
    assert len(cases) == 18
    assert [case.number for case in cases] == list(range(1, 19))
    assert [case.photo_id for case in cases] != sorted(case.photo_id for case in cases)


def test_a_seed_repeats_the_same_choice(draft, coordinator):
    once = [case.photo_id for case in choose_cases(study=draft, by=coordinator, how="sample", n=8, seed=3)]
    again = [case.photo_id for case in choose_cases(study=draft, by=coordinator, how="sample", n=8, seed=3)]
    assert once == again


def test_a_sample_keeps_the_mix_of_groups_and_diagnoses(draft, coordinator):
    Subject.objects.filter(code__in=["T000", "T002", "T004", "T006"]).update(diagnosis="Turner")
    cases = choose_cases(study=draft, by=coordinator, how="sample", n=10, seed=1)
    chosen = [case.photo.subject for case in cases]
    assert sum(s.has_syndrome for s in chosen) == 5
    assert sum(s.diagnosis == "Turner" for s in chosen) == 2
    assert len({s.pk for s in chosen}) == 10


def test_practice_faces_are_kept_apart(draft, coordinator):
    choose_cases(study=draft, by=coordinator, practice=4, seed=1)
    counts = case_counts(draft)
    assert (counts.reading, counts.practice, counts.with_syndrome, counts.without_syndrome) == (16, 4, 8, 8)
    numbers = list(draft.cases.filter(is_practice=True).values_list("number", flat=True))
    assert numbers == [17, 18, 19, 20]


def test_choosing_again_replaces_the_choice(draft, coordinator):
    choose_cases(study=draft, by=coordinator)
    choose_cases(study=draft, by=coordinator, how="sample", n=6)
    assert draft.cases.count() == 6


def test_chosen_photos_are_taken_and_unusable_ones_refused(draft, coordinator, cohort):
    photos = list(cohort.photos.order_by("id")[:3])
    assert len(choose_cases(study=draft, by=coordinator, how="photos", photos=photos)) == 3
    Photo.objects.filter(pk=photos[0].pk).update(status="unusable")
    with pytest.raises(Refused, match="1 of the chosen photos cannot be read"):
        choose_cases(study=draft, by=coordinator, how="photos", photos=photos)
    assert draft.cases.count() == 3


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        ({"how": "sample"}, "how many"),
        ({"how": "sample", "n": 21}, "21 faces were asked for, but 20"),
        ({"how": "sample", "n": 18, "practice": 4}, "18 faces were asked for, but 16"),
        ({"practice": 21}, "21 practice faces"),
        ({"practice": 20}, "no faces to read"),
    ],
)
def test_impossible_choices_are_refused(draft, coordinator, choice, sentence):
    with pytest.raises(Refused, match=sentence):
        choose_cases(study=draft, by=coordinator, **choice)
    assert not draft.cases.exists()


def test_truth_is_told_for_practice_faces_only(draft, coordinator):
    choose_cases(study=draft, by=coordinator, practice=2)
    practice = draft.cases.filter(is_practice=True).first()
    assert practice_truth(practice) is practice.photo.subject.has_syndrome
    with pytest.raises(Refused, match="practice faces only"):
        practice_truth(draft.cases.filter(is_practice=False).first())


def test_a_study_without_faces_does_not_open(draft, coordinator):
    with pytest.raises(Refused, match="No faces are chosen"):
        open_study(study=draft, by=coordinator)
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_a_face_that_cannot_be_shown_keeps_the_study_closed(draft, coordinator):
    choose_cases(study=draft, by=coordinator)
    face = draft.cases.first().photo.face
    face.rendition = ""
    face.save()
    with pytest.raises(Refused, match="1 of the chosen faces cannot be shown"):
        open_study(study=draft, by=coordinator)


def test_a_pass_mark_needs_practice_faces(draft, coordinator):
    update_protocol(study=draft, by=coordinator, practice_pass_percent=60)
    choose_cases(study=draft, by=coordinator)
    with pytest.raises(Refused, match="pass mark"):
        open_study(study=draft, by=coordinator)


def test_one_group_alone_may_be_read_with_a_warning(draft, coordinator):
    choose_cases(study=draft, by=coordinator, how="photos", photos=Photo.objects.filter(subject__has_syndrome=True))
    warning = next(check for check in opening_checks(draft) if check.label == "Truth")
    assert warning.state == "warn"
    assert open_study(study=draft, by=coordinator).status == "open"


def test_opening_freezes_and_hashes_rules_and_faces(draft, coordinator):
    choose_cases(study=draft, by=coordinator, practice=2)
    opened = open_study(study=draft, by=coordinator)
    protocol = current_protocol(opened)
    assert protocol.frozen_at
    assert len(protocol.digest) == 64
    assert protocol.digest == protocol_digest(protocol)
    assert AuditEvent.objects.get(action="study.opened").detail["digest"] == protocol.digest
    with pytest.raises(Refused, match="frozen"):
        choose_cases(study=opened, by=coordinator)
    with pytest.raises(Refused, match="frozen"):
        update_study(study=opened, by=coordinator, instructions="Other")
    with pytest.raises(Refused, match="Only a draft"):
        open_study(study=opened, by=coordinator)


def test_the_digest_notices_a_changed_rule_a_changed_face_and_a_changed_order(draft, coordinator):
    choose_cases(study=draft, by=coordinator, seed=1)
    protocol = current_protocol(draft)
    digests = {protocol_digest(protocol)}
    protocol.exposure_ms += 1
    digests.add(protocol_digest(protocol))
    draft.cases.filter(number=20).delete()
    digests.add(protocol_digest(protocol))
    draft.cases.filter(number=1).update(number=100)
    digests.add(protocol_digest(protocol))
    assert len(digests) == 4


def test_what_happens_to_the_cohort_after_opening_changes_no_case(draft, coordinator, cohort):
    choose_cases(study=draft, by=coordinator)
    open_study(study=draft, by=coordinator)
    before = list(draft.cases.values_list("number", "photo_id"))
    subject = Subject.objects.create(cohort=cohort, code="late", has_syndrome=False)
    first = cohort.photos.order_by("id").first()
    Photo.objects.filter(pk=first.pk).update(is_index=False)
    Photo.objects.create(
        subject=subject, cohort=cohort, original_name="late.png", sha256="f" * 64, width=9, height=9, status="ready"
    )
    assert list(draft.cases.values_list("number", "photo_id")) == before
    protocol = current_protocol(draft)
    assert protocol.digest == protocol_digest(protocol)


def test_a_study_closes_and_opens_again_under_the_same_protocol(draft, coordinator):
    choose_cases(study=draft, by=coordinator)
    with pytest.raises(Refused, match="Only an open study"):
        close_study(study=draft, by=coordinator)
    open_study(study=draft, by=coordinator)
    with pytest.raises(Refused, match="Only a closed study"):
        reopen_study(study=draft, by=coordinator)
    closed = close_study(study=draft, by=coordinator)
    assert closed.closed_at
    reopened = reopen_study(study=closed, by=coordinator, reason="One reader was ill.")
    assert (reopened.status, reopened.closed_at) == ("open", None)
    assert current_protocol(reopened).version == 1
    assert AuditEvent.objects.get(action="study.reopened").detail == {"reason": "One reader was ill."}


def test_a_draft_changes_in_place_and_an_open_study_by_a_new_version_with_a_reason(draft, coordinator):
    assert update_protocol(study=draft, by=coordinator, exposure_ms=5000).version == 1
    choose_cases(study=draft, by=coordinator)
    open_study(study=draft, by=coordinator)
    with pytest.raises(Refused, match="say why"):
        update_protocol(study=draft, by=coordinator, exposure_ms=7000)
    second = update_protocol(study=draft, by=coordinator, exposure_ms=7000, reason="The ethics committee asked.")
    assert (second.version, second.exposure_ms) == (2, 7000)
    assert second.frozen_at
    first = draft.protocols.get(version=1)
    assert first.exposure_ms == 5000
    assert first.digest != second.digest
    changed = AuditEvent.objects.filter(action="protocol.changed").last()
    assert changed.detail["changes"] == {"exposure_ms": [5000, 7000]}


def test_after_the_first_exposure_the_protocol_no_longer_changes(study, coordinator, show_a_face):
    show_a_face(study)
    with pytest.raises(Refused, match="can no longer change"):
        update_protocol(study=study, by=coordinator, exposure_ms=7000, reason="Too late.")


def test_faces_without_a_stated_truth_are_read_only_when_asked_for_and_never_practised(draft, coordinator):
    Subject.objects.filter(code__in=["T001", "T003"]).update(has_syndrome=None)
    assert len(choose_cases(study=draft, by=coordinator)) == 18
    cases = choose_cases(study=draft, by=coordinator, with_unstated=True, practice=6)
    unstated = [case for case in cases if case.photo.subject.has_syndrome is None]
    assert len(unstated) == 2
    assert not any(case.is_practice for case in unstated)
    assert case_counts(draft).unstated == 2
    warning = next(check for check in opening_checks(draft) if check.label == "Truth")
    assert (warning.state, "2 faces have no stated truth" in warning.sentence) == ("warn", True)


def test_a_cohort_without_any_stated_truth_can_be_read(draft, coordinator):
    Subject.objects.update(has_syndrome=None, diagnosis="")
    with pytest.raises(Refused, match="without a stated truth are taken only when you say so"):
        choose_cases(study=draft, by=coordinator)
    assert len(choose_cases(study=draft, by=coordinator, how="sample", n=5, with_unstated=True)) == 5
    assert open_study(study=draft, by=coordinator).status == "open"
