"""Taking an answer back, half answers, the second question: nothing lost, nothing doubled."""

import pytest

from readerstudy.reading import services
from readerstudy.reading.models import Call, Incident, Note, Trial
from readerstudy.reading.states import calls_of, state_of
from readerstudy.refusal import Refused
from tests.reading.test_reading_aided import aid_of, give_aids

pytestmark = pytest.mark.django_db


@pytest.fixture
def make_hand(make_study, coordinator, investigator, reader_user, seat):
    def make(n: int = 3, **protocol):
        study = make_study(coordinator, investigator, reader_user, name="Undo", n=n, **protocol)
        give_aids(study, investigator)
        return seat(study)

    return make


@pytest.fixture
def hand(make_hand):
    return make_hand(undo_ms=5000)


def key_of(trial: Trial) -> str:
    return f"key-{trial.token}"


def counted(trial: Trial) -> Call:
    return calls_of(Trial.objects.get(pk=trial.pk))["unaided"]


def test_within_the_window_an_answer_is_replaced_and_both_are_kept(hand):
    trial = hand.read(is_gs=True).trial
    hand.wait(3000)
    assert services.undo_call(trial=trial, key=key_of(trial), now=hand.now).is_gs
    assert counted(trial).is_gs, "until the new answer has come the old one counts"
    call, is_new = hand.call(trial, is_gs=False, supersedes=key_of(trial), idempotency_key="changed-1")
    assert is_new
    assert (call.revision, counted(trial).is_gs) == (2, False)
    again, is_new = hand.call(trial, is_gs=False, supersedes=key_of(trial), idempotency_key="changed-1")
    assert (again.pk, is_new) == (call.pk, False)
    assert Call.objects.count() == 2
    assert Note.objects.filter(kind="undo").count() == 1


def test_taken_back_in_time_the_new_answer_may_take_its_time(hand):
    trial = hand.read().trial
    services.undo_call(trial=trial, key=key_of(trial), now=hand.wait(4000))
    hand.wait(60_000)
    assert services.undo_call(trial=trial, key=key_of(trial), now=hand.now), "the same again is answered alike"
    hand.call(trial, is_gs=False, supersedes=key_of(trial), idempotency_key="changed-1")
    assert Note.objects.count() == 1
    assert not counted(trial).is_gs


def test_after_the_window_an_answer_stands(hand):
    trial = hand.read().trial
    hand.wait(7500)
    with pytest.raises(Refused, match="time for taking this answer back is over"):
        services.undo_call(trial=trial, key=key_of(trial), now=hand.now)
    with pytest.raises(Refused, match="is over"):
        hand.call(trial, is_gs=False, supersedes=key_of(trial), idempotency_key="changed-1")
    assert counted(trial).is_gs
    assert Incident.objects.get().detail["is_gs"] is False, "what was refused is kept"


def test_after_the_next_face_has_begun_an_answer_stands(hand):
    trial = hand.read().trial
    services.undo_call(trial=trial, key=key_of(trial), now=hand.now)
    hand.start(hand.next().trial)
    with pytest.raises(Refused, match="next face has been shown"):
        hand.call(trial, is_gs=False, supersedes=key_of(trial), idempotency_key="changed-1")
    assert counted(trial).is_gs


def test_the_last_answer_of_a_finished_session_can_be_taken_back(make_hand):
    hand = make_hand(n=1, undo_ms=5000)
    trial = hand.read().trial
    assert hand.next().state == "finished"
    hand.call(trial, is_gs=False, supersedes=key_of(trial), idempotency_key="changed-1")
    assert not counted(trial).is_gs
    hand.session.refresh_from_db()
    assert hand.session.finished_at


def test_where_the_protocol_says_nothing_an_answer_stands(make_hand):
    hand = make_hand()
    trial = hand.read().trial
    with pytest.raises(Refused, match="once given, stands"):
        services.undo_call(trial=trial, key=key_of(trial), now=hand.now)
    with pytest.raises(Refused, match="once given, stands"):
        hand.call(trial, is_gs=False, supersedes=key_of(trial), idempotency_key="changed-1")


def test_an_answer_can_be_taken_back_twice_but_only_the_one_that_counts(hand):
    trial = hand.read().trial
    hand.call(trial, is_gs=False, supersedes=key_of(trial), idempotency_key="changed-1")
    with pytest.raises(Refused, match="answered already"):
        hand.call(trial, is_gs=True, supersedes=key_of(trial), idempotency_key="changed-2")
    hand.call(trial, is_gs=True, supersedes="changed-1", idempotency_key="changed-2")
    assert (counted(trial).revision, counted(trial).is_gs) == (3, True)


