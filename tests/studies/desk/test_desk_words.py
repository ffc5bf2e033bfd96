"""The desk follows the language of the browser; what is stored and sent to scripts stays as it was."""

import json

import pytest
from django.utils import translation

from readerstudy.studies.models import Protocol
from readerstudy.studies.selectors.monitor import progress_of
from readerstudy.studies.selectors.studies import opening_checks
from readerstudy.studies.selectors.summary import protocol_sentences
from readerstudy.studies.services.studies import create_study
from readerstudy.studies.services.texts import CONSENT
from readerstudy.studies.views.monitor_lines import monitor_lines

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_words_of_tables_become_plain_text_where_they_are_used(study, language):
    with translation.override(language):
        json.dumps(monitor_lines(study, progress_of(study)))
        for design in Protocol.Design:
            json.dumps(protocol_sentences(Protocol(design=design, sides="by_reader", parts=2)))
        json.dumps([[check.label, check.state, check.sentence] for check in opening_checks(study)])


def test_a_new_study_stores_its_first_words_as_text(study):
    made = create_study(cohort=study.cohort, name="Another", created_by=study.created_by)
    assert type(made.consent_text) is str
    made.refresh_from_db()
    assert made.consent_text == str(CONSENT)


def test_the_monitor_tells_scripts_codes_in_any_language(client, study):
    client.force_login(study.memberships.get(role="coordinator").user)
    answer = client.get(f"/api/v1/studies/{study.pk}/monitor/", headers={"accept-language": "zh-Hans"})
    (reader,) = answer.json()["readers"]
    assert reader["state"] == "waiting"


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize("page", ["", "people/", "monitor/", "incidents/", "protocol/", "cases/"])
def test_every_page_of_the_desk_comes_in_both_languages(client, study, page, language):
    client.force_login(study.memberships.get(role="coordinator").user)
    answer = client.get(f"/studies/{study.pk}/{page}", headers={"accept-language": language})
    assert answer.status_code == 200
    assert study.name in answer.content.decode()
