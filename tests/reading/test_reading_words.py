"""The reader's pages follow the language of the browser; what is stored and sent to scripts stays as it was."""

import json

import pytest
from django.utils import translation

from readerstudy.reading import flag_words
from readerstudy.reading.flags import reasons
from readerstudy.reading.trial_list import lines_of, trials_of

LOOKS = [
    {"end": "left"},
    {"end": "left", "onset_ms": None, "offset_ms": None},
    {"onset_ms": None, "offset_ms": None},
    {"shown_ms": 9000.0},
    {"longest_gap_ms": 400.0},
    {"measures": {"onset_late_ms": 90}},
    {"measures": {"face_size": [300, 400], "face_size_after": [150, 200]}},
    {"measures": {"clock_drift_ms": 30_000}},
    {"frame_period_ms": 900.0},
    {"shown_ms": 90_000.0},
]


def flags_of(hand) -> list[str]:
    found = []
    for fields in LOOKS:
        look = hand.look(**fields)
        elapsed_ms = 60_000.0 if "clock_drift_ms" in look.measures else 10_040.0
        found += reasons(look, requested_ms=10_000, tolerance_ms=100, elapsed_ms=elapsed_ms)
    return found


@pytest.mark.django_db
def test_every_stored_reason_of_a_flag_is_recognised_and_kept_in_english(hand):
    flags = flags_of(hand)
    seen = {sentence for flag in flags for sentence, pattern in flag_words.PATTERNS if pattern.fullmatch(flag)}
    assert seen == set(flag_words.SENTENCES)
    assert [flag_words.worded(flag) for flag in flags] == flags


def test_a_reason_is_worded_with_its_numbers_in_its_place(monkeypatch):
    monkeypatch.setattr(flag_words, "gettext", lambda sentence: "应为 %(requested)s ms，实际 %(ms)s ms。")
    assert flag_words.worded("Shown 9000 ms instead of 10000 ms.") == "应为 10000 ms，实际 9000 ms。"
    assert flag_words.worded("Written by a later version.") == "Written by a later version."


@pytest.mark.django_db
def test_the_list_of_trials_words_the_flags_and_scripts_get_them_as_stored(hand, monkeypatch):
    place = hand.next()
    hand.start(place.trial)
    hand.close(place.trial, hand.look(9000.0))
    stored = "Shown 9000 ms instead of 10000 ms."
    monkeypatch.setattr(flag_words, "gettext", lambda sentence: "%(ms)s / %(requested)s")
    (line,) = [line for line in lines_of(list(trials_of(hand.session.reader))) if line.flags]
    assert (line.flags, line.sentences) == ([stored], ["9000 / 10000"])


@pytest.mark.django_db
@pytest.mark.parametrize(("asked", "given"), [("zh-Hans", "zh-hans"), ("zh-CN,zh;q=0.9", "zh-hans"), ("fr", "en")])
def test_the_reading_page_says_its_language_and_brings_the_catalogue(client, hand, asked, given):
    client.force_login(hand.session.reader.user)
    page = client.get(f"/read/{hand.session.reader.study_id}/session/", headers={"accept-language": asked})
    assert page.status_code == 200
    html = page.content.decode()
    assert f'<html lang="{given}"' in html
    assert html.index('src="/jsi18n/"') < html.index("js/reading/session.js")


@pytest.mark.django_db
def test_answers_to_scripts_keep_their_codes_in_any_language(client, hand):
    client.force_login(hand.session.reader.user)
    with translation.override("zh-hans"):
        answer = client.post(
            f"/api/v1/reading/sessions/{hand.session.token}/next/", headers={"accept-language": "zh-Hans"}
        )
    told = json.loads(answer.content)
    assert (told["state"], told["trial"]["state"], told["trial"]["stage"]) == ("trial", "waiting", "unaided")
