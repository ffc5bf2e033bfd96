"""Photos that look the same, whoever they are said to show: they must not fall into different folds."""

from collections.abc import Sequence

import numpy as np

from readerstudy.studies.imports.likeness import NEAR_BITS, distances, words
from readerstudy.studies.models import Photo


def alike_groups(photos: Sequence[Photo]) -> list[int]:
    """One group number a photo; near-duplicates share it, also through others between them.

    The rule of likeness is that of the import, which an upload under another subject's code can get past. A photo
    without a hash is a group of its own.
    """
    group = np.arange(len(photos))
    rows = np.array([row for row, photo in enumerate(photos) if photo.perceptual_hash], np.int64)
    if not len(rows):
        return group.tolist()
    hashes = words([photos[row].perceptual_hash for row in rows])
    for place, row in enumerate(rows[:-1].tolist()):
        near = rows[place + 1 :][distances(photos[row].perceptual_hash, hashes[place + 1 :]) <= NEAR_BITS]
        if len(near):
            merged = np.isin(group, group[[row, *near]])
            group[merged] = group[merged].min()
    return group.tolist()
