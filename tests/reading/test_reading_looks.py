"""One look at each face: opened before it is shown, closed with what was measured, never opened again."""

import pytest
from django.db import IntegrityError, transaction

from readerstudy.reading import services
from readerstudy.reading.models import Call, Exposure, Incident, ReadingSession, Trial
from readerstudy.reading.selectors import state_of
from readerstudy.refusal import Refused
from readerstudy.studies.models import Photo

pytestmark = pytest.mark.django_db


def fresh(trial: Trial) -> Trial:
    return Trial.objects.select_related("exposure", "session").get(pk=trial.pk)


def incidents(trial: Trial) -> list[str]:
    return list(trial.incidents.values_list("kind", flat=True))


def test_a_trial_goes_from_waiting_to_called(hand):
    trial = hand.next().trial
    seen = [state_of(fresh(trial))]
    for step in (
        lambda: services.issue_photo(trial=trial).close(),
        lambda: services.open_exposure(trial=trial, now=hand.now),
        lambda: hand.close(trial),
        lambda: hand.call(trial),
    ):
        step()
        seen.append(state_of(fresh(trial)))
    assert seen == ["waiting", "issued", "showing", "deciding", "called"]


def test_the_next_trial_is_the_same_one_until_it_is_answered(hand):
    first = hand.next().trial
    assert hand.next().trial == first
    hand.start(first)
    hand.close(first)
    assert hand.next().trial == first
    hand.call(first)
    assert hand.next().trial != first


def test_bytes_may_be_issued_again_until_the_look_was_started(hand):
    trial = hand.next().trial
    for _ in range(2):
        services.issue_photo(trial=trial).close()
    services.open_exposure(trial=trial, now=hand.now)
    with pytest.raises(Refused, match="not shown again") as refusal:
        services.issue_photo(trial=trial)
    assert refusal.value.status == 410


def test_only_the_face_at_hand_and_the_next_one_leave_the_server(hand):
    place = hand.next()
    services.issue_photo(trial=place.ahead).close()
    third = hand.session.trials.get(position=3)
    with pytest.raises(Refused, match="comes first"):
        services.issue_photo(trial=third)


def test_a_second_look_is_refused_by_the_database_and_kept_as_an_incident(hand):
    trial = hand.next().trial
    hand.start(trial)
    with pytest.raises(Refused, match="not shown again") as refusal:
        services.open_exposure(trial=trial)
    assert refusal.value.status == 409
    assert incidents(trial) == ["second-look-refused"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Exposure.objects.create(trial=trial, started_at=hand.now, requested_ms=10_000)
    assert Exposure.objects.count() == 1


def test_a_page_whose_acknowledgement_was_lost_may_ask_again_with_its_key(hand):
    trial = hand.next().trial
    hand.start(trial, key="in-memory-1")
    exposure = Exposure.objects.get()
    assert services.open_exposure(trial=trial, key="in-memory-1") == exposure
    with pytest.raises(Refused):
        services.open_exposure(trial=trial, key="another")
    hand.close(trial)
    with pytest.raises(Refused):
        services.open_exposure(trial=trial, key="in-memory-1")


def test_a_face_is_not_shown_before_its_turn_or_before_it_was_fetched(hand):
    place = hand.next()
    with pytest.raises(Refused, match="not been fetched"):
        services.open_exposure(trial=place.trial)
    services.issue_photo(trial=place.ahead).close()
    with pytest.raises(Refused, match="turn"):
        services.open_exposure(trial=place.ahead)
    assert not Exposure.objects.exists()


def test_a_clean_look_carries_no_flag(hand):
    trial = hand.next().trial
    hand.start(trial)
    exposure = hand.close(trial)
    assert (exposure.end, exposure.flags, exposure.frames) == ("complete", [], 600)
    assert exposure.ended_at == hand.now


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"shown_ms": 9_850.0}, "Shown 9850 ms instead of 10000 ms"),
        ({"shown_ms": 10_150.0}, "Shown 10150 ms"),
        ({"longest_gap_ms": 300.0}, "stood still for 300 ms"),
        ({"frame_period_ms": 900.0}, "no screen has"),
        ({"measures": {"offset_late_ms": 60.0}}, "60 ms late"),
        ({"onset_ms": None, "offset_ms": None}, "no onset or offset"),
    ],
)
def test_what_is_off_is_flagged_with_its_reason(hand, fields, sentence):
    trial = hand.next().trial
    hand.start(trial)
    hand.wait(10_100)
    exposure = hand.close(trial, hand.look(**fields))
    assert any(sentence in flag for flag in exposure.flags), exposure.flags


