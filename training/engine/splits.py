"""Cross-validation folds as data: made before training, by subject, balanced by class and syndrome.

Fold i tests on part i, validates on part i + 1 and trains on the other parts (3:1:1 with five folds, as in the paper).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


class SplitError(ValueError):
    """The cohort cannot be split as asked; the message says why."""


@dataclass(frozen=True, kw_only=True)
class FoldPlan:
    """One fold: sorted positions into the cohort's rows; the three parts share no subject."""

    index: int
    train: Indices
    validation: Indices
    test: Indices


def plan_folds(
    has_syndrome: Sequence[bool],
    diagnosis: Sequence[str],
    subject: Sequence[Hashable],
    *,
    folds: int = 5,
    seed: int,
    group: Sequence[Hashable] | None = None,
) -> list[FoldPlan]:
    """Deal the rows (one a photo) to folds so that every row is tested exactly once.

    With one photo a subject, both the classes and each syndrome differ by at most one between folds. `group` keeps
    more than subjects together (near-duplicate photos, siblings); it may be left out. The same input and seed give
    the same folds on every machine.
    """
    truth = np.asarray(has_syndrome, dtype=bool)
    if not len(truth) == len(diagnosis) == len(subject):
        raise SplitError(f"{len(truth)} truths, {len(diagnosis)} diagnoses and {len(subject)} subjects do not match")
    _refuse_small(truth, subject, folds=folds)
    _refuse_two_truths(truth, subject)
    units = _units(subject, group if group is not None else subject)
    part = _deal(units, truth, diagnosis, folds=folds, seed=seed)
    _refuse_empty_part(part, truth, folds=folds)
    return [_plan(part, index, folds) for index in range(folds)]


def _refuse_small(truth: NDArray[np.bool_], subject: Sequence[Hashable], *, folds: int) -> None:
    if folds < 3:
        raise SplitError(f"{folds} folds: at least 3 are needed, one to test, one to validate, the rest to train")
    counts = {value: len({s for s, t in zip(subject, truth, strict=True) if t == value}) for value in (True, False)}
    names = {True: "subjects with a syndrome", False: "controls"}
    for value, count in counts.items():
        if count == 0:
            raise SplitError(f"the cohort has no {names[value]}: a model needs both classes to learn the difference")
        if count < folds:
            raise SplitError(f"the cohort has {count} {names[value]}: {folds} folds need at least {folds}")


def _refuse_two_truths(truth: NDArray[np.bool_], subject: Sequence[Hashable]) -> None:
    seen: dict[Hashable, bool] = {}
    for who, value in zip(subject, truth.tolist(), strict=True):
        if seen.setdefault(who, value) != value:
            raise SplitError(f"subject {who} stands both with and without a syndrome: correct its truth first")


def _units(subject: Sequence[Hashable], group: Sequence[Hashable]) -> list[list[int]]:
    """Rows that must stay together: linked by subject or by group, through any number of steps."""
    parent = list(range(len(subject)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first: dict[tuple[str, Hashable], int] = {}
    for row, keys in enumerate(zip(subject, group, strict=True)):
        for kind, key in zip(("subject", "group"), keys, strict=True):
            parent[root(row)] = root(first.setdefault((kind, key), row))
    units: dict[int, list[int]] = defaultdict(list)
    for row in range(len(subject)):
        units[root(row)].append(row)
    return list(units.values())


def _deal(
    units: list[list[int]], truth: NDArray[np.bool_], diagnosis: Sequence[str], *, folds: int, seed: int
) -> Indices:
    """Give each unit to the part that has fewest of its syndrome, then of its class, then of all; frequent first."""
    draw = np.random.default_rng(seed)
    labels = [(bool(value), str(name) if value else "") for value, name in zip(truth, diagnosis, strict=True)]
    frequency = Counter(labels)
    order = [units[i] for i in draw.permutation(len(units))]
    order.sort(key=lambda rows: (not labels[rows[0]][0], -frequency[labels[rows[0]]], labels[rows[0]][1], -len(rows)))
    by_label: dict[tuple[bool, str], Indices] = defaultdict(lambda: np.zeros(folds, np.int64))
    by_class = {value: np.zeros(folds, np.int64) for value in (True, False)}
    part = np.full(len(truth), -1, np.int64)
    for rows in order:
        label = labels[rows[0]]
        total = by_class[True] + by_class[False]
        keys = (draw.random(folds), total, by_class[label[0]], by_label[label])
        chosen = int(np.lexsort(keys)[0])
        part[rows] = chosen
        for row in rows:
            by_label[labels[row]][chosen] += 1
            by_class[labels[row][0]][chosen] += 1
    return part


def _refuse_empty_part(part: Indices, truth: NDArray[np.bool_], *, folds: int) -> None:
    for index in range(folds):
        inside = truth[part == index]
        if inside.all() or not inside.any():
            raise SplitError(
                f"part {index + 1} of {folds} would hold one class only, because photos of linked subjects stay "
                "together: use fewer folds or more subjects"
            )


def _plan(part: Indices, index: int, folds: int) -> FoldPlan:
    validation = (index + 1) % folds
    return FoldPlan(
        index=index,
        train=np.flatnonzero((part != index) & (part != validation)),
        validation=np.flatnonzero(part == validation),
        test=np.flatnonzero(part == index),
    )
