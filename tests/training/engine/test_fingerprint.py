"""The answer to a fixed picture tells networks apart, and says of two files that they hold the same one."""

from dataclasses import replace

import numpy as np
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def weights(kernels):
    """13 convolutions and the two fully connected layers as convolutions."""
    from training.engine.weights import NAMES, VggFace

    draw = np.random.default_rng(2)
    layers = dict(zip(NAMES, kernels, strict=True))
    for name, shape in (("fc6", (7, 7, 512, 4096)), ("fc7", (1, 1, 4096, 4096))):
        kernel = draw.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / np.prod(shape[:3])))
        layers[name] = (kernel, np.zeros(4096, np.float32))
    return VggFace(layers=layers, kind="test", sha256="0" * 64)


def test_the_head_answers_too_and_a_file_without_it_is_the_same_network(weights):
    from training.engine.fingerprint import fingerprint, is_same

    whole = fingerprint(weights)
    bare = {name: pair for name, pair in weights.layers.items() if not name.startswith("fc")}
    without = fingerprint(replace(weights, layers=bare))
    assert (len(whole), len(without)) == (7, 5)
    assert is_same(whole, without)
    assert all(level > 0 for level in whole)


def test_another_order_of_channels_another_mean_and_a_turned_kernel_are_other_networks(weights):
    from training.engine.fingerprint import fingerprint, is_same
    from training.engine.weights import IMAGENET_MEAN

    bare = {name: pair for name, pair in weights.layers.items() if not name.startswith("fc")}
    given = replace(weights, layers=bare)
    whole = fingerprint(given)
    kernel, bias = bare["block1_conv1"]
    swapped = {**bare, "block1_conv1": (kernel[:, :, ::-1], bias)}
    turned = {**bare, "block1_conv1": (kernel.transpose(1, 0, 2, 3), bias)}
    assert is_same(whole, fingerprint(given))
    for other in (replace(given, layers=swapped), replace(given, layers=turned), replace(given, mean=IMAGENET_MEAN)):
        assert not is_same(whole, fingerprint(other))
    assert not is_same((), whole)