def test_a_page_that_claims_more_time_than_has_passed_is_flagged(hand):
    trial = hand.next().trial
    hand.start(trial)
    exposure = services.close_exposure(trial=trial, look=hand.look(), now=hand.wait(2_000))
    assert "only 2000 ms" in exposure.flags[0]


def test_the_same_close_again_changes_nothing_and_another_one_is_an_incident(hand):
    trial = hand.next().trial
    hand.start(trial)
    first = hand.close(trial)
    assert hand.close(trial) == first
    with pytest.raises(Refused, match="closed already"):
        hand.close(trial, hand.look(2_000.0))
    assert incidents(trial) == ["second-close-refused"]
    assert Incident.objects.get().detail["offset_ms"] == 7_000.0
    assert Exposure.objects.get().offset_ms == 15_000.0


def test_a_close_without_a_look_or_against_reason_is_refused(hand):
    trial = hand.next().trial
    with pytest.raises(Refused, match="never shown"):
        hand.close(trial)
    hand.start(trial)
    with pytest.raises(Refused, match="before it came"):
        hand.close(trial, hand.look(-5.0))
    with pytest.raises(Refused, match="does not end the showing"):
        hand.close(trial, hand.look(end="called"))


def test_a_call_may_end_the_look_where_the_protocol_says_so(make_study, coordinator, investigator, reader_user, seat):
    study = make_study(coordinator, investigator, reader_user, name="Called", call_ends_exposure=True)
    hand = seat(study)
    trial = hand.next().trial
    hand.start(trial)
    assert hand.close(trial, hand.look(1_200.0, end="called")).flags == []


def test_a_reload_while_showing_ends_the_look_and_asks_for_the_answer(hand):
    trial = hand.next().trial
    hand.start(trial)
    place = hand.next()
    assert place.trial == trial
    assert state_of(fresh(trial)) == "deciding"
    exposure = Exposure.objects.get()
    assert exposure.end == "left"
    assert "nobody knows" in exposure.flags[0]
    assert incidents(trial) == ["left"]
    with pytest.raises(Refused):
        services.issue_photo(trial=trial)
    hand.call(trial)
    assert hand.next().trial != trial


def test_a_reload_after_an_early_answer_keeps_the_answer(hand):
    trial = hand.next().trial
    hand.start(trial)
    hand.call(trial, response_ms=800.0)
    assert state_of(fresh(trial)) == "showing"
    assert hand.next().trial != trial
    assert state_of(fresh(trial)) == "called"
    assert incidents(trial) == ["left"]


@pytest.fixture
def represented(make_study, coordinator, investigator, reader_user, seat):
    study = make_study(coordinator, investigator, reader_user, name="Again", n=3, incident_policy="represent")
    return seat(study)


def test_by_protocol_a_face_that_was_left_comes_again_at_the_end(represented):
    hand = represented
    trial = hand.next().trial
    hand.start(trial)
    hand.close(trial, hand.look(2_000.0, end="left"), kind="hidden")
    assert state_of(fresh(trial)) == "forfeited"
    assert incidents(trial) == ["hidden"]
    again = hand.session.trials.get(is_represented=True)
    assert (again.case, again.position, again.repetition) == (trial.case, 4, 1)
    assert [hand.read().trial.position for _ in range(3)] == [2, 3, 4]
    hand.session.refresh_from_db()
    assert hand.session.finished_at


def test_a_face_comes_again_once_only(represented):
    hand = represented
    for _ in range(2):
        hand.read()
    trial = hand.next().trial
    hand.start(trial)
    again = hand.next().trial
    assert again.is_represented
    hand.start(again)
    assert hand.next().trial == again
    assert hand.session.trials.count() == 4
    hand.call(again)
    assert hand.next().state == "finished"


def test_an_answer_given_before_the_page_was_left_is_not_asked_for_again(represented):
    hand = represented
    trial = hand.next().trial
    hand.start(trial)
    hand.call(trial, response_ms=700.0)
    hand.close(trial, hand.look(2_000.0, end="left"), kind="blur")
    assert state_of(fresh(trial)) == "called"
    assert hand.session.trials.count() == 3


