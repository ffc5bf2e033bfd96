from dataclasses import replace

import pytest
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from readerstudy.studies.models import Cohort, Photo, Subject
from training import services
from training.engine.recipe import PRESETS
from training.models import Fold, Prediction, State, TrainingRun

pytestmark = pytest.mark.django_db


def test_a_new_run_waits_and_wakes_a_worker(make_run, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        run = make_run(name="  First try ")
    assert (run.name, run.state, run.seed, run.weights_name) == ("First try", State.QUEUED, 1, "")
    assert sent == [("training.prepare", (run.pk,))]
    assert AuditEvent.objects.filter(action="run.created", target=f"run:{run.pk}").count() == 1


def test_a_run_trained_by_hand_wakes_nobody(make_run, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        run = make_run(wake=False)
        services.prepare_run(run_id=run.pk, wake=False)
    assert sent == []


def test_it_refuses_a_cohort_without_ready_photos(make_run, cohort):
    cohort.photos.update(status=Photo.Status.REVIEW)
    with pytest.raises(Refused, match="no photo ready for training"):
        make_run()


def test_it_refuses_one_class_only(make_run, cohort):
    cohort.subjects.filter(has_syndrome=False).update(has_syndrome=True)
    with pytest.raises(Refused, match="no controls"):
        make_run()


def test_it_refuses_fewer_subjects_than_folds(make_run, coordinator, make_cohort):
    with pytest.raises(Refused, match="5 folds need at least 5"):
        make_run(cohort=make_cohort(coordinator, "Few", 8))


def test_it_refuses_a_recipe_that_cannot_be_trained(make_run):
    with pytest.raises(Refused, match="epochs is 0"):
        make_run(recipe=PRESETS["smoke"].to_dict() | {"epochs": 0})
    with pytest.raises(Refused, match="unknown choice magic"):
        make_run(recipe=PRESETS["smoke"].to_dict() | {"magic": 1})
    assert not TrainingRun.objects.exists()


def test_it_refuses_a_weights_file_outside_the_listing(make_run, data_dir):
    (data_dir / "secret.h5").write_bytes(b"x")
    for name in ("../secret.h5", "absent.h5"):
        with pytest.raises(Refused, match="no weights file"):
            make_run(weights_name=name)


def test_pretrained_weights_are_recorded_with_their_hash(make_run, data_dir):
    (data_dir / "weights").mkdir()
    (data_dir / "weights" / "vgg.h5").write_bytes(b"abc")
    run = make_run(recipe=replace(PRESETS["paper"]), weights_name="vgg.h5")
    assert run.weights_sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert run.recipe["weights"] == run.weights_sha256


def test_the_split_is_written_before_training(prepared):
    folds = list(prepared.folds.all())
    assert (prepared.state, len(folds)) == (State.RUNNING, 5)
    assert prepared.predictions.count() == 20
    assert not prepared.predictions.filter(score__isnull=False).exists()
    for fold in folds:
        test = set(fold.predictions.values_list("photo_id", flat=True))
        train, validation = set(fold.train_photos), set(fold.validation_photos)
        assert len(test) + len(train) + len(validation) == 20
        assert not test & (train | validation)
        assert not train & validation


def test_preparing_sends_one_message_a_fold(make_run, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        services.prepare_run(run_id=make_run(wake=False).pk)
    assert sent == [("training.train_fold", (pk,)) for pk in Fold.objects.values_list("pk", flat=True)]


def test_a_run_is_prepared_once(prepared):
    assert not services.prepare_run(run_id=prepared.pk)
    assert (prepared.folds.count(), Prediction.objects.count()) == (5, 20)


def test_the_same_seed_gives_the_same_split_and_another_seed_another(make_run):
    runs = [make_run(), make_run(), make_run(recipe=replace(PRESETS["smoke"], seed=2))]
    for run in runs:
        services.prepare_run(run_id=run.pk)
    splits = [sorted(run.predictions.values_list("photo_id", "fold__index")) for run in runs]
    assert splits[0] == splits[1] != splits[2]


def test_only_index_photos_with_consent_are_dealt(make_run, cohort):
    first, second = cohort.subjects.filter(has_syndrome=True)[:2]
    Subject.objects.filter(pk=first.pk).update(consent_withdrawn_at=timezone.now())
    second.photos.update(is_index=False)
    run = make_run()
    services.prepare_run(run_id=run.pk)
    dealt = set(run.predictions.values_list("photo__subject_id", flat=True))
    assert len(dealt) == 18
    assert not dealt & {first.pk, second.pk}


def test_a_cohort_that_shrank_meanwhile_fails_the_run_with_a_reason(make_run, cohort):
    run = make_run()
    cohort.photos.update(status=Photo.Status.UNUSABLE)
    assert not services.prepare_run(run_id=run.pk)
    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "no photo ready" in run.problem


def test_cancel_stops_run_and_folds_at_once(prepared, investigator):
    assert services.cancel_run(run=prepared, by=investigator)
    prepared.refresh_from_db()
    assert prepared.state == State.CANCELLED
    assert prepared.cancel_requested_at
    assert set(prepared.folds.values_list("state", flat=True)) == {State.CANCELLED}
    assert not services.cancel_run(run=prepared, by=investigator)


def test_a_cancelled_run_is_never_prepared(make_run, investigator):
    run = make_run()
    services.cancel_run(run=run, by=investigator)
    assert not services.prepare_run(run_id=run.pk)
    assert not run.folds.exists()


def test_a_repeat_takes_the_next_free_seed(make_run, investigator):
    run = make_run()
    again = services.repeat_run(run=run, created_by=investigator)
    third = services.repeat_run(run=again, created_by=investigator)
    assert [again.seed, third.seed] == [2, 3]
    assert third.name == "Run, seed 3"
    assert {**run.recipe, "seed": 3} == third.recipe


def test_a_cohort_of_test_pictures_is_a_cohort(cohort):
    assert Cohort.objects.get(pk=cohort.pk).photos.filter(status=Photo.Status.READY).count() == 20
