"""The rules of aided reading, undo, the second question, sides and the own result: form, words, fingerprint, checks."""

import pytest

from readerstudy.accounts.keys import make_key
from readerstudy.refusal import Refused
from readerstudy.studies.models import Aid, Protocol, Study
from readerstudy.studies.selectors.studies import LATER_RULES, current_protocol, opening_checks, protocol_digest
from readerstudy.studies.selectors.summary import protocol_sentences
from readerstudy.studies.services.studies import choose_cases, create_study, update_protocol
from tests.studies.desk.test_desk_pages import RULES, WORDS

NEW = {
    "design": "crossover",
    "undo": "2.5",
    "sides": "by_reader",
    "asks_syndrome": "on",
    "syndromes": "Noonan\n\n  Turner \nNoonan",
    "shows_own_result": "on",
}


@pytest.fixture
def draft(make_cohort, coordinator):
    return create_study(cohort=make_cohort(coordinator), name="Draft", created_by=coordinator)


def test_the_form_stores_every_rule_and_shows_it_again(client, make_cohort, coordinator):
    cohort = make_cohort(coordinator)
    client.force_login(coordinator)
    client.post("/studies/new/", RULES | WORDS | NEW | {"cohort": cohort.pk, "how": "all"})
    study = Study.objects.get()
    rules = current_protocol(study)
    assert (rules.design, rules.undo_ms, rules.sides) == ("crossover", 2500, "by_reader")
    assert (rules.asks_syndrome, rules.syndromes, rules.shows_own_result) == (True, "Noonan\nTurner", True)
    page = client.get(f"/studies/{study.pk}/edit/").content.decode()
    assert 'name="undo" value="2.5"' in page
    assert "Noonan\nTurner</textarea>" in page.replace("\r", "")


@pytest.mark.parametrize(
    "wrong", [{"undo": "0.5"}, {"undo": "61"}, {"design": "x"}, {"sides": ""}, {"syndromes": "a" * 121}]
)
def test_impossible_values_are_refused_by_the_form(client, make_cohort, coordinator, wrong):
    cohort = make_cohort(coordinator)
    client.force_login(coordinator)
    answer = client.post("/studies/new/", RULES | WORDS | NEW | {"cohort": cohort.pk, "how": "all"} | wrong)
    assert answer.status_code == 200
    assert not Study.objects.exists()


@pytest.mark.parametrize("wrong", [{"undo_ms": 10}, {"syndromes": "a" * 121}])
def test_and_by_the_service(draft, coordinator, wrong):
    with pytest.raises(Refused):
        update_protocol(study=draft, by=coordinator, **wrong)


def test_the_api_takes_and_gives_them(client, draft, coordinator):
    head = {"HTTP_AUTHORIZATION": f"Token {make_key(user=coordinator, name='Script', can_write=True)[1]}"}
    body = {"name": "By script", "cohort": draft.cohort_id, "protocol": {"design": "sequential", "undo_ms": 4000}}
    answer = client.post("/api/v1/studies/", body, content_type="application/json", **head)
    rules = answer.json()["protocol"]
    assert (answer.status_code, rules["design"], rules["undo_ms"]) == (201, "sequential", 4000)
    assert {"asks_syndrome", "syndromes", "sides", "shows_own_result"} <= set(rules)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"design": "sequential", "repeats_percent": 5}, "the repeats tell how steady the aided reading is"),
        ({}, "no model output"),
        ({}, "An answer, once given, stands."),
        ({"design": "sequential"}, "answers once more; the face itself is not shown again"),
        ({"design": "crossover"}, "once alone and once with the model's output"),
        ({"undo_ms": 2500}, "taken back for 2.5 seconds"),
        ({"asks_syndrome": True}, "asks which one the reader thinks of"),
        ({"sides": "gs_left"}, "on the left for every reader"),
        ({"sides": "by_reader"}, "so that no hand is favoured"),
        ({"shows_own_result": True}, "shown their own result, and nobody else's"),
    ],
)
def test_every_rule_is_said_in_plain_words(rules, words):
    assert words in " ".join(protocol_sentences(Protocol(**rules)))


def test_an_aided_protocol_does_not_claim_that_readers_see_no_output():
    for design in ("sequential", "crossover"):
        assert "no model output" not in " ".join(protocol_sentences(Protocol(design=design)))


OTHER = {
    "parts": 3,
    "is_blinded_until_closed": False,
    "design": "sequential",
    "undo_ms": 3000,
    "asks_syndrome": True,
    "syndromes": "Noonan",
    "sides": "gs_left",
    "shows_own_result": True,
}


@pytest.mark.parametrize("name", LATER_RULES)
def test_the_fingerprint_covers_every_new_rule(draft, name):
    protocol = current_protocol(draft)
    before = protocol_digest(protocol)
    setattr(protocol, name, OTHER[name])
    assert protocol_digest(protocol) != before


def test_a_protocol_frozen_before_these_rules_keeps_its_fingerprint(draft, monkeypatch):
    """Left out at their defaults, they weigh nothing: the content is that of the first release."""
    hashed = []
    monkeypatch.setattr(
        "readerstudy.studies.selectors.studies.json.dumps", lambda content, **_: hashed.append(content) or ""
    )
    protocol_digest(current_protocol(draft))
    assert set(hashed[0]["rules"]) == {
        "version",
        "exposure_ms",
        "tolerance_ms",
        "call_ends_exposure",
        "answer_window_ms",
        "confidence",
        "practice_pass_percent",
        "repeats_percent",
        "block_length",
        "washout_days",
        "incident_policy",
    }


def test_before_opening_the_missing_output_is_named_and_does_not_stop(draft, coordinator):
    update_protocol(study=draft, by=coordinator, design="sequential")
    cases = choose_cases(study=draft, by=coordinator)
    (check,) = (check for check in opening_checks(draft) if check.label == "Model's output")
    assert (check.state, check.sentence[:27]) == ("warn", "It is missing for 12 of 12 ")
    for case in cases:
        Aid.objects.create(case=case, probability=0.5, label="Run", made_by=coordinator)
    (check,) = (check for check in opening_checks(draft) if check.label == "Model's output")
    assert check.state == "ok"
    choose_cases(study=draft, by=coordinator)
    assert not Aid.objects.exists(), "other faces, other output"
