"""With the real engine: what a trial measures is what the run of its recipe reports on the same fold."""

from dataclasses import replace

import pytest

from tests.training.app.test_training_real import paint_classes
from training import services, work
from training.engine.recipe import PRESETS
from training.models import State
from training.search.grid import read_axes
from training.search.lease import files_of
from training.search.work import recipe_of, train_trial

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_a_trial_measures_the_validation_of_the_run_of_its_recipe(make_search, cohort, investigator):
    paint_classes(cohort)
    base = replace(PRESETS["smoke"], epochs=2, folds=3, batch_size=8, monitor="val_auc", heat_maps="none")
    search = make_search(recipe=base, axes=read_axes([("learning_rate", [0.0005, 0.002])]), wake=False)
    trial = search.trials.select_related("search").get(point=1, fold=1)
    assert train_trial(trial_id=trial.pk) == "finished"
    trial.refresh_from_db()
    assert not list(files_of(search.pk).rglob("*"))
    run = services.create_run(cohort=cohort, name="Run", recipe=recipe_of(trial), created_by=investigator, wake=False)
    services.prepare_run(run_id=run.pk, wake=False)
    fold = run.folds.get(index=1)
    assert work.train_fold(fold_id=fold.pk) == "finished"
    fold.refresh_from_db()
    best = fold.history[fold.best_epoch - 1]
    assert (trial.state, trial.epoch, trial.best_epoch) == (State.FINISHED, 2, fold.best_epoch)
    assert (trial.val_auc, trial.val_loss) == pytest.approx((best["val_auc"], best["val_loss"]), abs=1e-4)
