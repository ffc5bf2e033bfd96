"""Where on the face the evidence for GS lies: Grad-CAM of many faces at once.

Selvaraju et al. 2017 and, for `grad-cam++`, Chattopadhay et al. 2018. The trunk runs once without a tape; only what
follows the mapped layer is differentiated. The score that is explained is the GS logit minus the control logit, so a
map shows what speaks for GS, also on a control.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.engine.align import template
from training.engine.data import Crops, Images, shrink, view
from training.engine.layout import heat_map_block
from training.engine.quiet import tf
from training.engine.recipe import Recipe

# isort: split
import keras

Floats = NDArray[np.float64]

MAP_SIZE = 56
"""Pixels along a side of a stored map; it covers the whole aligned crop."""

BATCH = 32


@dataclass(frozen=True, kw_only=True)
class HeatMaps:
    """`maps` (n, 56, 56) uint8 in the frame of the aligned crop, the hottest place of each map 255; a map without any
    evidence for GS is 0 everywhere. `shares` (n,): part of the heat inside the face region, NaN for an empty map."""

    maps: Images
    shares: Floats


def heat_maps(model: Any, crops: Crops, *, recipe: Recipe, room: float = 1.0) -> HeatMaps:
    """Maps of aligned crops (n, S, S, 3) uint8 by the recipe's method; `room` as in `Material`."""
    explain = explainer(model, recipe)
    store = shrink(crops, recipe)
    maps = np.zeros((len(store), MAP_SIZE, MAP_SIZE), np.uint8)
    for start in range(0, len(store), BATCH):
        images = np.stack([view(image, recipe) for image in store[start : start + BATCH]])
        for row, heat in enumerate(np.asarray(explain(images)), start=start):
            maps[row] = as_picture(heat, seen=recipe.crop * room)
    return HeatMaps(maps=maps, shares=face_shares(maps))


def explainer(model: Any, recipe: Recipe) -> Any:
    """A compiled function: images (n, S, S, 3) in 0..1 -> raw maps (n, k, k), none below zero."""
    places = model.get_layer(f"block{heat_map_block(recipe.input_size)}_conv3_relu").output
    verdict = model.get_layer("prob")
    trunk = keras.Model(model.input, places)
    head = keras.Model(places, verdict.input)
    weigh = {"grad-cam": _mean_gradient, "grad-cam++": _plus_plus}[recipe.heat_maps]

    @tf.function(input_signature=[tf.TensorSpec((None, *model.input.shape[1:]), tf.float32)], jit_compile=False)  # type: ignore[untyped-decorator]
    def explain(images: Any) -> Any:
        active = tf.cast(trunk(images, training=False), tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(active)
            features = tf.cast(head(active, training=False), tf.float32)
            logits = tf.matmul(features, verdict.kernel) + verdict.bias
            evidence = logits[:, 1] - logits[:, 0]
        weights = weigh(active, tape.gradient(evidence, active))
        return tf.nn.relu(tf.einsum("nijk,nk->nij", active, weights))

    return explain


def _mean_gradient(active: Any, gradient: Any) -> Any:
    """Grad-CAM: a channel weighs as much as its mean gradient over all places."""
    return tf.reduce_mean(gradient, axis=(1, 2))


def _plus_plus(active: Any, gradient: Any) -> Any:
    """Grad-CAM++: positive gradients, each place weighed by its share in the channel (equation 19)."""
    squared = tf.square(gradient)
    below = 2.0 * squared + tf.reduce_sum(active, axis=(1, 2), keepdims=True) * squared * gradient
    share = tf.math.divide_no_nan(squared, below)
    return tf.reduce_sum(share * tf.nn.relu(gradient), axis=(1, 2))


def as_picture(heat: NDArray[Any], *, seen: float) -> Images:
    """A raw map (k, k) of the middle `seen` of the aligned crop as (56, 56) uint8 over all of it; the rest stays 0."""
    side = heat.shape[0]
    hottest = float(heat.max())
    if not hottest > 0:
        return np.zeros((MAP_SIZE, MAP_SIZE), np.uint8)
    width = round(MAP_SIZE * seen)
    # Half a place of edge is continued, so that the outermost places do not fade.
    scale = width / side
    shift = (MAP_SIZE - width) / 2 + (scale - 1) / 2
    matrix = np.array([[scale, 0, shift], [0, scale, shift]])
    grown = cv2.warpAffine(
        np.asarray(heat / hottest, np.float32), matrix, (MAP_SIZE, MAP_SIZE), borderMode=cv2.BORDER_REPLICATE
    )
    margin = (MAP_SIZE - width) // 2
    picture = np.zeros((MAP_SIZE, MAP_SIZE), np.float32)
    inside = slice(margin, MAP_SIZE - margin)
    picture[inside, inside] = grown[inside, inside]
    return np.asarray(np.round(255 * picture / picture.max()), np.uint8)


def face_region(size: int = MAP_SIZE) -> NDArray[np.bool_]:
    """(size, size): where the face is in an aligned crop, an ellipse from hairline to chin and cheek to cheek.

    In units of the distance between the eyes: 1.1 from the middle to either side, 1.1 from the eyes up to the hairline
    and 1.8 down to the chin, the usual proportions of a face (Farkas 1994).
    """
    eyes = template(size)[:2]
    distance = float(eyes[1, 0] - eyes[0, 0])
    middle = eyes.mean(axis=0) + np.array([0.0, 0.35 * distance])
    down, right = np.mgrid[:size, :size] + 0.5
    return np.asarray(
        ((right - middle[0]) / (1.1 * distance)) ** 2 + ((down - middle[1]) / (1.45 * distance)) ** 2 <= 1.0
    )


def face_shares(maps: Images) -> Floats:
    """Part of each map's heat (n,) that lies inside the face region; NaN for an empty map."""
    inside = face_region(maps.shape[1])
    heat = maps.astype(np.float64)
    total = heat.sum(axis=(1, 2))
    return np.where(total > 0, (heat * inside).sum(axis=(1, 2)) / np.where(total > 0, total, 1.0), np.nan)
