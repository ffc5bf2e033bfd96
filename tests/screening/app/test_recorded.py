"""What is read beside the primary calls, and that a comparison notices when it changes."""

import numpy as np
import pytest
from django.utils import timezone

from readerstudy.reading.models import Call, Exposure, Incident, Trial
from readerstudy.studies.models import Protocol
from screening import tables
from screening.recorded import with_recorded
from tests.screening.app.test_tables import call, finished_run, session_of, trial_of


@pytest.fixture
def small(study, investigator):
    return study, finished_run(study, investigator)


def table_of(study, run):
    return with_recorded(tables.read(study=study, run=run), study=study)


def test_a_planned_repeat_is_kept_beside_the_first_call(small):
    study, run = small
    session, case = session_of(study), study.cases.first()
    call(trial_of(session, case, 1), True)
    again = trial_of(session, case, 9, repetition=1)
    call(again, True, 1)
    call(again, False, 2)
    table = table_of(study, run)
    assert [(one.reader, one.case, one.call) for one in table.recorded.repeats] == [(0, 0, 0.0)]
    assert table.calls[0, 0] == 1


@pytest.mark.parametrize("how", ["represented", "voided", "practice", "aided"])
def test_what_is_no_planned_repeat_of_the_unaided_reading_is_none(small, how):
    study, run = small
    session = session_of(study, is_practice=how == "practice", arm="aided" if how == "aided" else "unaided")
    void = {"voided_at": timezone.now(), "void_reason": "fire alarm"} if how == "voided" else {}
    call(trial_of(session, study.cases.first(), 9, repetition=1, is_represented=how == "represented", **void), True)
    assert table_of(study, run).recorded.repeats == []


def test_position_and_measured_exposure_are_those_of_the_call_that_counts(small):
    study, run = small
    session, case = session_of(study), study.cases.first()
    lost = trial_of(session, case, 2, forfeited_at=timezone.now())
    look(lost, 10_000, "left")
    again = trial_of(session, case, 7, repetition=1, is_represented=True)
    look(again, 10_016, "complete")
    call(again, True)
    table = table_of(study, run)
    assert table.position[0, 0] == 7
    assert table.shown_ms[0, 0] == pytest.approx(10_016)
    assert np.isnan(table.shown_ms[0, 1])


@pytest.mark.parametrize("end", ["called", "left"])
def test_a_look_that_was_cut_short_has_no_measured_exposure(small, end):
    study, run = small
    trial = trial_of(session_of(study), study.cases.first())
    look(trial, 3_000, end)
    call(trial, True)
    table = table_of(study, run)
    assert np.isnan(table.shown_ms[0, 0])
    assert table.recorded.looks[0].ended == {end: 1}


def look(trial: Trial, shown_ms: float, end: str, **fields) -> Exposure:
    now = timezone.now()
    return Exposure.objects.create(
        trial=trial,
        started_at=now,
        ended_at=now,
        end=end,
        requested_ms=10_000,
        onset_ms=50,
        offset_ms=50 + shown_ms,
        **fields,
    )


def test_flags_are_counted_by_their_reason_and_incidents_by_their_kind(small):
    study, run = small
    session = session_of(study)
    for place, (case, ms) in enumerate(zip(study.cases.all(), (10_150, 10_220.5), strict=False), 1):
        trial = trial_of(session, case, place)
        flags = [f"Shown {ms} ms instead of 10000 ms.", "The face changed its size, from 3 x 4 to 5 x 6 pixels."]
        look(trial, ms, "complete", flags=flags)
        call(trial, True)
        Incident.objects.create(session=session, trial=trial, kind="blur")
    looks = table_of(study, run).recorded.looks[0]
    assert looks.flags == {"Shown … ms instead of … ms.": 2, "The face changed its size, from … to … pixels.": 2}
    assert looks.incidents == {"blur": 2}


def test_the_aided_calls_stand_apart_and_go_with_their_flags(small):
    study, run = small
    Protocol.objects.filter(study=study).update(design="crossover", washout_days=14)
    session = session_of(study, arm="aided", occasion=2)
    one, two = study.cases.all()[:2]
    call(trial_of(session, one, 1), True, stage="aided")
    flagged = trial_of(session, two, 2)
    look(flagged, 3_000, "left", flags=["The page was left."])
    call(flagged, True, stage="aided")
    recorded = table_of(study, run).recorded
    assert (recorded.design, recorded.washout_days, recorded.aided.first) == ("crossover", 14, ["aided"])
    assert recorded.aided.calls[0, :2].tolist() == [1, 1]
    clean = recorded.without_flagged().aided.calls[0, :2]
    assert clean[0] == 1
    assert np.isnan(clean[1])


def test_an_unaided_study_has_no_second_arm(small):
    study, run = small
    assert table_of(study, run).recorded.aided is None


def test_a_changed_repeat_changes_the_fingerprint(small):
    study, run = small
    session, case = session_of(study), study.cases.first()
    call(trial_of(session, case, 1), True)
    again = trial_of(session, case, 9, repetition=1)
    call(again, True)
    before = table_of(study, run).fingerprint
    assert table_of(study, run).fingerprint == before
    Call.objects.create(trial=again, is_gs=False, revision=2, idempotency_key="second thoughts")
    assert table_of(study, run).fingerprint != before


def test_it_asks_a_fixed_number_of_queries(small, django_assert_max_num_queries):
    study, run = small
    Protocol.objects.filter(study=study).update(design="crossover")
    table = tables.read(study=study, run=run)
    with django_assert_max_num_queries(7):
        with_recorded(table, study=study)
