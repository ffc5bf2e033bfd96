"""What a reader of a part meets, and what a change of the division before the first face does to a laid-out session."""

import pytest

from readerstudy.reading import services
from readerstudy.reading.selectors import consent_version, place_of
from readerstudy.studies.services.people import add_reader
from readerstudy.studies.services.studies import choose_cases, create_study, open_study, update_protocol


@pytest.fixture
def study(make_cohort, coordinator):
    made = create_study(cohort=make_cohort(coordinator, n=24), name="Divided", created_by=coordinator, parts=3)
    choose_cases(study=made, by=coordinator)
    return open_study(study=made, by=coordinator)


@pytest.fixture
def reader(study, reader_user):
    return add_reader(study=study, user=reader_user)


def test_before_consent_the_reader_is_told_the_faces_of_one_part(reader):
    assert place_of(reader).progress.total == 8


def test_a_session_started_after_a_new_division_holds_the_new_part(reader, study, coordinator):
    services.record_consent(reader=reader, version=consent_version(study))
    update_protocol(study=study, by=coordinator, reason="Shorter", parts=6)
    reader.refresh_from_db()
    session = services.start_session(session=reader.sessions.get(is_practice=False))
    reader.refresh_from_db()
    assert session.trials.count() == 4
    assert set(session.trials.values_list("case__part", flat=True)) == {reader.part}


def test_and_all_faces_once_they_are_no_longer_divided(reader, study, coordinator):
    services.record_consent(reader=reader, version=consent_version(study))
    update_protocol(study=study, by=coordinator, reason="All", parts=1)
    session = services.start_session(session=reader.sessions.get(is_practice=False))
    assert session.trials.count() == 24


def test_repeats_come_from_the_part(make_cohort, coordinator, reader_user):
    made = create_study(
        cohort=make_cohort(coordinator, "More", n=40),
        name="Repeats",
        created_by=coordinator,
        parts=2,
        repeats_percent=10,
    )
    choose_cases(study=made, by=coordinator)
    reader = add_reader(study=open_study(study=made, by=coordinator), user=reader_user)
    session = services.plan_session(reader=reader)
    assert session.trials.count() == 22
    assert session.trials.filter(repetition=1).count() == 2
    assert set(session.trials.values_list("case__part", flat=True)) == {reader.part}
