"""Practice: told the truth afterwards, held to the pass mark by the server."""

import pytest

from readerstudy.reading import services
from readerstudy.refusal import Refused
from readerstudy.studies.selectors.studies import practice_truth

pytestmark = pytest.mark.django_db


@pytest.fixture
def practised(make_study, coordinator, investigator, reader_user):
    return make_study(
        coordinator, investigator, reader_user, name="Practised", n=8, practice=4, practice_pass_percent=75
    )


def answer_round(hand, *, wrong: int, faces: int = 4) -> None:
    """One round over the practice faces with so many wrong answers."""
    for number in range(faces):
        place = hand.next()
        truth = practice_truth(place.trial.case)
        hand.start(place.trial)
        hand.close(place.trial)
        hand.call(place.trial, is_gs=truth if number >= wrong else not truth)


def test_practice_faces_are_not_read_in_the_study(practised, seat):
    hand = seat(practised, practise=lambda hand: answer_round(hand, wrong=0))
    assert not hand.session.trials.filter(case__is_practice=True).exists()
    assert hand.session.trials.count() == 4


def test_the_study_waits_for_the_practice(practised, seat):
    with pytest.raises(Refused, match="practice faces come first"):
        seat(practised, practise=lambda hand: None)


def test_the_pass_mark_is_reached(practised, seat):
    assert seat(practised, practise=lambda hand: answer_round(hand, wrong=1)).session.started_at


def test_a_missed_pass_mark_asks_for_another_round(practised, seat):
    def practise(hand):
        answer_round(hand, wrong=2)
        assert hand.next().state == "practice_failed"
        with pytest.raises(Refused, match="come first"):
            services.start_session(session=hand.session.reader.sessions.get(is_practice=False))
        services.repeat_practice(session=hand.session)
        laid_out = hand.session.trials.count()
        services.repeat_practice(session=hand.session)  # sent twice: the same round
        assert hand.session.trials.count() == laid_out
        answer_round(hand, wrong=0, faces=1)
        with pytest.raises(Refused, match="no missed practice"):
            services.repeat_practice(session=hand.session)
        answer_round(hand, wrong=0, faces=3)
        assert hand.next().state == "finished"

    assert seat(practised, practise=practise).session.started_at


def test_the_truth_is_told_after_the_answer_and_for_practice_only(practised, seat):
    told = []

    def practise(hand):
        place = hand.next()
        told.append(services.feedback_on(place.trial))
        truth = practice_truth(place.trial.case)
        hand.start(place.trial)
        hand.close(place.trial)
        hand.call(place.trial, is_gs=not truth)
        told.append(services.feedback_on(place.trial))
        assert told == [None, {"is_gs": truth, "is_right": False}]
        answer_round_rest(hand)

    def answer_round_rest(hand):
        for _ in range(3):
            place = hand.next()
            hand.start(place.trial)
            hand.close(place.trial)
            hand.call(place.trial, is_gs=practice_truth(place.trial.case))

    hand = seat(practised, practise=practise)
    assert services.feedback_on(hand.read().trial) is None


def test_the_truth_of_a_study_case_is_not_for_sale(practised):
    with pytest.raises(Refused, match="practice faces only"):
        practice_truth(practised.cases.filter(is_practice=False).first())
