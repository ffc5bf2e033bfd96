"""Power and size of a planned reader study from a pilot's variance components.

Two tests, J readers, K cases, a difference d between the tests' mean figures of merit. The pilot's share of diseased
cases is assumed to be kept.

References
----------
Hillis, Obuchowski, Berbaum 2011, Acad Radiol 18:129. Hillis, Schartz 2018, J Med Imaging 5(4). Hillis, Berbaum 2004,
Acad Radiol 11:1260 (the pseudovalue version).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy import special

from screening.statistics.checks import check_choice, check_count

ANALYSES = ("RRRC", "FRRC", "RRFC")
MOST_CASES = 1_000_000


@dataclass(frozen=True)
class Pilot:
    """Obuchowski-Rockette components of a pilot study with ``cases`` cases."""

    var_tr: float
    var: float
    cov1: float
    cov2: float
    cov3: float
    cases: int


@dataclass(frozen=True)
class PseudovaluePilot:
    """Dorfman-Berbaum-Metz components; they are per case, so the pilot's size does not enter."""

    var_tr: float
    var_tc: float
    var_error: float


@dataclass(frozen=True)
class Power:
    """Power of one planned study. ``critical`` is the value the F (or chi-squared, df2 infinite) has to exceed."""

    power: float
    effect: float
    readers: int
    cases: int
    analysis: str
    ncp: float
    df2: float
    critical: float
    denominator: float
    alpha: float
    method: str


def power(
    pilot: Pilot | PseudovaluePilot,
    *,
    effect: float,
    readers: int,
    cases: int,
    analysis: str = "RRRC",
    alpha: float = 0.05,
) -> Power:
    """Probability that a planned two-test study finds a true difference.

    Parameters
    ----------
    pilot : Pilot or PseudovaluePilot
        Components of a pilot: :func:`screening.statistics.mrmc.obuchowski_rockette` or
        :func:`~screening.statistics.mrmc.dorfman_berbaum_metz` gives them.
    effect : float
        True difference of the tests' means.
    readers : int, at least 2 (1 for FRRC)
    cases : int, at least 2
    analysis : {"RRRC", "FRRC", "RRFC"}
        To what the planned study generalises.
    alpha : float in (0, 1)

    Returns
    -------
    Power

    Raises
    ------
    ValueError
        Too few readers or cases, or components that give no positive variance.

    Examples
    --------
    >>> pilot = Pilot(var_tr=0.0002, var=0.0008, cov1=0.00035, cov2=0.00034, cov3=0.00024, cases=114)
    >>> round(power(pilot, effect=0.05, readers=5, cases=213).power, 2)
    0.81
    """
    check_choice(analysis, "analysis", ANALYSES)
    check_count(readers, "readers", least=1 if analysis == "FRRC" else 2)
    check_count(cases, "cases", least=2)
    if not 0 < alpha < 1 or not math.isfinite(effect):
        raise ValueError("alpha must lie between 0 and 1 and effect be a finite number.")
    if isinstance(pilot, Pilot):
        denominator, df2 = _or_parts(pilot, analysis, readers, cases)
    else:
        denominator, df2 = _dbm_parts(pilot, analysis, readers, cases)
    if not denominator > 0:
        raise ValueError("The pilot's components give no positive variance: power cannot be computed from them.")
    ncp = readers * effect**2 / (2 * denominator)
    if math.isinf(df2):
        critical = float(special.chdtri(1, alpha))
        value = float(1 - special.chndtr(critical, 1, ncp))
    else:
        critical = float(special.fdtri(1, df2, 1 - alpha))
        value = _noncentral_f_tail(critical, df2, ncp)
    method = "Obuchowski-Rockette" if isinstance(pilot, Pilot) else "Dorfman-Berbaum-Metz"
    return Power(value, effect, readers, cases, analysis, ncp, df2, critical, denominator, alpha, method)


