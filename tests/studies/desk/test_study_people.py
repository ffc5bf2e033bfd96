"""Roles, readers' codes, and blinding: whoever could know the truth does not read."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from readerstudy.reading.models import ReadingSession
from readerstudy.refusal import Refused
from readerstudy.studies.models import Reader
from readerstudy.studies.services.people import add_member, add_reader, remove_member, withdraw_reader
from readerstudy.studies.services.studies import close_study, create_study


def test_codes_count_up_by_seniority(study, make_user):
    people = [make_user(name) for name in ("Ada", "Ben", "Cleo", "Dan")]
    seniorities = ["senior", "junior", "junior", "other"]
    codes = [add_reader(study=study, user=u, seniority=s).code for u, s in zip(people, seniorities, strict=True)]
    assert codes == ["SP 2", "JP 1", "JP 2", "R 1"]


def test_a_code_is_not_given_again_after_a_withdrawal(study, make_user, coordinator):
    withdraw_reader(reader=study.readers.get(code="SP 1"), by=coordinator)
    assert add_reader(study=study, user=make_user("Ada")).code == "SP 2"


def test_a_code_of_ones_own_is_kept_and_a_taken_one_refused(study, make_user):
    assert add_reader(study=study, user=make_user("Ada"), code="Basel 7").code == "Basel 7"
    with pytest.raises(Refused, match="Basel 7 is taken"):
        add_reader(study=study, user=make_user("Ben"), code="Basel 7")


def test_the_database_refuses_a_code_twice(study, make_user):
    with pytest.raises(IntegrityError), transaction.atomic():
        Reader.objects.create(study=study, user=make_user("Ada"), code="SP 1")


def test_a_simulated_physician_is_marked_and_can_only_read(study, make_user, coordinator):
    user = make_user("Sim", is_simulated=True)
    with pytest.raises(Refused, match="can only read"):
        add_member(study=study, user=user, role="investigator", by=coordinator)
    assert add_reader(study=study, user=user).is_simulated


@pytest.mark.parametrize("who", ["coordinator", "investigator", "reader_user"])
def test_nobody_reads_who_holds_a_role_in_the_study(study, who, request):
    with pytest.raises(Refused, match="of this study"):
        add_reader(study=study, user=request.getfixturevalue(who))


@pytest.mark.parametrize("role", ["coordinator", "investigator"])
def test_nobody_reads_who_holds_a_role_on_the_same_cohort(study, make_user, coordinator, role):
    other = create_study(cohort=study.cohort, name="Other", created_by=coordinator)
    user = make_user("Ada")
    add_member(study=other, user=user, role=role, by=coordinator)
    with pytest.raises(Refused, match="on the same faces"):
        add_reader(study=study, user=user)


def test_nobody_reads_the_same_faces_in_two_studies(study, coordinator, reader_user):
    other = create_study(cohort=study.cohort, name="Other", created_by=coordinator)
    with pytest.raises(Refused, match="reads the same faces in “Study”"):
        add_reader(study=other, user=reader_user)


def test_the_maker_of_a_cohort_does_not_read_it(study, make_user):
    maker = make_user("Ada")
    study.cohort.created_by = maker
    study.cohort.save()
    with pytest.raises(Refused, match="made this cohort"):
        add_reader(study=study, user=maker)


def test_staff_see_the_truth_and_do_not_read(study, make_user):
    with pytest.raises(Refused, match="administers this site"):
        add_reader(study=study, user=make_user("Ada", is_staff=True))


def test_a_reader_gets_no_role_on_the_same_cohort(study, coordinator, reader_user):
    other = create_study(cohort=study.cohort, name="Other", created_by=coordinator)
    for place in (study, other):
        with pytest.raises(Refused, match="must stay blind"):
            add_member(study=place, user=reader_user, role="investigator", by=coordinator)
    with pytest.raises(Refused, match="must stay blind"):
        create_study(cohort=study.cohort, name="Own", created_by=reader_user)


def test_a_reader_of_one_cohort_may_hold_a_role_on_another(neighbour, coordinator, reader_user, study):
    assert add_member(study=neighbour, user=reader_user, role="investigator", by=coordinator).pk


def test_unknown_roles_and_seniorities_are_refused(study, make_user, coordinator):
    with pytest.raises(Refused, match="no role 'king'"):
        add_member(study=study, user=make_user("Ada"), role="king", by=coordinator)
    with pytest.raises(Refused, match="no seniority 'ancient'"):
        add_reader(study=study, user=make_user("Ben"), seniority="ancient")


def test_nobody_joins_a_closed_study(study, make_user, coordinator):
    close_study(study=study, by=coordinator)
    with pytest.raises(Refused, match="closed"):
        add_reader(study=study, user=make_user("Ada"))


def test_the_last_coordinator_stays(study, coordinator, make_user):
    mine = study.memberships.get(role="coordinator")
    with pytest.raises(Refused, match="at least one coordinator"):
        remove_member(membership=mine, by=coordinator)
    add_member(study=study, user=make_user("Ada"), role="coordinator", by=coordinator)
    remove_member(membership=mine, by=coordinator)
    assert study.memberships.filter(role="coordinator").count() == 1


def test_adding_a_member_twice_is_one_membership_and_one_event(study, coordinator, make_user):
    ada = make_user("Ada")
    first = add_member(study=study, user=ada, role="investigator", by=coordinator)
    assert add_member(study=study, user=ada, role="investigator", by=coordinator) == first
    assert AuditEvent.objects.filter(action="member.added").count() == 1


def test_withdrawing_keeps_every_answer_and_ends_open_sessions(study, coordinator, show_a_face):
    trial = show_a_face(study)
    trial.calls.create(is_gs=True, idempotency_key="a")
    reader = withdraw_reader(reader=study.readers.get(), by=coordinator, reason="On leave")
    session = ReadingSession.objects.get()
    assert reader.withdrawn_at == session.withdrawn_at
    assert trial.calls.count() == 1
    with pytest.raises(Refused, match="withdrawn already"):
        withdraw_reader(reader=reader, by=coordinator)
    assert AuditEvent.objects.get(action="reader.withdrawn").detail == {"code": "SP 1", "reason": "On leave"}


def test_withdrawing_leaves_a_finished_session_finished(study, coordinator, show_a_face):
    show_a_face(study)
    ReadingSession.objects.update(finished_at=timezone.now())
    withdraw_reader(reader=study.readers.get(), by=coordinator)
    assert ReadingSession.objects.get().withdrawn_at is None
