"""Decision curves: is acting on the score worth it, for whoever would work up so many children to find one?

A threshold probability p says how false alarms weigh against cases found: p / (1 - p). At a prevalence other than the
study's, the probabilities are moved by Bayes' rule; sensitivity and specificity are taken over.

References
----------
Vickers, Elkin 2006, Med Decis Making 26:565. Kerr et al. 2016, J Clin Oncol 34:2534 (standardised net benefit).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from screening.statistics.checks import Floats, as_floats, check_level, truth_and
from screening.statistics.intervals import normal_quantile


@dataclass(frozen=True, eq=False)
class DecisionCurve:
    """Net benefit over threshold probabilities, as a share of the prevalence (1: every case found, no false alarm).

    Arrays have the shape of ``threshold``. Treating nobody has the benefit 0 everywhere.
    """

    threshold: Floats
    benefit: Floats
    lower: Floats
    upper: Floats
    treat_all: Floats
    sensitivity: Floats
    specificity: Floats
    prevalence: float
    level: float
    n_cases: int
    n_controls: int


def decision_curve(
    truth: ArrayLike, probability: ArrayLike, *, threshold: ArrayLike, prevalence: float, level: float = 0.95
) -> DecisionCurve:
    """Standardised net benefit of acting where the probability of disease reaches a threshold.

    Parameters
    ----------
    truth : bool array of shape (cases,)
    probability : float array of shape (cases,), from 0 to 1
        Calibrated in the study, whose own share of diseased cases is their prior.
    threshold : float array of probabilities, strictly between 0 and 1
    prevalence : float in (0, 1)
        Where the score is to be used; the study's share of diseased cases leaves the probabilities as they are.
    level : float in (0, 1)
        Of the pointwise limits, which count the sampling error of sensitivity and specificity.

    Returns
    -------
    DecisionCurve

    Raises
    ------
    ValueError
        One class only, lengths that differ, a probability outside 0 to 1, a threshold or prevalence of 0 or 1.

    Examples
    --------
    >>> curve = decision_curve([False, False, True, True], [0.1, 0.6, 0.7, 0.9], threshold=[0.5], prevalence=0.5)
    >>> curve.benefit.tolist(), curve.treat_all.tolist()
    ([0.5], [0.0])
    """
    p, at = as_floats(probability, "probability"), as_floats(threshold, "threshold")
    positive = truth_and(truth, p, "probability")
    check_level(level)
    if p.min() < 0 or p.max() > 1:
        raise ValueError("probability must lie between 0 and 1.")
    _check(at, prevalence)
    share = float(positive.mean())
    # The threshold moves the other way instead of every probability: the same calls, and no division by 1 - p.
    odds = at / (1 - at) * (share / (1 - share)) * ((1 - prevalence) / prevalence)
    cut = odds / (1 + odds)
    rates = [1 - np.searchsorted(np.sort(p[group]), cut, "left") / group.sum() for group in (positive, ~positive)]
    n1, n0 = int(positive.sum()), int((~positive).sum())
    weight = _weight(at, prevalence)
    benefit = rates[0] - weight * rates[1]
    variance = rates[0] * (1 - rates[0]) / n1 + weight**2 * rates[1] * (1 - rates[1]) / n0
    half = normal_quantile(level) * np.sqrt(variance)
    return DecisionCurve(
        threshold=at,
        benefit=benefit,
        lower=benefit - half,
        upper=benefit + half,
        treat_all=1 - weight,
        sensitivity=rates[0],
        specificity=1 - rates[1],
        prevalence=prevalence,
        level=level,
        n_cases=n1,
        n_controls=n0,
    )


def net_benefit(sensitivity: float, specificity: float, *, threshold: ArrayLike, prevalence: float) -> Floats:
    """The same of somebody whose calls do not depend on the threshold: a reader.

    Parameters
    ----------
    sensitivity, specificity : float in [0, 1]
    threshold : float array of probabilities, strictly between 0 and 1
    prevalence : float in (0, 1)

    Returns
    -------
    float array of the shape of ``threshold``

    Raises
    ------
    ValueError
        A threshold or a prevalence that is no probability strictly between 0 and 1.

    Examples
    --------
    >>> net_benefit(1.0, 0.5, threshold=[0.5], prevalence=0.5).tolist()
    [0.5]
    """
    at = as_floats(threshold, "threshold")
    _check(at, prevalence)
    benefit: Floats = sensitivity - _weight(at, prevalence) * (1 - specificity)
    return benefit


def _check(threshold: Floats, prevalence: float) -> None:
    if not 0 < prevalence < 1 or threshold.size == 0 or threshold.min() <= 0 or threshold.max() >= 1:
        raise ValueError("threshold and prevalence are probabilities strictly between 0 and 1.")


def _weight(threshold: Floats, prevalence: float) -> Floats:
    """What the false-positive rate costs, in units of sensitivity."""
    weight: Floats = threshold / (1 - threshold) * (1 - prevalence) / prevalence
    return weight
