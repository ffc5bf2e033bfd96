"""A reader's operating point against the model's bootstrapped curve, as Hong et al. 2021 judge it.

The rule is not a test with 5 % error: it ignores the reader's own sampling error and the pairing of the cases, and the
band is pointwise. :func:`screening.statistics.paired.reader_vs_model` is the test that belongs beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.bootstrap import Band, roc_band
from screening.statistics.checks import Direction, Floats, Seed
from screening.statistics.rates import Confusion

# Limits and points are fractions of small whole numbers: closer than this means equal.
ON_LIMIT = 1e-9


@dataclass(frozen=True)
class Verdict:
    """One construction's judgement.

    ``at_value`` is the reader's coordinate at which the band was read, ``reader_value`` the other coordinate, which is
    held against ``lower`` and ``upper``; ``estimate`` is the curve itself there. ``position`` is "below", "above",
    "inside" or "on_limit" (a point on a limit counts as inside).
    """

    construction: str
    position: str
    reader_value: float
    at_value: float
    lower: float
    median: float
    upper: float
    estimate: float


@dataclass(frozen=True)
class ReaderVerdict:
    """Both constructions for one reader, with how the bands were made."""

    confusion: Confusion
    at_specificity: Verdict
    at_sensitivity: Verdict
    level: float
    replicates: int
    stratified: bool
    seed: int | None

    @property
    def positions(self) -> tuple[str, str]:
        return self.at_specificity.position, self.at_sensitivity.position

    @property
    def is_outside(self) -> bool:
        """The paper's wording: the point lies outside the band (read at the reader's specificity)."""
        return self.at_specificity.position in ("below", "above")


def reader_against_band(at_specificity: Band, at_sensitivity: Band, confusion: Confusion) -> ReaderVerdict:
    """Place a reader's point relative to the model's band by both constructions.

    Parameters
    ----------
    at_specificity : Band
        Made with ``at="specificity"`` on a grid that holds the reader's specificity tn / (tn + fp) itself, not its
        printed decimals.
    at_sensitivity : Band
        Made with ``at="sensitivity"`` on a grid that holds tp / (tp + fn).
    confusion : Confusion
        The reader's counts.

    Returns
    -------
    ReaderVerdict

    Raises
    ------
    ValueError
        A band of the wrong kind, a grid without the reader's rate, or a reader without diseased or healthy cases.

    References
    ----------
    Hong et al. 2021, Orphanet J Rare Dis 16:344.

    Examples
    --------
    >>> import numpy as np
    >>> truth = np.repeat([False, True], 50)
    >>> score = np.random.default_rng(1).normal(1.5 * truth)
    >>> reader = Confusion(tp=20, fn=30, tn=30, fp=20)
    >>> one = roc_band(truth, score, grid=[30 / 50], seed=1)
    >>> other = roc_band(truth, score, grid=[20 / 50], at="sensitivity", seed=1)
    >>> reader_against_band(one, other, reader).positions
    ('below', 'below')
    """
    if at_specificity.at != "specificity" or at_sensitivity.at != "sensitivity":
        raise ValueError("Hand in the band at specificities first and the band at sensitivities second.")
    if not confusion.n_cases or not confusion.n_controls:
        raise ValueError("A reader without diseased or without healthy cases has no point on the curve.")
    se, sp = confusion.sensitivity, confusion.specificity
    return ReaderVerdict(
        confusion=confusion,
        at_specificity=_judge(at_specificity, at_value=sp, reader_value=se),
        at_sensitivity=_judge(at_sensitivity, at_value=se, reader_value=sp),
        level=at_specificity.level,
        replicates=at_specificity.replicates,
        stratified=at_specificity.stratified,
        seed=at_specificity.seed,
    )


def judge_readers(
    truth: ArrayLike,
    score: ArrayLike,
    confusions: Sequence[Confusion],
    *,
    replicates: int = 2000,
    level: float = 0.95,
    stratified: bool = True,
    seed: Seed,
    direction: Direction = "<",
) -> list[ReaderVerdict]:
    """Both bands at all readers' own rates in one run each, and every reader's verdict.

    Parameters
    ----------
    truth, score : arrays of shape (cases,)
        The model's.
    confusions : sequence of Confusion
        One per reader.

    The other parameters are those of :func:`screening.statistics.bootstrap.roc_band`.

    Returns
    -------
    list of ReaderVerdict
        In the order of ``confusions``.

    Raises
    ------
    ValueError
        A reader without diseased or without healthy cases, or a score that is no curve.

    Examples
    --------
    >>> import numpy as np
    >>> truth = np.repeat([False, True], 50)
    >>> score = np.random.default_rng(1).normal(1.5 * truth)
    >>> [verdict.is_outside for verdict in judge_readers(truth, score, [Confusion(20, 30, 30, 20)], seed=1)]
    [True]
    """
    if not confusions:
        return []
    if any(not reader.n_cases or not reader.n_controls for reader in confusions):
        raise ValueError("A reader without diseased or without healthy cases has no point on the curve.")
    grids: dict[str, Floats] = {
        "specificity": np.unique([reader.specificity for reader in confusions]),
        "sensitivity": np.unique([reader.sensitivity for reader in confusions]),
    }
    bands = [
        roc_band(
            truth,
            score,
            grid=grids[at],
            at=at,
            replicates=replicates,
            level=level,
            stratified=stratified,
            seed=seed,
            direction=direction,
        )
        for at in ("specificity", "sensitivity")
    ]
    return [reader_against_band(bands[0], bands[1], reader) for reader in confusions]


def _judge(band: Band, *, at_value: float, reader_value: float) -> Verdict:
    place = int(np.argmin(np.abs(band.grid - at_value)))
    if abs(band.grid[place] - at_value) > ON_LIMIT:
        raise ValueError(f"The band's grid does not hold the reader's {band.at} {at_value!r}: make the band at it.")
    lower, upper = float(band.lower[place]), float(band.upper[place])
    return Verdict(
        construction=f"at_{band.at}",
        position=_position(reader_value, lower, upper),
        reader_value=reader_value,
        at_value=at_value,
        lower=lower,
        median=float(band.median[place]),
        upper=upper,
        estimate=float(band.estimate[place]),
    )


def _position(value: float, lower: float, upper: float) -> str:
    if min(abs(value - lower), abs(value - upper)) <= ON_LIMIT:
        return "on_limit"
    if value < lower:
        return "below"
    return "above" if value > upper else "inside"
