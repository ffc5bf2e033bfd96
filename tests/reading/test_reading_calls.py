"""An answer is stored once, whatever the network does to it, and none is lost."""

import pytest
from django.db import IntegrityError, transaction

from readerstudy.reading.models import Call, Incident
from readerstudy.refusal import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def deciding(hand):
    trial = hand.next().trial
    hand.start(trial)
    hand.close(trial)
    return trial


def test_a_call_is_stored_with_all_that_was_said(hand, deciding):
    call, is_new = hand.call(deciding, is_gs=False, confidence=5, response_ms=4321.5, input="touch")
    assert is_new
    call.refresh_from_db()
    assert (call.is_gs, call.confidence, call.response_ms, call.input) == (False, 5, 4321.5, "touch")
    assert call.received_at == hand.now


def test_the_same_call_again_answers_with_the_stored_one(hand, deciding):
    first, _ = hand.call(deciding)
    again, is_new = hand.call(deciding)
    assert (again, is_new) == (first, False)
    assert Call.objects.count() == 1


@pytest.mark.parametrize(
    "other", [{"is_gs": False}, {"confidence": 5}, {"idempotency_key": "another-key"}], ids=lambda o: next(iter(o))
)
def test_a_second_different_call_is_refused_and_kept_as_an_incident(hand, deciding, other):
    hand.call(deciding)
    with pytest.raises(Refused, match="differently") as refusal:
        hand.call(deciding, **other)
    assert refusal.value.status == 409
    incident = Incident.objects.get()
    assert incident.kind == "second-call-refused"
    assert incident.detail["is_gs"] is other.get("is_gs", True)
    assert Call.objects.get().is_gs is True


def test_the_last_call_sent_again_after_the_session_finished_is_still_acknowledged(hand):
    while (place := hand.read()).progress.left > 1:
        pass
    hand.session.refresh_from_db()
    assert hand.session.finished_at
    assert hand.call(place.trial)[1] is False


def test_a_face_is_not_answered_before_it_was_shown(hand):
    trial = hand.next().trial
    with pytest.raises(Refused, match="not been shown"):
        hand.call(trial)


def test_a_call_may_arrive_while_showing_and_the_place_waits_for_the_close(hand):
    trial = hand.next().trial
    hand.start(trial)
    assert hand.call(trial, response_ms=900.0)[1]
    hand.close(trial)
    assert hand.next().trial != trial


def test_a_key_that_belongs_to_another_face_is_refused(hand):
    hand.read()
    key = Call.objects.get().idempotency_key
    trial = hand.next().trial
    hand.start(trial)
    hand.close(trial)
    with pytest.raises(Refused, match="another face"):
        hand.call(trial, idempotency_key=key)
    assert Incident.objects.get().detail["idempotency_key"] == key


@pytest.mark.parametrize(
    ("scale", "good", "bad"),
    [("five", [1, 5], [None, 0, 6]), ("hundred", [0, 100], [None, -1, 101]), ("none", [None], [0, 3])],
)
def test_confidence_follows_the_protocol(make_study, coordinator, investigator, reader_user, seat, scale, good, bad):
    hand = seat(make_study(coordinator, investigator, reader_user, name="Scale", n=4, confidence=scale))
    for value in good:
        trial = hand.next().trial
        hand.start(trial)
        hand.close(trial)
        for wrong in bad:
            with pytest.raises(Refused, match="confidence"):
                hand.call(trial, confidence=wrong)
        assert hand.call(trial, confidence=value)[0].confidence == value


def test_an_answer_that_comes_after_the_study_closed_is_kept_as_an_incident(hand, deciding, study):
    study.status = "closed"
    study.save()
    with pytest.raises(Refused, match="not open"):
        hand.call(deciding)
    assert Incident.objects.get().detail["is_gs"] is True


def test_the_database_refuses_a_second_call_of_the_same_revision(hand, deciding):
    hand.call(deciding)
    with pytest.raises(IntegrityError), transaction.atomic():
        Call.objects.create(trial=deciding, is_gs=False, idempotency_key="forced")
    with pytest.raises(IntegrityError), transaction.atomic():
        Call.objects.create(trial=deciding, revision=2, is_gs=False, idempotency_key=Call.objects.get().idempotency_key)
    with pytest.raises(IntegrityError), transaction.atomic():
        Call.objects.update(confidence=101)
