"""One stored result for every language: made in English, worded when it is shown, its numbers made once."""

import ast
import re
from pathlib import Path

import pytest
from django.utils import translation

from readerstudy.reading.flags import Look, reasons
from screening import statistics
from screening.analysis import subgroups
from screening.analysis.agreement import MODEL
from screening.analysis.notes import KNOWN, _pattern, note_words
from screening.analysis.options import Options
from screening.analysis.progress import AGAINST, STEPS, step_words
from screening.analysis.reasons import REASONS, reason_words
from screening.analysis.verdicts import INFERIOR, NONINFERIOR, OPEN, SUPERIOR
from screening.analysis.words import SAID, said
from screening.models import Comparison
from screening.recorded import NUMBERS
from screening.services import compare
from screening.worded import as_stored, worded
from tests.screening.app.rich import build_rich
from tests.screening.app.test_split_plot import build as build_plain
from tests.screening.app.test_split_plot import divide

pytestmark = pytest.mark.django_db
CHINESE = "zh-hans"
UNKNOWN_TONGUE = "xx"  # has no catalogue: words made again in it are the English ones
OPTIONS = Options(replicates=200, margin=0.05)


@pytest.fixture
def world(db):
    return build_rich(n=120)


def made_in(world, language: str) -> Comparison:
    with translation.override(language):
        return compare(study=world.study, run=world.run, options=OPTIONS, by=world.investigator)


def test_whoever_asks_in_whichever_language_gets_the_same_stored_comparison(world):
    chinese = made_in(world, CHINESE)
    assert made_in(world, "en") == chinese
    assert Comparison.objects.count() == 1
    with as_stored():
        again = Comparison.objects.get()
        assert again.result == worded(again)
    assert not re.search("[\u4e00-\u9fff]", str(again.result))


def test_a_result_is_itself_in_the_language_it_is_stored_in(world):
    made = made_in(world, "en")
    for language in ("en", "en-gb"):
        with translation.override(language):
            assert worded(made) is made.result


@pytest.mark.parametrize("design", ["crossover", "sequential"])
def test_every_sentence_can_be_made_again_from_what_is_stored(db, design):
    made = made_in(build_rich(n=120, design=design), "en")
    before = str(made.result)
    with translation.override(UNKNOWN_TONGUE):
        again = worded(made)
    assert again is not made.result
    assert again == made.result
    assert str(made.result) == before


def test_the_sentences_of_a_divided_study_too(db):
    made = made_in(divide(build_plain(n=120), 2), "en")
    with translation.override(UNKNOWN_TONGUE):
        assert worded(made) == made.result


def test_a_withdrawn_consent_is_told_from_older_results(world):
    made = made_in(world, "en")
    told = "Consent was withdrawn for 3 of the cases: the photographs are erased, the calls are kept."
    made.result["warnings"].append(told)
    with translation.override(UNKNOWN_TONGUE):
        assert told in worded(made)["warnings"]


@pytest.mark.parametrize("page", ["", "cases/", "cases/1/", "explorer/", "runs/"])
def test_pages_open_in_chinese(client, world, page):
    made = made_in(world, "en")
    client.force_login(world.investigator)
    response = client.get(f"/analysis/{made.study_id}/{made.pk}/{page}", headers={"accept-language": "zh-Hans"})
    assert response.status_code == 200
    assert response.headers["content-language"] == CHINESE


def test_files_for_machines_are_the_same_in_every_language(client, world):
    made = made_in(world, "en")
    client.force_login(world.investigator)
    for name in ("table2.csv", "flagged.csv", "subgroups.csv", "results.json"):
        address = f"/analysis/{made.study_id}/{made.pk}/{name}"
        bodies = [client.get(address, headers={"accept-language": language}) for language in ("en", "zh-Hans")]
        assert [body.status_code for body in bodies] == [200, 200]
        assert bodies[0].content == bodies[1].content


def test_every_stored_code_has_its_words():
    columns = {"All", "Syndrome", "Age", "Sex", "How confirmed", "Seniority"}
    bands = {name for _, name in subgroups.BANDS} | {subgroups.OLDEST, *subgroups.REMAINDERS}
    groups = bands | set(subgroups.SEXES.values()) | set(subgroups.CONFIRMED.values())
    assert columns | groups | {MODEL, SUPERIOR, NONINFERIOR, INFERIOR, OPEN} <= set(SAID)
    assert all(said(code) == code for code in SAID)
    assert said("Kabuki") == "Kabuki"


def test_a_syndrome_that_is_called_like_a_word_of_ours_keeps_its_name(monkeypatch):
    monkeypatch.setitem(SAID, "girls", "女")
    assert subgroups.group_words({"column": "Syndrome", "group": "girls"}) == "girls"
    assert subgroups.group_words({"column": "Sex", "group": "girls"}) == "女"


LOOKS = [
    {"end": "left"},
    {"end": "left", "onset_ms": 0.0, "offset_ms": 900.0},
    {},
    {"onset_ms": 0.0, "offset_ms": 10_400.0},
    {"onset_ms": 0.0, "offset_ms": 10_000.0, "longest_gap_ms": 300.0},
    {"onset_ms": 0.0, "offset_ms": 10_000.0, "measures": {"onset_late_ms": 90.0}},
    {"onset_ms": 0.0, "offset_ms": 10_000.0, "measures": {"face_size": [400, 400], "face_size_after": [200, 200]}},
    {"onset_ms": 0.0, "offset_ms": 10_000.0, "measures": {"clock_drift_ms": 60_000.0}},
    {"onset_ms": 0.0, "offset_ms": 10_000.0, "frame_period_ms": 90.0},
    {"onset_ms": 0.0, "offset_ms": 90_000.0},
]


def test_every_reason_for_a_flag_has_its_words():
    told = set()
    for fields in LOOKS:
        look = Look(**{"end": "complete", **fields})
        elapsed = 80_000.0 if "clock_drift_ms" in look.measures else 10_100.0
        told |= {
            NUMBERS.sub("…", text) for text in reasons(look, requested_ms=10_000, tolerance_ms=50, elapsed_ms=elapsed)
        }
    assert told == set(REASONS)
    assert [reason_words(text) for text in (*REASONS, "A reason of tomorrow.")] == [*REASONS, "A reason of tomorrow."]


def test_a_note_of_the_statistics_is_known_again_with_its_numbers():
    for words in KNOWN:
        note = words % {"a": "12", "b": "2000"} if "%(" in words else words
        assert note_words(note) == note
    assert note_words("Something else.") == "Something else."


def test_every_warning_of_the_statistics_is_known():
    """Whatever ``screening.statistics`` warns of, with any value in its places, is one of the notes that have words."""
    warned = set()
    for path in Path(statistics.__file__).parent.glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "warn":
                parts = getattr(call.args[0], "values", [call.args[0]])
                warned.add(
                    "".join(getattr(part, "value", "") if isinstance(part, ast.Constant) else "7" for part in parts)
                )
    assert len(warned) > 20
    assert {note for note in warned if not any(_pattern(words).fullmatch(note) for words in KNOWN)} == set()


def test_the_steps_of_the_work_are_known_again():
    steps = [*STEPS, f"SP 1{AGAINST}", "", "What a later version does"]
    assert [step_words(step) for step in steps] == steps
