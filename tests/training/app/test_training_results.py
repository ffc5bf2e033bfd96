"""The numbers of a finished run's page: each fold, all pooled, calibration, seeds and bytes."""

import numpy as np
import pytest
from django.urls import reverse
from sklearn.metrics import roc_auc_score

from readerstudy.studies.models import Subject
from training import run_numbers, selectors, services, work
from training.disk import disk_use
from training.engine import weights_own
from training.engine.scale import Scale
from training.engine.weights_own import Facts
from training.models import Fold, State, TrainingRun

pytestmark = pytest.mark.django_db


def score_all(run, *, seed: int = 1, calibrated: bool = True) -> None:
    """Held-out scores that know a little of the truth, drawn from the seed."""
    draw = np.random.default_rng(seed)
    for row in run.predictions.select_related("photo__subject"):
        row.score = float(np.clip(draw.normal(0.6 if row.photo.subject.has_syndrome else 0.4, 0.2), 0, 1))
        row.calibrated = 0.5 + (row.score - 0.5) / 2 if calibrated else None
        row.save()


@pytest.fixture
def finished(prepared, fit):
    for fold in prepared.folds.all():
        work.train_fold(fold_id=fold.pk)
    prepared.refresh_from_db()
    score_all(prepared)
    return prepared


@pytest.fixture
def as_investigator(client, investigator):
    client.force_login(investigator)
    return client