def cases_needed(
    pilot: Pilot | PseudovaluePilot,
    *,
    effect: float,
    readers: int,
    target: float = 0.8,
    analysis: str = "RRRC",
    alpha: float = 0.05,
) -> Power:
    """The smallest number of cases with at least the target power.

    Parameters
    ----------
    pilot, effect, readers, analysis, alpha
        As for :func:`power`.
    target : float in (0, 1)
        Wanted power.

    Returns
    -------
    Power
        That of the smallest study; ``cases`` is the answer.

    Raises
    ------
    ValueError
        When even a million cases do not suffice: the spread between readers limits the power.

    Examples
    --------
    >>> pilot = Pilot(var_tr=0.0002, var=0.0008, cov1=0.00035, cov2=0.00034, cov3=0.00024, cases=114)
    >>> cases_needed(pilot, effect=0.05, readers=6).cases < cases_needed(pilot, effect=0.05, readers=5).cases
    True
    """

    def at(cases: int) -> Power:
        return power(pilot, effect=effect, readers=readers, cases=cases, analysis=analysis, alpha=alpha)

    return _smallest(at, target=target, least=2, most=MOST_CASES, what="cases")


def readers_needed(
    pilot: Pilot | PseudovaluePilot,
    *,
    effect: float,
    cases: int,
    target: float = 0.8,
    analysis: str = "RRRC",
    alpha: float = 0.05,
    most: int = 1000,
) -> Power:
    """The smallest number of readers with at least the target power.

    Parameters
    ----------
    pilot, effect, cases, analysis, alpha
        As for :func:`power`.
    target : float in (0, 1)
        Wanted power.
    most : int
        Where to stop looking.

    Returns
    -------
    Power
        That of the smallest study; ``readers`` is the answer.

    Raises
    ------
    ValueError
        When even ``most`` readers do not suffice: too few cases limit the power.

    Examples
    --------
    >>> pilot = Pilot(var_tr=0.0002, var=0.0008, cov1=0.00035, cov2=0.00034, cov3=0.00024, cases=114)
    >>> readers_needed(pilot, effect=0.05, cases=213).readers
    5
    """

    def at(readers: int) -> Power:
        return power(pilot, effect=effect, readers=readers, cases=cases, analysis=analysis, alpha=alpha)

    return _smallest(at, target=target, least=2, most=most, what="readers")


def _smallest(at: Callable[[int], Power], *, target: float, least: int, most: int, what: str) -> Power:
    """Bisection: power grows with the number of cases and of readers."""
    if not 0 < target < 1:
        raise ValueError("target must be a power between 0 and 1.")
    if at(most).power < target:
        raise ValueError(f"Even {most} {what} do not reach a power of {target}.")
    if at(least).power >= target:
        return at(least)
    low, high = least, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if at(middle).power >= target else (middle, high)
    return at(high)


def _or_parts(pilot: Pilot, analysis: str, readers: int, cases: int) -> tuple[float, float]:
    """Denominator and its degrees of freedom."""
    gap = max(pilot.cov2 - pilot.cov3, 0.0)
    shrink = pilot.cases / cases
    reader_part = max(pilot.var_tr, 0.0) + shrink * (pilot.var - pilot.cov1 - gap)
    case_part = shrink * gap * readers
    if analysis == "FRRC":
        return reader_part + case_part - max(pilot.var_tr, 0.0), math.inf
    if analysis == "RRFC":
        return reader_part, readers - 1
    denominator = reader_part + case_part
    return denominator, denominator**2 * (readers - 1) / reader_part**2 if reader_part > 0 else math.inf


def _dbm_parts(pilot: PseudovaluePilot, analysis: str, readers: int, cases: int) -> tuple[float, float]:
    var_tr, var_tc = max(pilot.var_tr, 0.0), max(pilot.var_tc, 0.0)
    reader_part = var_tr + pilot.var_error / cases
    case_part = readers * var_tc / cases
    if analysis == "FRRC":
        return reader_part + case_part - var_tr, cases - 1
    if analysis == "RRFC":
        return reader_part, readers - 1
    denominator = reader_part + case_part
    return denominator, denominator**2 * (readers - 1) / reader_part**2


def _noncentral_f_tail(critical: float, df2: float, ncp: float) -> float:
    """Upper tail of a non-central F with 1 and df2 degrees of freedom."""
    return float(1 - special.ncfdtr(1, df2, ncp, critical))
