"""Which call counts, what is missing, and that the table depends on nothing else."""

import numpy as np
import pytest
from django.utils import timezone

from readerstudy.reading.models import Call, Exposure, ReadingSession, Trial
from readerstudy.studies.models import Case, Reader
from screening import tables
from tests.screening.app.paperlike import Paperlike, build, read_all
from training.engine.scale import Scale
from training.models import Fold, Prediction, State, TrainingRun


@pytest.fixture
def small(study, investigator):
    """Twelve cases, a finished run, one reader who has read nothing yet."""
    return study, finished_run(study, investigator)


def finished_run(study, by) -> TrainingRun:
    run = TrainingRun.objects.create(
        cohort=study.cohort, name="Run", state=State.FINISHED, recipe={}, seed=1, created_by=by
    )
    fold = Fold.objects.create(run=run, index=0, state=State.FINISHED, threshold=0.5)
    for i, case in enumerate(study.cases.all()):
        Prediction.objects.create(run=run, fold=fold, photo=case.photo, score=0.9 - 0.07 * i)
    return run


def call(trial: Trial, is_gs: bool, revision: int = 1, **fields) -> Call:
    key = f"{trial.token}-{revision}"
    return Call.objects.create(trial=trial, is_gs=is_gs, revision=revision, idempotency_key=key, **fields)


def session_of(study, **fields) -> ReadingSession:
    fields = {"started_at": timezone.now(), **fields}
    return ReadingSession.objects.create(reader=study.readers.get(), protocol=study.protocols.get(), seed=1, **fields)


def trial_of(session: ReadingSession, case: Case, position: int = 1, **fields) -> Trial:
    return Trial.objects.create(session=session, case=case, position=position, **fields)


def first_call(study, run) -> float:
    return tables.read(study=study, run=run).calls[0, 0]


def test_cases_stand_in_the_order_of_their_numbers_with_truth_score_and_fold(small):
    study, run = small
    table = tables.read(study=study, run=run)
    assert table.number.tolist() == list(range(1, 13))
    assert table.truth.tolist() == [True, False] * 6
    assert table.score == pytest.approx([0.9 - 0.07 * i for i in range(12)])
    assert set(table.fold) == {0}
    assert set(table.threshold) == {0.5}
    assert table.diagnosis[:2] == ["Noonan", ""]
    assert table.calls.shape == (1, 12)
    assert table.missing().tolist() == [12]


def test_the_highest_revision_of_a_call_counts(small):
    study, run = small
    trial = trial_of(session_of(study), study.cases.first())
    call(trial, True, 1)
    call(trial, False, 2)
    assert first_call(study, run) == 0


def test_a_planned_repeat_never_counts(small):
    study, run = small
    session, case = session_of(study), study.cases.first()
    call(trial_of(session, case, 2, repetition=1), True)
    assert np.isnan(first_call(study, run))
    call(trial_of(session, case, 1), False)
    assert first_call(study, run) == 0


def test_a_second_showing_counts_only_where_the_first_brought_no_call(small):
    study, run = small
    session = session_of(study)
    one, two = study.cases.all()[:2]
    trial_of(session, one, 1, forfeited_at=timezone.now())
    call(trial_of(session, one, 3, repetition=1, is_represented=True), True)
    call(trial_of(session, two, 2), False)
    call(trial_of(session, two, 4, repetition=1, is_represented=True), True)
    table = tables.read(study=study, run=run)
    assert table.calls[0, :2].tolist() == [1, 0]
    assert table.is_represented[0, :2].tolist() == [True, False]
    assert table.readers[0].forfeited == 1  # the first showing stays on the record


@pytest.mark.parametrize("fields", [{"arm": "aided"}, {"is_practice": True}])
def test_aided_and_practice_reads_are_left_out(small, fields):
    study, run = small
    call(trial_of(session_of(study, **fields), study.cases.first()), True)
    assert np.isnan(first_call(study, run))


def test_a_second_reading_of_the_same_arm_never_counts(small):
    study, run = small
    session_of(study)
    call(trial_of(session_of(study, occasion=2), study.cases.first()), True)
    assert np.isnan(first_call(study, run))


def test_in_a_crossover_the_unaided_reading_counts_although_it_is_the_readers_second(small):
    study, run = small
    case = study.cases.first()
    call(trial_of(session_of(study, arm="aided"), case), True, stage="aided")
    call(trial_of(session_of(study, occasion=2), case), False)
    assert first_call(study, run) == 0
    assert tables.read(study=study, run=run, stage=tables.AIDED).calls[0, 0] == 1


