"""The embedding of faces by a finished fold's network: what it has learnt of a face, as one point on a sphere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.engine.data import Images, shrink, view
from training.engine.predict import BATCH
from training.engine.recipe import Recipe
from training.engine.results import Cancelled

Floats = NDArray[np.float32]


def embeddings(model: Any, crops: Images, *, recipe: Recipe, should_stop: Callable[[], bool] | None = None) -> Floats:
    """(n, 2, E) of aligned crops (n, S, S, 3) uint8, each face and its mirror image; every point has length 1.

    `should_stop` is asked before each batch; where it says so, `Cancelled` is raised.
    """
    found = np.empty((len(crops), 2, recipe.embedding_size), np.float32)
    for start in range(0, len(crops), BATCH):
        if should_stop and should_stop():
            raise Cancelled("the run was cancelled while its faces were embedded")
        store = shrink(crops[start : start + BATCH], recipe)
        for side, mirrored in enumerate((False, True)):
            images = np.stack([view(store[row], recipe, mirrored=mirrored) for row in range(len(store))])
            found[start : start + len(store), side] = np.asarray(model.predict_on_batch(images)["embedding"])
    return found
