"""Subjects whose photos look the same, and what was decided about them."""

from dataclasses import dataclass

from readerstudy.studies.imports.likeness import near_pairs
from readerstudy.studies.models import Cohort, Photo, Resemblance


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two subjects by their most similar photos; ``bits`` of 256 differ."""

    first: Photo
    second: Photo
    bits: int
    decision: Resemblance | None

    @property
    def photos(self) -> tuple[Photo, Photo]:
        return self.first, self.second

    @property
    def contradicts(self) -> bool:
        """Whether one child would be both a case and a control."""
        return self.first.subject.has_syndrome != self.second.subject.has_syndrome


def alike_pairs(cohort: Cohort) -> list[Pair]:
    """Undecided pairs first, then the decided ones, the most similar first."""
    photos = list(
        cohort.photos.exclude(status=Photo.Status.ERASED).exclude(perceptual_hash="").select_related("subject")
    )
    photos.sort(key=lambda photo: (photo.subject_id, photo.pk))
    decided = decisions(cohort.pk)
    nearest: dict[tuple[int, int], tuple[int, Photo, Photo]] = {}
    for row, later, bits in near_pairs([photo.perceptual_hash for photo in photos]):
        first, second = photos[row], photos[later]
        subjects = (first.subject_id, second.subject_id)
        if subjects[0] != subjects[1] and (subjects not in nearest or bits < nearest[subjects][0]):
            nearest[subjects] = (bits, first, second)
    pairs = [
        Pair(first=first, second=second, bits=bits, decision=decided.get(subjects))
        for subjects, (bits, first, second) in nearest.items()
    ]
    return sorted(pairs, key=lambda pair: (pair.decision is not None, pair.bits, pair.first.pk, pair.second.pk))


def decisions(cohort_id: int) -> dict[tuple[int, int], Resemblance]:
    """What was decided about two subjects of a cohort, by their ids, the lower one first."""
    rows = Resemblance.objects.filter(first__cohort=cohort_id).select_related("decided_by")
    return {(row.first_id, row.second_id): row for row in rows}
