"""An ensemble as one ONNX model: aligned faces in, the probability of GS out, for programs without Keras.

Everything between is inside: bringing the crop to the network's size, the mirror image, the networks with their batch
norms folded into the convolutions, scales, thresholds and the mean. The arithmetic is that of `predict.score` and
`ensemble.Verdict`, in 32 bits; a test holds both against each other.

Input `faces` (n, 224, 224, 3) uint8, red, green, blue. Outputs `scores` (n, folds), `probabilities` (n, folds),
`probability` (n,) their mean, `is_gs` (n,) the call.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from training.engine.ensemble import Ensemble, Member
from training.engine.layout import parameter_count
from training.engine.onnx_pictures import add_pictures
from training.engine.onnx_writer import Graph, MissingLibrary
from training.engine.scale import FLOOR, Scale

__all__ = ["LARGEST", "MissingLibrary", "write_onnx"]

LARGEST = 1_800_000_000
"""Bytes of weights that one file may hold, a little under the 2 GB of its format; beyond, they go into one beside."""


def write_onnx(ensemble: Ensemble, path: Path, *, told: Mapping[str, str]) -> list[Path]:
    """Write the model, whole or not at all; the files made: it, and `<name>.data` where its weights fill over 1.8 GB.

    `told` are texts that go into the file's metadata.
    """
    recipe = ensemble.recipe
    size = 4 * len(ensemble.members) * recipe.networks * parameter_count(
        input_size=recipe.input_size, width=recipe.width, head=recipe.head, embedding_size=recipe.embedding_size
    )  # fmt: skip
    with Graph(path, is_split=size > LARGEST) as graph:
        pictures = add_pictures(graph, recipe)
        scores = [_network(graph, ensemble, member, pictures) for member in ensemble.members]
        _verdict(graph, ensemble, scores)
        outputs = {"scores": "folds", "probabilities": "folds", "probability": "", "is_gs": ""}
        return graph.finish(outputs, metadata=_metadata(ensemble, told), folds=len(ensemble.members))


def _network(graph: Graph, ensemble: Ensemble, member: Member, pictures: str) -> str:
    """The raw score (n, 1) of one fold's network."""
    from training.engine.predict import load_fold

    model = load_fold(ensemble.recipe, member.weights)
    layers = {layer.name: layer for layer in model.layers}
    name = f"fold{member.fold + 1}"
    x = _trunk(graph, layers, _less_mean(graph, layers, pictures, name), name)
    if "fc6" in layers:
        for layer in ("fc6", "fc7"):
            x = _convolution(graph, layers, layer, x, name, pad=0)
    else:
        x = graph.add("GlobalAveragePool", x)
    kernel, bias = (_array(part) for part in layers["prob"].get_weights())
    x = graph.add("Flatten", x)
    x = graph.add("Gemm", x, graph.weights(f"{name}.prob.kernel", kernel), graph.weights(f"{name}.prob.bias", bias))
    x = graph.add("Gather", graph.add("Softmax", x, axis=1), graph.integers([1]), axis=1)
    if not ensemble.recipe.tta_flip:
        return x
    both = graph.add("Reshape", x, graph.integers([2, -1, 1]))  # the faces, then their mirror images
    return graph.add("ReduceMean", both, axes=[0], keepdims=0)


def _less_mean(graph: Graph, layers: Mapping[str, Any], x: str, name: str) -> str:
    if "vgg_face_input" not in layers:
        return x
    mean = _array(layers["vgg_face_input"].get_weights()[0]).reshape(1, 3, 1, 1)
    return graph.add("Sub", graph.add("Mul", x, graph.floats(255.0)), graph.weights(f"{name}.mean", mean))


def _trunk(graph: Graph, layers: Mapping[str, Any], x: str, name: str) -> str:
    from training.engine.layout import BLOCKS

    for block, (count, _) in enumerate(BLOCKS, start=1):
        for number in range(1, count + 1):
            x = _convolution(graph, layers, f"block{block}_conv{number}", x, name, pad=1)
        x = graph.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    return x


def _convolution(graph: Graph, layers: Mapping[str, Any], layer: str, x: str, name: str, *, pad: int) -> str:
    """Convolution, batch norm and ReLU: a batch norm that is done learning is a scale and a shift of the kernel."""
    kernel, bias = (_array(part) for part in layers[layer].get_weights())
    norm = layers[f"{layer}_bn"]
    gamma, beta, mean, variance = (_array(part) for part in norm.get_weights())
    scale = gamma / (variance + norm.epsilon) ** 0.5
    folded = graph.weights(f"{name}.{layer}.kernel", (kernel * scale).transpose(3, 2, 0, 1))
    shift = graph.weights(f"{name}.{layer}.bias", (bias - mean) * scale + beta)
    side = kernel.shape[0]
    shape = {"kernel_shape": [side, side], "pads": [pad] * 4, "group": layers[layer].groups}
    return graph.add("Relu", graph.add("Conv", x, folded, shift, **shape))


def _array(values: Any) -> Any:
    import numpy as np

    return np.asarray(values, np.float64)


def _verdict(graph: Graph, ensemble: Ensemble, scores: list[str]) -> None:
    """Scales, mean and call as `ensemble.Verdict` has them; log-odds in 64 bits, as `scale.Scale.of`."""
    members = ensemble.members
    graph.add("Concat", *scores, axis=1, output="scores")
    scales = [member.scale for member in members if member.scale]
    if len(scales) < len(members):
        graph.add("Identity", "scores", output="probabilities")
    else:
        graph.cast(_calibrated(graph, scales), "float", output="probabilities")
    graph.add("ReduceMean", "probabilities", axes=[1], keepdims=0, output="probability")
    reached = graph.add("GreaterOrEqual", "scores", graph.floats([[member.threshold for member in members]]))
    calls = graph.add("ReduceSum", graph.cast(reached, "float"), graph.integers([1]), keepdims=0)
    graph.add("Greater", calls, graph.floats(len(members) / 2), output="is_gs")


def _calibrated(graph: Graph, scales: list[Scale]) -> str:
    score = graph.add("Clip", graph.cast("scores", "double"), graph.doubles(FLOOR), graph.doubles(1 - FLOOR))
    rest = graph.add("Sub", graph.doubles(1.0), score)
    odds = graph.add("Sub", graph.add("Log", score), graph.add("Log", rest))
    tempered = graph.add("Div", odds, graph.doubles([[scale.temperature for scale in scales]]))
    shifted = graph.add("Add", tempered, graph.doubles([[scale.offset or 0.0 for scale in scales]]))
    return graph.add("Sigmoid", shifted)


def _metadata(ensemble: Ensemble, told: Mapping[str, str]) -> dict[str, str]:
    facts = [
        {"fold": member.fold + 1, "threshold": member.threshold}
        | (asdict(member.scale) if member.scale else {"temperature": None})
        for member in ensemble.members
    ]
    return {
        "notice": "For research only, not for diagnosis.",
        "recipe": json.dumps(ensemble.recipe.to_dict()),
        "networks": json.dumps(facts),
        **told,
    }
