"""Who missed what: cases chosen and put in order; the matrix of calls; the most telling disagreements."""

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.tables import Bools, Floats, Ints

FILTERS = {
    "all": gettext_lazy("All cases"),
    "readers-missed": gettext_lazy("Most readers wrong, model right"),
    "model-missed": gettext_lazy("Model wrong, most readers right"),
    "all-missed": gettext_lazy("Model and most readers wrong"),
    "gs-missed": gettext_lazy("GS that most readers missed"),
    "controls-called": gettext_lazy("Controls that most readers called GS"),
    "every-reader-wrong": gettext_lazy("Every reader wrong, model right"),
    "every-reader-right": gettext_lazy("Every reader right, model wrong"),
    "split": gettext_lazy("Readers divided"),
}
SORTS = {
    "difficulty": gettext_lazy("Hardest for the readers first"),
    "model": gettext_lazy("Worst error of the model first"),
    "time": gettext_lazy("Longest looked at first"),
    "number": gettext_lazy("By number"),
}
MOST_COLUMNS = 1000  # of the matrix: more could not be told apart on a screen
RIGHT_CONTROL, RIGHT_GS, FALSE_ALARM, MISSED_GS, NOT_READ = range(5)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which cases, in what order; ``reader`` keeps those that this reader (by code) got wrong."""

    show: str = "all"
    sort: str = "difficulty"
    reader: str = ""

    @property
    def query(self) -> str:
        """For an address; what is the default is left out."""
        chosen = {name: value for name, value in asdict(self).items() if value != getattr(Choice(), name)}
        return urlencode(chosen)


@dataclass(frozen=True, kw_only=True, eq=False)
class Difficulty:
    """Of every case: who was wrong, and how far the model was off. Shapes (cases,) and, of calls, (readers, cases)."""

    number: Ints
    truth: Bools
    calls: Floats  # 1 = GS, 0 = not GS, NaN = not read
    is_wrong: Bools
    n_read: Ints
    n_wrong: Ints
    share_wrong: Floats  # 0 where nobody read
    is_model_right: Bools
    margin: Floats  # of the model's score over its fold's threshold, towards the truth: below 0 it was wrong
    median_ms: Floats  # NaN where no time was kept


def difficulty(result: dict[str, Any]) -> Difficulty:
    rows = result["rows"]
    truth = np.array(rows["truth"], dtype=np.bool_)
    n = truth.size
    calls = np.array(rows["calls"], dtype=np.float64).reshape(-1, n)
    is_read = ~np.isnan(calls)
    is_wrong = is_read & ((calls == 1) != truth)
    n_read, n_wrong = is_read.sum(axis=0), is_wrong.sum(axis=0)
    over = np.array(rows["score"], dtype=np.float64) - np.array(rows["threshold"], dtype=np.float64)
    return Difficulty(
        number=np.array(rows["number"]),
        truth=truth,
        calls=calls,
        is_wrong=is_wrong,
        n_read=n_read,
        n_wrong=n_wrong,
        share_wrong=n_wrong / np.maximum(n_read, 1),
        is_model_right=np.array(rows["model_call"], dtype=np.bool_) == truth,
        margin=np.where(truth, over, -over),
        median_ms=_medians(np.array(rows["response_ms"], dtype=np.float64).reshape(-1, n)),
    )


def chosen(result: dict[str, Any], found: Difficulty, choice: Choice) -> list[int]:
    """Places of the chosen cases in the rows, in the wanted order."""
    kept = _filter(found, choice.show)
    if choice.reader:
        codes = [reader["code"] for reader in result["readers"]]
        kept = kept & found.is_wrong[codes.index(choice.reader)]
    order = np.lexsort(_keys(found, choice.sort))
    return [int(place) for place in order if kept[place]]


def cases(result: dict[str, Any], *, show: str = "all") -> list[dict[str, Any]]:
    """One entry a case with every reader's call; those most readers got wrong stand first."""
    found = difficulty(result)
    return [entry(result, found, place) for place in chosen(result, found, Choice(show=show))]


