from dataclasses import replace

import numpy as np
import pytest

from training.engine.layout import convolutions
from training.engine.recipe import PRESETS
from training.engine.words import parameters

pytestmark = pytest.mark.slow

SMALL = replace(PRESETS["smoke"], input_size=64)


@pytest.fixture(scope="module")
def keras():
    import training.engine.network  # noqa: F401 (loads Keras in silence)

    return pytest.importorskip("keras")


@pytest.mark.parametrize(
    "changes",
    [{}, {"head": "paper"}, {"width": 0.25, "input_size": 96, "head": "paper"}, {"input_size": 33, "head": "paper"}],
)
def test_the_counted_parameters_are_those_of_the_network(changes):
    from training.engine.network import build

    recipe = replace(SMALL, **changes)
    assert build(recipe).count_params() == parameters(recipe)


def test_it_has_the_papers_thirteen_convolutions_each_with_batch_norm_and_relu():
    from training.engine.network import build

    names = [layer.name for layer in build(replace(SMALL, head="paper")).layers]
    for name, _ in [*convolutions(1.0), ("fc6", 0), ("fc7", 0)]:
        start = names.index(name)
        assert names[start : start + 3] == [name, f"{name}_bn", f"{name}_relu"]
    assert len([name for name in names if name.startswith("block") and "conv" in name and "_bn" in name]) == 13
    assert names.count("fc6_dropout") == 1


def test_the_full_papers_network_has_a_seven_by_seven_fc6(keras):
    from training.engine.network import build

    model = build(PRESETS["paper"])
    assert model.get_layer("fc6").kernel.shape == (7, 7, 512, 4096)
    assert model.get_layer("fc7").kernel.shape == (1, 1, 4096, 4096)
    assert model.count_params() == parameters(PRESETS["paper"])
    assert model.output["prob"].shape == (None, 2)
    assert model.output["embedding"].shape == (None, 128)


def test_probabilities_sum_to_one_and_embeddings_have_length_one():
    from training.engine.network import build

    out = build(SMALL).predict_on_batch(np.random.default_rng(1).random((3, 64, 64, 3), np.float32))
    np.testing.assert_allclose(out["prob"].sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(out["embedding"], axis=1), 1, atol=1e-5)


def triplet_by_hand(labels, vectors, *, margin, semi):
    distance = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    losses = []
    for i, label in enumerate(labels):
        same = [distance[i, j] for j in range(len(labels)) if j != i and labels[j] == label]
        other = [distance[i, j] for j in range(len(labels)) if labels[j] != label]
        if not same or not other:
            losses.append(0.0)
            continue
        beyond = [d for d in other if d > max(same)]
        nearest = (min(beyond) if beyond else max(other)) if semi else min(other)
        losses.append(max(0.0, max(same) - nearest + margin))
    return np.mean(losses)


@pytest.mark.parametrize("mining", ["batch-hard", "semi-hard"])
@pytest.mark.parametrize("seed", range(4))
def test_the_triplet_loss_is_that_of_plain_loops(mining, seed):
    from training.engine.losses import Triplet

    draw = np.random.default_rng(seed)
    vectors = draw.normal(size=(9, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = np.array([0, 0, 0, 0, 1, 2, 2, 3, 3])
    loss = float(Triplet(margin=0.3, mining=mining)(labels, vectors))
    assert loss == pytest.approx(triplet_by_hand(labels, vectors, margin=0.3, semi=mining == "semi-hard"), abs=1e-4)


def test_the_triplet_loss_keeps_a_finite_gradient_at_equal_vectors():
    import tensorflow as tf

    from training.engine.losses import Triplet

    vectors = tf.Variable(np.tile([[1.0, 0.0]], (4, 1)).astype(np.float32))
    with tf.GradientTape() as tape:
        loss = Triplet(margin=0.2)(np.array([0, 0, 1, 1]), vectors)
    assert np.isfinite(tape.gradient(loss, vectors).numpy()).all()
    assert float(loss) == pytest.approx(0.2, abs=1e-4)


def test_the_triplet_loss_accepts_a_reduction_and_describes_itself():
    from training.engine.losses import Triplet

    loss = Triplet(margin=0.2, reduction="none")
    assert loss(np.array([0, 0, 1]), np.eye(3, dtype=np.float32)).shape == (3,)
    assert Triplet(**{k: v for k, v in loss.get_config().items() if k != "name"}).margin == 0.2


@pytest.mark.parametrize(("where", "left"), [("block4", 4), ("block5", 5), ("head", 6), ("all", 1)])
def test_freezing_leaves_the_lower_blocks_and_their_batch_norm(where, left):
    from training.engine.network import build, freeze

    model = build(SMALL)
    freeze(model, train_from=where)
    for layer in model.layers:
        if layer.name.startswith("block"):
            assert layer.trainable == (int(layer.name[5]) >= left), layer.name