def page_of(client, run) -> str:
    answer = client.get(reverse("training:run", args=[run.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def numbers_of(run) -> run_numbers.Numbers:
    return run_numbers.numbers(run, run.folds.all())


def test_the_pool_is_all_faces_each_at_its_own_folds_threshold(finished):
    for fold in finished.folds.all():
        Fold.objects.filter(pk=fold.pk).update(threshold=0.3 + fold.index / 10)
    rows = list(finished.predictions.values_list("photo__subject__has_syndrome", "score", "fold__index"))
    called = [(truth, score >= 0.3 + index / 10) for truth, score, index in rows]
    pooled = numbers_of(finished).pooled
    assert pooled.calls.tp == sum(truth and call for truth, call in called)
    assert pooled.calls.fp == sum(call and not truth for truth, call in called)
    assert pooled.calls.n == pooled.gs + pooled.controls == 20
    assert pooled.curve.auc == pytest.approx(roc_auc_score([row[0] for row in rows], [row[1] for row in rows]))


def test_the_folds_matrices_add_up_to_the_pooled_one(finished):
    numbers = numbers_of(finished)
    for key in ("tp", "fn", "fp", "tn"):
        assert sum(getattr(part.calls, key) for part in numbers.folds) == getattr(numbers.pooled.calls, key)


def test_the_page_shows_mean_and_pool_side_by_side_with_figures_and_their_tables(as_investigator, finished):
    answer = as_investigator.get(reverse("training:run", args=[finished.pk]))
    row = answer.context["metrics"][0]
    assert row["mean"] == pytest.approx(0.7)
    assert row["pooled"] == numbers_of(finished).pooled.curve.auc
    assert set(answer.context["figures"]) == {"roc", "scores", "reliability"}
    page = answer.content.decode()
    for words in ("All folds pooled", "Reliability diagram", "The histogram as a table", "largest error first"):
        assert words in page
    assert answer.context["figures"]["roc"]["data"][-2]["name"].startswith("All folds: AUC ")


def test_a_running_run_shows_only_the_folds_that_have_ended(as_investigator, prepared, fit):
    assert numbers_of(prepared) is None
    assert "Held-out results" not in page_of(as_investigator, prepared)
    first, second = prepared.folds.all()[:2]
    work.train_fold(fold_id=first.pk)
    second.predictions.update(score=0.9)  # whatever stands there, the fold has not ended
    numbers = numbers_of(prepared)
    assert [part.fold.index for part in numbers.folds] == [0]
    assert numbers.pooled.calls.n == first.predictions.count()
    page = page_of(as_investigator, prepared)
    assert "Held-out results so far" in page
    assert "All folds pooled" not in page


def test_a_fold_of_one_class_has_no_auc_and_does_not_enter_the_mean(as_investigator, finished):
    fold = finished.folds.first()
    Subject.objects.filter(photos__predictions__fold=fold).update(has_syndrome=None, diagnosis="")
    Subject.objects.filter(photos__predictions__fold=fold).update(has_syndrome=False)
    counts = {"auc": 0.5, "sensitivity": 0.0, "specificity": 0.5, "tp": 0, "fn": 0, "fp": 2, "tn": 2}
    Fold.objects.filter(pk=fold.pk).update(metrics=fold.metrics | counts)
    auc, sensitivity = (
        next(row for row in selectors.metric_rows(finished) if row["key"] == key) for key in ("auc", "sensitivity")
    )
    assert (auc["values"][0], auc["n"]) == (None, 4)
    assert auc["mean"] == pytest.approx(0.75)
    assert sensitivity["values"][0] is None
    assert numbers_of(finished).folds[0].curve is None
    assert "ROC curves" in page_of(as_investigator, finished)


def test_held_out_faces_of_one_class_alone_have_no_curve_at_all(as_investigator, finished):
    Subject.objects.update(has_syndrome=None, diagnosis="")
    Subject.objects.update(has_syndrome=False)
    numbers = numbers_of(finished)
    assert numbers.pooled.curve is None
    assert numbers.pooled_value("auc") is None
    assert numbers.pooled_value("sensitivity") is None
    assert "ROC curves" in page_of(as_investigator, finished)


def test_a_truth_changed_after_training_is_said(as_investigator, finished):
    finished.predictions.update(score=0.5)  # as the fold found them
    assert "was changed after training" not in page_of(as_investigator, finished)
    subject = finished.folds.last().predictions.filter(photo__subject__has_syndrome=False).first().photo.subject
    Subject.objects.filter(pk=subject.pk).update(has_syndrome=True)
    assert "The figures of fold 5 below mix both" in page_of(as_investigator, finished)


def test_the_scores_are_measured_as_given_and_calibrated(finished):
    numbers = numbers_of(finished)
    rows = list(finished.predictions.values_list("photo__subject__has_syndrome", "score", "calibrated"))
    truth, raw, calibrated = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    assert numbers.raw.brier == pytest.approx(np.mean((raw - truth) ** 2))
    assert numbers.calibrated.brier == pytest.approx(np.mean((calibrated - truth) ** 2))
    assert sum(part.n for part in numbers.raw.bins) == 20


def test_a_run_without_calibration_says_so(as_investigator, finished):
    score_all(finished, calibrated=False)
    assert numbers_of(finished).calibrated is None
    assert "This run was not calibrated" in page_of(as_investigator, finished)


def test_the_page_costs_a_handful_of_queries(as_investigator, finished, django_assert_max_num_queries):
    with django_assert_max_num_queries(16):
        page_of(as_investigator, finished)


def other_seed(run, seed: int, *, state: str = State.FINISHED) -> TrainingRun:
    """A run as `run`, trained from another seed."""
    again = TrainingRun.objects.create(
        cohort=run.cohort, name=f"Run, seed {seed}", recipe=run.recipe | {"seed": seed}, seed=seed, state=state,
        created_by=run.created_by,
    )  # fmt: skip
    for fold in run.folds.all():
        copy = Fold.objects.create(run=again, index=fold.index, state=State.FINISHED, threshold=0.5)
        for row in fold.predictions.all():
            copy.predictions.create(run=again, photo=row.photo, score=0.5)
    score_all(again, seed=seed)
    return again


def test_runs_that_differ_in_the_seed_alone_show_their_spread(as_investigator, finished):
    assert run_numbers.repeats(finished) is None
    others = [other_seed(finished, seed) for seed in (2, 3)]
    other_recipe = other_seed(finished, 4)
    TrainingRun.objects.filter(pk=other_recipe.pk).update(recipe=finished.recipe | {"epochs": 9, "seed": 4})
    found = run_numbers.repeats(finished)
    assert [repeat.run for repeat in found.runs] == [finished, *others]
    pooled = [numbers_of(run).pooled.curve.auc for run in (finished, *others)]
    assert found.mean == pytest.approx(np.mean(pooled))
    assert found.sd == pytest.approx(np.std(pooled, ddof=1))
    page = page_of(as_investigator, finished)
    assert f"Pooled AUC {found.mean:.3f} ± {found.sd:.3f}" in page


def test_models_on_the_same_folds_stand_together_and_can_be_compared(as_investigator, finished):
    assert run_numbers.companions(finished) is None
    svm = other_seed(finished, 2)
    TrainingRun.objects.filter(pk=svm.pk).update(kind="embedding-svm", source=finished, name="Its embedding")
    svm.refresh_from_db()
    other_seed(finished, 3)
    for run in (finished, svm):
        assert [repeat.run for repeat in run_numbers.companions(run).runs] == [finished, svm]
        page = page_of(as_investigator, run)
        assert "Models on the same folds" in page
        assert f"{reverse('screening:runs')}?run={finished.pk}&amp;run={svm.pk}" in page


def test_the_link_to_compare_names_no_more_runs_than_can_be_compared(as_investigator, finished):
    others = [other_seed(finished, seed) for seed in range(2, 9)]
    link = reverse("screening:runs") + "?" + "&".join(f"run={run.pk}" for run in others[-6:])
    assert link.replace("&", "&amp;") in page_of(as_investigator, finished)
    answer = as_investigator.get(link)
    assert answer.status_code == 200
    assert len(answer.context["found"].sides) == 6


def test_a_repeat_that_still_trains_counts_for_nothing_yet(as_investigator, finished):
    other_seed(finished, 2, state=State.RUNNING)
    found = run_numbers.repeats(finished)
    assert (found.n, found.sd) == (1, None)
    assert "once two of these runs have finished" in page_of(as_investigator, finished)


def test_a_repeat_from_the_page_is_trained_and_joins_the_spread(as_investigator, finished):
    as_investigator.post(reverse("training:repeat", args=[finished.pk]))
    again = TrainingRun.objects.latest("id")
    assert again.recipe == finished.recipe | {"seed": 2}
    assert run_numbers.repeats(finished).n == 1
    services.prepare_run(run_id=again.pk)
    for fold in again.folds.all():
        work.train_fold(fold_id=fold.pk)
    found = run_numbers.repeats(finished)
    assert [repeat.run for repeat in found.runs] == [finished, again]
    assert found.runs[1].auc == 0.5  # the stand-in gives every face the same score
    assert found.sd == pytest.approx(np.std([found.runs[0].auc, 0.5], ddof=1))


def test_the_page_names_the_very_models_by_their_fingerprint(as_investigator, finished):
    assert page_of(as_investigator, finished).count("SHA-256 of its model " + "0" * 64) == 5


def test_the_page_says_what_the_first_weights_are(as_investigator, finished, data_dir):
    facts = Facts(
        kind="Keras ImageNet h5 (BGR)",
        source="vgg16_weights.h5",
        source_sha256="a" * 64,
        mean=(123.68, 116.779, 103.939),
        fingerprint=(1.0,),
        made_with="test",
    )
    (data_dir / "weights").mkdir()
    kernel = np.zeros((3, 3, 3, 64), np.float32)
    weights_own.write(data_dir / "weights" / "start.npz", {"conv1_1": (kernel, np.zeros(64, np.float32))}, facts)
    TrainingRun.objects.filter(pk=finished.pk).update(weights_name="start.npz", weights_sha256="b" * 64)
    page = page_of(as_investigator, finished)
    assert "Keras ImageNet h5 (BGR), imported from vgg16_weights.h5" in page
    assert "VGG-Face" not in page
    (data_dir / "weights" / "start.npz").unlink()
    assert "imported from" not in page_of(as_investigator, finished)


def test_the_fingerprint_changes_with_truth_and_split(finished):
    before = run_numbers.fingerprints(finished)
    same = other_seed(finished, 2)
    assert run_numbers.fingerprints(same) == before
    first, second = same.folds.all()[:2]
    moved = first.predictions.first()
    same.predictions.filter(pk=moved.pk).update(fold=second)
    assert run_numbers.fingerprints(same)["faces"] == before["faces"]
    assert run_numbers.fingerprints(same)["folds"] != before["folds"]
    Subject.objects.filter(pk=moved.photo.subject_id).update(has_syndrome=None, diagnosis="")
    assert run_numbers.fingerprints(same)["faces"] != before["faces"]


def test_every_file_of_the_run_is_counted_once(as_investigator, finished, data_dir):
    folds = list(finished.folds.all())
    for fold in folds:
        path = data_dir / "runs" / str(finished.pk) / f"{fold.pk}-1" / "fold.weights.h5"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"w" * 1000)
        Fold.objects.filter(pk=fold.pk).update(weights=str(path.relative_to(data_dir)))
    (data_dir / "runs" / str(finished.pk) / f"{folds[0].pk}-1" / "fold-0.epoch-1.npz").write_bytes(b"c" * 50)
    (data_dir / "runs" / str(finished.pk) / "crops.npy").write_bytes(b"s" * 7)
    use = disk_use(finished, finished.folds.all())
    maps = sum(row.heat_map.size for row in finished.predictions.all())
    assert maps > 0
    assert (use.network, use.checkpoints, use.shared, use.heat_maps) == (5000, 50, 7, maps)
    assert use.total == 5057 + maps
    assert use.lost == []
    page = page_of(as_investigator, finished)
    assert "Disk use" in page
    assert "Left over by an attempt that was lost" in page


def test_a_network_that_is_gone_is_said(as_investigator, finished):
    assert disk_use(finished, finished.folds.all()).lost == [1, 2, 3, 4, 5]
    assert "is no longer on this machine" in page_of(as_investigator, finished)


@pytest.fixture
def platted(finished):
    """Each fold's network speaks in its own way, and its scale says how."""
    draw = np.random.default_rng(5)
    for fold in finished.folds.all():
        scale = Scale(temperature=1.0 + fold.index / 2, offset=2.0 - fold.index)
        Fold.objects.filter(pk=fold.pk).update(
            temperature=scale.temperature, offset=scale.offset, threshold=0.2 + fold.index / 7
        )
        for row in fold.predictions.select_related("photo__subject"):
            said = draw.normal(1 if row.photo.subject.has_syndrome else -1) - scale.offset
            row.score = float(1 / (1 + np.exp(-said * scale.temperature)))
            row.calibrated = float(scale.of(np.array(row.score)))
            row.save()
    return finished


def test_folds_with_offsets_are_pooled_on_one_scale_and_no_call_changes(platted):
    found = numbers_of(platted)
    table = run_numbers.held_out([platted])[platted.pk]
    rows = list(platted.predictions.order_by("photo_id").values_list("score", "calibrated", "fold__threshold"))
    assert found.is_on_one_scale
    assert table.raw.tolist() == [row[0] for row in rows]
    assert table.score.tolist() == [row[1] for row in rows]
    assert table.called.tolist() == [score >= threshold for score, _, threshold in rows]
    assert found.pooled.curve.auc == pytest.approx(roc_auc_score(table.truth, table.calibrated))
    assert found.raw_auc == pytest.approx(roc_auc_score(table.truth, table.raw))
    assert found.pooled.curve.auc != found.raw_auc
    for part in found.folds:
        mine = table.fold == part.fold.index
        assert part.curve.auc == pytest.approx(roc_auc_score(table.truth[mine], table.raw[mine]))
    assert found.raw.brier == pytest.approx(np.mean((table.raw - table.truth) ** 2))
    assert sum(found.histogram["gs"]) == found.pooled.gs


def test_the_page_says_how_the_folds_were_pooled(as_investigator, platted):
    page = page_of(as_investigator, platted)
    assert "Platt's slope and offset" in page
    assert f"without it the pooled AUC is {numbers_of(platted).raw_auc:.3f}" in page
    Fold.objects.filter(run=platted, index=2).update(offset=None)
    page = page_of(as_investigator, platted)
    assert "Platt's slope and offset" not in page
    assert "as if they were on one scale" in page


@pytest.mark.parametrize("lost", ["offset", "calibrated"])
def test_one_fold_without_a_scale_and_all_are_pooled_as_they_are(platted, lost):
    if lost == "offset":
        Fold.objects.filter(run=platted, index=4).update(offset=None)
    else:
        platted.predictions.filter(pk=platted.predictions.first().pk).update(calibrated=None)
    table = run_numbers.held_out([platted])[platted.pk]
    assert not table.is_on_one_scale
    np.testing.assert_array_equal(table.score, table.raw)
    assert set(table.threshold) == set(platted.folds.values_list("threshold", flat=True))


def test_held_out_faces_can_be_cut_down_to_some_photos():
    whole = run_numbers.HeldOut(
        photo=np.array([1, 2, 3]),
        truth=np.array([True, False, True]),
        score=np.array([0.9, 0.1, 0.8]),
        raw=np.array([0.9, 0.1, 0.8]),
        calibrated=np.full(3, np.nan),
        fold=np.array([0, 1, 2]),
        threshold=np.full(3, 0.5),
        is_on_one_scale=False,
    )
    part = whole.only([3, 1])
    assert (part.photo.tolist(), part.score.tolist(), part.is_on_one_scale) == ([1, 3], [0.9, 0.8], False)