@pytest.fixture
def window(make_study, coordinator, investigator, reader_user, seat):
    return seat(make_study(coordinator, investigator, reader_user, name="Window", n=3, answer_window_ms=3000))


def test_the_answer_window_runs_out(window):
    hand = window
    trial = hand.next().trial
    hand.start(trial)
    with pytest.raises(Refused, match="no answer window"):
        services.forfeit_trial(trial=trial)
    hand.close(trial)
    for _ in range(2):
        assert services.forfeit_trial(trial=trial, now=hand.wait(3_100)).forfeited_at
    assert incidents(trial) == ["answer-window-over"]
    assert hand.next().trial != trial


def test_the_server_closes_the_window_of_a_page_that_vanished(window):
    hand = window
    trial = hand.next().trial
    hand.start(trial)
    hand.close(trial)
    hand.wait(60_000)
    assert hand.next().trial != trial
    assert incidents(trial) == ["answer-window-over"]


def test_an_answer_after_the_window_does_not_count_but_is_kept(window):
    hand = window
    trial = hand.next().trial
    hand.start(trial)
    hand.close(trial)
    with pytest.raises(Refused, match="window was over"):
        hand.call(trial, response_ms=14_000.0)
    assert state_of(fresh(trial)) == "forfeited"
    assert Incident.objects.get().detail["is_gs"] is True
    assert not Call.objects.exists()


def test_an_answer_in_time_that_the_network_held_up_counts(window):
    hand = window
    trial = hand.next().trial
    hand.start(trial)
    hand.close(trial)
    hand.wait(600_000)
    assert hand.call(trial, response_ms=12_500.0)[1]


def test_the_session_ends_when_the_last_face_runs_out_of_time(window):
    hand = window
    for _ in range(3):
        trial = hand.next().trial
        hand.start(trial)
        hand.close(trial)
        services.forfeit_trial(trial=trial, now=hand.now)
    assert hand.next().state == "finished"


def test_without_a_window_nothing_runs_out(hand):
    trial = hand.next().trial
    hand.start(trial)
    hand.close(trial)
    with pytest.raises(Refused, match="no answer window"):
        services.forfeit_trial(trial=trial)


def test_a_picture_that_is_gone_is_passed_over_with_an_incident(hand):
    first, second = hand.session.trials.all()[:2]
    Photo.objects.filter(pk=first.case.photo_id).update(status=Photo.Status.ERASED)
    assert hand.next().trial == second
    assert incidents(first) == ["picture-gone"]
    second.case.photo.face.rendition.delete(save=False)
    with pytest.raises(Refused, match="gone") as refusal:
        services.issue_photo(trial=second)
    assert refusal.value.status == 410
    assert hand.next().trial.position == 3
    assert incidents(second) == ["picture-gone"]


def test_a_rest_is_due_between_two_blocks_and_only_there(make_study, coordinator, investigator, reader_user, seat):
    hand = seat(make_study(coordinator, investigator, reader_user, name="Blocks", n=4, block_length=2))
    rests = []
    for _ in range(4):
        place = hand.next()
        rests.append(place.is_rest_due)
        hand.start(place.trial)
        hand.close(place.trial)
        assert not hand.next().is_rest_due
        hand.call(place.trial)
    assert rests == [False, False, True, False]


@pytest.mark.parametrize(
    "fields",
    [
        {"finished_at": "2026-03-02T10:00Z"},
        {"started_at": "2026-03-02T09:00Z", "finished_at": "2026-03-02T10:00Z", "withdrawn_at": "2026-03-02T10:00Z"},
    ],
)
def test_the_database_refuses_a_session_that_cannot_be(study, fields):
    session = services.plan_session(reader=study.readers.get())
    with pytest.raises(IntegrityError), transaction.atomic():
        ReadingSession.objects.filter(pk=session.pk).update(**fields)


def test_the_database_refuses_an_exposure_that_ends_before_it_begins(hand):
    trial = hand.next().trial
    hand.start(trial)
    with pytest.raises(IntegrityError), transaction.atomic():
        Exposure.objects.update(onset_ms=10.0, offset_ms=9.0)


def test_the_database_refuses_a_place_or_a_case_twice(hand):
    trial = hand.session.trials.first()
    for clash in ({"position": trial.position, "repetition": 9}, {"position": 99, "repetition": 0}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Trial.objects.create(session=hand.session, case=trial.case, **clash)
