"""A training that was killed goes on from its last epoch and ends bit by bit like one that was not."""

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pytest

from training.engine.recipe import PRESETS
from training.engine.results import Cancelled
from training.engine.splits import plan_folds

pytestmark = pytest.mark.slow

RECIPE = replace(PRESETS["smoke"], epochs=4, learning_rate=3e-3, batch_size=8, dropout=0.5, patience=0)


@pytest.fixture
def train(easy, tmp_path):
    from training.engine.fit import fit_fold

    crops, truth, diagnosis = easy
    plan = plan_folds(truth, diagnosis, range(40), seed=1)[0]

    def run(recipe=RECIPE, where="run", **more):
        given = {"crops": crops, "has_syndrome": truth, "diagnosis": diagnosis, "plan": plan} | more
        return fit_fold(recipe=recipe, directory=tmp_path / where, **given)

    return run


def stopping_in_epoch(number: int, batch: int = 1, batches: int = 3):
    """`should_stop` that says yes at the given batch of the given epoch (1..)."""
    asked = iter(range(10_000))
    return lambda: next(asked) >= (number - 1) * batches + batch


def weights_of(result) -> str:
    import h5py

    found = {}
    with h5py.File(result.weights_path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return hashlib.sha256(b"".join(name.encode() + found[name].tobytes() for name in sorted(found))).hexdigest()


def without_times(history):
    return [{key: value for key, value in report.items() if key != "seconds"} for report in history]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimiser": "adam", "schedule": "cosine", "average_weights": 0.9, "monitor": "val_auc"},
        {"optimiser": "sgd", "head": "paper", "weight_decay": 1e-3, "triplet_mining": "semi-hard"},
        {"precision": "mixed_bfloat16"},
        {"snapshots": 2, "average_weights": 0.9},
    ],
    ids=["rmsprop", "averages", "paper's head", "bfloat16", "snapshots"],
)
def test_a_training_taken_up_ends_bit_by_bit_like_an_undisturbed_one(train, tmp_path, changes):
    recipe = replace(RECIPE, **changes)
    whole = train(recipe)
    with pytest.raises(Cancelled):
        train(recipe, where="lost", should_stop=stopping_in_epoch(3))
    assert sorted(path.name for path in (tmp_path / "lost").iterdir() if "best" not in path.name) == [
        "fold-0.epoch-2.npz"
    ]
    begun = []
    again = train(recipe, where="next", earlier=[tmp_path / "lost"], on_start=begun.append)
    assert [report["epoch"] for report in begun[0]] == [1, 2]
    np.testing.assert_array_equal(again.test_scores, whole.test_scores)
    np.testing.assert_array_equal(again.validation_scores, whole.validation_scores)
    np.testing.assert_array_equal(again.heat_maps, whole.heat_maps)
    assert weights_of(again) == weights_of(whole)
    assert without_times(again.history) == without_times(whole.history)
    assert (again.best_epoch, again.threshold, again.scale) == (
        whole.best_epoch,
        whole.threshold,
        whole.scale,
    )


def test_a_killed_process_is_taken_up_by_another_process(tmp_path, easy):
    """SIGKILL in the middle of the third epoch, in a process of its own; a second process ends the fold."""
    crops, truth, diagnosis = easy
    np.savez(tmp_path / "data.npz", crops=crops, truth=truth, diagnosis=np.array(diagnosis))
    whole, killed, after = (_start(tmp_path, where) for where in ("whole", "lost --kill", "lost"))
    assert whole.returncode == 0, whole.stderr
    assert killed.returncode == -signal.SIGKILL
    assert after.returncode == 0, after.stderr
    assert after.stdout.splitlines()[0] == "starts after epoch 2"
    assert whole.stdout.splitlines()[1:] == after.stdout.splitlines()[1:]


