"""Finished runs side by side: areas, paired tests, differences of the recipes, and who may look."""

from dataclasses import replace

import numpy as np
import pytest
from django.urls import reverse

from screening import statistics
from screening.analysis.runs import side_by_side
from training import services
from training.engine.recipe import PRESETS
from training.models import Fold, State, TrainingRun
from training.run_numbers import numbers

pytestmark = pytest.mark.django_db


@pytest.fixture
def cohort(make_study, coordinator, investigator, reader_user):
    return make_study(coordinator, investigator, reader_user, n=40).cohort


@pytest.fixture
def make_finished(cohort, investigator):
    """A run that has finished, its scores drawn from its seed; `gap` says how well it tells the classes apart."""

    def make(seed: int = 1, *, gap: float = 0.2, state: str = State.FINISHED, **choices):
        recipe = replace(PRESETS["smoke"], seed=seed, **choices)
        run = services.create_run(cohort=cohort, name=f"Run {seed}", recipe=recipe, created_by=investigator)
        services.prepare_run(run_id=run.pk)
        draw = np.random.default_rng(seed)
        for row in run.predictions.select_related("photo__subject"):
            row.score = float(np.clip(draw.normal(0.4 + gap * row.photo.subject.has_syndrome, 0.15), 0, 1))
            row.save()
        facts = {"auc": 0.5, "tp": 4, "fn": 0, "fp": 4, "tn": 0, "seconds": 75.4}
        run.folds.update(state=State.FINISHED, threshold=0.5, best_epoch=3, metrics=facts)
        TrainingRun.objects.filter(pk=run.pk).update(state=state, versions={"tensorflow-cpu": "2.21"})
        run.refresh_from_db()
        return run

    return make


@pytest.fixture
def as_investigator(client, investigator):
    client.force_login(investigator)
    return client


def address(*runs) -> str:
    return reverse("screening:runs") + "?" + "&".join(f"run={run.pk}" for run in runs)


def test_the_test_is_delongs_on_the_same_faces(make_finished):
    one, two = make_finished(1), make_finished(2, gap=0.05)
    pair = side_by_side([one, two]).pairs[0]
    columns = [
        list(run.predictions.order_by("photo_id").values_list("photo__subject__has_syndrome", "score"))
        for run in (one, two)
    ]
    truth = [has for has, _ in columns[0]]
    expected = statistics.delong_test(truth, *([score for _, score in column] for column in columns))
    assert pair.test["p_value"] == pytest.approx(expected.p_value)
    assert pair.test["difference"] == pytest.approx(expected.difference)
    assert pair.adjusted == pytest.approx(expected.p_value)  # one pair: nothing to correct


def test_several_pairs_are_corrected_by_holm(make_finished):
    found = side_by_side([make_finished(seed, gap=gap) for seed, gap in ((1, 0.25), (2, 0.1), (3, 0.0))])
    raw = [pair.test["p_value"] for pair in found.pairs]
    assert [pair.adjusted for pair in found.pairs] == pytest.approx(statistics.holm(raw).adjusted.tolist())
    assert [(pair.first.letter, pair.second.letter) for pair in found.pairs] == [("A", "B"), ("A", "C"), ("B", "C")]


def test_runs_whose_scores_are_of_other_faces_are_not_tested(make_finished):
    one, two = make_finished(1), make_finished(2)
    two.predictions.filter(pk=two.predictions.first().pk).update(score=None)
    pair = side_by_side([one, two]).pairs[0]
    assert pair.test is None
    assert pair.reason == "not the same faces: 40 and 39, 39 in both"


def test_equal_scores_leave_nothing_to_test_and_perfect_ones_no_interval(as_investigator, make_finished):
    one, two = make_finished(1), make_finished(2)
    for run in (one, two):
        for row in run.predictions.select_related("photo__subject"):
            run.predictions.filter(pk=row.pk).update(score=0.9 if row.photo.subject.has_syndrome else 0.1)
    found = side_by_side([one, two])
    assert found.pairs[0].reason == "no test: the difference has no spread"
    assert found.sides[0].auc["lower"] is None
    page = as_investigator.get(address(one, two)).content.decode()
    assert "the difference has no spread" in page
    assert "nan" not in page.lower().split()


def test_faces_of_one_class_alone_still_make_a_page(as_investigator, make_finished):
    one, two = make_finished(1), make_finished(2)
    for run in (one, two):
        run.predictions.filter(photo__subject__has_syndrome=True).update(score=None)
    answer = as_investigator.get(address(one, two))
    assert answer.status_code == 200
    assert "fewer than two faces of a class" in answer.content.decode()


