"""A trial is set aside with a reason: kept, marked, audited, and out of the analysis."""

from dataclasses import asdict

import numpy as np
import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from readerstudy.audit.models import AuditEvent
from readerstudy.reading.models import Call, Exposure, Incident, Trial
from readerstudy.reading.selectors import state_of
from readerstudy.reading.services import void_trial
from readerstudy.reading.trial_list import lines_of, trials_of
from readerstudy.refusal import Refused
from readerstudy.studies.services.people import add_reader
from screening import tables
from screening.analysis.cautions import voided_words

REPRESENT = {"incident_policy": "represent"}


@pytest.fixture
def strict(make_study, coordinator, investigator, reader_user):
    """A study whose protocol shows an interrupted face once more."""
    return make_study(coordinator, investigator, reader_user, name="Strict", **REPRESENT)


def test_a_void_trial_keeps_its_rows_and_leaves_the_table(hand, study, coordinator):
    first, second = hand.read().trial, hand.read(is_gs=False).trial
    voided = void_trial(trial=first, by=coordinator, reason="  A visitor came in. ")
    assert voided.void_reason == "A visitor came in."
    assert Call.objects.filter(trial=first).exists()
    assert Exposure.objects.filter(trial=first).exists()
    table = tables.read(study=study, run=None)
    place = {number: i for i, number in enumerate(table.number)}
    assert np.isnan(table.calls[0, place[first.case.number]])
    assert table.calls[0, place[second.case.number]] == 0
    assert (table.readers[0].voided, table.readers[0].forfeited) == (1, 0)
    (words,) = voided_words([asdict(reader) for reader in table.readers])
    assert "1 trial was voided" in words
    assert "SP 1 1" in words


def test_the_table_of_a_study_without_void_trials_keeps_its_fingerprint(hand, study):
    hand.read()
    assert "voided" not in str(tables.read(study=study, run=None).fingerprint_source())


def test_the_reason_is_in_the_audit_trail_and_the_answer_is_not(hand, study, coordinator):
    trial = hand.read().trial
    void_trial(trial=trial, by=coordinator, reason="Telephone")
    event = AuditEvent.objects.get(action="trial.voided")
    assert (event.target, event.actor) == (f"study:{study.pk}", f"user:{coordinator.pk}")
    assert event.detail["reason"] == "Telephone"
    assert not {"is_gs", "call", "truth", "confidence"} & set(event.detail)


@pytest.mark.parametrize("reason", ["", "   "])
def test_no_reason_no_voiding(hand, coordinator, reason):
    trial = hand.read().trial
    with pytest.raises(Refused, match="Say why"):
        void_trial(trial=trial, by=coordinator, reason=reason)


def test_the_database_itself_wants_the_reason(hand):
    trial = hand.read().trial
    with pytest.raises(IntegrityError), transaction.atomic():
        Trial.objects.filter(pk=trial.pk).update(voided_at=hand.now)


def test_it_refuses_a_second_voiding_an_unseen_face_and_one_still_looked_at(hand, coordinator):
    done = hand.read().trial
    void_trial(trial=done, by=coordinator, reason="x")
    open_one = hand.next().trial
    waiting = hand.session.trials.order_by("position").last()
    hand.start(open_one)
    for trial, sentence in ((done, "void already"), (waiting, "not been shown"), (open_one, "not finished this face")):
        with pytest.raises(Refused, match=sentence):
            void_trial(trial=trial, by=coordinator, reason="x")


def test_practice_is_not_voided(make_study, coordinator, investigator, reader_user, seat):
    study = make_study(coordinator, investigator, reader_user, name="P", practice=1)
    seat(study, practise=lambda hand: hand.read())
    trial = Trial.objects.filter(session__is_practice=True).first()
    with pytest.raises(Refused, match="Practice never counts"):
        void_trial(trial=trial, by=coordinator, reason="x")


def test_without_the_rule_no_face_comes_again(hand, coordinator):
    trial = hand.read().trial
    with pytest.raises(Refused, match="no face is shown a second time"):
        void_trial(trial=trial, by=coordinator, reason="x", show_again=True)
    trial.refresh_from_db()
    assert trial.voided_at is None
    assert hand.session.trials.count() == 12


def test_with_the_rule_the_face_comes_once_more_flagged_and_its_call_counts(strict, seat, coordinator):
    hand = seat(strict)
    trial = hand.read(is_gs=True).trial
    void_trial(trial=trial, by=coordinator, reason="Fire alarm", show_again=True)
    again = hand.session.trials.order_by("position").last()
    assert (again.case_id, again.position, again.repetition, again.is_represented) == (trial.case_id, 13, 1, True)
    places = [hand.read(is_gs=False) for _ in range(12)]
    assert places[-1].trial.pk == again.pk
    assert hand.next().state == "finished"
    table = tables.read(study=strict, run=None)
    at = table.number.tolist().index(trial.case.number)
    assert table.calls[0, at] == 0
    assert bool(table.is_represented[0, at])
    assert table.readers[0].voided == 1
    with pytest.raises(Refused, match="has finished"):
        void_trial(trial=places[0].trial, by=coordinator, reason="x", show_again=True)
    void_trial(trial=places[0].trial, by=coordinator, reason="x")