def _start(where, arguments):
    program = textwrap.dedent("""
        import os, signal, sys
        from dataclasses import replace
        from pathlib import Path
        import numpy as np
        from training.engine.fit import fit_fold
        from training.engine.recipe import PRESETS
        from training.engine.splits import plan_folds

        data = np.load("data.npz")
        truth, diagnosis = data["truth"], data["diagnosis"].tolist()
        recipe = replace(PRESETS["smoke"], epochs=4, learning_rate=3e-3, batch_size=8, patience=0)
        asked = iter(range(1000))
        def stop():
            if "--kill" in sys.argv and next(asked) == 7:
                os.kill(os.getpid(), signal.SIGKILL)
            return False
        result = fit_fold(
            recipe=recipe, crops=data["crops"], has_syndrome=truth, diagnosis=diagnosis,
            plan=plan_folds(truth, diagnosis, range(40), seed=1)[0], directory=Path(sys.argv[1]), should_stop=stop,
            on_start=lambda history: print("starts after epoch", len(history)),
        )
        print(result.weights_sha256, result.best_epoch, result.threshold)
        print(result.test_scores.tobytes().hex())
    """)
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    return subprocess.run(
        [sys.executable, "-c", program, *arguments.split()],
        cwd=where, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def test_nothing_of_a_checkpoint_stays_when_the_fold_ends(train, tmp_path):
    result = train(replace(RECIPE, epochs=2))
    assert [path.name for path in (tmp_path / "run").iterdir()] == [result.weights_path.name]


def test_early_stopping_is_remembered(train, tmp_path, monkeypatch):
    """Lost after the last epoch but before the scores: the next attempt trains no further epoch."""
    from training.engine import judge

    recipe = replace(RECIPE, epochs=20, patience=1, learning_rate=1e-8)
    whole = train(recipe)
    assert whole.epochs_run < 20

    def lost(*args, **more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(judge, "best_threshold", lost)
        with pytest.raises(KeyboardInterrupt):
            train(recipe, where="lost")
    again = train(recipe, where="lost", should_stop=lambda: pytest.fail("trained on"))
    np.testing.assert_array_equal(again.test_scores, whole.test_scores)
    assert again.epochs_run == whole.epochs_run


def spoil_nothing(lost, given):
    pass


def spoil_recipe(lost, given):
    given["recipe"] = replace(given["recipe"], dropout=0.4)


def spoil_pictures(lost, given):
    given["crops"] = given["crops"] + np.uint8(1)


def spoil_labels(lost, given):
    given["diagnosis"] = ["Williams" if name else "" for name in given["diagnosis"]]


def tear(lost, given):
    state = next(lost.glob("*.epoch-1.npz"))
    state.write_bytes(state.read_bytes()[:-1000])


def flip_a_bit(lost, given):
    state = next(lost.glob("*.epoch-1.npz"))
    data = bytearray(state.read_bytes())
    data[len(data) // 2] ^= 1
    state.write_bytes(bytes(data))


def lose_the_best_weights(lost, given):
    next(lost.glob("*.best-1.npz")).unlink()


@pytest.mark.parametrize(
    ("spoil", "epochs"),
    [
        (spoil_nothing, 1),
        (spoil_recipe, 0),
        (spoil_pictures, 0),
        (spoil_labels, 0),
        (tear, 0),
        (flip_a_bit, 0),
        (lose_the_best_weights, 0),
    ],
)
def test_a_checkpoint_that_is_torn_or_of_another_training_is_passed_over(train, tmp_path, easy, spoil, epochs):
    given = {"recipe": replace(RECIPE, epochs=2), "crops": easy[0], "diagnosis": easy[2]}
    with pytest.raises(Cancelled):
        train(**given, where="lost", should_stop=stopping_in_epoch(2))
    spoil(tmp_path / "lost", given)
    begun = []
    result = train(**given, where="next", earlier=[tmp_path / "lost"], on_start=begun.append)
    assert len(begun[0]) == epochs
    assert result.epochs_run == 2
