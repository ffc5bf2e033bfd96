"""What an observer of the scores can reach: the exact and simulated AUCs of the phantom model.

Controls draw T ~ N(0, I); a case of syndrome s draws T ~ N(kappa mu_s, I); a share 1 - rho of the cases has the mean
of a control. No reader or model that sees only the picture beats :func:`auc_ideal` in expectation (data processing);
on one cohort an estimate can exceed it by chance, so report :func:`empirical_auc` of L on that cohort beside it.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm, rankdata

from readerstudy.phantoms.gestalts import directions, shares


def log_likelihood_ratio(scores: np.ndarray, *, kappa: float, rho: float = 1.0) -> np.ndarray:
    """The ideal observer's L of each row, shape (n,), from scores of shape (n, 27).

    ``log(rho * sum_s pi_s exp(kappa mu_s . T - kappa^2 |mu_s|^2 / 2) + 1 - rho)``. The order does not depend on rho.
    """
    means = kappa * directions()
    exponents = np.asarray(scores) @ means.T - 0.5 * (means**2).sum(axis=1)
    mixture = logsumexp(exponents, b=shares(), axis=1)
    if rho == 1.0:
        return mixture
    with np.errstate(divide="ignore"):
        return np.logaddexp(np.log(rho) + mixture, np.log1p(-rho))


def empirical_auc(cases: np.ndarray, controls: np.ndarray) -> float:
    """Share of pairs in which the case scores higher, ties counted half (Mann-Whitney).

    >>> empirical_auc(np.array([1.0, 2.0]), np.array([0.0, 1.0]))
    0.875
    """
    ranks = rankdata(np.concatenate([cases, controls]))
    wins = ranks[: len(cases)].sum() - len(cases) * (len(cases) + 1) / 2
    return float(wins / (len(cases) * len(controls)))


def auc_one_gestalt(distance: float) -> float:
    """The ideal observer of one fully expressed gestalt against controls: Phi(d / sqrt 2).

    >>> round(auc_one_gestalt(2), 4)
    0.9214
    """
    return float(norm.cdf(distance / np.sqrt(2)))


def incomplete_expression(auc: float, rho: float) -> float:
    """The AUC when only a share rho of the cases shows its syndrome: rho AUC + (1 - rho) / 2, exactly.

    >>> round(incomplete_expression(0.9993, 0.94), 3)
    0.969
    """
    return rho * auc + (1 - rho) / 2


def auc_told(*, kappa: float, rho: float = 1.0) -> float:
    """The observer who is told which syndrome to look for: an upper bound for everyone."""
    distances = np.linalg.norm(directions(), axis=1)
    return incomplete_expression(float(shares() @ norm.cdf(kappa * distances / np.sqrt(2))), rho)


def auc_template(template: np.ndarray, *, kappa: float, rho: float = 1.0, inner_noise: float = 0.0) -> float:
    """An observer who rates by ``template . T`` (shape (27,)) plus inner noise of that SD."""
    template = np.asarray(template, dtype=float)
    spread = np.sqrt(2 * (template @ template) + 2 * inner_noise**2)
    return incomplete_expression(float(shares() @ norm.cdf(kappa * (directions() @ template) / spread)), rho)


def mean_template() -> np.ndarray:
    """The cases' mean direction, shape (27,): the template of someone who looks for "the average syndrome"."""
    return shares() @ directions()


def auc_ideal(*, kappa: float, rho: float = 1.0, draws: int = 200_000, seed: int = 0) -> float:
    """The ideal observer's AUC by simulation, ``draws`` cases and as many controls.

    Its standard error is below 0.3 / sqrt(draws); cases are dealt to the syndromes in exact shares.
    """
    rng = np.random.default_rng(seed)
    syndromes = np.searchsorted(np.cumsum(shares()), (np.arange(draws) + 0.5) / draws)
    controls, cases = np.empty(draws), np.empty(draws)
    for start in range(0, draws, 50_000):
        part = slice(start, min(start + 50_000, draws))
        noise = rng.standard_normal((2, part.stop - start, directions().shape[1]))
        controls[part] = log_likelihood_ratio(noise[0], kappa=kappa)
        cases[part] = log_likelihood_ratio(noise[1] + kappa * directions()[syndromes[part]], kappa=kappa)
    return incomplete_expression(empirical_auc(cases, controls), rho)
