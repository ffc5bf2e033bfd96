"""Reading time against correctness, and what a session does to readers: learning and fatigue."""

from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from screening import statistics
from screening.analysis.options import Options
from screening.analysis.words import follow, listed, span
from screening.statistics import to_plain
from screening.statistics.intervals import proportion
from screening.tables import Bools, Floats, Table

SPEEDS = 5  # fifths of a reader's own response times, the fastest first
PARTS = 10  # tenths of a reader's session
FEWEST = 3  # calls in a part: below it a share says nothing


def time_side(table: Table, *, options: Options) -> dict[str, Any]:
    readers = [_entry(table, row, level=options.level) for row in range(len(table.readers))]
    readers = [entry for entry in readers if entry["n"]]
    _adjust(readers)
    return to_plain(
        {
            "readers": readers,
            "speeds": SPEEDS,
            "parts": PARTS,
            "by_speed": _mean_parts([entry["by_speed"] for entry in readers], level=options.level),
            "by_part": _mean_parts([entry["by_part"] for entry in readers], level=options.level),
            "slopes": {name: _mean_slope(readers, name, level=options.level) for name in ("accuracy", "time")},
        }
    )


def _entry(table: Table, row: int, *, level: float) -> dict[str, Any]:
    called = ~np.isnan(table.calls[row])
    ms, right = table.response_ms[row][called], (table.calls[row] == table.truth)[called]
    position = np.full(ms.size, np.nan) if table.position is None else table.position[row][called]
    timed, placed = ~np.isnan(ms) & (ms > 0), ~np.isnan(position)
    return {
        "code": table.readers[row].code,
        "seniority": table.readers[row].seniority,
        "n": int(called.sum()),
        "n_timed": int(timed.sum()),
        "speed": _right_and_wrong(ms[timed], right[timed]),
        "by_speed": _parts(ms[timed], right[timed], ms[timed], parts=SPEEDS, level=level),
        "by_part": _parts(position[placed], right[placed], ms[placed], parts=PARTS, level=level),
        "slopes": {
            "accuracy": _slope(position[placed], right[placed].astype(float), level=level),
            "time": _slope(position[placed & timed], np.log(ms[placed & timed]), level=level),
        },
    }


def _right_and_wrong(ms: Floats, right: Bools) -> dict[str, Any] | None:
    """``wrong_is_slower``: how often a wrong call took longer than a right one, of all such pairs; 0.5 is no link."""
    if not ms.size or right.all() or not right.any():
        return None
    return {
        "n_right": int(right.sum()),
        "n_wrong": int((~right).sum()),
        "median_right_ms": float(np.median(ms[right])),
        "median_wrong_ms": float(np.median(ms[~right])),
        "wrong_is_slower": statistics.auc(~right, ms),
        "p_value": statistics.mann_whitney(ms[~right], ms[right]).p_value,
    }


def _parts(order: Floats, right: Bools, ms: Floats, *, parts: int, level: float) -> list[dict[str, Any]] | None:
    """Equal parts of the calls in ``order``; None where a part would hold too few."""
    if order.size < FEWEST * parts:
        return None
    places = np.argsort(order, kind="stable")
    return [_part(right[mine], ms[mine], level=level) for mine in np.array_split(places, parts)]


def _part(right: Bools, ms: Floats, *, level: float) -> dict[str, Any]:
    known = ms[~np.isnan(ms)]
    return {
        "n": int(right.size),
        "n_right": int(right.sum()),
        "accuracy": proportion(int(right.sum()), int(right.size), level=level),
        "median_ms": float(np.median(known)) if known.size else None,
    }


def _slope(position: Floats, values: Floats, *, level: float) -> statistics.Trend | None:
    """From the first face of the session to the last one: positions run from 0 to 1."""
    if position.size < 3 or not np.ptp(position):
        return None
    return statistics.slope((position - position.min()) / np.ptp(position), values, level=level)


def _mean_parts(found: list[list[dict[str, Any]] | None], *, level: float) -> list[dict[str, Any]] | None:
    """Part by part the mean over the readers who have them all."""
    whole = [parts for parts in found if parts]
    if len(whole) < 2:
        return None
    return [
        {
            "accuracy": statistics.mean_over_readers([part["accuracy"].value for part in column], level=level),
            "median_ms": _mean_ms([part["median_ms"] for part in column], level=level),
        }
        for column in zip(*whole, strict=True)
    ]