def test_the_page_marks_where_the_recipes_differ(as_investigator, make_finished):
    one, two = make_finished(1), make_finished(2, epochs=9)
    answer = as_investigator.get(address(one, two))
    lines = {line.label: line for line in answer.context["found"].choices}
    assert lines["Length"].differs
    assert lines["Seed"].sentences == [1, 2]
    assert not lines["Head"].differs
    assert lines["Tensorflow"].sentences == ["2.21", "2.21"]
    page = answer.content.decode()
    assert page.index("Length") < page.index("Augmentation")  # what differs stands first
    assert "6 min 17 s" in page
    assert "same faces, but to other folds" in page


def test_the_interval_is_that_of_the_runs_own_page(make_finished):
    one, two = make_finished(1), make_finished(2)
    limits = numbers(one, one.folds.all()).auc_limits
    side = side_by_side([one, two]).sides[0]
    assert limits == pytest.approx((side.auc["lower"], side.auc["upper"]))
    assert limits[0] < side.auc["value"] < limits[1]


def test_runs_dealt_alike_are_said_to_be(make_finished):
    one = make_finished(1)
    two = make_finished(1, epochs=9)
    assert side_by_side([one, two]).has_same_folds
    assert not side_by_side([one, make_finished(2)]).has_same_folds


@pytest.fixture
def elsewhere(make_study, make_user, investigator):
    """Another cohort of the same investigator."""
    return make_study(make_user("Other Coordinator"), investigator, make_user("Other Reader"), name="Elsewhere").cohort


def test_what_cannot_be_compared_is_refused_with_a_sentence(as_investigator, make_finished, elsewhere):
    one, waiting = make_finished(1), make_finished(2, state=State.RUNNING)
    far = make_finished(3)
    TrainingRun.objects.filter(pk=far.pk).update(cohort=elsewhere)
    scoreless = make_finished(4)
    scoreless.predictions.update(score=None)

    def said(*runs) -> str:
        answer = as_investigator.get(address(*runs), follow=True)
        assert answer.redirect_chain == [(reverse("training:list"), 302)]
        return str(next(iter(answer.context["messages"])))

    assert said(one) == "Tick 2 to 6 finished runs to compare them; 1 came."
    assert said(one, one) == "Tick 2 to 6 finished runs to compare them; 1 came."
    assert said(one, waiting) == "Run 2 has not finished: only finished runs can be compared."
    assert said(one, far) == "These runs are of different cohorts: only runs on the same faces can be compared."
    assert said(one, scoreless) == "Run 4 has no held-out score of a face whose truth is known."
    assert said(*(make_finished(seed) for seed in range(10, 17))).endswith("7 came.")


@pytest.mark.parametrize("text", ["x", "-1", "9" * 40, "%C2%B2", ""])
def test_an_address_that_names_no_run_is_not_found(as_investigator, make_finished, text):
    assert as_investigator.get(f"{address(make_finished(1))}&run={text}").status_code == 404


@pytest.mark.parametrize(("who", "status"), [("coordinator", 403), ("reader_user", 403), ("stranger", 404)])
def test_only_investigators_compare(client, request, make_finished, who, status):
    runs = make_finished(1), make_finished(2)
    client.force_login(request.getfixturevalue(who))
    assert client.get(address(*runs)).status_code == status


def test_the_investigator_next_door_cannot_compare_these_runs(client, make_finished, neighbour):
    runs = make_finished(1), make_finished(2)
    client.force_login(neighbour.memberships.get(role="investigator").user)
    assert client.get(address(*runs)).status_code == 404


def test_somebody_who_is_not_signed_in_is_sent_to_the_door(client, make_finished):
    assert client.get(address(make_finished(1))).status_code == 302


def test_six_runs_cost_a_bounded_number_of_queries(as_investigator, make_finished, django_assert_max_num_queries):
    runs = [make_finished(seed) for seed in range(1, 7)]
    with django_assert_max_num_queries(60):
        assert as_investigator.get(address(*runs)).status_code == 200


def test_the_list_offers_finished_runs_to_tick(as_investigator, make_finished):
    one, waiting = make_finished(1), make_finished(2, state=State.RUNNING)
    assert "data-compare>" in as_investigator.get(reverse("training:list")).content.decode()
    assert 'name="run"' not in as_investigator.get(reverse("training:list")).content.decode()
    two = make_finished(3)
    page = as_investigator.get(reverse("training:list")).content.decode()
    assert all(f'name="run" value="{run.pk}"' in page for run in (one, two))
    assert f'name="run" value="{waiting.pk}"' not in page
    assert Fold.objects.filter(run=waiting).exists()
