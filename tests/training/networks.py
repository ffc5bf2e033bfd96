"""Real networks for a run, made in a moment: random weights instead of a training."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from training.engine.ensemble import Ensemble, Member
from training.engine.recipe import PRESETS, Recipe
from training.engine.scale import Scale

SMALL = replace(PRESETS["smoke"], folds=3)


def networks(folder: Path, *, recipe: Recipe = SMALL, temperatures=(1.5, 0.8, 2.5)) -> Ensemble:
    """One network a temperature; their thresholds are 0.4, 0.5, 0.6 ..., their offsets 0.3, 0.1, -0.1 ..."""
    members = []
    for fold, temperature in enumerate(temperatures):
        file = folder / f"fold-{fold}.weights.h5"
        network(recipe, seed=fold).save_weights(file)
        scale = Scale(temperature=temperature, offset=0.3 - fold / 5)
        members.append(Member(fold=fold, weights=file, threshold=0.4 + fold / 10, scale=scale))
    return Ensemble(recipe=recipe, members=tuple(members))


def network(recipe: Recipe, *, seed: int):
    """Random weights, and batch norms that have seen something: none of their four arrays is as it begins."""
    import keras

    from training.engine.network import build

    keras.utils.set_random_seed(seed)
    model = build(recipe)
    draw = np.random.default_rng(seed)
    for layer in model.layers:
        if layer.name.endswith("_bn"):
            size = layer.gamma.shape[0]
            layer.set_weights([
                draw.uniform(0.8, 1.3, size), draw.normal(0.1, 0.2, size),
                draw.normal(0, 0.3, size), draw.uniform(0.5, 1.5, size),
            ])  # fmt: skip
    return model


def faces(count: int = 4) -> np.ndarray:
    """(count, 224, 224, 3) random patches under grain, so that hardly a mean of pixels falls on a half."""
    draw = np.random.default_rng(5)
    coarse = draw.integers(20, 236, (count, 14, 14, 3)).repeat(16, axis=1).repeat(16, axis=2)
    return (coarse + draw.integers(-20, 20, coarse.shape)).astype(np.uint8)
