"""What Obuchowski-Rockette analyses are made of: mean squares, mean covariances, variance components."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from screening.statistics.checks import Bools, Floats
from screening.statistics.mrmc.analysis import ratio
from screening.statistics.mrmc.study import Study


@dataclass(frozen=True)
class Components:
    """Variance components. ``var_r`` and ``var_tr`` may be negative and are given as they are.

    The ``_clipped`` ones use max(cov2 - cov3, 0), as RJafroc does; the others clip nothing, as MRMCaov does.
    """

    var_r: float
    var_tr: float
    var: float
    cov1: float
    cov2: float
    cov3: float
    var_r_clipped: float
    var_tr_clipped: float


@dataclass(frozen=True, eq=False)
class Parts:
    """Everything the three analyses are made from. ``used`` marks (test, reader) cells with readings."""

    figures: Floats
    used: Bools
    matrix: Floats
    test_of: Floats
    reader_of: Floats
    ms_t: float
    ms_r: float
    ms_tr: float
    var: float
    cov1: float
    cov2: float
    cov3: float
    is_nested: bool
    level: float
    is_cut: bool
    is_clipped: bool

    @property
    def readers_per_test(self) -> Floats:
        counts: Floats = self.used.sum(axis=1).astype(np.float64)
        return counts


def gather(study: Study, values: Floats, matrix: Floats, *, level: float, is_cut: bool, is_clipped: bool) -> Parts:
    test, reader = np.array(study.cells).T
    figures = np.full((study.n_tests, study.n_readers), np.nan)
    figures[test, reader] = values
    is_nested = study.design == "readers_nested_in_tests"
    ms_t, ms_r, ms_tr = _nested_squares(figures) if is_nested else mean_squares(figures)
    same_test, same_reader = test[:, None] == test, reader[:, None] == reader
    return Parts(
        figures=figures,
        used=~np.isnan(figures),
        matrix=matrix,
        test_of=test,
        reader_of=reader,
        ms_t=ms_t,
        ms_r=ms_r,
        ms_tr=ms_tr,
        var=float(np.diag(matrix).mean()),
        cov1=mean_where(matrix, ~same_test & same_reader),
        cov2=mean_where(matrix, same_test & ~same_reader),
        cov3=mean_where(matrix, ~same_test & ~same_reader),
        is_nested=is_nested,
        level=level,
        is_cut=is_cut,
        is_clipped=is_clipped,
    )


def mean_squares(figures: Floats) -> tuple[float, float, float]:
    """MS(T), MS(R), MS(TR) of the complete table; NaN where there are no degrees of freedom."""
    tests, readers = figures.shape
    of_test, of_reader, grand = figures.mean(axis=1), figures.mean(axis=0), figures.mean()
    rest = figures - of_test[:, None] - of_reader + grand
    return (
        ratio(readers * float(((of_test - grand) ** 2).sum()), tests - 1),
        ratio(tests * float(((of_reader - grand) ** 2).sum()), readers - 1),
        ratio(float((rest**2).sum()), (tests - 1) * (readers - 1)),
    )


def _nested_squares(figures: Floats) -> tuple[float, float, float]:
    """MS(T) and MS(R within T); there is no interaction."""
    per_test = (~np.isnan(figures)).sum(axis=1)
    means = np.nanmean(figures, axis=1)
    grand = float(np.nanmean(figures))
    between = float((per_test * (means - grand) ** 2).sum())
    within = float(np.nansum((figures - means[:, None]) ** 2))
    return ratio(between, figures.shape[0] - 1), ratio(within, float(per_test.sum() - figures.shape[0])), math.nan


def mean_where(matrix: Floats, mask: Bools) -> float:
    return float(matrix[mask].mean()) if mask.any() else 0.0


def components(parts: Parts) -> Components:
    tests = parts.figures.shape[0]

    def estimate(gap: float) -> tuple[float, float]:
        """VarR and VarTR for Cov2 - Cov3 as it enters VarTR."""
        var_tr = parts.ms_tr - parts.var + parts.cov1 + gap
        rest = parts.var + (tests - 1) * (parts.cov1 - parts.cov3) - parts.cov2
        return (parts.ms_r - rest - var_tr) / tests, var_tr

    gap = parts.cov2 - parts.cov3
    if parts.is_nested:
        var_r = parts.ms_r - parts.var + parts.cov2
        plain = clipped = (var_r, math.nan)
    else:
        plain, clipped = estimate(gap), estimate(max(gap, 0.0))
    return Components(plain[0], plain[1], parts.var, parts.cov1, parts.cov2, parts.cov3, clipped[0], clipped[1])
