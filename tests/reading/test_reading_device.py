"""What a page may say of itself: keys, sizes, measures, notes; bounded, and refused with a sentence."""

import math

import pytest

from readerstudy.reading import services
from readerstudy.reading.keys import checked_keys, keys_of
from readerstudy.reading.measures import problem_with
from readerstudy.reading.models import Note
from readerstudy.refusal import Refused
from readerstudy.studies.models import Protocol
from readerstudy.studies.syndromes import SYNDROMES, suggestions

pytestmark = pytest.mark.django_db


def test_the_left_key_is_on_the_left_button(hand):
    assert keys_of(hand.session) == {"gs": "j", "not_gs": "f"}
    hand.session.gs_side = "left"
    assert keys_of(hand.session) == {"gs": "f", "not_gs": "j"}


def test_a_reader_may_choose_keys(hand, client, reader_user):
    client.force_login(reader_user)
    path = f"/api/v1/reading/sessions/{hand.session.token}/device/"
    answer = client.post(path, {"device": {"keys": {"gs": "L", "not_gs": "a"}}}, content_type="application/json")
    assert answer.json() == {"saved": True, "keys": {"gs": "l", "not_gs": "a"}}
    page = client.get(f"/read/{hand.session.reader.study_id}/session/").context["page"]
    assert page["keys"] == {"gs": "l", "not_gs": "a"}
    refused = client.post(path, {"device": {"keys": {"gs": "a", "not_gs": "A"}}}, content_type="application/json")
    assert (refused.status_code, refused.json()["detail"]) == (400, "GS and not GS need two different keys.")


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"gs": "1", "not_gs": "f"}, "another meaning"),
        ({"gs": "P", "not_gs": "f"}, "another meaning"),
        ({"gs": "z", "not_gs": "f"}, "another meaning"),
        ({"gs": " ", "not_gs": "f"}, "single letter"),
        ({"gs": "Enter", "not_gs": "f"}, "single letter"),
        ({"gs": "\x1b", "not_gs": "f"}, "single letter"),
        ({"gs": "", "not_gs": "f"}, "single letter"),
        ({"gs": "j"}, "one key for GS"),
        (["j", "f"], "one key for GS"),
        ({"gs": 5, "not_gs": "f"}, "one key for GS"),
    ],
)
def test_keys_that_would_not_do_are_refused(keys, sentence):
    with pytest.raises(Refused, match=sentence):
        checked_keys(keys)


@pytest.mark.parametrize(
    "measures",
    [
        {"natural_size": [1024]},
        {"shown_size": [1, "2"]},
        {"viewport": [-1, 4]},
        {"pixel_ratio": "2"},
        {"bytes": 1.5},
        {"dropped_frames": True},
        {"is_fullscreen": 1},
        {"user_agent": "x" * 401},
        {"input_device": 4},
        {"events": {"type": "blur"}},
        {"events": [{}] * 201},
        {"px_per_mm": 0.1},
        {"viewing_distance_mm": 10_000},
        {"anything": math.nan},
        {"anything": [math.inf]},
        {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}},
        {str(n): n for n in range(81)},
        {"text": "x" * 16_000},
    ],
)
def test_measures_of_the_wrong_kind_or_without_bounds_are_refused(measures):
    assert problem_with(measures).endswith(".")


def test_what_the_page_sends_is_kept_as_it_came(hand, client, reader_user):
    measures = {
        "natural_size": [768, 960],
        "shown_mm": [101.5, 126.9],
        "visual_angle_deg": [9.6, 12.0],
        "response_from_offset_ms": -312.5,
        "px_per_mm": 3.78,
        "viewing_distance_mm": None,
        "dropped_frames": 0,
        "start_tries": 1,
        "is_fullscreen": True,
        "input_device": "keyboard",
        "events": [{"type": "blur", "at": 12.5}],
        "something_new": {"a": [1, 2]},
    }
    assert problem_with(measures) == ""
    client.force_login(reader_user)
    trial = hand.next().trial
    hand.start(trial)
    body = {"end": "complete", "onset_ms": 1.0, "offset_ms": 9.0, "measures": measures}
    path = f"/api/v1/reading/trials/{trial.token}/exposure/"
    wrong = client.post(path, {**body, "measures": {"bytes": "many"}}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "refused")
    assert client.post(path, body, content_type="application/json").status_code == 200
    trial.refresh_from_db()
    assert trial.exposure.measures == measures


def test_a_note_is_kept_and_their_number_is_bounded(hand, client, reader_user, monkeypatch):
    client.force_login(reader_user)
    trial = hand.next().trial
    path = f"/api/v1/reading/sessions/{hand.session.token}/note/"
    body = {"kind": "fatigue-hint", "trial": str(trial.token), "detail": {"median_ms": 700}}
    assert client.post(path, body, content_type="application/json").status_code == 201
    note = Note.objects.get()
    assert (note.kind, note.trial, note.detail) == ("fatigue-hint", trial, {"median_ms": 700})
    assert client.post(path, {"kind": "gossip"}, content_type="application/json").status_code == 400
    monkeypatch.setattr("readerstudy.reading.services.notes.MOST", 1)
    answer = client.post(path, body, content_type="application/json")
    assert (answer.status_code, answer.json()) == (200, {"saved": False})


def test_a_note_that_is_too_long_is_refused(hand):
    with pytest.raises(Refused, match="2000 characters"):
        services.note(session=hand.session, kind="pause", detail={"text": "x" * 2000})


def test_suggestions_are_the_protocols_own_or_the_general_list():
    assert suggestions(Protocol()) == SYNDROMES
    assert suggestions(Protocol(syndromes="Noonan\n\n Turner \nNoonan")) == ["Noonan", "Turner"]
    assert list(dict.fromkeys(SYNDROMES)) == SYNDROMES
    assert len(SYNDROMES) > 60


def test_the_page_is_told_what_the_protocol_asks(make_study, coordinator, investigator, reader_user, seat, client):
    study = make_study(
        coordinator, investigator, reader_user, name="Asks", sides="gs_left", undo_ms=4000, asks_syndrome=True
    )
    seat(study)
    client.force_login(reader_user)
    page = client.get(f"/read/{study.pk}/session/").context["page"]
    assert (page["gs_side"], page["keys"], page["undo_ms"]) == ("left", {"gs": "f", "not_gs": "j"}, 4000)
    assert page["syndromes"] == SYNDROMES
    assert (page["is_preview"], page["is_sequential"], page["arm"]) == (False, False, "unaided")
