"""The network: VGG-16 with batch norm after each convolution and two outputs, read top to bottom.

Hong et al. 2021 change Simonyan and Zisserman's VGG-16 in four ways, all here: batch norm after each of the 13
convolutions, fully connected layers written as convolutions, 50 % dropout, and a triplet loss on an L2-normalised
embedding beside the softmax. Pictures go in as RGB in 0..1.
"""

from __future__ import annotations

from typing import Any

import training.engine.quiet  # noqa: F401 (loads TensorFlow in silence)

# isort: split
import keras
from keras import layers

from training.engine.contrast import LocalContrast
from training.engine.layout import BLOCKS, CLASSES, FC_UNITS, convolutions, filters, remaining
from training.engine.recipe import Recipe
from training.engine.weights_mean import InputMean

BN_EPSILON = 1e-3


def build(recipe: Recipe) -> Any:
    """The untrained network: image (n, S, S, 3) in 0..1 -> {"prob": (n, 2) control, GS; "embedding": (n, E)}.

    With snapshots it is the one that joins them (`training.engine.snapshots`): every layer as many times as wide.
    """
    image = layers.Input((recipe.input_size, recipe.input_size, 3), name="image")
    x = image
    if recipe.weights != "random":
        x = InputMean(name="vgg_face_input")(x)
    elif recipe.normalise == "picture":
        x = layers.LayerNormalization(axis=(1, 2), center=False, scale=False, name="picture_norm")(x)
    elif recipe.normalise == "local":
        x = LocalContrast(name="local_contrast")(x)
    x = _trunk(x, recipe)
    features = _paper_head(x, recipe) if recipe.head == "paper" else layers.GlobalAveragePooling2D(name="gap")(x)
    embedding = layers.Dense(recipe.embedding_size, name="embedding_dense")(features)
    embedding = layers.UnitNormalization(axis=-1, name="embedding", dtype="float32")(embedding)
    dropped = layers.Dropout(recipe.dropout, name="dropout")(features)
    prob = layers.Dense(CLASSES, activation="softmax", name="prob", dtype="float32")(dropped)
    return keras.Model(image, {"prob": prob, "embedding": embedding}, name="vgg16_gs")


def _trunk(x: Any, recipe: Recipe) -> Any:
    units, groups = dict(convolutions(recipe.width)), 1
    for block, (depth, _) in enumerate(BLOCKS, start=1):
        for number in range(1, depth + 1):
            name = f"block{block}_conv{number}"
            count = recipe.networks * units[name]
            x = layers.Conv2D(count, 3, padding="same", groups=groups, kernel_initializer="he_normal", name=name)(x)
            groups = recipe.networks  # the picture itself is seen by all of them
            x = _norm_relu(x, name, recipe)
        x = layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    return x


def _norm_relu(x: Any, name: str, recipe: Recipe) -> Any:
    x = layers.BatchNormalization(momentum=recipe.bn_momentum, epsilon=BN_EPSILON, name=f"{name}_bn")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)


def _paper_head(x: Any, recipe: Recipe) -> Any:
    groups = recipe.networks
    units = groups * filters(FC_UNITS, width=recipe.width)
    side = remaining(recipe.input_size)
    x = layers.Conv2D(units, side, groups=groups, kernel_initializer="he_normal", name="fc6")(x)
    x = layers.Dropout(recipe.dropout, name="fc6_dropout")(_norm_relu(x, "fc6", recipe))
    x = layers.Conv2D(units, 1, groups=groups, kernel_initializer="he_normal", name="fc7")(x)
    x = _norm_relu(x, "fc7", recipe)
    # A picture whose size is no multiple of 32 leaves one position as well, because fc6 covers all that remains.
    return layers.Flatten(name="features")(x)


def freeze(model: Any, *, train_from: str) -> None:
    """Leave the layers below `train_from` as they are and teach the others; a frozen batch norm keeps its statistics.

    To be followed by compiling.
    """
    first = {"all": 1, "block4": 4, "block5": 5, "head": 6}[train_from]
    for layer in model.layers:
        if layer.name.startswith("block"):
            layer.trainable = int(layer.name[5]) >= first
