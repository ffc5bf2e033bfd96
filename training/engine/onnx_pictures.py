"""The part of an ONNX model that makes of an aligned crop what the network sees: `data.shrink`, `data.view` and, by
recipe, the evening out of light, as sums of pixels.

Both steps of OpenCV are linear along each axis and round to whole grey values, half to even, as ONNX does too. Where a
sum falls on a half, a pixel may come out one grey value apart: about one in a thousand, which moves a score by some
0.0001.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.engine.moves import STILL, matrix, store_side
from training.engine.onnx_writer import Graph
from training.engine.recipe import Recipe

CROP = 224
Floats = NDArray[np.float64]


def add_pictures(graph: Graph, recipe: Recipe) -> str:
    """From the input `faces` to pictures (n or 2 n, 3, S, S) as the first layer with weights wants them."""
    x = graph.add("Transpose", graph.cast("faces", "float"), perm=[0, 3, 1, 2])
    side = min(CROP, store_side(recipe, crop_side=CROP))
    if side < CROP:
        x = _along_both_axes(graph, x, "shrink", area_weights(CROP, side))
    still = warp_weights(side, recipe)
    if still.shape[0] != still.shape[1] or not np.allclose(still, np.eye(len(still)), atol=1e-9):
        x = _along_both_axes(graph, x, "warp", still)
    x = graph.add("Mul", x, graph.floats(1 / 255))
    if recipe.tta_flip:
        ends = int(np.iinfo(np.int64).min)
        mirrored = graph.add(
            "Slice", x, graph.integers([-1]), graph.integers([ends]), graph.integers([3]), graph.integers([-1])
        )
        x = graph.add("Concat", x, mirrored, axis=0)
    if recipe.weights == "random" and recipe.normalise == "picture":
        return _picture_norm(graph, x)
    if recipe.weights == "random" and recipe.normalise == "local":
        return _local_contrast(graph, x, recipe.input_size)
    return x


def area_weights(source: int, target: int) -> Floats:
    """(target, source): each new pixel is the mean of the stretch of old ones that it covers."""
    stretch = source / target
    starts = np.arange(target)[:, None] * stretch
    pixels = np.arange(source)[None]
    covered = np.minimum(starts + stretch, pixels + 1) - np.maximum(starts, pixels)
    return np.asarray(np.clip(covered, 0, None) / stretch)


def warp_weights(source: int, recipe: Recipe) -> Floats:
    """(S, source): bilinear weights of the unmoved view along one axis; both axes have the same."""
    placed = matrix(STILL, source=source, recipe=recipe)
    places = (np.arange(recipe.input_size) - placed[0, 2]) / placed[0, 0]
    below = np.floor(places).astype(int)
    weights = np.zeros((recipe.input_size, source))
    rows = np.arange(recipe.input_size)
    np.add.at(weights, (rows, np.clip(below, 0, source - 1)), 1 - (places - below))
    np.add.at(weights, (rows, np.clip(below + 1, 0, source - 1)), places - below)
    return weights


def _along_both_axes(graph: Graph, x: str, name: str, weights: Floats) -> str:
    down = graph.add("MatMul", graph.weights(f"{name}.rows", weights), x)
    return graph.add("Round", graph.add("MatMul", down, graph.weights(f"{name}.columns", weights.T)))


def _picture_norm(graph: Graph, x: str) -> str:
    """Each colour of each picture less its mean, over its SD; the layer `picture_norm` of the network."""
    deviation = graph.add("Sub", x, graph.add("ReduceMean", x, axes=[2, 3], keepdims=1))
    variance = graph.add("ReduceMean", graph.add("Mul", deviation, deviation), axes=[2, 3], keepdims=1)
    return graph.add(
        "Div", deviation, graph.add("Sqrt", graph.add("Add", variance, graph.floats(PICTURE_NORM_EPSILON)))
    )


PICTURE_NORM_EPSILON = 1e-3
"""Keras' own for `LayerNormalization`."""


def _local_contrast(graph: Graph, x: str, side: int) -> str:
    """The layer `LocalContrast`: see there."""
    from training.engine.contrast import FLOOR, LIMIT, LUMINANCE, LocalContrast

    layer = LocalContrast()
    layer.build((None, side, side, 3))
    kernel = np.asarray(layer._kernel, np.float64)
    inside = graph.weights("contrast.inside", np.asarray(layer._inside, np.float64).reshape(1, 1, side, side))
    down = graph.weights("contrast.down", kernel.reshape(1, 1, -1, 1))
    right = graph.weights("contrast.right", kernel.reshape(1, 1, 1, -1))
    reach = len(kernel) // 2

    def smooth(grey: str) -> str:
        found = graph.add("Conv", grey, down, kernel_shape=[len(kernel), 1], pads=[reach, 0, reach, 0])
        found = graph.add("Conv", found, right, kernel_shape=[1, len(kernel)], pads=[0, reach, 0, reach])
        return graph.add("Div", found, inside)

    luminance = graph.weights("contrast.luminance", np.array(LUMINANCE).reshape(1, 3, 1, 1))
    grey = graph.add("Conv", x, luminance, kernel_shape=[1, 1])
    deviation = graph.add("Sub", grey, smooth(grey))
    variance = graph.add("Add", smooth(graph.add("Mul", deviation, deviation)), graph.floats(FLOOR))
    cut = graph.add(
        "Clip", graph.add("Div", deviation, graph.add("Sqrt", variance)), graph.floats(-LIMIT), graph.floats(LIMIT)
    )
    return graph.add("Concat", cut, cut, cut, axis=1)
