"""The cohort of the training tests, a small grid on it, and a stand-in for the training at the seam."""

import sys
from types import SimpleNamespace

import pytest

from tests.training.app.conftest import cohort, data_dir  # noqa: F401
from training.engine.recipe import PRESETS
from training.search import create, work
from training.search.grid import read_axes

GRID = [("learning_rate", ["0.001", "0.003"]), ("head", ["gap", "paper"])]


@pytest.fixture
def make_search(cohort, investigator):  # noqa: F811
    def make(**changes):
        fields = {
            "cohort": cohort,
            "name": "Rate and head",
            "recipe": PRESETS["smoke"],
            "axes": read_axes(GRID),
            "created_by": investigator,
        }
        return create.create_search(**(fields | changes))

    return make


@pytest.fixture
def search(make_search):
    return make_search()


@pytest.fixture
def validate(monkeypatch):
    """Replaces the training: ``loss`` (point's recipe, fold) says the result, ``hook`` what happens meanwhile."""
    calls = SimpleNamespace(seen=[], hook=None, loss=lambda recipe, fold: 0.5 + recipe.learning_rate + fold / 100)

    def validate_fold(**given):
        calls.seen.append(given)
        given["directory"].mkdir(parents=True, exist_ok=True)
        (given["directory"] / "state.npz").write_bytes(b"state")
        given["on_epoch"]({"epoch": 1})
        if calls.hook:
            calls.hook(given)
        loss = calls.loss(given["recipe"], given["fold"])
        return SimpleNamespace(auc=1 - loss / 2, loss=loss, best_epoch=1, epochs_run=1, seconds=0.1)

    machine = SimpleNamespace(versions=lambda: {"keras": "3", "machine": "test bench"})
    engine = SimpleNamespace(validate_fold=validate_fold)
    monkeypatch.setitem(sys.modules, "training.engine.search", engine)
    monkeypatch.setitem(sys.modules, "training.engine.machine", machine)
    return calls


@pytest.fixture
def finished(search, validate):
    for trial in search.trials.all():
        assert work.train_trial(trial_id=trial.pk) == "finished"
    search.refresh_from_db()
    return search
