"""Several models among one comparison's readers, and two comparisons side by side."""

import numpy as np
import pytest

from readerstudy.reading.models import Call
from screening import statistics
from screening.analysis.options import Options
from screening.analysis.pair import side_by_side
from screening.services import compare
from tests.screening.app.paperlike import build
from training.models import Fold, Kind, Prediction, State, TrainingRun

QUICK = Options(replicates=200)


@pytest.fixture
def world(db):
    return build(n=90, status="open", kind="phantom")


@pytest.fixture
def made(world):
    return compare(study=world.study, run=world.run, options=QUICK, by=world.investigator)


@pytest.fixture
def desk(client, world):
    client.force_login(world.investigator)
    return client


def another_run(run: TrainingRun, *, name: str = "Gabor", spread: float = 0.3, seed: int = 5) -> TrainingRun:
    """The same folds, its scores blurred."""
    kept = {"recipe": run.recipe, "created_by": run.created_by, "finished_at": run.finished_at, "state": State.FINISHED}
    made = TrainingRun.objects.create(cohort=run.cohort, name=name, kind=Kind.GABOR_LINEAR, seed=seed, **kept)
    folds = {
        fold.index: Fold.objects.create(run=made, index=fold.index, state=State.FINISHED, threshold=0.4)
        for fold in run.folds.all()
    }
    draw = np.random.default_rng(seed)
    Prediction.objects.bulk_create(
        Prediction(
            run=made,
            fold=folds[row.fold.index],
            photo=row.photo,
            score=float(np.clip(row.score + draw.normal(0, spread), 0, 1)),
        )
        for row in run.predictions.select_related("fold", "photo")
    )
    return made


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def scores_of(run: TrainingRun) -> tuple[np.ndarray, np.ndarray]:
    rows = run.predictions.order_by("photo_id").values_list("photo__subject__has_syndrome", "score")
    truth, score = zip(*rows, strict=True)
    return np.array(truth), np.array(score)


def test_the_other_runs_are_drawn_with_the_readers_and_tested_in_pairs(desk, world, made):
    other = another_run(world.run)
    response = desk.get(f"/analysis/{world.study.pk}/{made.pk}/runs/")
    page = text(response)
    pair = response.context["found"].pairs[0]
    truth, first = scores_of(world.run)
    test = statistics.delong_test(truth, first, scores_of(other)[1])
    assert pair.test["difference"] == pytest.approx(test.difference)
    assert pair.test["p_value"] == pytest.approx(test.p_value)
    assert pair.difference in page
    names = [trace["name"] for trace in response.context["figures"]["runs"]["data"]]
    assert [name.split(":")[0] for name in names] == ["Chance", "A", "B", "SP 1", "SP 2", "JP 1", "JP 2", "JP 3"]


def test_each_model_is_read_at_each_readers_specificity(desk, world, made):
    other = another_run(world.run)
    gaps = desk.get(f"/analysis/{world.study.pk}/{made.pk}/runs/").context["gaps"]
    rates = made.result["readers"][1]["rates"]
    truth, score = scores_of(other)
    wanted = statistics.sensitivity_at(truth, score, rates["specificity"]["value"]) - rates["sensitivity"]["value"]
    assert gaps[1]["code"] == "SP 2"
    assert gaps[1]["gaps"][1] == pytest.approx(wanted)


def test_only_the_studys_cases_count(desk, world, made):
    another_run(world.run)
    world.study.cases.filter(number__gt=60).update(is_practice=True)
    part = compare(study=world.study, run=world.run, options=QUICK, by=world.investigator)
    sides = desk.get(f"/analysis/{world.study.pk}/{part.pk}/runs/").context["found"].sides
    assert [len(side.table) for side in sides] == [60, 60]
    assert sides[0].curve.auc == pytest.approx(part.result["model"]["roc"]["auc"])


def test_runs_are_ticked_and_a_foreign_one_does_not_exist(desk, world, made):
    one, two = another_run(world.run, name="One"), another_run(world.run, name="Two", seed=6)
    place = f"/analysis/{world.study.pk}/{made.pk}/runs/"
    sides = desk.get(f"{place}?run={two.pk}").context["found"].sides
    assert [side.run for side in sides] == [world.run, two]
    assert [side.run for side in desk.get(place).context["found"].sides] == [world.run, two, one]
    foreign = build(name="Elsewhere", n=60, readers=False).run
    for wish in (foreign.pk, 999_999, "x", "9" * 30, world.run.pk):
        assert desk.get(f"{place}?run={wish}").status_code == 404
    TrainingRun.objects.filter(pk=one.pk).update(state=State.RUNNING)
    assert desk.get(f"{place}?run={one.pk}").status_code == 404


