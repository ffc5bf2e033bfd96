"""Calibrated probabilities: one temperature a fold, fitted on the validation part only (Guo et al. 2017).

The network's log-odds are divided by the temperature, so the order of the faces and every call stay as they are; only
how sure the network says it is changes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit, logit

Floats = NDArray[np.float64]

FLOOR = 1e-12
"""Scores are kept this far from 0 and 1, so that their log-odds are numbers."""

LIMITS = (0.1, 20.0)
"""Smallest and largest temperature that can come out."""


def fit_temperature(has_syndrome: Sequence[bool] | NDArray[np.bool_], scores: Floats) -> float:
    """The temperature with the smallest log loss on these scores (n,); 1 where only one class is present.

    The targets are Platt's (1999): (n + 1) / (n + 2) for GS instead of 1, 1 / (n + 2) for controls instead of 0, n the
    size of the class. A small validation part that is told apart without error then does not ask for certainty.

    >>> fit_temperature([False] * 50 + [True] * 50, np.repeat([0.01, 0.99], 50)) < 1.2
    True
    """
    truth = np.asarray(has_syndrome, bool)
    cases, controls = int(truth.sum()), int((~truth).sum())
    if not cases or not controls:
        return 1.0
    target = np.where(truth, (cases + 1) / (cases + 2), 1 / (controls + 2))
    odds = _log_odds(scores)

    def log_loss(log_temperature: float) -> float:
        tempered = odds / np.exp(log_temperature)
        return float(-(target * log_expit(tempered) + (1 - target) * log_expit(-tempered)).mean())

    found = minimize_scalar(log_loss, bounds=tuple(np.log(LIMITS)), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def calibrated(scores: Floats, *, temperature: float) -> Floats:
    """Probabilities (n,) after the log-odds of `scores` are divided by the temperature.

    >>> calibrated(np.array([0.2, 0.5, 0.9]), temperature=2.0).round(3).tolist()
    [0.333, 0.5, 0.75]
    """
    return np.asarray(expit(_log_odds(scores) / temperature))


def _log_odds(scores: Floats) -> Floats:
    return np.asarray(logit(np.clip(np.asarray(scores, np.float64), FLOOR, 1 - FLOOR)))
