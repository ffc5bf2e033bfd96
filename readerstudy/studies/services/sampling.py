"""Drawing faces at random with the cohort's own mix of groups and diagnoses."""

import random
from collections import defaultdict

from django.utils.translation import gettext as _

from readerstudy.refusal import Refused
from readerstudy.studies.models import Photo


def stratified(photos: list[Photo], n: int, dice: random.Random, *, what: str) -> list[Photo]:
    """``n`` of ``photos``: groups in proportion, diagnoses within a group by systematic sampling."""
    if n < 0 or n > len(photos):
        raise Refused(
            _("%(n)s %(what)s were asked for, but %(photos)s photos are ready for that.")
            % {"n": n, "what": what, "photos": len(photos)}
        )
    groups: dict[bool | None, list[Photo]] = defaultdict(list)
    for photo in photos:
        groups[photo.subject.has_syndrome].append(photo)
    shares = _shares({group: len(members) for group, members in groups.items()}, n)
    return [photo for group, members in groups.items() for photo in _systematic(members, shares[group], dice)]


def _shares(sizes: dict[bool | None, int], n: int) -> dict[bool | None, int]:
    """Largest remainder (Hamilton): whole numbers in proportion to ``sizes`` that sum to ``n``."""
    total = sum(sizes.values())
    exact = {group: n * size / total for group, size in sizes.items()} if total else {}
    shares = {group: int(share) for group, share in exact.items()}
    for group in sorted(exact, key=lambda g: exact[g] - shares[g], reverse=True)[: n - sum(shares.values())]:
        shares[group] += 1
    return shares


def _systematic(members: list[Photo], n: int, dice: random.Random) -> list[Photo]:
    """Every (size/n)-th of the members lined up by diagnosis, from a random start; so each has the same chance."""
    if n == 0:
        return []
    luck = {photo.pk: dice.random() for photo in members}
    line = sorted(members, key=lambda photo: (photo.subject.diagnosis, luck[photo.pk]))
    step = len(line) / n
    start = dice.random() * step
    return [line[min(int(start + i * step), len(line) - 1)] for i in range(n)]
