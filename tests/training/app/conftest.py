"""A cohort of ten faces a class, runs on it, and a stand-in for the fit at the seam."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from training import services
from training.engine.recipe import PRESETS
from training.engine.scale import Scale


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def cohort(make_study, coordinator, investigator, reader_user):
    return make_study(coordinator, investigator, reader_user, n=20).cohort


@pytest.fixture
def make_run(cohort, investigator):
    def make(**changes):
        fields = {"cohort": cohort, "name": "Run", "recipe": PRESETS["smoke"], "created_by": investigator}
        return services.create_run(**(fields | changes))

    return make


@pytest.fixture
def prepared(make_run):
    run = make_run()
    assert services.prepare_run(run_id=run.pk)
    run.refresh_from_db()
    return run


def fake_result(plan, directory: Path, *, score: float = 0.5):
    """What the engine hands back, with one and the same score and map for every face."""
    test = np.asarray(plan.test)
    heat = np.zeros((len(test), 56, 56), np.uint8)
    heat[:, 20:30, 20:30] = 255
    return SimpleNamespace(
        fold=plan.index,
        test=test,
        test_scores=np.full(len(test), score),
        validation=plan.validation,
        validation_scores=np.full(len(plan.validation), score),
        history=[],
        best_epoch=1,
        threshold=0.5,
        scale=Scale(temperature=2.0),
        test_calibrated=np.full(len(test), 0.5 + (score - 0.5) / 2),
        heat_maps=heat,
        heat_shares=np.full(len(test), 0.75),
        metrics={"auc": 0.5 + plan.index / 10, "accuracy": 0.5, "sensitivity": 1.0, "specificity": 0.0,
                 "precision": 0.5, "f1": 2 / 3, "tp": 2, "fp": 2, "tn": 0, "fn": 0},
        epochs_run=1,
        parameters=1000,
        seconds=0.1,
        weights_path=directory / f"fold-{plan.index}.weights.h5",
        weights_sha256="0" * 64,
    )  # fmt: skip


@pytest.fixture
def fit(monkeypatch):
    """Replaces the fit: hooks may look at its arguments, raise, or do what happens meanwhile elsewhere.

    `history` is what it claims to take up from a checkpoint.
    """
    calls = SimpleNamespace(seen=[], hook=None, history=[])

    def fit_fold(**given):
        calls.seen.append(given)
        given["on_start"](calls.history)
        given["on_epoch"]({"epoch": 1, "epochs": 1, "loss": 0.7, "val_loss": 0.7, "val_auc": 0.5, "seconds": 0.1})
        if calls.hook:
            calls.hook(given)
        return fake_result(given["plan"], given["directory"])

    engine = SimpleNamespace(fit_fold=fit_fold)
    machine = SimpleNamespace(versions=lambda: {"keras": "3", "machine": "test bench"})
    monkeypatch.setitem(__import__("sys").modules, "training.engine.fit", engine)
    monkeypatch.setitem(__import__("sys").modules, "training.engine.machine", machine)
    return calls
