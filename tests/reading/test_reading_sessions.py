from datetime import UTC, datetime, timedelta

import pytest

from readerstudy.audit.models import AuditEvent
from readerstudy.reading import services
from readerstudy.reading.order import draw_order
from readerstudy.reading.selectors import consent_version, place_of, progress_of
from readerstudy.refusal import Refused
from readerstudy.studies.models import Protocol
from readerstudy.studies.services.people import withdraw_reader

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def consent(study):
    reader = study.readers.get()
    return services.record_consent(reader=reader, version=consent_version(study), now=START)


def test_consent_is_noted_with_its_version_and_lays_out_the_order(study):
    reader = consent(study)
    session = reader.sessions.get()
    assert reader.consented_at == START
    assert session.trials.count() == 12
    assert AuditEvent.objects.get(action="reader.consented").detail == {"consent": consent_version(study)}


def test_a_consent_text_that_changed_meanwhile_is_not_signed(study):
    with pytest.raises(Refused, match="has changed"):
        services.record_consent(reader=study.readers.get(), version="00000000")


def test_the_stored_order_is_the_one_that_seed_and_version_give(study):
    session = services.plan_session(reader=study.readers.get(), seed=99)
    numbers = [(trial.case.number, trial.repetition) for trial in session.trials.select_related("case")]
    assert numbers == draw_order(range(1, 13), seed=99)
    assert session.order_version == "shuffle-1"


def test_two_readers_get_two_orders(make_study, coordinator, investigator, make_user):
    from readerstudy.studies.models import Reader

    study = make_study(coordinator, investigator, make_user("One"), name="Two readers", n=20)
    Reader.objects.create(study=study, user=make_user("Two"), code="JP 1")
    one, two = (services.plan_session(reader=reader) for reader in study.readers.all())
    assert list(one.trials.values_list("case", flat=True)) != list(two.trials.values_list("case", flat=True))


def test_planning_twice_keeps_the_first_order(study):
    reader = study.readers.get()
    assert services.plan_session(reader=reader, seed=1) == services.plan_session(reader=reader, seed=2)
    assert reader.sessions.get().seed == 1


def test_planned_repeats_are_flagged_trials(make_study, coordinator, investigator, reader_user):
    study = make_study(coordinator, investigator, reader_user, name="Repeats", n=20, repeats_percent=10)
    session = services.plan_session(reader=study.readers.get())
    assert session.trials.count() == 22
    assert session.trials.filter(repetition=1, is_represented=False).count() == 2


def test_nobody_starts_without_consent(study):
    session = services.plan_session(reader=study.readers.get())
    with pytest.raises(Refused, match="consent"):
        services.start_session(session=session)


@pytest.mark.parametrize("status", ["draft", "closed"])
def test_only_an_open_study_is_read(hand, study, status):
    trial = hand.next().trial
    study.status = status
    study.save()
    for refused in (
        lambda: services.next_trial(session=hand.session),
        lambda: services.issue_photo(trial=trial),
        lambda: services.open_exposure(trial=trial),
        lambda: services.start_session(session=hand.session),
        lambda: services.plan_session(reader=study.readers.get(), occasion=2),
    ):
        with pytest.raises(Refused, match="not open"):
            refused()


def test_a_reader_who_withdrew_reads_no_more_and_keeps_the_answers(hand, study, reader_user):
    hand.read()
    withdraw_reader(reader=study.readers.get(), by=reader_user)
    with pytest.raises(Refused):
        hand.next()
    hand.session.refresh_from_db()
    assert hand.session.withdrawn_at
    assert hand.session.trials.filter(calls__isnull=False).count() == 1


def test_a_finished_session_cannot_be_withdrawn(hand):
    while hand.read().progress.left > 1:
        pass
    with pytest.raises(Refused, match="finished"):
        services.withdraw_session(session=hand.session)


def test_the_session_finishes_with_its_last_trial_and_stays_finished(hand):
    for _ in range(12):
        hand.session.refresh_from_db()
        assert hand.session.finished_at is None
        hand.read()
    hand.session.refresh_from_db()
    assert hand.session.finished_at == hand.now
    assert hand.next().state == "finished"
    assert progress_of(hand.session).done == 12
    assert AuditEvent.objects.filter(action="session.finished").count() == 1


def test_the_same_faces_wait_for_the_washout(hand, study):
    for _ in range(12):
        hand.read()
    again = services.plan_session(reader=study.readers.get(), occasion=2)
    with pytest.raises(Refused, match="may be read again"):
        services.start_session(session=again, now=hand.now + timedelta(days=27))
    assert services.start_session(session=again, now=hand.now + timedelta(days=28, minutes=1)).started_at


def test_a_second_session_waits_for_the_first(hand, study):
    again = services.plan_session(reader=study.readers.get(), occasion=2)
    with pytest.raises(Refused, match="Finish the session"):
        services.start_session(session=again)


def test_an_aided_session_is_refused_with_its_reason(study):
    with pytest.raises(Refused, match="no session with the model's output"):
        services.plan_session(reader=study.readers.get(), arm="aided")


def test_rules_that_changed_before_the_first_look_are_followed(study):
    reader = consent(study)
    Protocol.objects.create(study=study, version=2, exposure_ms=2000, repeats_percent=25)
    session = services.start_session(session=reader.sessions.get(), now=START)
    assert session.protocol.version == 2
    assert session.trials.count() == 15


def test_a_new_device_is_added_to_the_earlier_ones(hand):
    session = services.record_device(session=hand.session, device={"refresh_hz": 120})
    assert session.device["refresh_hz"] == 120
    assert [device["refresh_hz"] for device in session.device["earlier"]] == [60]


def test_a_study_without_faces_says_so(study):
    study.cases.all().delete()
    with pytest.raises(Refused, match="choose the cases"):
        services.plan_session(reader=study.readers.get())


def test_the_place_says_what_comes_next(make_study, coordinator, investigator, reader_user, seat):
    study = make_study(coordinator, investigator, reader_user, name="Steps", n=4, practice=1)
    assert place_of(study.readers.get()).step == "consent"
    reader = consent(study)
    assert place_of(reader).step == "device"
    services.record_device(session=reader.sessions.get(is_practice=False), device={"refresh_hz": 60})
    assert place_of(reader).step == "practice"
    hand = seat(study, practise=lambda hand: hand.read())
    assert place_of(reader).step == "reading"
    for _ in range(3):
        hand.read()
    assert place_of(reader).step == "finished"
    study.status = "closed"
    study.save()
    assert place_of(study.readers.get()).step == "finished"
