"""Matched controls: the best pairs within the caliper, the balance they bring, and the study made of them."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies.models import Photo, Study, Subject
from readerstudy.studies.services import matching

pytestmark = pytest.mark.django_db


@pytest.fixture
def cohort(study):
    """Six GS of 12, 14 ... 22 months, all girls, and six controls of 13, 15 ... 23 months, all boys."""
    return study.cohort


def set_ages(cohort, gs: list, controls: list) -> None:
    """(sex, months) of the first GS and controls; the others get no age."""
    for truth, wanted in ((True, gs), (False, controls)):
        subjects = list(Subject.objects.filter(cohort=cohort, has_syndrome=truth).order_by("id"))
        for subject, (sex, months) in itertools.zip_longest(subjects, wanted, fillvalue=("", None)):
            subject.sex, subject.age_months = sex, months
            subject.save(update_fields=["sex", "age_months"])


def months(proposal) -> list[tuple[float, float]]:
    return sorted((pair.gs.subject.age_months, pair.control.subject.age_months) for pair in proposal.pairs)


def test_no_child_is_paired_across_the_sexes(cohort):
    proposal = matching.propose_matches(cohort=cohort)
    assert proposal.pairs == []
    assert {why for _, why in proposal.unmatched} == {
        "No girl among the controls is at most 12 months older or younger."
    }
    assert (proposal.before.gs.n, proposal.before.controls.n, proposal.after.gs.n) == (6, 6, 0)


def test_the_best_pairs_are_found_where_taking_the_nearest_first_would_lose_one(cohort):
    set_ages(cohort, [("F", 10), ("F", 16)], [("F", 15), ("F", 22)])
    assert months(matching.propose_matches(cohort=cohort, caliper=6)) == [(10, 15), (16, 22)]


def test_the_caliper_counts_to_the_day_and_a_pair_outside_never_buys_one_inside(cohort):
    set_ages(cohort, [("M", 10), ("M", 30)], [("M", 22), ("M", 30.5)])
    assert months(matching.propose_matches(cohort=cohort, caliper=12)) == [(10, 22), (30, 30.5)]
    assert months(matching.propose_matches(cohort=cohort, caliper=11.9)) == [(30, 30.5)]


def test_a_child_left_over_hears_why(cohort):
    set_ages(cohort, [("F", 10), ("F", 11), ("F", 90)], [("F", 10)])
    proposal = matching.propose_matches(cohort=cohort)
    told = {photo.subject.age_months: why for photo, why in proposal.unmatched}
    assert told[11] == "Every girl among the controls near that age is paired with another child."
    assert told[90] == "No girl among the controls is at most 12 months older or younger."
    assert told[None] == "The sex or the age is not stated."


def test_faces_that_cannot_be_read_take_no_part(cohort):
    set_ages(cohort, [("F", 10)], [("F", 10), ("F", 11)])
    nearest = Photo.objects.get(subject__cohort=cohort, subject__has_syndrome=False, subject__age_months=10)
    Photo.objects.filter(pk=nearest.pk).update(status=Photo.Status.REVIEW)
    assert months(matching.propose_matches(cohort=cohort)) == [(10, 11)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gs=st.lists(st.tuples(st.sampled_from("FM"), st.integers(0, 60)), min_size=1, max_size=5),
    controls=st.lists(st.tuples(st.sampled_from("FM"), st.integers(0, 60)), min_size=1, max_size=5),
    caliper=st.integers(0, 24),
)
def test_no_other_pairing_has_more_pairs_or_smaller_differences(cohort, gs, controls, caliper):
    set_ages(cohort, gs, controls)
    proposal = matching.propose_matches(cohort=cohort, caliper=caliper)
    found = (-len(proposal.pairs), sum(abs(pair.months) for pair in proposal.pairs))
    assert all(pair.gs.subject.sex == pair.control.subject.sex for pair in proposal.pairs)
    assert len({pair.control.pk for pair in proposal.pairs}) == len(proposal.pairs)
    assert found == min(_pairings(gs, controls, caliper))


def _pairings(gs, controls, caliper):
    """(-pairs, sum of differences) of every pairing there is."""
    if not gs:
        yield 0, 0
        return
    (sex, age), *rest = gs
    yield from _pairings(rest, controls, caliper)
    for i, (other, months_) in enumerate(controls):
        if other == sex and abs(age - months_) <= caliper:
            for n, total in _pairings(rest, controls[:i] + controls[i + 1 :], caliper):
                yield n - 1, total + abs(age - months_)


def test_the_balance_is_told_before_and_after(cohort):
    set_ages(cohort, [("F", 10), ("F", 20)], [("F", 10), ("F", 20), ("M", 90)])
    proposal = matching.propose_matches(cohort=cohort)
    assert (proposal.before.controls.n, proposal.before.controls.girls, proposal.before.controls.age_mean) == (3, 2, 40)
    assert proposal.before.age_difference == pytest.approx((15 - 40) / ((50 + 1900) / 2) ** 0.5)
    assert proposal.before.girls_difference == pytest.approx((1 - 2 / 3) / ((0 + 2 / 9) / 2) ** 0.5)
    assert (proposal.after.age_difference, proposal.after.girls_difference) == (0, None)


@pytest.mark.parametrize("caliper", [-1, 241])
def test_a_caliper_out_of_reason_is_refused(cohort, caliper):
    with pytest.raises(Refused, match="0 to 240 months"):
        matching.propose_matches(cohort=cohort, caliper=caliper)


def test_a_study_of_the_pairs_holds_exactly_their_faces_and_is_audited(cohort, coordinator):
    set_ages(cohort, [("F", 10), ("F", 16), ("F", 200)], [("F", 15), ("F", 22), ("M", 1)])
    study = matching.study_of_matches(cohort=cohort, caliper=6, name="Matched", by=coordinator)
    ages = sorted(study.cases.values_list("photo__subject__age_months", flat=True))
    assert ages == [10, 15, 16, 22]
    assert study.status == Study.Status.DRAFT
    event = AuditEvent.objects.get(action="cases.matched", target=f"study:{study.pk}")
    assert (event.detail["caliper_months"], event.detail["pairs"], event.detail["unmatched"]) == (6, 2, 4)


def test_no_study_is_left_behind_where_there_is_no_pair(cohort, coordinator):
    before = Study.objects.count()
    with pytest.raises(Refused, match="No pair within 1 months"):
        matching.study_of_matches(cohort=cohort, caliper=1, name="Matched", by=coordinator)
    set_ages(cohort, [("F", 10)], [("F", 10)])
    with pytest.raises(Refused, match="already"):
        matching.study_of_matches(cohort=cohort, caliper=1, name="Study", by=coordinator)
    assert Study.objects.count() == before
