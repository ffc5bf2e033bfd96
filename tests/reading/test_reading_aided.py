"""Reading with the model's output: after the first answer, or in a session of its own; never a moment earlier."""

import base64
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from readerstudy.reading import services
from readerstudy.reading.models import Call, ReadingSession, Trial
from readerstudy.reading.selectors import consent_version, place_of
from readerstudy.reading.states import state_of
from readerstudy.refusal import Refused
from readerstudy.studies.models import Aid, Reader
from tests.reading.conftest import START, Hand

pytestmark = pytest.mark.django_db


def give_aids(study, by) -> None:
    for case in study.cases.filter(is_practice=False):
        aid = Aid(case=case, probability=0.01 * case.number, is_calibrated=True, label="Run", made_by=by)
        aid.heat_map.save(f"{case.pk}.png", ContentFile(b"\x89PNG heat"), save=False)
        aid.save()


@pytest.fixture
def sequential(make_study, coordinator, investigator, reader_user, seat):
    study = make_study(coordinator, investigator, reader_user, name="Sequential", n=3, design="sequential")
    give_aids(study, investigator)
    return seat(study)


@pytest.fixture
def crossover(make_study, coordinator, investigator, reader_user):
    study = make_study(coordinator, investigator, reader_user, name="Crossover", n=2, design="crossover")
    give_aids(study, investigator)
    return study


def fresh(trial: Trial) -> Trial:
    return Trial.objects.get(pk=trial.pk)


def aid_of(hand: Hand, trial: Trial) -> Aid:
    return services.show_aid(trial=trial, now=hand.now)


def agree(study, reader=None, now=START) -> list[ReadingSession]:
    reader = reader or study.readers.get()
    services.record_consent(reader=reader, version=consent_version(study), now=now)
    return list(reader.sessions.filter(is_practice=False).order_by("occasion"))


def test_a_sequential_trial_is_done_only_with_both_answers(sequential):
    trial = sequential.next().trial
    sequential.start(trial)
    seen = [state_of(fresh(trial))]
    sequential.close(trial)
    seen.append(state_of(fresh(trial)))
    sequential.call(trial, is_gs=False)
    seen.append(state_of(fresh(trial)))
    assert sequential.next().trial == trial
    aid_of(sequential, trial)
    sequential.call(trial, is_gs=True, idempotency_key="aided-1", stage="aided")
    seen.append(state_of(fresh(trial)))
    assert seen == ["showing", "deciding", "reconsidering", "called"]
    assert sequential.next().progress.done == 1
    assert [(c.stage, c.is_gs) for c in trial.calls.order_by("id")] == [("unaided", False), ("aided", True)]


def test_the_output_comes_after_the_stored_answer_and_the_end_of_the_look_and_for_no_other_face(sequential):
    place = sequential.next()
    trial = place.trial
    for step in (lambda: None, lambda: sequential.start(trial), lambda: sequential.call(trial)):
        step()
        with pytest.raises(Refused, match="not shown for this face now"):
            aid_of(sequential, trial)
    sequential.close(trial)
    assert aid_of(sequential, trial).case_id == trial.case_id
    with pytest.raises(Refused, match="not shown for this face now"):
        aid_of(sequential, place.ahead)
    assert fresh(trial).aided_at == sequential.now
    sequential.call(trial, idempotency_key="aided-1")
    with pytest.raises(Refused, match="not shown for this face now"):
        aid_of(sequential, trial)


def test_an_aided_answer_without_having_seen_the_output_is_refused(sequential):
    trial = sequential.next().trial
    sequential.start(trial)
    with pytest.raises(Refused, match="first answer"):
        sequential.call(trial, stage="aided")
    sequential.close(trial)
    sequential.call(trial)
    with pytest.raises(Refused, match="has not been shown yet"):
        sequential.call(trial, stage="aided", idempotency_key="aided-1")
    assert Call.objects.count() == 1


def test_the_answer_window_holds_for_the_first_answer_only(make_study, coordinator, investigator, reader_user, seat):
    study = make_study(
        coordinator, investigator, reader_user, name="W", n=1, design="sequential", answer_window_ms=2000
    )
    give_aids(study, investigator)
    hand = seat(study)
    trial = hand.next().trial
    hand.start(trial)
    hand.close(trial)
    hand.call(trial, response_ms=11_000.0)
    hand.wait(3_600_000)
    assert state_of(hand.next().trial) == "reconsidering"
    assert services.forfeit_trial(trial=trial, now=hand.now).forfeited_at is None
    aid_of(hand, trial)
    hand.call(trial, idempotency_key="aided-1", response_ms=3_000_000.0)
    assert hand.next().state == "finished"


def test_no_session_with_the_output_begins_before_every_face_has_it(crossover):
    first, second = agree(crossover)
    Aid.objects.filter(case=crossover.cases.first()).delete()
    services.start_session(session=first, now=START)  # the unaided one needs none
    ReadingSession.objects.filter(pk=first.pk).update(finished_at=START)
    later = START + timedelta(days=40)
    with pytest.raises(Refused, match="not prepared for one face"):
        services.start_session(session=second, now=later)
    services.record_device(session=second, device={"refresh_hz": 60})
    assert place_of(crossover.readers.get(), now=later).step == "preparing"
    Aid.objects.all().delete()
    give_aids(crossover, crossover.created_by)
    assert place_of(crossover.readers.get(), now=later).step == "reading"
    assert services.start_session(session=second, now=later).started_at == later


