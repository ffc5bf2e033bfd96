"""Covariance matrices of the figures of merit of all (test, reader) curves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from screening.statistics.checks import Bools, Floats, check_choice
from screening.statistics.delong import placements
from screening.statistics.mrmc.study import Study

METHODS = ("jackknife", "delong", "unbiased")
BLOCK_NUMBERS = 4_000_000  # 32 MB of kernel at a time


def covariance_matrix(study: Study, without: Floats, method: str) -> Floats:
    """Covariances (curves, curves) by one of ``METHODS``.

    Curves that share no case by design are independent: their covariance is set to 0, as MRMCaov does.
    """
    check_choice(method, "covariance", METHODS)
    if method != "jackknife" and study.metric not in ("auc", "balanced_accuracy"):
        raise ValueError(f"The {method} covariance is that of an area under the curve; use jackknife for this metric.")
    if method == "jackknife":
        matrix = jackknife(without)
    elif method == "delong":
        matrix = _delong(study)
    else:
        matrix = _unbiased(study)
    return np.where(_independent(study), 0.0, matrix)


def jackknife(without: Floats) -> Floats:
    """Jackknife covariance of leave-one-out values (cases, curves)."""
    k = without.shape[0]
    centred = without - without.mean(axis=0)
    matrix: Floats = (k - 1) / k * (centred.T @ centred)
    return matrix


def _delong(study: Study) -> Floats:
    if not (study.design == "crossed" or study.design == "readers_nested_in_tests") or _has_gaps(study):
        raise ValueError(
            "DeLong's covariance needs every curve to hold the same cases; use jackknife or unbiased for this design."
        )
    parts = []
    for cell in study.cells:
        read, ratings = study.curve(cell)
        truth = study.truth[read]
        parts.append(placements(ratings[~truth], ratings[truth]))
    v10, v01 = (np.atleast_2d(np.cov(np.stack([part[i] for part in parts]))) for i in (0, 1))
    matrix: Floats = v10 / parts[0][0].size + v01 / parts[0][1].size
    return matrix


def _unbiased(study: Study) -> Floats:
    """Gallas' unbiased covariance: A B less the mean product of kernels that share neither case nor control."""
    read = np.stack([~np.isnan(study.ratings[cell]) for cell in study.cells])
    mask1, mask0 = read[:, study.truth].astype(np.float64), read[:, ~study.truth].astype(np.float64)
    curves, controls = mask0.shape
    total, columns = np.zeros(curves), np.zeros((curves, controls))
    shared = np.zeros((curves, curves))  # products that share a case or a control, each counted as often as it does
    for kernel in success_kernels(study):
        rows, flat = kernel.sum(axis=2), kernel.reshape(curves, -1)
        total += rows.sum(axis=1)
        columns += kernel.sum(axis=1)
        shared += rows @ rows.T - flat @ flat.T
    apart = np.outer(total, total) - shared - columns @ columns.T
    n1, n0 = mask1.sum(axis=1), mask0.sum(axis=1)
    both1, both0 = mask1 @ mask1.T, mask0 @ mask0.T
    pairs = np.outer(n1, n1) - both1, np.outer(n0, n0) - both0
    areas = total / (n1 * n0)
    matrix: Floats = np.outer(areas, areas) - apart / (pairs[0] * pairs[1])
    return matrix


def success_kernels(study: Study) -> Iterator[Floats]:
    """Scores 0, 1/2, 1 of every curve for every pair (case, control), 0 where not read: (curves, cases, controls).

    In blocks of cases, so that memory stays bounded however many cases there are.
    """
    ratings = np.stack([study.ratings[cell] for cell in study.cells])
    case, control = ratings[:, study.truth, None], ratings[:, None, ~study.truth]
    block = max(1, BLOCK_NUMBERS // control.size)
    for first in range(0, case.shape[1], block):
        part = case[:, first : first + block]
        kernel: Floats = (part > control) + 0.5 * (part == control)
        yield kernel


def _independent(study: Study) -> Bools:
    test, reader = np.array(study.cells).T
    if study.design == "cases_nested_in_readers":
        return np.asarray(reader[:, None] != reader)
    if study.design == "cases_nested_in_tests":
        return np.asarray(test[:, None] != test)
    return np.zeros((test.size, test.size), dtype=bool)


def _has_gaps(study: Study) -> bool:
    read = np.stack([~np.isnan(study.ratings[cell]) for cell in study.cells])
    return not bool((read == read[0]).all())
