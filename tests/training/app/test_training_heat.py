"""Heat maps and calibrated scores in the rows and in the storage; nothing of an erased child stays."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage

from readerstudy.studies.services.cohorts import withdraw_consent
from training import heat, services, work
from training.models import Prediction

pytestmark = pytest.mark.django_db


@pytest.fixture
def finished(prepared, fit):
    for pk in prepared.folds.values_list("pk", flat=True):
        assert work.train_fold(fold_id=pk) == "finished"
    prepared.refresh_from_db()
    return prepared


def files() -> list[str]:
    root = Path(default_storage.location) / "heat"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.png"))


def test_every_held_out_photo_keeps_raw_score_calibrated_probability_and_map(finished):
    for row in finished.predictions.select_related("photo", "fold"):
        assert (row.score, row.calibrated, row.heat_share) == (0.5, 0.5, 0.75)
        assert row.heat_map.name == f"heat/{finished.pk}/{row.fold_id}-1/{row.photo.token}.png"
        assert heat.load_map(row).shape == (56, 56)
    assert set(finished.folds.values_list("temperature", flat=True)) == {2.0}
    assert len(files()) == 20


def test_withdrawn_consent_takes_the_map_and_leaves_the_score(finished, coordinator):
    row = finished.predictions.select_related("photo__subject").first()
    withdraw_consent(subject=row.photo.subject, by=coordinator)
    assert services.requeue_stale()["dropped heat maps"] == 1
    row.refresh_from_db()
    assert (row.heat_map.name, row.heat_share, row.score) == ("", None, 0.5)
    assert not any(str(row.photo.token) in name for name in files())
    assert len(files()) == 19
    assert services.requeue_stale()["dropped heat maps"] == 0


def test_a_failed_run_keeps_no_map(prepared, fit, django_capture_on_commit_callbacks):
    first, second = prepared.folds.values_list("pk", flat=True)[:2]
    assert work.train_fold(fold_id=first) == "finished"
    assert files()

    def explode(given):
        raise ValueError("no")

    fit.hook = explode
    with django_capture_on_commit_callbacks(execute=True):
        assert work.train_fold(fold_id=second) == "failed"
    assert files() == []
    assert not Prediction.objects.exclude(heat_map="").exists()


def test_a_worker_that_lost_its_fold_takes_its_maps_along(prepared, fit, investigator):
    def cancel(given):
        services.cancel_run(run=prepared, by=investigator)

    fit.hook = cancel
    assert work.train_fold(fold_id=prepared.folds.first().pk) == "stopped"
    assert files() == []


def test_a_recipe_without_maps_and_calibration_stores_neither(prepared, fit, monkeypatch):
    from tests.training.app import conftest

    whole = conftest.fake_result

    def bare(*args, **more):
        result = whole(*args, **more)
        result.heat_maps = result.heat_shares = result.scale = result.test_calibrated = None
        return result

    monkeypatch.setattr(conftest, "fake_result", bare)
    assert work.train_fold(fold_id=prepared.folds.first().pk) == "finished"
    row = prepared.predictions.filter(fold__index=0).first()
    assert (row.score, row.calibrated, row.heat_map.name, row.heat_share) == (0.5, None, "", None)
    assert files() == []


@pytest.mark.django_db(transaction=True)
def test_runs_from_before_say_that_they_have_no_maps_and_no_calibration(make_run):
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    run = make_run()
    everything = MigrationExecutor(connection).loader.graph.leaf_nodes()  # going back takes dependants' tables along
    try:
        MigrationExecutor(connection).migrate([("training", "0002_new_photo")])
        old = MigrationExecutor(connection).loader.project_state([("training", "0002_new_photo")]).apps
        before = old.get_model("training", "TrainingRun").objects.get(pk=run.pk).recipe
        assert "calibration" not in before
    finally:
        MigrationExecutor(connection).migrate(everything)
    assert "screening_studyimport" in connection.introspection.table_names()  # for the tests that come after
    run.refresh_from_db()
    assert (run.recipe["calibration"], run.recipe["heat_maps"]) == ("none", "none")
