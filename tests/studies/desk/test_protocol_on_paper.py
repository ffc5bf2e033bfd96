"""The protocol for the ethics committee, and what a new version says otherwise."""

import pytest

from readerstudy.studies.models import Study
from readerstudy.studies.selectors.studies import case_counts
from readerstudy.studies.selectors.summary import frozen_versions
from readerstudy.studies.services.blinding import unblind_study
from readerstudy.studies.services.studies import choose_cases, create_study, open_study, update_protocol


@pytest.fixture
def opened(make_cohort, coordinator) -> Study:
    study = create_study(cohort=make_cohort(coordinator, n=20), name="On paper", created_by=coordinator)
    choose_cases(study=study, by=coordinator, practice=2)
    return open_study(study=study, by=coordinator)


def page(client, study, path: str = "protocol/") -> str:
    return client.get(f"/studies/{study.pk}/{path}").content.decode()


def test_it_holds_rules_words_and_fingerprint(client, opened, coordinator):
    client.force_login(coordinator)
    text = page(client, opened)
    for words in (
        "18 to read, 2 for practice",
        "Each reader reads 18 faces",
        "Until the reading is closed nobody sees a result",
        "can be made anonymous for good",
        opened.protocols.get().digest,
        "The consent that readers give",
        'data-do="print"',
    ):
        assert words in text, words
    assert "Changes since the first version" not in text
    assert f"/studies/{opened.pk}/protocol/" in page(client, opened, "")


def test_a_draft_says_that_it_is_one(client, make_cohort, coordinator):
    study = create_study(cohort=make_cohort(coordinator), name="Draft", created_by=coordinator)
    client.force_login(coordinator)
    assert "it is frozen when the study opens" in page(client, study)


def test_a_change_after_opening_is_a_new_version_with_a_visible_difference(client, opened, coordinator):
    update_protocol(study=opened, by=coordinator, reason="Too quick", exposure_ms=12_000)
    newest, first = frozen_versions(opened, case_counts(opened))
    assert (first.gone, first.new, first.changes) == ([], [], [])
    assert newest.changes == [("exposure ms", 10_000, 12_000)]
    assert newest.gone == ["Each face is shown once, for 10 seconds, and is then covered by a mask."]
    assert newest.new == ["Each face is shown once, for 12 seconds, and is then covered by a mask."]
    client.force_login(coordinator)
    for path in ("", "protocol/"):
        text = page(client, opened, path)
        assert "<del>Each face is shown once, for 10 seconds" in text
        assert "<ins>Each face is shown once, for 12 seconds" in text
        assert first.protocol.digest in text
        assert newest.protocol.digest in text


def test_results_opened_early_are_a_departure_that_it_names(client, opened, investigator, coordinator):
    unblind_study(study=opened, by=investigator, reason="The board has asked.")
    client.force_login(coordinator)
    assert "because: The board has asked." in page(client, opened)
    assert "Unblinded early." in page(client, opened, "")
