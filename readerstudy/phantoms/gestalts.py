"""The 35 gestalts of the demo cohort as data: how often, how strong, which way.

Stylised after published clinical synopses, for demonstration only: not clinically valid, they teach no diagnosis.
Counts are those of the paper's Table 1 (sum 228). Whoever knows better may change a row; every number of
:mod:`readerstudy.phantoms.observers` is computed from this table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

SCORES = tuple(
    re.findall(
        "[a-z_]+",
        """eye_spacing slant fissure_len fissure_open epicanthus ptosis brow_arch brow_thick periorbital forehead_w
        forehead_h bridge nose_len nose_tip anteversion philtrum_len philtrum_flat mouth_w lips mouth_droop chin jaw
        cheeks midface ear_low ear_size asym""",
    )
)
"""The 27 scores of a subject, in SD units; 0 is the mean for the age."""


@dataclass(frozen=True)
class Gestalt:
    """One syndrome: its cases among the paper's 228, the length d of its direction, the direction's weights."""

    name: str
    count: int
    distance: float
    weights: str

    @property
    def direction(self) -> np.ndarray:
        """Mean score vector at severity 1, shape (27,), of length ``distance``.

        >>> round(float(np.linalg.norm(GESTALTS[2].direction)), 6)
        3.6
        """
        vector = np.zeros(len(SCORES))
        for score, weight in re.findall(r"([a-z_]+)([+-]\d+)", self.weights):
            vector[SCORES.index(score)] = float(weight)
        return vector * (self.distance / np.linalg.norm(vector))


GESTALTS = (
    Gestalt(
        "Williams-Beuren",
        108,
        3.2,
        "periorbital+3 forehead_w+2 bridge+2 nose_tip+3 anteversion+2 nose_len-1 philtrum_len+2 "
        "mouth_w+3 lips+3 chin-2 cheeks+2",
    ),
    Gestalt(
        "Noonan",
        52,
        3.0,
        "eye_spacing+3 slant-3 ptosis+3 epicanthus+1 ear_low+3 forehead_w+2 chin-1 philtrum_flat-2 jaw-1",
    ),
    Gestalt(
        "Down",
        14,
        3.6,
        "slant+3 epicanthus+3 bridge+3 nose_len-2 midface+2 ear_size-2 mouth_w-1 forehead_w+1 "
        "fissure_len-1 chin-1 cheeks+1 ear_low+1",
    ),
    Gestalt("Marfan", 5, 2.6, "slant-2 midface+2 periorbital-2 chin+2 jaw-2 nose_len+2 cheeks-2"),
    Gestalt("Loeys-Dietz", 4, 2.8, "eye_spacing+3 slant-2 midface+2 chin-2 forehead_h+1"),
    Gestalt(
        "Alagille", 4, 3.0, "forehead_w+3 forehead_h+1 periorbital-2 eye_spacing+1 nose_len+2 nose_tip+2 chin+1 jaw-3"
    ),
    Gestalt("DiGeorge", 3, 2.6, "fissure_open-2 nose_tip+2 mouth_w-3 chin-2 ear_size-2 ear_low+2 nose_len+1"),
    Gestalt(
        "Acromicric/Geleophysic", 3, 2.8, "cheeks+3 philtrum_len+3 nose_len-2 anteversion+2 lips-1 nose_tip+1 jaw+2"
    ),
    Gestalt("Kabuki", 2, 3.2, "fissure_len+3 brow_arch+3 nose_tip+1 ear_size+2 ptosis+1 nose_len+1 brow_thick-1"),
    Gestalt("Barth", 2, 2.4, "forehead_h+2 forehead_w+2 cheeks+2 chin+1 ear_size+2 periorbital-1"),
    Gestalt(
        "Cornelia de Lange",
        2,
        3.4,
        "brow_thick+3 brow_arch+2 nose_len-2 anteversion+3 philtrum_len+2 philtrum_flat+3 lips-3 "
        "mouth_droop+2 chin-2 ear_low+1",
    ),
    Gestalt(
        "Koolen-de Vries",
        2,
        2.6,
        "slant+2 epicanthus+2 fissure_len-1 ptosis+1 nose_tip+2 lips+1 ear_size+2 jaw-1 chin+1",
    ),
    Gestalt("14q32 duplication", 2, 2.4, "forehead_w+2 eye_spacing+2 bridge+1 mouth_w+1 cheeks+2"),
    Gestalt(
        "Congenital mental retardation, AD", 2, 2.2, "forehead_h+1 bridge+1 nose_tip+1 lips+1 ear_low+1 philtrum_len+1"
    ),
    Gestalt("8p23.1 deletion", 2, 2.4, "forehead_h+2 epicanthus+2 bridge+1 ear_low+2 chin-1"),
    Gestalt("21q22.3 deletion", 2, 2.4, "slant-2 bridge-1 nose_tip+2 ear_low+2 ear_size+1 chin-1"),
    Gestalt("Helsmoortel-Van der Aa", 1, 2.6, "forehead_h+3 ptosis+2 slant-1 lips-1 nose_tip+1 epicanthus-1"),
    Gestalt("Mulibrey nanism", 1, 2.6, "forehead_w+2 jaw-3 bridge+1 forehead_h+2 cheeks-1"),
    Gestalt("Congenital fibrosis of extraocular muscles", 1, 2.6, "ptosis+3 fissure_open-2 brow_arch+1"),
    Gestalt(
        "Mandibulofacial dysostosis-microcephaly",
        1,
        3.0,
        "chin-3 midface+2 cheeks-2 slant+1 ear_size-2 ear_low+1 forehead_h-2 asym+1",
    ),
    Gestalt(
        "Cerebro-oculo-facio-skeletal", 1, 3.0, "fissure_open-3 bridge-2 nose_len+2 chin-2 ear_size+2 forehead_h-1"
    ),
    Gestalt(
        "Oculo-facio-cardio-dental", 1, 2.8, "brow_thick+2 nose_len+2 bridge-2 philtrum_len+2 fissure_open-2 nose_tip-1"
    ),
    Gestalt(
        "Wolf-Hirschhorn",
        1,
        3.4,
        "eye_spacing+3 bridge-2 brow_arch+3 philtrum_len-2 mouth_droop+2 chin-2 forehead_h+2 epicanthus+1",
    ),
    Gestalt("Costello", 1, 3.2, "lips+3 mouth_w+3 epicanthus+1 slant-1 bridge+2 nose_tip+2 ear_low+2 cheeks+2"),
    Gestalt(
        "Cri du Chat", 1, 2.8, "cheeks+2 eye_spacing+2 epicanthus+2 slant-1 bridge+1 chin-2 ear_low+2 mouth_droop+1"
    ),
    Gestalt("Stickler", 1, 2.6, "midface+3 bridge+2 nose_len-2 anteversion+2 chin-2"),
    Gestalt("Coffin-Siris", 1, 3.0, "brow_thick+3 lips+3 mouth_w+3 bridge+1 nose_tip+2 philtrum_len+1"),
    Gestalt("Klippel-Feil", 1, 2.4, "asym+3 ear_low+2 jaw+1"),
    Gestalt("Congenital contractural arachnodactyly", 1, 2.4, "ear_size+2 chin-2 forehead_h+1 jaw-2 mouth_w-1"),
    Gestalt("16p11.2 duplication", 1, 2.2, "fissure_len-1 midface+1 nose_len+1 lips-1 ear_low+1 forehead_h-1"),
    Gestalt("Holt-Oram", 1, 1.8, "asym+1 chin-1 ear_low+1 forehead_w+1"),
    Gestalt("X-linked oto-palato-digital", 1, 3.0, "eye_spacing+3 slant-3 brow_thick+2 bridge+1 mouth_w-2 chin-1"),
    Gestalt("16p11.2 microdeletion", 1, 2.2, "forehead_w+2 chin-2 eye_spacing+1 bridge+1 jaw+1"),
    Gestalt("Brittle cornea", 1, 2.2, "periorbital-1 epicanthus+1 bridge+1 eye_spacing+1 nose_len+1"),
    Gestalt("18q microdeletion", 1, 2.8, "midface+3 periorbital-2 mouth_droop+2 mouth_w+1 ear_size+2 philtrum_len-2"),
)


@cache
def directions() -> np.ndarray:
    """All gestalts' directions at severity 1, shape (35, 27)."""
    return np.stack([gestalt.direction for gestalt in GESTALTS])


@cache
def shares() -> np.ndarray:
    """How often each gestalt occurs among the cases, shape (35,), sum 1."""
    counts = np.array([gestalt.count for gestalt in GESTALTS], dtype=float)
    return counts / counts.sum()


def scaled_counts(cases: int) -> list[int]:
    """Cases of each gestalt in a cohort with so many cases: proportional, largest remainder.

    On equal remainders the earlier row wins, so a small cohort keeps the big gestalts.

    >>> scaled_counts(228) == [gestalt.count for gestalt in GESTALTS]
    True
    >>> scaled_counts(10)[:4], sum(scaled_counts(10))
    ([5, 3, 1, 1], 10)
    """
    exact = shares() * cases
    counts = np.floor(exact + 1e-9).astype(int)
    by_remainder = np.argsort(-np.round(exact - counts, 9), kind="stable")
    counts[by_remainder[: cases - counts.sum()]] += 1
    return [int(count) for count in counts]