def test_in_a_sequential_trial_the_first_answer_stands_once_the_output_was_shown(make_hand):
    hand = make_hand(design="sequential", undo_ms=60_000)
    trial = hand.next().trial
    hand.start(trial)
    hand.close(trial)
    hand.call(trial)
    aid_of(hand, trial)
    with pytest.raises(Refused, match="output has been shown"):
        hand.call(trial, is_gs=False, supersedes=key_of(trial), idempotency_key="changed-1", stage="unaided")
    hand.call(trial, idempotency_key="aided-1")
    assert aid_of(hand, trial), "while the aided answer can still be taken back its output may be seen again"
    hand.call(trial, is_gs=False, supersedes="aided-1", idempotency_key="aided-2", stage="aided")
    assert [(c.stage, c.revision) for c in trial.calls.order_by("id")] == [
        ("unaided", 1),
        ("aided", 1),
        ("aided", 2),
    ]


def half(hand, trial, **fields):
    return hand.call(trial, confidence=None, is_complete=False, **fields)


def test_half_an_answer_survives_a_page_that_goes_and_waits_for_its_other_half(make_hand):
    hand = make_hand(incident_policy="represent")
    trial = hand.next().trial
    hand.start(trial)
    half(hand, trial, response_ms=900.0)
    hand.close(trial, hand.look(1500.0, end="left"), kind="hidden")
    place = hand.next()
    assert (place.trial.pk, state_of(place.trial), place.progress.done) == (trial.pk, "rating", 0)
    assert hand.session.trials.count() == 3, "the face does not come again: it has its answer"
    with pytest.raises(Refused, match="answered already, and differently"):
        hand.call(trial, is_gs=False, supersedes=key_of(trial), idempotency_key="other-half")
    call, _ = hand.call(trial, supersedes=key_of(trial), idempotency_key="other-half", confidence=5, response_ms=None)
    assert (call.revision, call.confidence, call.response_ms) == (2, 5, 900.0)
    assert hand.next().progress.done == 1


def test_half_an_answer_is_never_too_late_for_its_other_half(make_hand):
    hand = make_hand(answer_window_ms=2000)
    trial = hand.next().trial
    hand.start(trial)
    half(hand, trial, response_ms=500.0)
    hand.close(trial)
    hand.wait(3_600_000)
    assert services.forfeit_trial(trial=trial, now=hand.now).forfeited_at is None
    assert state_of(hand.next().trial) == "rating"


def test_half_an_answer_makes_no_sense_where_nothing_follows_or_with_a_confidence(make_hand):
    hand = make_hand(confidence="none")
    trial = hand.next().trial
    hand.start(trial)
    with pytest.raises(Refused, match="is the whole answer"):
        half(hand, trial)
    hand.session.protocol.confidence = "five"
    hand.session.protocol.save()
    with pytest.raises(Refused, match="no confidence yet"):
        hand.call(trial, is_complete=False)


def test_the_syndrome_is_kept_with_a_gs_answer_where_the_study_asks(make_hand):
    hand = make_hand(asks_syndrome=True)
    trial = hand.next().trial
    hand.start(trial)
    with pytest.raises(Refused, match="only with the answer GS"):
        hand.call(trial, is_gs=False, syndrome="Noonan syndrome")
    call, _ = hand.call(trial, syndrome="  Noonan   syndrome ")
    assert call.suspected_syndrome == "Noonan syndrome"
    assert hand.call(trial, syndrome="Noonan syndrome")[1] is False
    with pytest.raises(Refused, match="differently"):
        hand.call(trial, syndrome="Turner syndrome")


def test_where_the_study_does_not_ask_a_syndrome_is_refused(make_hand):
    hand = make_hand()
    trial = hand.next().trial
    hand.start(trial)
    with pytest.raises(Refused, match="does not ask which syndrome"):
        hand.call(trial, syndrome="Noonan syndrome")


def test_side_and_key_are_kept(make_hand):
    hand = make_hand()
    trial = hand.next().trial
    hand.start(trial)
    hand.call(trial, side="right", key="j", input="key")
    assert Call.objects.values_list("side", "key", "input").get() == ("right", "j", "key")


def test_through_the_api(hand, client, reader_user):
    trial = hand.read().trial
    client.force_login(reader_user)
    path = f"/api/v1/reading/trials/{trial.token}"

    def post(door: str, **body):
        return client.post(f"{path}/{door}/", body, content_type="application/json")

    Call.objects.update(received_at=hand.now.now(hand.now.tzinfo))
    assert post("undo", key="nonsense").status_code == 409
    answer = post("undo", key=key_of(trial))
    assert (answer.status_code, answer.json()) == (200, {"state": "called", "stage": "unaided"})
    body = {"is_gs": False, "confidence": 2, "idempotency_key": "changed-1", "supersedes": key_of(trial)}
    answer = post("call", **body)
    assert answer.status_code == 201
    assert answer.json() == {
        "is_gs": False,
        "confidence": 2,
        "syndrome": "",
        "stage": "unaided",
        "is_complete": True,
        "state": "called",
        "undo_ms": 5000,
        "feedback": None,
    }
    assert post("call", **body).status_code == 200
