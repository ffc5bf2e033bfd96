"""The ONNX file gives the figures of the networks it was made of."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from training.engine.recipe import PRESETS

pytestmark = pytest.mark.slow
onnxruntime = pytest.importorskip(
    "onnxruntime", reason="the package onnxruntime is in the extra dev, not installed here"
)

RECIPES = {
    "light head": PRESETS["smoke"],
    "paper's head": replace(PRESETS["smoke"], input_size=64, head="paper", width=0.0625, normalise="picture"),
    "local contrast, one pass": replace(PRESETS["demo"], width=0.0625, tta_flip=False),
    "pretrained": replace(PRESETS["smoke"], width=1.0, weights="a" * 64, input_size=40),
    "three networks of each training": replace(PRESETS["demo"], width=0.0625, snapshots=3),
    "full crop": replace(PRESETS["smoke"], input_size=224, width=0.0625),
}


def run(path, faces):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"faces": faces}), strict=True))


@pytest.mark.parametrize("name", RECIPES)
def test_it_says_what_the_networks_say(name, tmp_path):
    from tests.training.networks import faces, networks
    from training.engine.ensemble import ask
    from training.engine.onnx_file import write_onnx

    ensemble = networks(tmp_path, recipe=RECIPES[name], temperatures=(1.5, 0.8))
    path = tmp_path / "run.onnx"
    assert write_onnx(ensemble, path, told={"model_card": "# Card"}) == [path]
    found = run(path, faces(3))
    verdicts = ask(ensemble, faces(3))
    scores = np.array([[answer.score for answer in verdict.answers] for verdict in verdicts])
    np.testing.assert_allclose(found["scores"], scores, atol=1e-5)
    np.testing.assert_allclose(found["probabilities"], [verdict.probabilities for verdict in verdicts], atol=1e-5)
    np.testing.assert_allclose(found["probability"], [verdict.summary()["mean"] for verdict in verdicts], atol=1e-5)
    assert found["is_gs"].tolist() == [verdict.is_gs for verdict in verdicts]


@pytest.fixture(scope="module")
def ensemble(small_networks):
    return small_networks


def test_weights_that_fill_more_than_a_file_may_hold_lie_beside_it(ensemble, tmp_path, monkeypatch):
    from tests.training.networks import faces
    from training.engine import onnx_file

    one, two = tmp_path / "one.onnx", tmp_path / "two.onnx"
    onnx_file.write_onnx(ensemble, one, told={})
    monkeypatch.setattr(onnx_file, "LARGEST", 1000)
    assert onnx_file.write_onnx(ensemble, two, told={}) == [two, tmp_path / "two.onnx.data"]
    assert two.stat().st_size < one.stat().st_size / 4
    for name, values in run(one, faces()).items():
        np.testing.assert_array_equal(values, run(two, faces())[name])
    assert len(list(tmp_path.iterdir())) == 3


def test_it_carries_recipe_thresholds_and_notice(ensemble, tmp_path):
    from training.engine.onnx_file import write_onnx

    write_onnx(ensemble, tmp_path / "run.onnx", told={"made_with": "test"})
    session = onnxruntime.InferenceSession(str(tmp_path / "run.onnx"), providers=["CPUExecutionProvider"])
    told = session.get_modelmeta().custom_metadata_map
    assert told["notice"] == "For research only, not for diagnosis."
    assert json.loads(told["recipe"]) == ensemble.recipe.to_dict()
    assert json.loads(told["networks"])[2] == {
        "fold": 3, "threshold": pytest.approx(0.6), "temperature": 2.5, "offset": pytest.approx(-0.1),
    }  # fmt: skip
    assert told["made_with"] == "test"


def test_without_temperatures_the_probabilities_are_the_raw_scores(ensemble, tmp_path):
    from tests.training.networks import faces
    from training.engine.onnx_file import write_onnx

    members = (replace(ensemble.members[0], scale=None), *ensemble.members[1:])
    write_onnx(replace(ensemble, members=members), tmp_path / "run.onnx", told={})
    found = run(tmp_path / "run.onnx", faces(2))
    np.testing.assert_array_equal(found["probabilities"], found["scores"])


def test_nothing_is_left_of_a_file_that_could_not_be_written(ensemble, tmp_path):
    from training.engine.onnx_file import write_onnx

    lost = (*ensemble.members[:2], replace(ensemble.members[2], weights=tmp_path / "gone.weights.h5"))
    with pytest.raises(FileNotFoundError):
        write_onnx(replace(ensemble, members=lost), tmp_path / "run.onnx", told={})
    assert list(tmp_path.iterdir()) == []


def test_without_the_library_it_says_how_to_get_it(ensemble, tmp_path, monkeypatch):
    from training.engine.onnx_file import MissingLibrary, write_onnx

    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingLibrary, match="pip install"):
        write_onnx(ensemble, tmp_path / "run.onnx", told={})


def test_crops_are_brought_to_size_as_the_engine_does():
    from training.engine.data import shrink, view
    from training.engine.onnx_pictures import area_weights, warp_weights

    draw = np.random.default_rng(0)
    crops = draw.integers(0, 256, (4, 224, 224, 3), dtype=np.uint8)
    for recipe in (
        *RECIPES.values(),
        PRESETS["paper"],
        replace(PRESETS["paper"], crop=0.9, input_size=112, head="gap"),
    ):
        store = shrink(crops, recipe)
        x = crops.astype(np.float64)
        if store.shape[1] < 224:
            x = both_axes(area_weights(224, store.shape[1]), x)
        x = both_axes(warp_weights(store.shape[1], recipe), x)
        for mirrored in (False, True):
            expected = 255 * np.stack([view(crop, recipe, mirrored=mirrored) for crop in store])
            gap = np.abs((x[:, :, ::-1] if mirrored else x) - expected)
            assert gap.max() < 1.01
            assert (gap > 0.01).mean() < 2e-3


def both_axes(weights, pictures):
    return np.rint(np.einsum("kl,nilc->nikc", weights, np.einsum("ij,njkc->nikc", weights, pictures)))
