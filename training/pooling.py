"""Held-out scores of several networks on one scale, for whatever is said of all folds together.

Where every fold has a Platt scale (`training.engine.scale`), that is the calibrated score, and each fold's threshold
goes along; it was chosen on raw scores, and no call changes. Runs without such scales are pooled by their raw scores.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from training.engine.scale import Scale

FIELDS = ("score", "calibrated", "fold__index", "fold__threshold", "fold__temperature", "fold__offset")


class Pooled(NamedTuple):
    """A score and its fold's threshold, both on the common scale; None where the fold has not ended."""

    score: float | None
    threshold: float | None


def is_on_one_scale(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every row with a score has one on the common scale."""
    scored = [row for row in rows if row["score"] is not None]
    return bool(scored) and all(row["calibrated"] is not None and row["fold__offset"] is not None for row in scored)


def pooled(rows: Sequence[Mapping[str, Any]]) -> list[Pooled]:
    """One entry a row of the predictions of ONE run, with the values of ``FIELDS``."""
    if not is_on_one_scale(rows):
        return [Pooled(row["score"], row["fold__threshold"]) for row in rows]
    thresholds = {row["fold__index"]: _threshold(row) for row in rows}
    return [Pooled(row["calibrated"], thresholds[row["fold__index"]]) for row in rows]


def _threshold(row: Mapping[str, Any]) -> float | None:
    if row["fold__threshold"] is None or row["fold__temperature"] is None:
        return None
    scale = Scale(temperature=row["fold__temperature"], offset=row["fold__offset"])
    return float(scale.of(row["fold__threshold"]))