def test_in_a_sequential_reading_the_first_answer_counts_and_the_aided_one_stands_apart(small):
    study, run = small
    trial = trial_of(session_of(study), study.cases.first())
    call(trial, False)
    Call.objects.create(trial=trial, is_gs=True, stage="aided", idempotency_key="aided")
    assert first_call(study, run) == 0
    assert tables.read(study=study, run=run, stage=tables.AIDED).calls[0, 0] == 1


def test_a_readers_own_reads_are_the_primary_ones_with_their_truth(small):
    study, _ = small
    session, cases = session_of(study), list(study.cases.all()[:3])
    trials = [trial_of(session, case, n) for n, case in enumerate(cases, 1)]
    call(trials[0], False)
    call(trials[0], True, 2)
    call(trials[1], True)
    truth, calls = tables.own_reads(reader=study.readers.get())
    assert truth.tolist() == [True, False]
    assert calls.tolist() == [True, True]
    assert tables.own_reads(reader=study.readers.get(), stage=tables.AIDED)[0].size == 0


def test_practice_cases_are_no_cases(small):
    study, run = small
    study.cases.filter(number__lte=2).update(is_practice=True)
    assert tables.read(study=study, run=run).number.tolist() == list(range(3, 13))


def test_withdrawn_readers_are_kept_and_marked(small):
    study, run = small
    call(trial_of(session_of(study), study.cases.first()), True)
    assert not tables.read(study=study, run=run).readers[0].is_withdrawn
    study.readers.update(withdrawn_at=timezone.now())
    table = tables.read(study=study, run=run)
    assert table.readers[0].is_withdrawn
    assert table.calls[0, 0] == 1


def test_a_withdrawn_session_marks_its_reader_too(small):
    study, run = small
    session_of(study, withdrawn_at=timezone.now())
    assert tables.read(study=study, run=run).readers[0].is_withdrawn


def test_confidence_response_time_and_flags_come_along(small):
    study, run = small
    trial = trial_of(session_of(study), study.cases.first())
    Exposure.objects.create(trial=trial, started_at=timezone.now(), requested_ms=10_000, flags=["9 000 ms shown"])
    call(trial, True, confidence=4, response_ms=1234.5)
    table = tables.read(study=study, run=run)
    assert (table.confidence[0, 0], table.response_ms[0, 0], table.is_flagged[0, 0]) == (4, 1234.5, True)


def test_another_study_s_readers_do_not_leak_in(small, neighbour):
    study, run = small
    call(trial_of(session_of(neighbour), neighbour.cases.first()), True)
    table = tables.read(study=study, run=run)
    assert [reader.id for reader in table.readers] == [study.readers.get().pk]
    assert np.isnan(table.calls).all()


def test_the_fingerprint_changes_with_a_call_and_with_nothing_else(small):
    study, run = small
    before = tables.read(study=study, run=run).fingerprint
    assert tables.read(study=study, run=run).fingerprint == before
    call(trial_of(session_of(study), study.cases.first()), True)
    assert tables.read(study=study, run=run).fingerprint != before


def test_the_number_of_queries_does_not_grow_with_the_study(paperlike: Paperlike, django_assert_num_queries):
    with django_assert_num_queries(5):
        table = tables.read(study=paperlike.study, run=paperlike.run)
    assert table.calls.shape == (5, 456)
    assert not table.missing().any()


def test_forfeited_showings_are_counted(small):
    study, run = small
    session = session_of(study)
    for position, case in enumerate(study.cases.all()[:3], start=1):
        trial_of(session, case, position, forfeited_at=timezone.now())
    assert tables.read(study=study, run=run).readers[0].forfeited == 3


def test_readers_of_a_neighbouring_paperlike_study_keep_their_own_reads(paperlike: Paperlike):
    other = build(name="Other", readers=False)
    reader = Reader.objects.create(study=other.study, user=paperlike.coordinator, code="X")
    read_all(reader, [(case, True) for case in other.study.cases.all()[:3]])
    table = tables.read(study=other.study, run=other.run)
    assert int(np.nansum(table.calls)) == 3
    assert not tables.read(study=paperlike.study, run=paperlike.run).missing().any()


def test_a_run_whose_folds_have_offsets_is_read_on_their_common_scale_and_its_calls_stay(small):
    study, run = small
    table = tables.read(study=study, run=run)
    scale = Scale(temperature=1.7, offset=-0.6)
    run.folds.update(temperature=scale.temperature, offset=scale.offset)
    for row in run.predictions.all():
        run.predictions.filter(pk=row.pk).update(calibrated=float(scale.of(np.array(row.score))))
    scaled = tables.read(study=study, run=run)
    assert scaled.score == pytest.approx(scale.of(table.score))
    assert (scaled.score >= scaled.threshold).tolist() == (table.score >= table.threshold).tolist()
    assert scaled.fingerprint != table.fingerprint
    run.folds.update(offset=None)
    assert tables.read(study=study, run=run).fingerprint == table.fingerprint
