"""Runs of other models on the same folds as a network's run."""

import io
import sys
import uuid
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from PIL import Image

from readerstudy.refusal import Refused
from readerstudy.studies.models import Photo, Subject
from training import selectors, services, work, work_kinds
from training.engine.classical_recipe import CLASSICAL
from training.engine.recipe import PRESETS
from training.exports import predictions_csv
from training.gallery import ranked
from training.models import Fold, Kind, Prediction, State, TrainingRun
from training.run_numbers import repeats
from training.syndromes import syndrome_ranking

pytestmark = pytest.mark.django_db


def split_of(run) -> list[tuple]:
    return [
        (fold.train_photos, fold.validation_photos, sorted(fold.predictions.values_list("photo_id", flat=True)))
        for fold in run.folds.all()
    ]


def train(run) -> TrainingRun:
    services.prepare_run(run_id=run.pk)
    for fold in run.folds.all():
        work.train_fold(fold_id=fold.pk)
    return TrainingRun.objects.get(pk=run.pk)


@pytest.fixture(autouse=True)
def machine(monkeypatch) -> None:
    """Asking the machine for its GPUs would load TensorFlow, which none of these models needs."""
    found = SimpleNamespace(versions=lambda: {"scikit-learn": "1", "machine": "test bench"})
    monkeypatch.setitem(sys.modules, "training.engine.machine", found)


@pytest.fixture
def finished(prepared, fit):
    return train(prepared)


@pytest.fixture
def wide_mouths(cohort) -> None:
    """Children with a syndrome have the wider mouth; every face differs a little from the next."""
    draw = np.random.default_rng(4)
    for photo in cohort.photos.select_related("subject", "face"):
        points = np.array(photo.face.landmarks, float) + draw.normal(scale=1.0, size=(5, 2))
        points[3:, 0] += np.array([-9, 9]) * photo.subject.has_syndrome
        photo.face.landmarks = points.tolist()
        photo.face.save()


def test_a_run_on_landmarks_learns_and_has_everything_a_networks_run_has(make_run, wide_mouths):
    run = train(make_run(recipe=CLASSICAL["landmarks"]))
    assert (run.state, run.kind, run.problem) == (State.FINISHED, Kind.LANDMARKS, "")
    assert selectors.mean_auc(run)["mean"] > 0.9
    for fold in run.folds.all():
        assert fold.temperature is not None
        assert (fold.best_epoch, fold.epoch, fold.epochs) == (1, 1, 1)
        assert fold.weights.endswith(f"fold-{fold.index}.linear.npz")
        assert fold.metrics["strength"] > 0
    rows = list(run.predictions.all())
    assert len(rows) == 20
    assert all(0 <= row.score <= 1 and 0 <= row.calibrated <= 1 and not row.heat_map for row in rows)
    assert ranked(run).count() == 20
    assert len(predictions_csv(run).splitlines()) == 21
    assert selectors.progress(run)["share"] == 1.0
    assert run.versions == {"scikit-learn": "1", "machine": "test bench"}


def test_the_same_cohort_and_seed_give_every_kind_the_networks_folds(make_run, prepared):
    other = make_run(recipe=CLASSICAL["gabor-linear"])
    services.prepare_run(run_id=other.pk)
    assert split_of(other) == split_of(prepared)


def test_a_run_with_a_source_has_its_very_folds_whatever_became_of_the_cohort(make_run, finished, cohort):
    subject = Subject.objects.create(cohort=cohort, code="NEW", has_syndrome=False)
    photo = cohort.photos.first()
    face = photo.face
    photo.pk, photo.subject, photo.sha256 = None, subject, "f" * 64
    photo.token = uuid.uuid4()
    photo.save()
    face.pk, face.photo = None, photo
    face.save()
    run = make_run(recipe=CLASSICAL["landmarks"].to_dict() | {"seed": 99}, source=finished)
    services.prepare_run(run_id=run.pk)
    assert split_of(run) == split_of(finished)
    assert ("Folds", f"the very folds of the run “Run” (number {finished.pk})") in selectors.described(run)


def test_the_same_seed_gives_the_same_scores(make_run, wide_mouths):
    first, again = (train(make_run(recipe=CLASSICAL["landmarks"])) for _ in range(2))
    scores = [list(run.predictions.order_by("photo_id").values_list("score", flat=True)) for run in (first, again)]
    assert scores[0] == scores[1]


def test_a_gabor_run_tells_stripes_from_stripes(make_run, cohort):
    draw = np.random.default_rng(0)
    for photo in cohort.photos.select_related("subject", "face"):
        wave = 127 + 60 * np.sin(np.arange(224) * 2 * np.pi / 14)
        grey = np.tile(wave, (224, 1)) + draw.normal(scale=30, size=(224, 224))
        grey = grey if photo.subject.has_syndrome else grey.T
        data = io.BytesIO()
        Image.fromarray(np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)).save(data, "PNG")
        photo.face.crop.save("crop.png", ContentFile(data.getvalue()))
    assert selectors.mean_auc(train(make_run(recipe=CLASSICAL["gabor-linear"])))["mean"] == 1.0


