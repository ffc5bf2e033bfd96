"""Scores of crops by a network, with the mirror image where the recipe asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.engine.data import Crops, shrink, view
from training.engine.network import build
from training.engine.recipe import Recipe

BATCH = 32


def load_fold(recipe: Recipe, weights_path: Path | str) -> Any:
    """The network of a finished fold."""
    path = Path(weights_path)
    if not path.exists():
        raise FileNotFoundError(f"the fold's weights are not at {path}: train the run again or restore the file")
    model = build(recipe)
    model.load_weights(path)
    return model


def score(model: Any, crops: Crops, *, recipe: Recipe) -> NDArray[np.float64]:
    """P(GS) of each aligned crop (n, S, S, 3) uint8: mean over the face and, by recipe, its mirror image."""
    if not len(crops):
        return np.empty(0)
    return score_store(model, shrink(crops, recipe), recipe=recipe)


def score_store(model: Any, store: Crops, *, recipe: Recipe) -> NDArray[np.float64]:
    """The same for crops that `shrink` has already brought to size."""
    sides = (False, True) if recipe.tta_flip else (False,)
    passes = np.stack([_pass(model, store, recipe, mirrored=side) for side in sides])
    return np.asarray(passes.mean(axis=0))


def _pass(model: Any, store: Crops, recipe: Recipe, *, mirrored: bool) -> NDArray[np.float64]:
    parts = []
    for start in range(0, len(store), BATCH):
        images = np.stack([view(image, recipe, mirrored=mirrored) for image in store[start : start + BATCH]])
        scores = np.asarray(model.predict_on_batch(images)["prob"], np.float64)[:, 1]
        parts.append(scores[: len(images)])  # over several devices each scores the whole batch
    return np.concatenate(parts)
