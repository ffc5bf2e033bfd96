"""Networks of one training averaged: as it stood after several epochs, joined into a single network.

Huang et al. 2017 ("Snapshot ensembles: train 1, get M for free") average what the networks of one training say. Here
the mean of their logits is one network of the same layers, each as many times as wide: convolutions in as many groups,
batch norms side by side, and the two dense layers as the mean of all. So it is stored, mapped, embedded and exported as
any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import training.engine.quiet  # noqa: F401 (loads TensorFlow in silence)

# isort: split
from keras import layers

from training.engine.network import build
from training.engine.recipe import Recipe

Arrays = list[NDArray[Any]]


def joined(recipe: Recipe, snapshots: Sequence[Arrays]) -> Any:
    """The network whose logits are the mean of those of `snapshots`, each the weights of a network in training.

    Its embedding is the mean of theirs before it is brought to length 1.
    """
    whole, part = build(recipe), build(replace(recipe, snapshots=1))
    parts: list[dict[str, Arrays]] = []
    for weights in snapshots:
        part.set_weights(weights)
        parts.append({layer.name: layer.get_weights() for layer in part.layers})
    for layer in whole.layers:
        if layer.weights:
            layer.set_weights(_join(layer, [weights[layer.name] for weights in parts]))
    return whole


def _join(layer: Any, parts: list[Arrays]) -> Arrays:
    if isinstance(layer, layers.Conv2D | layers.BatchNormalization):
        return [np.concatenate(same, axis=-1) for same in zip(*parts, strict=True)]
    if isinstance(layer, layers.Dense):
        kernels, biases = zip(*parts, strict=True)
        return [np.concatenate(kernels) / len(parts), np.mean(biases, axis=0)]
    return parts[-1]  # the mean of pretrained weights, which no training changes
