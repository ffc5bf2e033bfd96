"""The same training over several devices or compiled by XLA; without either nothing changes."""

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import replace

import numpy as np
import pytest

from training.engine.batches import BatchPlan, taking_turns
from training.engine.recipe import PRESETS, Recipe, RecipeError

RECIPE = replace(PRESETS["smoke"], epochs=6, learning_rate=3e-3, batch_size=8, rotation=0.0, dropout=0.2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"compile": "fast"}, "compile is 'fast': choose one of auto, xla, off"),
        ({"devices": "two"}, "devices is 'two': choose one of one, all"),
        ({"compile": "xla", "devices": "all"}, "cannot be compiled by XLA"),
        ({"compile": "xla", "deterministic": True}, "not all deterministic"),
    ],
)
def test_what_cannot_go_together_is_refused(changes, message):
    with pytest.raises(RecipeError, match=message):
        replace(RECIPE, **changes)


def test_a_recipe_stored_before_these_choices_means_what_it_meant():
    stored = RECIPE.to_dict()
    del stored["compile"], stored["devices"]
    assert Recipe.from_dict(stored) == RECIPE
    assert dict(RECIPE.describe())["Device"].startswith("one; ")


def test_every_piece_of_a_batch_for_several_devices_holds_both_classes_and_keeps_pairs():
    truth = [True] * 24 + [False] * 24
    names = [f"s{i % 4}" for i in range(24)] + [""] * 24
    plan = BatchPlan(np.arange(48), has_syndrome=truth, diagnosis=names, recipe=replace(RECIPE, batch_size=16), seed=1)
    for rows in plan.batches(0):
        dealt = taking_turns(rows, plan.truth)
        assert sorted(dealt) == sorted(rows)
        for piece in np.split(dealt, 4):
            assert plan.truth[piece].sum() == 2
            assert len(set(plan.syndrome[piece[:2]])) == 1


@pytest.mark.slow
def test_on_a_processor_the_step_is_compiled_only_when_the_recipe_insists():
    from training.engine.machine import uses_xla, xla_works
    from training.engine.quiet import tf

    if tf.config.list_logical_devices("GPU"):
        assert uses_xla(RECIPE) == xla_works()
    else:
        assert not uses_xla(RECIPE)
    assert uses_xla(replace(RECIPE, compile="xla"))
    assert not uses_xla(replace(RECIPE, compile="off"))
    assert not uses_xla(RECIPE, replicas=2)
    assert not uses_xla(replace(RECIPE, deterministic=True))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("gpus", "policy"),
    [
        ([], "float32"),
        ([(9, 0)], "mixed_bfloat16"),
        ([(8, 0), (7, 5)], "mixed_float16"),
        ([(6, 1), (9, 0)], "float32"),
        ([(0,)], "float32"),
    ],
)
def test_automatic_precision_is_what_the_weakest_gpu_is_made_for(monkeypatch, gpus, policy):
    from training.engine import machine
    from training.engine.setup import fresh_model

    monkeypatch.setattr(machine, "_compute_capabilities", lambda: gpus)
    automatic = replace(RECIPE, precision="auto")
    assert machine.precision_of(automatic) == policy
    assert machine.precision_of(RECIPE) == "float32"
    model = fresh_model(automatic, seed=1)
    assert model.get_layer("block1_conv1").dtype_policy.name == policy
    assert model.get_layer("prob").compute_dtype == "float32"


@pytest.mark.slow
def test_a_compiled_training_learns_the_same(easy, tmp_path):
    from training.engine.fit import fit_fold
    from training.engine.splits import plan_folds

    crops, truth, diagnosis = easy
    plan = plan_folds(truth, diagnosis, range(40), seed=1)[0]
    given = {"crops": crops, "has_syndrome": truth, "diagnosis": diagnosis, "plan": plan}
    plain, compiled = (
        fit_fold(recipe=replace(RECIPE, compile=how, dropout=0.0), directory=tmp_path / how, **given)
        for how in ("off", "xla")
    )
    assert compiled.history[0]["loss"] == pytest.approx(plain.history[0]["loss"], rel=0.05)
    assert compiled.metrics["auc"] > 0.8


PROGRAM = textwrap.dedent("""
    import json, sys
    from dataclasses import replace
    from pathlib import Path
    import numpy as np
    import tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    from training.engine import fit
    from training.engine.predict import load_fold, score
    from training.engine.recipe import Recipe
    from training.engine.results import Cancelled
    from training.engine.setup import replicas_of
    from training.engine.splits import plan_folds

    data = np.load("data.npz")
    truth, diagnosis = data["truth"], data["diagnosis"].tolist()
    recipe = Recipe.from_dict(json.loads(Path("recipe.json").read_text()))
    replicas = []
    def compile_model(model, *args, **more):
        replicas.append(replicas_of(model))
        return original(model, *args, **more)
    original, fit.compile_model = fit.compile_model, compile_model
    given = dict(recipe=recipe, crops=data["crops"], has_syndrome=truth, diagnosis=diagnosis,
                 plan=plan_folds(truth, diagnosis, range(40), seed=1)[0])
    asked = iter(range(1000))
    try:
        fit.fit_fold(directory=Path("run"), should_stop=lambda: next(asked) >= 7, **given)
    except Cancelled:
        pass
    begun = []
    result = fit.fit_fold(directory=Path("run"), on_start=begun.append, **given)
    single = load_fold(replace(recipe, devices="one"), result.weights_path)
    alone = score(single, data["crops"][result.test], recipe=recipe)
    print(json.dumps({
        "replicas": replicas, "auc": result.metrics["auc"], "begun": len(begun[0]), "epochs": result.epochs_run,
        "scores": [len(result.test_scores), len(result.test), len(result.heat_maps)],
        "apart": float(np.abs(alone - result.test_scores).max()),
    }))
""")


@pytest.mark.slow
def test_a_fold_is_trained_over_two_devices_taken_up_again_and_scored_by_one(easy, tmp_path):
    """Two logical processors stand for two GPUs, in a process of its own."""
    crops, truth, diagnosis = easy
    np.savez(tmp_path / "data.npz", crops=crops, truth=truth, diagnosis=np.array(diagnosis))
    recipe = replace(RECIPE, devices="all")
    (tmp_path / "recipe.json").write_text(json.dumps(recipe.to_dict()))
    environment = os.environ | {"PYTHONPATH": os.getcwd(), "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=290,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["replicas"] == [2, 2]
    assert (found["begun"], found["epochs"]) == (2, 6)
    assert found["scores"] == [8, 8, 8]
    assert found["apart"] < 1e-5
    assert found["auc"] > 0.8