def _mean_ms(values: list[float | None], *, level: float) -> statistics.Trend | None:
    known = [value for value in values if value is not None]
    return statistics.mean_over_readers(known, level=level) if known else None


def _mean_slope(readers: list[dict[str, Any]], name: str, *, level: float) -> statistics.Trend | None:
    slopes = [entry["slopes"][name] for entry in readers]
    values = [one.value for one in slopes if one is not None and not np.isnan(one.value)]
    return statistics.mean_over_readers(values, level=level) if len(values) > 1 else None


def _adjust(readers: list[dict[str, Any]]) -> None:
    """Holm over the readers."""
    tested = [entry["speed"] for entry in readers if entry["speed"] and not np.isnan(entry["speed"]["p_value"])]
    adjusted = statistics.holm([one["p_value"] for one in tested]).adjusted if tested else []
    for one, p in zip(tested, adjusted, strict=True):
        one["holm"] = float(p)


def time_words(found: dict[str, Any], *, level: float) -> dict[str, str]:
    """The sentences at the top of the two halves of the section."""
    return {"speed": _speed_words(found, level=level), "session": _session_words(found, level=level)}


def _speed_words(found: dict[str, Any], *, level: float) -> str:
    tested = [(entry["code"], entry["speed"]) for entry in found["readers"] if entry["speed"]]
    if not tested:
        return _("No reader has both right and wrong calls whose time was measured.")
    slower = [code for code, one in tested if one.get("holm", 1) < 1 - level and one["wrong_is_slower"] > 0.5]
    faster = [code for code, one in tested if one.get("holm", 1) < 1 - level and one["wrong_is_slower"] < 0.5]
    sentence = _("For no reader right and wrong calls are shown to differ in how long they took.")
    if slower and faster:
        sentence = _(
            "Wrong calls took longer than right ones in %(slower)s; wrong calls came faster than right ones in "
            "%(faster)s."
        )
    elif slower:
        sentence = _("Wrong calls took longer than right ones in %(slower)s.")
    elif faster:
        sentence = _("Wrong calls came faster than right ones in %(faster)s.")
    return sentence % {"slower": _of(slower, tested), "faster": _of(faster, tested)}


def _of(codes: list[str], tested: list[Any]) -> str:
    return _("%(n)s of %(all)s readers (%(codes)s)") % {"n": len(codes), "all": len(tested), "codes": listed(codes)}


def _session_words(found: dict[str, Any], *, level: float) -> str:
    accuracy, time = found["slopes"]["accuracy"], found["slopes"]["time"]
    if accuracy is None or accuracy["p_value"] is None:
        return _("Learning and fatigue need at least two readers whose calls have a place in a session.")
    change, *limits = (f"{100 * accuracy[name]:+.1f}".replace("-", "−") for name in ("value", "lower", "upper"))
    sentence = _(
        "From the first face to the last one accuracy changed by %(change)s points on average (%(limits)s): "
        "%(verdict)s."
    ) % {"change": change, "limits": span(*limits), "verdict": _session_verdict(accuracy, level=level)}
    return sentence if time is None or time["p_value"] is None else follow(sentence, _pace_words(time, level=level))


def _session_verdict(accuracy: dict[str, Any], *, level: float) -> str:
    if accuracy["p_value"] >= 1 - level:
        return _("no learning or fatigue is shown")
    if accuracy["value"] > 0:
        return _("readers got better as they went on")
    return _("readers got worse as they went on")


def _pace_words(time: dict[str, Any], *, level: float) -> str:
    ratio = ratio_percent(time["value"])
    if time["p_value"] >= 1 - level:
        shown = f"{ratio:+.0f}\u00a0%".replace("-", "−")
        return _("Their pace did not change measurably (%(change)s).") % {"change": shown}
    sentence = _("Their calls came %(change)s sooner at the end than at the start.")
    if ratio > 0:
        sentence = _("Their calls came %(change)s later at the end than at the start.")
    return sentence % {"change": f"{abs(ratio):.0f}\u00a0%"}


def ratio_percent(log_change: float) -> float:
    """A change of the logarithm as a change in per cent."""
    return 100 * float(np.expm1(log_change))