def test_a_face_comes_again_only_once(strict, seat, coordinator):
    hand = seat(strict)
    place = hand.next()
    hand.start(place.trial)
    hand.close(place.trial, hand.look(3000.0, end="left"), kind="left")  # by the rule it comes again by itself
    lost = Trial.objects.get(pk=place.trial.pk)
    assert state_of(lost) == "forfeited"
    with pytest.raises(Refused, match="come again already"):
        void_trial(trial=lost, by=coordinator, reason="x", show_again=True)


def test_the_list_tells_how_looks_went_and_asks_a_constant_number_of_questions(hand, study, django_assert_num_queries):
    for _ in range(3):
        hand.read()
    trial = hand.session.trials.order_by("position").first()
    Exposure.objects.filter(trial=trial).update(flags=["Shown 11000 ms instead of 10000 ms."])
    Incident.objects.create(session=hand.session, trial=trial, kind="blur")
    reader = study.readers.get()
    with django_assert_num_queries(3):
        lines = lines_of(list(trials_of(reader)))
    assert [line.state for line in lines[:4]] == ["answered", "answered", "answered", "waiting"]
    assert [line.can_be_voided for line in lines[:4]] == [True, True, True, False]
    assert lines[0].trial.n_incidents == 1
    (marked,) = lines_of(list(trials_of(reader, only="marked")))
    assert marked.flags == ["Shown 11000 ms instead of 10000 ms."]
    assert not trials_of(reader, only="void").exists()


def shown(page: str) -> list[str]:
    """The rows of the table without the tokens against forgery, which differ each time."""
    return [line for line in page.split("<tbody>")[1].splitlines() if 'type="hidden"' not in line]


def test_page_and_api_void_a_trial_and_show_no_answer(client, hand, study, coordinator):
    trial, other = hand.read().trial, hand.read().trial
    client.force_login(coordinator)
    listed = reverse("reading:trials", args=[study.pk, study.readers.get().pk])
    before = client.get(listed).content.decode()
    Call.objects.update(is_gs=False, confidence=1)
    assert shown(before) == shown(client.get(listed).content.decode())
    page = client.post(reverse("reading:void", args=[study.pk, trial.pk]), {"reason": "Visitor"}, follow=True)
    assert "Visitor" in page.content.decode()
    assert "Void since" in client.get(f"{listed}?only=void").content.decode()
    assert "Say why" in client.post(reverse("reading:void", args=[study.pk, other.pk]), follow=True).content.decode()
    api = reverse("reading_api:void", args=[study.pk, other.pk])
    body = client.post(api, {"reason": "By script"}, content_type="application/json").json()
    assert (body["state"], body["void_reason"]) == ("void", "By script")
    assert client.post(api, {"reason": "again"}, content_type="application/json").status_code == 409
    rows = client.get(
        reverse("reading_api:trials", args=[study.pk, study.readers.get().pk]) + "?only=void&page_size=1"
    ).json()
    assert (rows["count"], len(rows["results"])) == (2, 1)
    assert not {"is_gs", "confidence", "call", "truth", "diagnosis"} & set(rows["results"][0])


@pytest.mark.parametrize("space", ["reading", "reading_api"])
@pytest.mark.parametrize("name", ["trials", "void"])
@pytest.mark.parametrize(
    ("who", "status"), [("investigator", 403), ("reader_user", 403), ("stranger", 404), ("neighbour", 404), (None, 401)]
)
def test_only_the_studys_coordinator_enters(client, hand, study, neighbour, request, space, name, who, status):
    trial = hand.read().trial
    if who:
        user = (
            neighbour.memberships.get(role="coordinator").user if who == "neighbour" else request.getfixturevalue(who)
        )
        client.force_login(user)
    address = reverse(f"{space}:{name}", args=[study.pk, trial.pk if name == "void" else study.readers.get().pk])
    method = client.post if name == "void" else client.get
    expected = {302} if who is None and space == "reading" else {401, 403} if who is None else {status}
    assert method(address, {"reason": "x"}).status_code in expected
    trial.refresh_from_db()
    assert trial.voided_at is None


def test_a_trial_next_door_is_not_reached_through_ones_own_study(client, hand, study, neighbour, coordinator):
    trial = hand.read().trial
    own = neighbour.memberships.get(role="coordinator").user
    client.force_login(own)
    assert client.post(reverse("reading:void", args=[neighbour.pk, trial.pk]), {"reason": "x"}).status_code == 404
    assert client.get(reverse("reading:trials", args=[neighbour.pk, study.readers.get().pk])).status_code == 404


def test_a_withdrawn_readers_half_read_face_can_be_voided(hand, study, coordinator, make_user):
    place = hand.next()
    hand.start(place.trial)
    reader = study.readers.get()
    reader.withdrawn_at = hand.now
    reader.save()
    add_reader(study=study, user=make_user("Next"))
    (line,) = [line for line in lines_of(list(trials_of(reader))) if line.trial.pk == place.trial.pk]
    assert (line.state, line.can_be_voided, line.can_come_again) == ("shown", True, False)
    assert void_trial(trial=place.trial, by=coordinator, reason="Left").voided_at
