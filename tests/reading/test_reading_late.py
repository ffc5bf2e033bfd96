"""Requests that the network held up, sent again, or lost the answer of: none of them costs a face or an answer."""

import shutil

import pytest
from django.urls import reverse

from readerstudy.reading import services
from readerstudy.reading.models import Exposure, Incident, ReadingSession
from readerstudy.reading.states import state_of
from readerstudy.refusal import Refused

pytestmark = pytest.mark.django_db


def test_a_question_for_the_next_face_that_comes_late_does_not_close_the_look(hand):
    """Sent, given up by the page, sent again and answered; the face is up, and now the first one arrives."""
    trial = services.next_trial(session=hand.session, key="this page", now=hand.now).trial
    hand.start(trial, key="this page")
    late = services.next_trial(session=hand.session, key="this page", now=hand.wait(3000))
    assert late.trial.pk == trial.pk
    assert state_of(late.trial) == "showing"
    assert not Incident.objects.exists()
    assert hand.close(trial).end == "complete"


@pytest.mark.parametrize("key", ["", "another page"])
def test_another_page_that_asks_still_closes_the_look(hand, key):
    trial = hand.next().trial
    hand.start(trial, key="this page")
    services.next_trial(session=hand.session, key=key, now=hand.wait(3000))
    assert Exposure.objects.get(trial=trial).end == "left"


def test_through_the_api_the_key_of_question_and_start_belong_together(hand, client, reader_user):
    client.force_login(reader_user)
    session = f"/api/v1/reading/sessions/{hand.session.token}"
    asked = {"data": {"key": "this page"}, "content_type": "application/json"}
    trial = client.post(f"{session}/next/", **asked).json()["trial"]
    client.get(trial["photo"])
    assert client.post(reverse("reading_api:exposure_start", args=[trial["token"]]), **asked).status_code == 201
    for door in ("next", "start"):
        assert client.post(f"{session}/{door}/", **asked).json()["trial"]["state"] == "showing"
    assert client.post(f"{session}/next/").json()["trial"]["state"] == "deciding"
    assert client.post(f"{session}/next/", data={"key": "x" * 65}, content_type="application/json").status_code == 400


def test_a_start_that_comes_late_shows_nothing_and_is_no_incident(hand):
    trial = hand.next().trial
    hand.start(trial, key="this page")
    hand.close(trial)
    with pytest.raises(Refused, match="not shown again") as refused:
        services.open_exposure(trial=trial, key="this page", now=hand.now)
    assert refused.value.status == 409
    assert not Incident.objects.exists()


@pytest.fixture
def failed_round(make_study, coordinator, investigator, reader_user):
    """A practice round that missed the pass mark."""
    from tests.reading.conftest import START, Hand

    study = make_study(coordinator, investigator, reader_user, name="Practised", n=6, practice=2,
                       practice_pass_percent=100)  # fmt: skip
    services.plan_sessions(reader=study.readers.get(), now=START)
    reader = study.readers.get()
    reader.consented_at = START
    reader.save()
    session = reader.sessions.get(is_practice=True)
    services.record_device(session=session, device={"refresh_hz": 60}, now=START)
    hand = Hand(services.start_session(session=session, now=START))
    for _ in range(2):
        place = hand.next()
        hand.start(place.trial)
        hand.close(place.trial)
        hand.call(place.trial, is_gs=not place.trial.case.photo.subject.has_syndrome)
    assert hand.next().state == "practice_failed"
    return hand


def test_the_wish_for_another_practice_round_may_be_sent_twice(failed_round):
    """Its answer was lost on the way; refused, the page would have stopped here."""
    session: ReadingSession = failed_round.session
    services.repeat_practice(session=session)
    services.repeat_practice(session=session)
    assert session.trials.count() == 4
    trial = failed_round.next().trial
    failed_round.start(trial)
    with pytest.raises(Refused, match="no missed practice round"):
        services.repeat_practice(session=session)


def test_a_storage_that_is_away_costs_no_face(hand, settings, client, reader_user):
    trial = hand.next().trial
    away = settings.MEDIA_ROOT.with_name("unmounted")
    settings.MEDIA_ROOT.rename(away)
    client.force_login(reader_user)
    answer = client.get(reverse("reading_api:photo", args=[trial.token]))
    assert (answer.status_code, answer.json()["code"]) == (503, "refused")
    assert "storage is away" in answer.json()["detail"]
    trial.refresh_from_db()
    assert (trial.forfeited_at, Incident.objects.count()) == (None, 0)
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
    away.rename(settings.MEDIA_ROOT)
    assert client.get(reverse("reading_api:photo", args=[trial.token])).status_code == 200


def test_one_picture_that_is_gone_still_costs_one_face_only(hand):
    trial = hand.next().trial
    trial.case.photo.face.rendition.storage.delete(trial.case.photo.face.rendition.name)
    with pytest.raises(Refused, match="the next one follows"):
        services.issue_photo(trial=trial, now=hand.now)
    assert hand.next().trial.pk != trial.pk