def test_between_two_readings_the_page_tells_the_date_and_then_what_is_missing(crossover, client, reader_user):
    earlier = timezone.now() - timedelta(hours=1)
    first, second = agree(crossover, now=earlier)
    services.record_device(session=first, device={"refresh_hz": 60})
    hand = Hand(services.start_session(session=first, now=earlier), earlier)
    while hand.next().state == "trial":
        hand.read()
    client.force_login(reader_user)
    page = client.get(f"/read/{crossover.pk}/").content.decode()
    free_at = timezone.localtime(place_of(crossover.readers.get()).free_at)
    assert f"opens on <strong>{free_at:%-d %B %Y, %H:%M}</strong>" in page
    crossover.protocols.update(washout_days=0)
    Aid.objects.all().delete()
    second.refresh_from_db()
    services.record_device(session=second, device={"refresh_hz": 60})
    assert "not prepared for every face yet" in client.get(f"/read/{crossover.pk}/").content.decode()


def test_a_crossover_reads_twice_with_the_washout_between_and_tells_the_date(crossover):
    first, second = agree(crossover)
    assert (first.arm, second.arm) == ("unaided", "aided")
    with pytest.raises(Refused, match="Another session comes first"):
        services.start_session(session=second, now=START)
    hand = Hand(services.start_session(session=first, now=START))
    while hand.next().state == "trial":
        hand.read()
    place = place_of(crossover.readers.get(), now=hand.now)
    assert (place.step, place.session_number, place.sessions_total) == ("washout", 2, 2)
    first.refresh_from_db()
    assert place.free_at == first.finished_at + timedelta(days=28)
    with pytest.raises(Refused, match="from 30 March 2026 on"):
        services.start_session(session=second, now=hand.now + timedelta(days=27))
    again = Hand(services.start_session(session=second, now=place.free_at), place.free_at)
    trial = again.next().trial
    with pytest.raises(Refused, match="not shown for this face now"):
        aid_of(again, trial)
    again.start(trial)
    assert aid_of(again, trial).case_id == trial.case_id
    again.close(trial)
    assert again.call(trial, idempotency_key="second-1")[0].stage == "aided"
    while again.next().state == "trial":
        trial = again.next().trial
        again.start(trial)
        again.close(trial)
        again.call(trial, idempotency_key=f"second-{trial.pk}")
    assert place_of(crossover.readers.get()).step == "finished"


def test_arms_and_sides_are_dealt_over_readers_in_the_order_of_consent(crossover, make_user):
    crossover.protocols.update(sides="by_reader")
    readers = [crossover.readers.get()]
    readers += [Reader.objects.create(study=crossover, user=make_user(f"R {n}"), code=f"SP {n}") for n in range(2, 6)]
    dealt = []
    for reader in reversed(readers):
        first, second = agree(crossover, reader)
        assert {first.arm, second.arm} == {"unaided", "aided"}
        assert first.gs_side == second.gs_side
        dealt.append((first.arm, first.gs_side))
    assert dealt == [
        ("unaided", "right"),
        ("aided", "right"),
        ("unaided", "left"),
        ("aided", "left"),
        ("unaided", "right"),
    ]


def test_rules_that_change_before_the_first_look_change_the_sessions_too(study, investigator):
    (session,) = agree(study)
    study.protocols.create(version=2, design="crossover", sides="gs_left")
    give_aids(study, investigator)
    services.start_session(session=session, now=START)
    sessions = list(session.reader.sessions.order_by("occasion"))
    assert [(s.arm, s.gs_side) for s in sessions] == [("unaided", "left"), ("aided", "left")]
    study.protocols.create(version=3, design="unaided")
    services.start_session(session=session, now=START)
    (left,) = session.reader.sessions.all()
    assert (left.arm, left.gs_side) == ("unaided", "right")


def test_practice_is_never_aided(make_study, coordinator, investigator, reader_user, seat):
    study = make_study(coordinator, investigator, reader_user, name="P", n=3, practice=1, design="sequential")
    give_aids(study, investigator)

    def practise(hand: Hand) -> None:
        trial = hand.read().trial
        with pytest.raises(Refused, match="not shown"):
            aid_of(hand, trial)
        assert hand.next().state == "finished"

    assert seat(study, practise).next().state == "trial"


def test_through_the_api_the_output_comes_with_the_start_in_an_aided_session_only(crossover, client, reader_user):
    first, second = agree(crossover)
    first.started_at = first.finished_at = START
    first.save()
    client.force_login(reader_user)
    api = "/api/v1/reading"

    def post(path: str, **body):
        return client.post(f"{api}/{path}/", body, content_type="application/json")

    place = post(f"sessions/{second.token}/start").json()
    trial = place["trial"]
    assert (trial["stage"], trial["given"]) == ("aided", None)
    assert post(f"trials/{trial['token']}/aid").status_code == 409
    client.get(trial["photo"])
    aid = post(f"trials/{trial['token']}/start", key="k").json()["aid"]
    number = Trial.objects.get(token=trial["token"]).case.number
    heat = base64.b64encode(b"\x89PNG heat").decode()
    assert aid == {
        "probability": pytest.approx(0.01 * number),
        "is_calibrated": True,
        "heat_map": f"data:image/png;base64,{heat}",
    }
    assert post(f"trials/{trial['token']}/start", key="k").json()["aid"] == aid
    assert post(f"trials/{trial['token']}/aid").json() == aid
