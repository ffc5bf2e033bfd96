"""Calibrated probabilities, and with them the scores of all folds on one scale.

Each fold's network says "sure" in its own way. What it says on its validation part tells how much: the log-odds of
its scores are divided by a temperature (Guo et al. 2017) and, by Platt's method (1999), shifted by an offset. Both
keep the order of a fold's faces and every call; between folds, scores can be compared only afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FLOOR = 1e-12
"""Scores are kept this far from 0 and 1, so that their log-odds are numbers."""

LIMITS = (0.1, 20.0)
"""Smallest and largest temperature that can come out: the slope is never negative, so no order is turned round."""

FURTHEST = 20.0
"""Largest offset either way, in log-odds."""

CAUTION = 1.0
"""How far Platt's slope and offset may lie from 1 and 0, as the standard deviation of a prior: with a few faces they
stay near what the network said, with fifty the data decide."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What makes a network's scores probabilities; a temperature of 1 and an offset of 0 change nothing.

    Where no offset was fitted (None), the scores of several folds are not on one scale.
    """

    temperature: float
    offset: float | None = None

    def of(self, scores: Floats) -> Floats:
        """Probabilities (n,): the log-odds of `scores` divided by the temperature, plus the offset.

        >>> Scale(temperature=2.0).of(np.array([0.2, 0.5, 0.9])).round(3).tolist()
        [0.333, 0.5, 0.75]
        """
        return _probability(_log_odds(scores) / self.temperature + (self.offset or 0.0))


def fit_scale(has_syndrome: Sequence[bool] | NDArray[np.bool_], scores: Floats, *, method: str) -> Scale | None:
    """The scale with the smallest log loss on these scores (n,) of a validation part; None by the method "none".

    "temperature" keeps the offset at 0; "platt" fits both, held near 1 and 0 by `CAUTION`. Where only one class is
    present nothing is changed. The targets are Platt's: (n + 1) / (n + 2) for GS instead of 1, 1 / (n + 2) for
    controls instead of 0, n the size of the class. A small part that is told apart without error then does not ask
    for certainty.

    >>> fit_scale([False] * 50 + [True] * 50, np.repeat([0.01, 0.99], 50), method="temperature").temperature < 1.2
    True
    """
    if method == "none":
        return None
    truth = np.asarray(has_syndrome, bool)
    cases, controls = int(truth.sum()), int((~truth).sum())
    if not cases or not controls:
        return Scale(temperature=1.0, offset=0.0 if method == "platt" else None)
    target = np.where(truth, (cases + 1) / (cases + 2), 1 / (controls + 2))
    return _fitted(_log_odds(scores), target, has_offset=method == "platt")


def _fitted(odds: Floats, target: Floats, *, has_offset: bool) -> Scale:
    """Of a convex function, so that there is one answer and it is found from any start."""
    from scipy.optimize import minimize

    caution = 1 / (2 * CAUTION**2) if has_offset else 0.0

    def loss(place: Floats) -> tuple[float, Floats]:
        slope, offset = place
        said = slope * odds + offset
        value = (target * np.logaddexp(0, -said) + (1 - target) * np.logaddexp(0, said)).sum()
        value += caution * ((slope - 1) ** 2 + offset**2)
        wrong = _probability(said) - target
        by = np.array([(wrong * odds).sum() + 2 * caution * (slope - 1), wrong.sum() + 2 * caution * offset])
        return float(value), by if has_offset else by * [1, 0]

    bounds = [(1 / LIMITS[1], 1 / LIMITS[0]), (-FURTHEST, FURTHEST)]
    exact = {"ftol": 1e-14, "gtol": 1e-9}
    found = minimize(loss, [1.0, 0.0], jac=True, bounds=bounds, method="L-BFGS-B", options=exact)
    return Scale(temperature=float(1 / found.x[0]), offset=float(found.x[1]) if has_offset else None)


def _log_odds(scores: Floats) -> Floats:
    kept = np.clip(np.asarray(scores, np.float64), FLOOR, 1 - FLOOR)
    return np.asarray(np.log(kept) - np.log1p(-kept))


def _probability(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-odds)))
