"""Which syndromes a face looks like: the nearest training faces in the embedding, one place a syndrome.

As in GestaltMatcher (Hsieh et al. 2022, doi:10.1038/s41588-021-01010-x): a syndrome stands as near as its nearest face.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def rank_syndromes(known: Floats, syndromes: Sequence[str], asked: Floats) -> list[list[str]]:
    """For each point of `asked` (m, E) the syndromes of `known` (n, E), nearest first.

    Rows without a name are passed over. The distance is the angle between the points, which need not have length 1.
    Equally near syndromes stand in alphabetical order.

    >>> rank_syndromes(np.eye(3), ["Noonan", "Down", ""], np.array([[0.1, 0.9, 0.0]]))
    [['Down', 'Noonan']]
    """
    names = sorted({name for name in syndromes if name})
    if not names:
        return [[] for _ in asked]
    rows = {name: [row for row, own in enumerate(syndromes) if own == name] for name in names}
    likeness = _unit(asked) @ _unit(known).T
    nearest = np.stack([likeness[:, rows[name]].max(axis=1) for name in names], axis=1)
    order = np.argsort(-nearest, axis=1, kind="stable")
    return [[names[place] for place in row] for row in order.tolist()]


def rank_by_frequency(syndromes: Sequence[str]) -> list[str]:
    """The syndromes, the most frequent first: what can be said without looking at a face.

    >>> rank_by_frequency(["Down", "", "Noonan", "Down"])
    ['Down', 'Noonan']
    """
    counts = Counter(name for name in syndromes if name)
    return sorted(counts, key=lambda name: (-counts[name], name))


def _unit(points: Floats) -> NDArray[np.float64]:
    wide = np.asarray(points, np.float64)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-12))
