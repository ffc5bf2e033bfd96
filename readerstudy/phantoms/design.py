"""Who is in a phantom cohort: classes, syndromes, ages, sexes, skin tones and scores.

Ages and sexes follow the paper's Table 1 (GS 36.85 +- 42.33 months, 125 boys of 228; controls 37.28 +- 40.77, 119 of
228). Skin tones are mid-quantiles, the same in both classes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from readerstudy.phantoms.gestalts import GESTALTS, SCORES, directions, scaled_counts
from readerstudy.phantoms.looks import draw_looks
from readerstudy.phantoms.observers import log_likelihood_ratio
from readerstudy.phantoms.phantom import Phantom


@dataclass(frozen=True)
class Preset:
    """Severity kappa and the share rho of cases whose syndrome shows in the face."""

    kappa: float
    rho: float
    says: str


PRESETS = {
    "demo": Preset(2.0, 0.94, "learnable from 456 pictures, yet not perfect: the ideal observer reaches AUC 0.969"),
    "subtle": Preset(1.3, 1.0, "milder gestalts, all expressed: the ideal observer reaches AUC 0.979"),
    "null": Preset(0.0, 1.0, "no difference at all: every AUC must be near 0.5, the test of a pipeline against leaks"),
}

# The log-normal of the ages, cut to 1..216 months: mean and SD of the log, chosen to meet Table 1's moments.
AGE_LOG = {True: (3.0761, 1.4151), False: (3.1418, 1.2604)}
AGE_LIMITS = (1.0, 216.0)
BOYS_OF_228 = {True: 125, False: 119}


@dataclass(frozen=True)
class _Place:
    """One subject's place in the cohort before anything is drawn for it."""

    gestalt: int | None
    age_months: float
    sex: str
    tone: float

    @property
    def has_syndrome(self) -> bool:
        return self.gestalt is not None


def age_quantiles(count: int, *, has_syndrome: bool) -> np.ndarray:
    """The mid-quantiles (i - 0.5) / count of the class's ages in months, ascending, shape (count,)."""
    mean, sd = AGE_LOG[has_syndrome]
    low, high = norm.cdf((np.log(AGE_LIMITS) - mean) / sd)
    return np.exp(mean + sd * norm.ppf(low + (high - low) * (np.arange(count) + 0.5) / count))


def generate(*, n: int = 456, seed: int = 1, preset: str = "demo") -> list[Phantom]:
    """A cohort of ``n`` phantoms, half of them cases, in random order; the same arguments give the same cohort.

    Each subject has its own child of ``SeedSequence(seed)``, the cohort's plan has one more. The presets share the
    seed's noise: the null cohort is the demo cohort without its gestalts.
    """
    if preset not in PRESETS:
        raise ValueError(f"There is no preset {preset!r}; choose one of {', '.join(PRESETS)}.")
    if not 2 <= n <= 9999:
        raise ValueError(f"A cohort has 2 to 9999 phantoms, not {n}.")
    *children, plan = np.random.SeedSequence(seed).spawn(n + 1)
    plan_rng = np.random.default_rng(plan)
    places = _places(n, plan_rng)
    draws = [
        _draw(place, np.random.default_rng(child), PRESETS[preset])
        for place, child in zip(places, children, strict=True)
    ]
    scores = np.stack([draw["scores"] for draw in draws])
    llr = log_likelihood_ratio(scores, kappa=PRESETS[preset].kappa, rho=PRESETS[preset].rho)
    difficulty = _normal_scores(llr, np.array([place.has_syndrome for place in places]), plan_rng)
    return [
        _phantom(
            place,
            draw,
            code=f"PH-{index:04d}",
            llr=llr[index - 1],
            difficulty=difficulty[index - 1],
            seed=seed,
            preset=preset,
        )
        for index, (place, draw) in enumerate(zip(places, draws, strict=True), start=1)
    ]


def _places(n: int, rng: np.random.Generator) -> list[_Place]:
    cases = n // 2
    diagnoses = [index for index, count in enumerate(scaled_counts(cases)) for _ in range(count)]
    places = _class_places(diagnoses, rng, has_syndrome=True) + _class_places(
        [None] * (n - cases), rng, has_syndrome=False
    )
    return [places[index] for index in rng.permutation(n)]


def _class_places(gestalts: list, rng: np.random.Generator, *, has_syndrome: bool) -> list[_Place]:
    count = len(gestalts)
    ages = rng.permutation(age_quantiles(count, has_syndrome=has_syndrome))
    boys = round(count * BOYS_OF_228[has_syndrome] / 228)
    sexes = rng.permutation(["M"] * boys + ["F"] * (count - boys))
    tones = rng.permutation((np.arange(count) + 0.5) / count)
    return [
        _Place(gestalt, round(float(age), 1), str(sex), float(tone))
        for gestalt, age, sex, tone in zip(gestalts, ages, sexes, tones, strict=True)
    ]


def _draw(place: _Place, rng: np.random.Generator, preset: Preset) -> dict:
    """Scores, looks, file name and expression of one subject, in an order no preset changes."""
    scores = rng.standard_normal(len(SCORES))
    is_expressed = bool(rng.random() < preset.rho)
    file = f"{rng.bytes(8).hex()}.jpg"
    looks = draw_looks(rng, tone=place.tone, sex=place.sex, age_months=place.age_months)
    if place.has_syndrome and is_expressed:
        scores = scores + preset.kappa * directions()[place.gestalt]
    return {"scores": scores, "looks": looks, "file": file, "is_expressed": is_expressed}


def _phantom(place: _Place, draw: dict, *, code: str, llr: float, difficulty: float, seed: int, preset: str) -> Phantom:
    diagnosis = GESTALTS[place.gestalt].name if place.gestalt is not None else ""
    return Phantom(
        code=code,
        file=draw["file"],
        has_syndrome=place.has_syndrome,
        diagnosis=diagnosis,
        confirmation=_confirmation(diagnosis),
        is_expressed=place.has_syndrome and draw["is_expressed"],
        sex=place.sex,
        age_months=place.age_months,
        scores=tuple(float(score) for score in draw["scores"]),
        llr=float(llr),
        difficulty=float(difficulty),
        seed=seed,
        preset=preset,
        looks=draw["looks"],
    )


def _confirmation(diagnosis: str) -> str:
    """How such a syndrome is usually confirmed: trisomy by karyotype, copy numbers by array, others by sequencing."""
    if not diagnosis:
        return ""
    if diagnosis == "Down":
        return "karyotype"
    copy_number = r"deletion|duplication|Williams|DiGeorge|Cri du Chat|Wolf-Hirschhorn"
    return "array" if re.search(copy_number, diagnosis) else "sequencing"


def _normal_scores(llr: np.ndarray, has_syndrome: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each case's rank of L within its class as a normal deviate; equal values in random order (the null preset)."""
    scores = np.empty(len(llr))
    tie_break = rng.permutation(len(llr))
    for is_case in (True, False):
        members = np.flatnonzero(has_syndrome == is_case)
        ordered = members[np.lexsort((tie_break[members], llr[members]))]
        scores[ordered] = norm.ppf((np.arange(len(members)) + 0.5) / len(members))
    return scores
