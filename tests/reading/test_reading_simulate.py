"""Simulated physicians read through the same services as people."""

import random
from datetime import UTC, datetime

import pytest

from readerstudy.reading.models import Call, Exposure, Incident
from readerstudy.reading.simulate import simulate_reader
from readerstudy.refusal import Refused
from readerstudy.studies.models import Aid

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def simulated(make_study, coordinator, investigator, reader_user):
    def make(n: int = 12, **protocol):
        study = make_study(coordinator, investigator, reader_user, name="Simulated", n=n, **protocol)
        study.readers.update(is_simulated=True)
        truth = {case.pk: case.photo.subject.has_syndrome for case in study.cases.select_related("photo__subject")}
        return study.readers.get(), truth

    return make


def test_a_simulated_reader_reads_every_face_once_and_finishes(simulated):
    reader, truth = simulated(practice=2, practice_pass_percent=100, repeats_percent=10)
    session = simulate_reader(reader=reader, sensitivity=0.8, specificity=0.7, truth=truth, seed=1, now=MONDAY)
    assert session.finished_at
    assert session.trials.count() == session.trials.filter(calls__isnull=False).count() == 11
    assert reader.sessions.get(is_practice=True).finished_at
    assert not Incident.objects.exists()
    assert all(exposure.flags == [] for exposure in Exposure.objects.all())
    minutes = (session.finished_at - session.started_at).total_seconds() / 60
    assert 11 * 10 / 60 < minutes < 11 * 25 / 60


def test_the_same_seed_gives_the_same_answers(simulated):
    reader, truth = simulated(confidence="hundred")
    simulate_reader(reader=reader, sensitivity=0.8, specificity=0.7, truth=truth, seed=3, now=MONDAY)
    first = list(Call.objects.order_by("id").values_list("is_gs", "confidence", "response_ms"))
    reader.sessions.all().delete()
    simulate_reader(reader=reader, sensitivity=0.8, specificity=0.7, truth=truth, seed=3, now=MONDAY)
    assert list(Call.objects.order_by("id").values_list("is_gs", "confidence", "response_ms")) == first


def test_rates_and_confidence_follow_the_operating_point(simulated):
    """120 faces at 0.9 and 0.6 (binomial standard errors 0.04 and 0.06), surer answers right more often."""
    reader, truth = simulated(n=120, exposure_ms=1000)
    dice = random.Random(8)
    difficulty = {case: dice.gauss(0, 1) for case in truth}
    simulate_reader(
        reader=reader, sensitivity=0.9, specificity=0.6, truth=truth, difficulty=difficulty, seed=2, now=MONDAY
    )
    calls = list(Call.objects.select_related("trial"))
    right = {flag: [c.is_gs == flag for c in calls if truth[c.trial.case_id] is flag] for flag in (True, False)}
    assert sum(right[True]) / 60 == pytest.approx(0.9, abs=0.13)
    assert sum(right[False]) / 60 == pytest.approx(0.6, abs=0.19)
    sure = [c.is_gs == truth[c.trial.case_id] for c in calls if c.confidence >= 4]
    unsure = [c.is_gs == truth[c.trial.case_id] for c in calls if c.confidence <= 2]
    assert sum(sure) / len(sure) > sum(unsure) / len(unsure)


def test_a_sequential_study_is_answered_twice_and_the_output_moves_the_answers(simulated, investigator):
    reader, truth = simulated(n=60, exposure_ms=1000, design="sequential")
    for case in reader.study.cases.all():
        Aid.objects.create(case=case, probability=0.95 if truth[case.pk] else 0.05, label="Run", made_by=investigator)
    simulate_reader(reader=reader, sensitivity=0.7, specificity=0.7, truth=truth, reliance=1.0, seed=4, now=MONDAY)
    right = {
        stage: sum(call.is_gs == truth[call.trial.case_id] for call in Call.objects.filter(stage=stage))
        for stage in ("unaided", "aided")
    }
    assert Call.objects.count() == 120
    assert right["aided"] > right["unaided"]
    assert Exposure.objects.count() == 60
    assert not Incident.objects.exists()


def test_a_crossover_is_read_twice_with_the_washout_between(simulated, investigator):
    reader, truth = simulated(n=6, practice=2, design="crossover", sides="by_reader")
    for case in reader.study.cases.filter(is_practice=False):
        Aid.objects.create(case=case, probability=0.5, label="Run", made_by=investigator)
    simulate_reader(reader=reader, sensitivity=0.8, specificity=0.8, truth=truth, seed=4, now=MONDAY)
    first, second = reader.sessions.filter(is_practice=False).order_by("occasion")
    assert (second.started_at - first.finished_at).days >= 28
    assert second.finished_at
    assert set(Call.objects.filter(trial__session=second).values_list("stage", flat=True)) == {"aided"}
    orders = [list(session.trials.values_list("case", flat=True)) for session in (first, second)]
    assert sorted(orders[0]) == sorted(orders[1])


def test_a_person_is_never_played_by_a_program(study):
    with pytest.raises(Refused, match="is a person"):
        simulate_reader(reader=study.readers.get(), sensitivity=0.8, specificity=0.8, truth={}, seed=1)
    assert not Call.objects.exists()