@pytest.fixture
def embedding(monkeypatch, cohort):
    """Stands in for the networks: a face is a point on a circle, its syndrome's place with a little noise."""
    asked = []
    draw = np.random.default_rng(6)
    place = {"": 0.0, "Noonan": 2.0, "Down": 4.0}
    names = ["Noonan", "Down"]
    for number, subject in enumerate(cohort.subjects.filter(has_syndrome=True).order_by("code")):
        subject.diagnosis = names[number % 2]
        subject.save()

    def embedded(fold, photos, should_stop):
        asked.append((fold.run_id, fold.index))
        angle = np.array([place[photo.subject.diagnosis] for photo in photos])
        angle = angle[:, None] + draw.normal(scale=0.1, size=(len(photos), 2))
        return np.stack([np.cos(angle), np.sin(angle)], axis=2).astype(np.float32)

    monkeypatch.setattr(work_kinds, "_embedded", embedded)
    return asked


def test_a_machine_on_the_embedding_asks_each_folds_own_network(make_run, finished, embedding):
    run = train(make_run(recipe=CLASSICAL["embedding-svm"], source=finished))
    assert run.state == State.FINISHED
    assert embedding == [(finished.pk, index) for index in range(5)]
    assert split_of(run) == split_of(finished)
    assert selectors.mean_auc(run)["mean"] == 1.0
    assert "on a network's embedding, that of the run “Run” (VGG-16 layout" in selectors.network_of(run)


def test_syndromes_are_ranked_by_the_neighbours_of_faces_called_gs(make_run, finished, embedding):
    run = train(make_run(recipe=CLASSICAL["embedding-svm"], source=finished))
    ranking = syndrome_ranking(run)
    assert [(row.syndrome, row.held_out, row.called) for row in ranking.rows] == [("Down", 5, 5), ("Noonan", 5, 5)]
    assert (ranking.total.hits, ranking.total.called, ranking.controls_called) == ((10, 10, 10), 10, 0)
    assert ranking.by_frequency.hits[0] < 10
    assert ranking.by_frequency.hits[1] == 10
    Prediction.objects.filter(run=run, photo__subject__diagnosis="Down").update(syndromes=["Noonan", "Down"])
    assert syndrome_ranking(run).total.hits == (5, 10, 10)


def test_a_face_not_called_gs_gets_no_syndrome(make_run, finished, embedding):
    run = train(make_run(recipe=CLASSICAL["embedding-svm"], source=finished))
    missed = run.predictions.filter(photo__subject__diagnosis="Noonan").first()
    Prediction.objects.filter(pk=missed.pk).update(score=0.0)
    rows = {row.syndrome: row for row in syndrome_ranking(run).rows}
    assert (rows["Noonan"].held_out, rows["Noonan"].called) == (5, 4)


def test_syndromes_of_one_or_two_children_are_counted_together_and_listed_apart(finished, embedding):
    for subject in finished.cohort.subjects.filter(diagnosis="Down").order_by("code")[:2]:
        Subject.objects.filter(pk=subject.pk).update(diagnosis="Kabuki")
    Prediction.objects.filter(run=finished).update(syndromes=["Down"], score=1.0)
    ranking = syndrome_ranking(finished)
    assert [(row.syndrome, row.called, row.hits[0]) for row in ranking.rows] == [("Noonan", 5, 0), ("Down", 3, 3)]
    assert [(row.syndrome, row.called, row.hits) for row in ranking.rare] == [("Kabuki", 2, (0, 0, 0))]
    assert ranking.rare_total.syndrome == "1 rarer one"
    assert ranking.total.called == 10


def test_runs_without_an_embedding_rank_nothing(make_run, wide_mouths, finished):
    assert syndrome_ranking(train(make_run(recipe=CLASSICAL["landmarks"]))) is None
    assert syndrome_ranking(finished) is None


def test_a_figure_that_fails_never_costs_the_fold(prepared, fit, monkeypatch, caplog):
    def broken(*args):
        raise MemoryError

    for number, subject in enumerate(prepared.cohort.subjects.filter(has_syndrome=True).order_by("code")):
        Subject.objects.filter(pk=subject.pk).update(diagnosis=["Noonan", "Down"][number % 2])
    monkeypatch.setattr(work_kinds, "_ranked_by", broken)
    assert train(prepared).state == State.FINISHED
    assert "could not be ranked" in caplog.text


