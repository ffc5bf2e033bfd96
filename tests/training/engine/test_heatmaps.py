"""Grad-CAM on networks small enough to be checked by hand or against the slow way."""

from dataclasses import replace

import numpy as np
import pytest

from training.engine.align import template
from training.engine.layout import heat_map_block
from training.engine.recipe import PRESETS

pytestmark = pytest.mark.slow

SMALL = replace(PRESETS["smoke"], input_size=64, dropout=0.2)


@pytest.fixture(scope="module")
def trained(easy, tmp_path_factory):
    """A network that tells the bright patch, its recipe, and the crops."""
    from training.engine.fit import fit_fold
    from training.engine.predict import load_fold
    from training.engine.splits import plan_folds

    crops, truth, diagnosis = easy
    recipe = replace(SMALL, epochs=12, learning_rate=3e-3, batch_size=8, rotation=0.0, patience=0)
    result = fit_fold(
        recipe=recipe, crops=crops, has_syndrome=truth, diagnosis=diagnosis,
        plan=plan_folds(truth, diagnosis, range(40), seed=1)[0], directory=tmp_path_factory.mktemp("run"),
    )  # fmt: skip
    return load_fold(recipe, result.weights_path), recipe, result


def test_the_maps_point_at_what_tells_the_classes_apart(trained, easy):
    """A syndrome is a bright patch in the middle band, and the heat of those faces lies on it."""
    from training.engine.heatmaps import heat_maps

    crops, truth, _ = easy
    model, recipe, _ = trained
    maps = heat_maps(model, crops[truth], recipe=recipe).maps.astype(float)
    band = maps[:, 14:42].sum() / maps.sum()
    assert band > 0.6


def test_a_fold_brings_a_map_and_its_share_on_the_face_for_every_held_out_photo(trained):
    _, _, result = trained
    assert result.heat_maps.shape == (len(result.test), 56, 56)
    assert result.heat_maps.dtype == np.uint8
    full = result.heat_maps.reshape(len(result.test), -1).max(axis=1)
    assert set(full.tolist()) <= {0, 255}
    np.testing.assert_array_equal(np.isnan(result.heat_shares), full == 0)
    assert np.nanmin(result.heat_shares) >= 0
    assert np.nanmax(result.heat_shares) <= 1


@pytest.mark.parametrize("method", ["grad-cam", "grad-cam++"])
@pytest.mark.parametrize("head", ["gap", "paper"])
def test_the_batched_map_is_the_map_of_one_face_taken_the_slow_way(easy, method, head):
    """The whole network under one tape, face by face, and the formulas of the two papers written out in numpy."""
    import keras
    import tensorflow as tf

    from training.engine.data import view
    from training.engine.heatmaps import explainer
    from training.engine.network import build

    keras.utils.set_random_seed(3)
    recipe = replace(SMALL, head=head, heat_maps=method)
    model = build(recipe)
    images = np.stack([view(crop, recipe) for crop in easy[0][:3]])
    batched = np.asarray(explainer(model, recipe)(images))
    layer = model.get_layer(f"block{heat_map_block(64)}_conv3_relu").output
    both = keras.Model(model.input, [layer, model.get_layer("prob").output])
    for image, found in zip(images, batched, strict=True):
        active, _ = both(image[None], training=False)
        with tf.GradientTape() as tape:
            tape.watch(active)
            rest = keras.Model(layer, model.get_layer("prob").output)
            prob = rest(active, training=False)
            odds = tf.math.log(prob[:, 1]) - tf.math.log(prob[:, 0])
        gradient, active = (np.asarray(part)[0] for part in (tape.gradient(odds, active), active))
        if method == "grad-cam":
            weights = gradient.mean(axis=(0, 1))
        else:
            below = 2 * gradient**2 + active.sum(axis=(0, 1)) * gradient**3
            share = np.divide(gradient**2, below, out=np.zeros_like(below), where=below != 0)
            weights = (share * np.maximum(gradient, 0)).sum(axis=(0, 1))
        slow = np.maximum((active * weights).sum(axis=2), 0)
        np.testing.assert_allclose(found, slow, atol=1e-4 * max(slow.max(), 1e-3))


def test_other_weights_give_other_maps(trained, easy):
    """Adebayo et al. 2018: a map that does not change when the network is randomised explains nothing."""
    import keras

    from training.engine.heatmaps import heat_maps
    from training.engine.network import build

    crops, truth, _ = easy
    model, recipe, _ = trained
    keras.utils.set_random_seed(9)
    random = build(recipe)
    kept = heat_maps(model, crops[truth], recipe=recipe).maps.reshape(20, -1).astype(float)
    drawn = heat_maps(random, crops[truth], recipe=recipe).maps.reshape(20, -1).astype(float)
    alike = [np.corrcoef(a, b)[0, 1] for a, b in zip(kept, drawn, strict=True) if a.std() and b.std()]
    assert len(alike) < 10 or np.median(alike) < 0.5
    same = heat_maps(model, crops[truth], recipe=recipe).maps.reshape(20, -1)
    np.testing.assert_array_equal(same, kept)


def test_a_map_stands_where_the_network_looked():
    """With a recipe that uses the middle three quarters, the rim stays 0 and a hot corner lands inside it."""
    from training.engine.heatmaps import as_picture

    heat = np.zeros((8, 8))
    heat[0, 0] = 2.0
    picture = as_picture(heat, seen=0.75)
    assert picture[:7].max() == picture[:, :7].max() == 0
    assert np.unravel_index(picture.argmax(), picture.shape) == (7, 7)
    assert picture.max() == 255
    assert not as_picture(np.zeros((8, 8)), seen=0.75).any()


def test_an_even_map_stays_even_and_its_share_is_the_area_of_the_face():
    from training.engine.heatmaps import as_picture, face_region, face_shares

    even = as_picture(np.full((14, 14), 0.3), seen=1.0)
    assert (even == 255).all()
    assert face_shares(even[None])[0] == pytest.approx(face_region().mean())
    assert np.isnan(face_shares(np.zeros((1, 56, 56), np.uint8))[0])


def test_the_face_region_holds_eyes_nose_and_mouth_and_not_the_corners():
    from training.engine.heatmaps import face_region

    region = face_region(224)
    for x, y in template(224):
        assert region[round(y), round(x)]
    assert not region[0].any()
    assert not region[:, 0].any()
    assert 0.3 < region.mean() < 0.4
