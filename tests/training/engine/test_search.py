"""A search trains like a run and knows a fold by its training and validation parts only."""

from dataclasses import replace

import numpy as np
import pytest

from training.engine.recipe import PRESETS
from training.engine.splits import plan_folds

RECIPE = replace(PRESETS["smoke"], epochs=2, batch_size=8, deterministic=True, heat_maps="none")


@pytest.fixture(scope="module")
def plan(easy):
    _, truth, diagnosis = easy
    return plan_folds(truth, diagnosis, range(40), seed=1)[3]


@pytest.fixture
def two_parts(easy, plan):
    """The faces of the training and validation parts, and their rows among them."""
    crops, truth, diagnosis = easy
    kept = np.union1d(plan.train, plan.validation)
    return {
        "crops": crops[kept],
        "has_syndrome": truth[kept],
        "diagnosis": [diagnosis[row] for row in kept],
        "train": np.searchsorted(kept, plan.train),
        "validation": np.searchsorted(kept, plan.validation),
        "fold": plan.index,
    }


@pytest.mark.slow
def test_a_trial_is_the_training_of_the_run_without_its_test_part(easy, plan, two_parts, tmp_path):
    from training.engine.fit import fit_fold
    from training.engine.search import validate_fold

    crops, truth, diagnosis = easy
    run = fit_fold(
        recipe=RECIPE, crops=crops, has_syndrome=truth, diagnosis=diagnosis, plan=plan, directory=tmp_path / "run"
    )
    seen = []
    trial = validate_fold(recipe=RECIPE, directory=tmp_path / "trial", on_epoch=seen.append, **two_parts)
    best = run.history[run.best_epoch - 1]
    assert (trial.auc, trial.loss, trial.best_epoch) == (best["val_auc"], best["val_loss"], run.best_epoch)
    assert [report["epoch"] for report in seen] == [1, 2]
    assert not list((tmp_path / "trial").iterdir())


@pytest.mark.slow
def test_a_killed_trial_goes_on_from_its_checkpoint(two_parts, tmp_path):
    from training.engine.results import Cancelled
    from training.engine.search import validate_fold

    whole = validate_fold(recipe=RECIPE, directory=tmp_path / "whole", **two_parts)
    reports = []
    with pytest.raises(Cancelled):
        validate_fold(
            recipe=RECIPE,
            directory=tmp_path / "first",
            on_epoch=reports.append,
            should_stop=lambda: len(reports) == 1,
            **two_parts,
        )
    again = []
    resumed = validate_fold(
        recipe=RECIPE, directory=tmp_path / "second", earlier=[tmp_path / "first"], on_epoch=again.append, **two_parts
    )
    assert [report["epoch"] for report in again] == [2]
    assert (resumed.auc, resumed.loss, resumed.best_epoch) == (whole.auc, whole.loss, whole.best_epoch)


@pytest.mark.parametrize("rest", ["test faces", "an unused face"])
def test_faces_of_no_part_are_refused(easy, plan, two_parts, tmp_path, rest):
    """The planted error: somebody hands the whole cohort, or one face too many, to a search."""
    from training.engine.material import TrainingError
    from training.engine.search import validate_fold

    crops, truth, diagnosis = easy
    given = dict(two_parts)
    if rest == "test faces":
        given |= {"crops": crops, "has_syndrome": truth, "diagnosis": diagnosis}
        given |= {"train": plan.train, "validation": plan.validation}
    else:
        given["train"] = given["train"][1:]
    with pytest.raises(TrainingError, match="a search must not be given others"):
        validate_fold(recipe=RECIPE, directory=tmp_path, **given)


def test_a_search_without_a_validation_part_is_refused(two_parts, tmp_path):
    from training.engine.material import TrainingError
    from training.engine.search import validate_fold

    both = np.union1d(two_parts["train"], two_parts["validation"])
    given = two_parts | {"train": both, "validation": np.empty(0, np.int64)}
    with pytest.raises(TrainingError, match="cannot judge"):
        validate_fold(recipe=RECIPE, directory=tmp_path, **given)
