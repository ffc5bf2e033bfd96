"""Replicates of a resampled ROC curve: its heights, its area, its counts at thresholds, two curves side by side."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from screening.statistics.checks import Floats, warn
from screening.statistics.ordered import OrderedCurves
from screening.statistics.resampling import Counted, Sample, has_both
from screening.statistics.vertices import snap


def curve_replicates(sample: Sample, fractions: Floats, replicates: int, *, rng: np.random.Generator) -> Floats:
    """Sensitivities (replicates, grid) of resampled curves at the specificities ``fractions``."""
    if not sample.stratified:
        return counted_replicates(sample, fractions, replicates, rng=rng)
    distinct, column = np.unique(fractions, return_inverse=True)
    curves = OrderedCurves(sample.controls, sample.cases, snap(distinct * sample.controls.size))
    return curves.heights(replicates, rng)[:, column]


def counted_replicates(sample: Sample, fractions: Floats, replicates: int, *, rng: np.random.Generator) -> Floats:
    """The same by counting all drawn rows, which an unstratified resample (class sizes vary) needs."""
    return _replicate([sample], _reader(fractions), replicates, rng=rng)[0]


def area_replicates(sample: Sample, replicates: int, *, rng: np.random.Generator) -> Floats:
    """Areas (replicates,) under resampled curves."""
    return _replicate([sample], Counted.auc, replicates, rng=rng)[0]


def paired_replicates(
    samples: list[Sample], fractions: Floats | None, replicates: int, *, rng: np.random.Generator
) -> list[Floats]:
    """Areas, or heights at one specificity, of several scores in the same resamples: one vector per score."""
    if fractions is None:
        return _replicate(samples, Counted.auc, replicates, rng=rng)
    return [heights[:, 0] for heights in _replicate(samples, _reader(fractions), replicates, rng=rng)]


def threshold_counts(
    sample: Sample, cut: Floats, replicates: int, *, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats, Floats]:
    """Resampled true and false positives (replicates, thresholds) and class sizes (replicates, 1).

    Only the cells between neighbouring thresholds matter, so one multinomial draw is the whole resample.
    """
    steps = np.unique(cut)
    of_case = np.bincount(np.searchsorted(steps, sample.cases, "right"), minlength=steps.size + 1)
    of_control = np.bincount(np.searchsorted(steps, sample.controls, "right"), minlength=steps.size + 1)
    if sample.stratified:
        cases = rng.multinomial(sample.cases.size, of_case / sample.cases.size, replicates)
        controls = rng.multinomial(sample.controls.size, of_control / sample.controls.size, replicates)
    else:
        n = sample.cases.size + sample.controls.size
        both = rng.multinomial(n, np.concatenate([of_case, of_control]) / n, replicates)
        cases, controls = both[:, : steps.size + 1], both[:, steps.size + 1 :]
    kept = (cases.sum(axis=1) > 0) & (controls.sum(axis=1) > 0)
    report_dropped(int((~kept).sum()), replicates)
    place = np.searchsorted(steps, cut) + 1
    counts = []
    for part in (cases[kept], controls[kept]):
        positive = np.cumsum(part[:, ::-1], axis=1)[:, ::-1]
        counts.append((positive[:, place].astype(np.float64), positive[:, :1].astype(np.float64)))
    return counts[0][0], counts[1][0], counts[0][1], counts[1][1]


def report_dropped(dropped: int, replicates: int) -> None:
    """Never drop a resample in silence."""
    if dropped > replicates - 2:
        raise ValueError("Almost no resample holds both classes: resample with stratified=True.")
    if dropped:
        warn(f"{dropped} of {replicates} resamples lacked a class and were dropped.")


def _reader(fractions: Floats) -> Callable[[Counted], Floats]:
    return lambda counted: counted.height_at(snap(fractions * counted.n_controls[:, None]))


def _replicate(
    samples: list[Sample], read: Callable[[Counted], Floats], replicates: int, *, rng: np.random.Generator
) -> list[Floats]:
    """Read every resample of every score, a chunk at a time: only what is read is kept."""
    counters = [sample.counter() for sample in samples]
    parts: list[list[Floats]] = [[] for _ in samples]
    dropped = 0
    for draw in samples[0].draws(replicates, rng):
        for part, counter in zip(parts, counters, strict=True):
            counted = counter.count(draw)
            kept = has_both(counted)
            part.append(read(counted.select(kept)))
        dropped += int(kept.size - kept.sum())
    report_dropped(dropped, replicates)
    return [np.concatenate(part) for part in parts]