def entry(result: dict[str, Any], found: Difficulty, place: int) -> dict[str, Any]:
    """All there is to say about one case."""
    rows = result["rows"]
    calls = [
        {
            "code": reader["code"],
            "seniority_label": reader["seniority_label"],
            "call": rows["calls"][i][place],
            "is_right": None if rows["calls"][i][place] is None else not bool(found.is_wrong[i, place]),
            "confidence": rows["confidence"][i][place],
            "response_ms": rows["response_ms"][i][place],
            "is_flagged": rows["is_flagged"][i][place],
            "is_represented": rows["is_represented"][i][place],
        }
        for i, reader in enumerate(result["readers"])
    ]
    kept = ("number", "photo", "truth", "diagnosis", "age_months", "sex", "score", "threshold", "model_call")
    return {name: rows[name][place] for name in kept} | {
        "fold": int(rows["fold"][place]) + 1,
        "is_model_right": bool(found.is_model_right[place]),
        "margin": float(found.margin[place]),
        "median_ms": None if np.isnan(found.median_ms[place]) else float(found.median_ms[place]),
        "calls": calls,
        "wrong": [call["code"] for call in calls if call["is_right"] is False],
        "n_read": int(found.n_read[place]),
        "n_wrong": int(found.n_wrong[place]),
        "share_wrong": float(found.share_wrong[place]),
    }


def telling(result: dict[str, Any], found: Difficulty, *, most: int = 6) -> list[dict[str, Any]]:
    """What to learn from, both ways: the more readers stood against the model, and the surer it was, the earlier."""
    ways = (
        ("readers-missed", _("Readers wrong, model right"), found.share_wrong),
        ("model-missed", _("Model wrong, readers right"), 1 - found.share_wrong),
    )
    groups = []
    for show, label, against in ways:
        places = np.flatnonzero(_filter(found, show))
        best = places[np.lexsort((found.number[places], -np.abs(found.margin[places]), -against[places]))]
        if best.size:
            shown = [entry(result, found, int(place)) for place in best[:most]]
            groups.append({"show": show, "label": label, "n": int(best.size), "cases": shown})
    return groups


def matrix(result: dict[str, Any], found: Difficulty, places: list[int]) -> dict[str, Any]:
    """Calls of model and readers on the chosen cases, one digit a cell (the constants above), hardest first."""
    shown = places[:MOST_COLUMNS]
    model = np.array(result["rows"]["model_call"], dtype=np.float64)
    calls, truth = np.vstack([model, found.calls])[:, shown], found.truth[shown]
    cells = np.select(
        [np.isnan(calls), (calls == 1) & truth, (calls == 1) & ~truth, (calls == 0) & truth],
        [NOT_READ, RIGHT_GS, FALSE_ALARM, MISSED_GS],
        RIGHT_CONTROL,
    )
    codes = [_("Model"), *(reader["code"] for reader in result["readers"])]
    return {
        "numbers": found.number[shown].tolist(),
        "truth": truth.tolist(),
        "rows": [
            {"code": code, "cells": "".join(map(str, line))} for code, line in zip(codes, cells.tolist(), strict=True)
        ],
        "left_out": len(places) - len(shown),
    }


def _filter(found: Difficulty, show: str) -> Bools:
    most_wrong = found.share_wrong > 0.5
    most_right = (found.n_read > 0) & (found.share_wrong < 0.5)
    right = found.is_model_right
    return {
        "all": np.ones_like(right),
        "readers-missed": most_wrong & right,
        "model-missed": most_right & ~right,
        "all-missed": most_wrong & ~right,
        "gs-missed": most_wrong & found.truth,
        "controls-called": most_wrong & ~found.truth,
        "every-reader-wrong": (found.n_read > 0) & (found.n_wrong == found.n_read) & right,
        "every-reader-right": (found.n_read > 0) & (found.n_wrong == 0) & ~right,
        "split": (found.share_wrong >= 0.4) & (found.share_wrong <= 0.6),
    }[show]


def _keys(found: Difficulty, sort: str) -> tuple[Any, ...]:
    """For ``lexsort``: the last is the first to decide."""
    first: dict[str, tuple[Any, ...]] = {
        "difficulty": (found.is_model_right, -found.share_wrong),
        "model": (found.margin,),
        "time": (-np.nan_to_num(found.median_ms),),
        "number": (),
    }
    return (found.number, *first[sort])


def _medians(response_ms: Floats) -> Floats:
    known = ~np.isnan(response_ms).all(axis=0)
    medians = np.full(response_ms.shape[1], np.nan)
    if known.any():
        medians[known] = np.nanmedian(response_ms[:, known], axis=0)
    return medians