def test_a_lonely_run_says_what_to_do(desk, world, made):
    page = text(desk.get(f"/analysis/{world.study.pk}/{made.pk}/runs/"))
    assert "the only finished run" in page
    assert 'href="/training/"' in page


def test_a_run_without_scores_is_named(desk, world, made):
    empty = another_run(world.run, name="Empty")
    empty.predictions.update(score=None)
    assert "Empty has no held-out score" in text(desk.get(f"/analysis/{world.study.pk}/{made.pk}/runs/?run={empty.pk}"))


def test_two_comparisons_differ_in_the_option_that_was_changed(world, made):
    other = compare(
        study=world.study,
        run=world.run,
        options=Options(replicates=200, by="sensitivity"),
        by=world.investigator,
    )
    found = side_by_side(made.result, other.result)
    assert [line.label for line in found.options if line.differs] == ["Readers judged at their own"]
    assert not [line.label for line in found.inputs if line.differs]
    assert not [line.label for line in found.numbers if line.differs]
    assert found.auc_test is None


def test_a_changed_call_is_counted_and_moves_the_readers_numbers(world, made):
    old = Call.objects.order_by("id").first()
    Call.objects.create(trial=old.trial, revision=2, is_gs=not old.is_gs, idempotency_key="second thoughts")
    other = compare(study=world.study, run=world.run, options=QUICK, by=world.investigator)
    found = side_by_side(made.result, other.result)
    changed = [line for line in found.inputs if line.differs]
    assert [(line.label, line.second) for line in changed] == [("Calls that are not the same", "1 of 450")]
    moved = [line for line in found.numbers if line.differs]
    assert {line.label.split("'")[0] for line in moved} == {"SP 1"}
    for line in moved:
        assert line.gap == pytest.approx(line.second["value"] - line.first["value"])
        assert abs(line.gap) > 0


def test_two_runs_are_tested_by_delong(world, made):
    other = compare(study=world.study, run=another_run(world.run), options=QUICK, by=world.investigator)
    found = side_by_side(made.result, other.result)
    a, b = made.result["rows"], other.result["rows"]
    test = statistics.delong_test(a["truth"], b["score"], a["score"])
    assert found.auc_test["difference"] == pytest.approx(test.difference)
    assert found.auc_test["p_value"] == pytest.approx(test.p_value)
    assert found.numbers[0].gap == pytest.approx(test.difference)
    assert "Scores that are not the same" in [line.label for line in found.inputs if line.differs]


def test_the_page_and_its_way_there(desk, world, made):
    place = f"/analysis/{world.study.pk}/side-by-side/"
    assert "Put two side by side" not in text(desk.get(f"/analysis/{world.study.pk}/"))
    other = compare(study=world.study, run=another_run(world.run), options=QUICK, by=world.investigator)
    assert "Put two side by side" in text(desk.get(f"/analysis/{world.study.pk}/"))
    page = text(desk.get(f"{place}?comparison={other.pk}&comparison={made.pk}"))
    assert f"Comparison {made.pk}" in page
    assert "DeLong" in page
    assert f"{other.result['model']['rates']['sensitivity']['value']:.4f}" in page
    for wish in ("", f"?comparison={made.pk}", f"?comparison={made.pk}&comparison={made.pk}"):
        answer = desk.get(f"{place}{wish}", follow=True)
        assert "Tick two comparisons" in text(answer)
    for wish in ("x", "999999", "9" * 30):
        assert desk.get(f"{place}?comparison={made.pk}&comparison={wish}").status_code == 404


def test_a_foreign_comparison_is_not_reached(client, desk, world, made, stranger):
    foreign = build(name="Elsewhere", n=60)
    theirs = compare(study=foreign.study, run=foreign.run, options=QUICK, by=foreign.investigator)
    place = f"/analysis/{world.study.pk}/side-by-side/?comparison={made.pk}&comparison={theirs.pk}"
    assert desk.get(place).status_code == 404
    for user, status in ((stranger, 404), (world.coordinator, 403), (foreign.investigator, 404)):
        client.force_login(user)
        assert client.get(place).status_code == status
