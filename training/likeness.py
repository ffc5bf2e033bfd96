"""Photos that show one child, whoever they are said to show: they must not fall into different folds."""

from collections.abc import Sequence

import numpy as np

from readerstudy.studies.imports.likeness import near_pairs
from readerstudy.studies.models import Photo
from readerstudy.studies.selectors.likeness import decisions


def alike_groups(photos: Sequence[Photo]) -> list[int]:
    """One group number a photo of one cohort; near-duplicates share it, also through others between them.

    The rule of likeness is that of the import, which an upload under another subject's code can get past. What a
    person decided about two subjects goes before it: the same child is held together whatever the photos look like,
    different children are not held together for looking alike. A photo without a hash is alike to none.
    """
    group = np.arange(len(photos))
    decided = decisions(photos[0].cohort_id) if photos else {}
    hashed = [row for row, photo in enumerate(photos) if photo.perceptual_hash]
    for one, other, _ in near_pairs([photos[row].perceptual_hash for row in hashed]):
        decision = decided.get(_subjects(photos[hashed[one]], photos[hashed[other]]))
        if decision is None or decision.is_same_child:
            _join(group, hashed[one], hashed[other])
    rows = {photo.subject_id: row for row, photo in enumerate(photos)}
    for (first, second), decision in decided.items():
        if decision.is_same_child and first in rows and second in rows:
            _join(group, rows[first], rows[second])
    return group.tolist()


def _subjects(one: Photo, other: Photo) -> tuple[int, int]:
    return min(one.subject_id, other.subject_id), max(one.subject_id, other.subject_id)


def _join(group: np.ndarray, one: int, other: int) -> None:
    merged = np.isin(group, group[[one, other]])
    group[merged] = group[merged].min()
