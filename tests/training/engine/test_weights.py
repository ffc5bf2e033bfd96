"""VGG-Face files in three layouts, written here with random numbers: 13 convolutions, with and without fc6 and fc7."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from tests.training.vgg_files import THEIRS, write_h5, write_mat
from training.engine.recipe import PRESETS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rcmalli(kernels, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "rcmalli.h5"
    bgr = [(kernels[0][0][:, :, ::-1], kernels[0][1]), *kernels[1:]]
    write_h5(path, dict(zip(THEIRS, bgr, strict=True)))
    return path


def test_the_three_layouts_give_the_same_network(kernels, rcmalli, tmp_path):
    from training.engine.weights import NAMES, read_vgg_face

    deepface, matconvnet = tmp_path / "deepface.h5", tmp_path / "vgg-face.mat"
    write_h5(deepface, {f"conv2d_{k}": pair for k, pair in enumerate(kernels, 1)})
    write_mat(matconvnet, kernels)
    for path, kind in ((rcmalli, "BGR"), (deepface, "DeepFace"), (matconvnet, "MatConvNet")):
        found = read_vgg_face(path)
        assert kind in found.kind
        assert list(found.layers) == NAMES
        assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        for (kernel, bias), name in zip(kernels, NAMES, strict=True):
            np.testing.assert_array_equal(found.layers[name][0], kernel)
            np.testing.assert_array_equal(found.layers[name][1], bias)


def test_fully_connected_layers_become_convolutions():
    from training.engine.weights import _as_convolution

    dense = np.arange(49 * 6 * 4, dtype=np.float32).reshape(49 * 6, 4)
    convolution = _as_convolution(dense)
    assert convolution.shape == (7, 7, 6, 4)
    picture = np.random.default_rng(1).random((7, 7, 6))
    np.testing.assert_allclose(np.einsum("hwc,hwco->o", picture, convolution), picture.ravel() @ dense)
    assert _as_convolution(np.zeros((4096, 4096), np.float32)).shape == (1, 1, 4096, 4096)


def test_pretrained_features_survive_the_batch_norm(kernels, rcmalli):
    """pool5 in training mode after the calibration points the same way as in the network without batch norm."""
    import keras
    from keras import ops

    from training.engine.calibrate import calibrate
    from training.engine.network import build
    from training.engine.weights import NAMES, VGG_FACE_MEAN, load_into, read_vgg_face

    weights = read_vgg_face(rcmalli)
    recipe = replace(PRESETS["paper"], head="gap", input_size=64, weights=weights.sha256)
    model = build(recipe)
    assert load_into(model, weights) == NAMES
    smooth = np.random.default_rng(2).integers(0, 256, (24, 8, 8, 3), dtype=np.uint8)
    faces = smooth.repeat(8, axis=1).repeat(8, axis=2)
    calibrate(model, faces, recipe=recipe)
    x = faces.astype(np.float32) - np.array(VGG_FACE_MEAN, np.float32)
    for k, (kernel, bias) in enumerate(kernels):
        x = ops.relu(ops.conv(x, kernel, padding="same") + bias)
        if NAMES[k + 1 : k + 2] == [] or NAMES[k + 1][:6] != NAMES[k][:6]:
            x = ops.max_pool(x, 2)
    plain = np.asarray(x).reshape(24, -1)
    trunk = keras.Model(model.input, model.get_layer("block5_pool").output)
    for training, floor in ((False, 0.999), (True, 0.9)):
        ours = np.asarray(trunk(faces.astype(np.float32) / 255, training=training)).reshape(24, -1)
        cosine = (ours * plain).sum(axis=1) / (np.linalg.norm(ours, axis=1) * np.linalg.norm(plain, axis=1))
        assert np.median(cosine) > floor


def test_a_fold_trains_from_a_file_and_refuses_another(rcmalli, easy, tmp_path):
    from training.engine.fit import TrainingError, fit_fold
    from training.engine.splits import plan_folds
    from training.engine.weights import read_vgg_face

    crops, truth, diagnosis = easy
    recipe = replace(PRESETS["smoke"], width=1.0, weights=read_vgg_face(rcmalli).sha256, train_from="head")
    plan = plan_folds(truth, diagnosis, range(40), seed=1)[0]
    data = {"crops": crops, "has_syndrome": truth, "diagnosis": diagnosis, "plan": plan, "directory": tmp_path}
    result = fit_fold(recipe=recipe, weights_file=_imported(rcmalli, tmp_path), **data)
    assert np.isfinite(result.test_scores).all()
    with pytest.raises(TrainingError, match="the recipe asks for aaaaaaaaaaaa"):
        fit_fold(recipe=replace(recipe, weights="a" * 64), weights_file=rcmalli, **data)


def _imported(source, folder):
    """The same in our own format; the recipe goes on naming its source."""
    from training.engine.weights import read_vgg_face
    from training.engine.weights_own import Facts, write

    found = read_vgg_face(source)
    facts = Facts(
        kind=found.kind,
        source=source.name,
        source_sha256=found.sha256,
        mean=found.mean,
        fingerprint=(),
        made_with="readerstudy",
    )
    write(folder / "own.npz", found.layers, facts)
    assert read_vgg_face(folder / "own.npz").sha256 != found.sha256
    return folder / "own.npz"


@pytest.mark.parametrize("content", [b"", b"not weights at all"])
def test_other_files_are_refused_with_what_to_give(content, tmp_path):
    from training.engine.weights import WeightsError, read_vgg_face

    path = tmp_path / "weights.bin"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"neither an HDF5 nor a MATLAB 5 file: give vgg-face\.mat"):
        read_vgg_face(path)


def test_a_missing_file_other_layers_and_other_shapes_are_refused(kernels, tmp_path):
    from training.engine.weights import WeightsError, read_vgg_face

    with pytest.raises(WeightsError, match="there is no file"):
        read_vgg_face(tmp_path / "gone.h5")
    imagenet = tmp_path / "vgg16_imagenet.h5"
    write_h5(imagenet, {"block1_conv1": kernels[0], "block1_conv2": kernels[1]})
    with pytest.raises(WeightsError, match="lacks the layers block2_conv1"):
        read_vgg_face(imagenet)
    resnet = tmp_path / "resnet.h5"
    write_h5(resnet, {"conv1": (np.zeros((7, 7), np.float32), np.zeros(7, np.float32))})
    with pytest.raises(WeightsError, match=r"holds the layers conv1\.\.\."):
        read_vgg_face(resnet)
    short = tmp_path / "short.h5"
    write_h5(short, dict(zip(THEIRS[:5], kernels[:5], strict=True)))
    with pytest.raises(WeightsError, match="lacks the layers conv3_2"):
        read_vgg_face(short)
    narrow = tmp_path / "narrow.h5"
    write_h5(narrow, {name: (kernel[..., :8], bias[:8]) for name, (kernel, bias) in zip(THEIRS, kernels, strict=True)})
    with pytest.raises(WeightsError, match="block1_conv1 has the shape"):
        read_vgg_face(narrow)
    text = tmp_path / "text.mat"
    text.write_bytes(b"MATLAB 5.0 MAT-file".ljust(200))
    with pytest.raises(WeightsError, match="holds no MatConvNet layers"):
        read_vgg_face(text)


@pytest.fixture(scope="module")
def imagenet(kernels, tmp_path_factory):
    from training.engine.weights import NAMES

    path = tmp_path_factory.mktemp("weights") / "vgg16_notop.h5"
    bgr = [(kernels[0][0][:, :, ::-1], kernels[0][1]), *kernels[1:]]
    write_h5(path, dict(zip(NAMES, bgr, strict=True)))
    return path


def test_imagenet_weights_bring_their_own_mean_and_a_trained_fold_keeps_it(kernels, imagenet, tmp_path):
    from training.engine.network import build
    from training.engine.predict import load_fold
    from training.engine.weights import IMAGENET_MEAN, NAMES, VGG_FACE_MEAN, load_into, read_vgg_face

    weights = read_vgg_face(imagenet)
    assert (weights.kind, weights.mean) == ("Keras ImageNet h5 (BGR)", (123.68, 116.779, 103.939))
    np.testing.assert_array_equal(weights.layers[NAMES[0]][0], kernels[0][0])
    recipe = replace(PRESETS["paper"], head="gap", input_size=32, weights=weights.sha256)
    model = build(recipe)
    picture = np.random.default_rng(3).random((1, 32, 32, 3), np.float32)
    for mean in (VGG_FACE_MEAN, IMAGENET_MEAN):
        ours = np.asarray(model.get_layer("vgg_face_input")(picture))
        np.testing.assert_allclose(ours, 255 * picture - np.array(mean, np.float32), atol=1e-3)
        load_into(model, weights)
    model.save_weights(tmp_path / "fold.weights.h5")
    kept = load_fold(recipe, tmp_path / "fold.weights.h5")
    np.testing.assert_array_equal(np.asarray(kept.get_layer("vgg_face_input").mean), np.float32(IMAGENET_MEAN))
    np.testing.assert_array_equal(kept.predict_on_batch(picture)["prob"], model.predict_on_batch(picture)["prob"])


def test_a_fold_saved_before_the_mean_was_kept_still_loads_with_that_of_vgg_face(monkeypatch, tmp_path):
    import keras

    from training.engine import network
    from training.engine.predict import load_fold
    from training.engine.weights import VGG_FACE_MEAN

    recipe = replace(PRESETS["paper"], head="gap", input_size=32, weights="a" * 64)
    with monkeypatch.context() as before:
        offset = [-mean for mean in VGG_FACE_MEAN]
        before.setattr(network, "InputMean", lambda name: keras.layers.Rescaling(255.0, offset=offset, name=name))
        old = network.build(recipe)
    old.save_weights(tmp_path / "fold.weights.h5")
    loaded = load_fold(recipe, tmp_path / "fold.weights.h5")
    np.testing.assert_array_equal(np.asarray(loaded.get_layer("vgg_face_input").mean), np.float32(VGG_FACE_MEAN))
    picture = np.random.default_rng(3).random((1, 32, 32, 3), np.float32)
    expected = old.predict_on_batch(picture)["prob"]
    np.testing.assert_allclose(loaded.predict_on_batch(picture)["prob"], expected, atol=1e-5)


def test_torn_files_and_values_that_are_no_numbers_are_refused(kernels, rcmalli, tmp_path):
    from training.engine.weights import WeightsError, read_vgg_face

    torn = tmp_path / "torn.h5"
    torn.write_bytes(rcmalli.read_bytes()[:200_000])
    with pytest.raises(WeightsError, match=r"torn\.h5 is torn"):
        read_vgg_face(torn)
    sick = tmp_path / "sick.h5"
    broken = (np.full_like(kernels[4][0], np.nan), kernels[4][1])
    write_h5(sick, dict(zip(THEIRS, [*kernels[:4], broken, *kernels[5:]], strict=True)))
    with pytest.raises(WeightsError, match="block3_conv1 holds values that are no numbers"):
        read_vgg_face(sick)
