"""One read as one row: what ``tables.every_read`` found, in the order of the columns."""

from collections.abc import Iterable, Iterator
from typing import Any

Read = dict[str, Any]


def rows_of(reads: Iterable[Read], *, run: int | None = None) -> Iterator[list[Any]]:
    """In the order of ``columns.columns_of(with_model=run is not None)``; ``run`` is the run's number."""
    for read in reads:
        row = [*_who(read), *_place(read), *_child(read), *_answer(read), *_look(read)]
        yield row if run is None else [*row, *_model(read, run)]


def _who(read: Read) -> list[Any]:
    return [
        read["code"],
        read["seniority"],
        read["years_of_experience"],
        read["has_genetics_training"],
        read["is_simulated"],
        read["withdrawn_at"] is not None or read["session_withdrawn_at"] is not None,
    ]


def _place(read: Read) -> list[Any]:
    return [
        read["arm"],
        read["occasion"],
        read["position"],
        read["number"],
        read["part"],
        read["repetition"],
        read["is_represented"],
        read["voided_at"] is not None,
        read["stage"] or read["arm"],
        read["is_primary"],
    ]


def _child(read: Read) -> list[Any]:
    return [
        read["has_syndrome"],
        read["diagnosis"],
        read["orpha"],
        read["omim"],
        read["sex"] or None,
        read["age_months"],
        read["consent_withdrawn_at"] is not None,
    ]


def _answer(read: Read) -> list[Any]:
    is_known = read["is_gs"] is not None and read["has_syndrome"] is not None
    return [
        _state(read),
        read["is_gs"],
        read["is_gs"] == read["has_syndrome"] if is_known else None,
        read["confidence"],
        read["suspected_syndrome"] or "",
        read["response_ms"],
        read["revision"] or 0,
        read["received_at"],
    ]


def _state(read: Read) -> str:
    if read["is_gs"] is not None:
        return "called"
    if read["forfeited_at"]:
        return "forfeited"
    return "shown" if read["started_at"] else "waiting"


def _look(read: Read) -> list[Any]:
    shown = None if read["onset_ms"] is None or read["offset_ms"] is None else read["offset_ms"] - read["onset_ms"]
    flags = read["flags"]
    return [
        read["requested_ms"],
        shown,
        read["end"] or None,
        read["frames"],
        read["longest_gap_ms"],
        None if flags is None else bool(flags),
        " | ".join(flags or ()),
    ]


def _model(read: Read, run: int) -> list[Any]:
    model = read["model"]
    if model is None:
        return [run, None, None, None, None, None]
    score, threshold = model["score"], model["fold__threshold"]
    return [
        run,
        score,
        model["calibrated"],
        model["fold__index"] + 1,
        threshold,
        None if score is None or threshold is None else score >= threshold,
    ]