def test_lost_weights_of_the_source_fail_the_run_in_a_sentence(make_run, finished):
    run = train(make_run(recipe=CLASSICAL["embedding-svm"], source=finished))
    assert run.state == State.FAILED
    assert "the weights of fold 1 of the run “Run” are not on this machine" in run.problem


def test_a_face_without_landmarks_fails_the_run_in_a_sentence(make_run, cohort):
    face = cohort.photos.order_by("subject__code").first().face
    face.landmarks = None
    face.save()
    run = train(make_run(recipe=CLASSICAL["landmarks"]))
    assert run.state == State.FAILED
    assert "subject T000 has no landmarks" in run.problem


def test_a_cancelled_run_stops_in_the_middle_of_a_fold(make_run, wide_mouths, investigator, monkeypatch):
    run = make_run(recipe=CLASSICAL["landmarks"])
    services.prepare_run(run_id=run.pk)
    real = work_kinds.alike_groups

    def cancel_meanwhile(photos):
        services.cancel_run(run=run, by=investigator)
        return real(photos)

    monkeypatch.setattr(work_kinds, "alike_groups", cancel_meanwhile)
    assert work.train_fold(fold_id=run.folds.first().pk) == "stopped"
    assert not Prediction.objects.filter(run=run, score__isnull=False).exists()
    run.refresh_from_db()
    assert run.state == State.CANCELLED


def test_a_lost_fold_is_fitted_again_to_the_same_scores(make_run, wide_mouths):
    run = train(make_run(recipe=CLASSICAL["landmarks"]))
    fold = run.folds.first()
    before = list(fold.predictions.order_by("id").values_list("score", flat=True))
    TrainingRun.objects.filter(pk=run.pk).update(state=State.RUNNING)
    Fold.objects.filter(pk=fold.pk).update(state=State.QUEUED)
    assert work.train_fold(fold_id=fold.pk) == "finished"
    assert list(fold.predictions.order_by("id").values_list("score", flat=True)) == before


def test_a_withdrawn_consent_is_left_out_of_the_other_models_too(make_run, finished, wide_mouths):
    photo = Photo.objects.filter(cohort=finished.cohort).first()
    Subject.objects.filter(pk=photo.subject_id).update(consent_withdrawn_at=timezone.now())
    run = train(make_run(recipe=CLASSICAL["landmarks"], source=finished))
    assert run.state == State.FINISHED
    assert selectors.left_out(run) == 1
    assert run.predictions.get(photo=photo).score is None


def test_a_repeat_keeps_the_source(make_run, finished, investigator, wide_mouths):
    again = services.repeat_run(run=make_run(recipe=CLASSICAL["landmarks"], source=finished), created_by=investigator)
    assert (again.source, again.kind, again.recipe["seed"]) == (finished, Kind.LANDMARKS, 2)
    elsewhere = make_run(recipe=CLASSICAL["landmarks"].to_dict() | {"seed": 7})
    assert repeats(elsewhere) is None
    assert [repeat.run for repeat in repeats(again).runs] == list(TrainingRun.objects.filter(source=finished))


@pytest.mark.parametrize(
    ("recipe", "has_source", "sentence"),
    [
        ("embedding-svm", False, "Choose the finished run whose networks give the embedding."),
        ("smoke", True, "A network's folds are dealt from its seed"),
    ],
)
def test_a_source_that_does_not_fit_the_kind_is_refused(make_run, finished, recipe, has_source, sentence):
    with pytest.raises(Refused, match=sentence):
        make_run(recipe=(PRESETS | CLASSICAL)[recipe], source=finished if has_source else None)


def test_a_source_must_be_finished_and_of_the_same_cohort(make_run, prepared, make_cohort, investigator):
    with pytest.raises(Refused, match="is not finished"):
        make_run(recipe=CLASSICAL["embedding-svm"], source=prepared)
    with pytest.raises(Refused, match="trained on another cohort"):
        make_run(recipe=CLASSICAL["landmarks"], source=prepared, cohort=make_cohort(investigator, "Other"))


def test_an_embedding_needs_a_network(make_run, wide_mouths):
    geometry = train(make_run(recipe=CLASSICAL["landmarks"], name="Geometry"))
    with pytest.raises(Refused, match="The run “Geometry” has no network"):
        make_run(recipe=CLASSICAL["embedding-svm"], source=geometry)


def test_the_database_refuses_an_embedding_without_a_source(make_run):
    run = make_run()
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingRun.objects.filter(pk=run.pk).update(kind=Kind.EMBEDDING_SVM)


def test_pretrained_weights_do_not_fit_a_model_without_a_network(make_run, data_dir):
    (data_dir / "weights").mkdir()
    (data_dir / "weights" / "vgg.npz").write_bytes(b"x")
    with pytest.raises(Refused):
        make_run(recipe=CLASSICAL["landmarks"], weights_name="vgg.npz")
