"""Every number of agreement, aid, reading time and exposure, against the library's own on the raw rows.

The pages are fetched, and the expected cells and points are made here from ``raw``: neither the stored result nor the
analysis that made it is asked.
"""

from itertools import combinations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from screening import statistics
from tests.screening.report.independent import METRICS
from tests.screening.report.shown import (
    DRAWN,
    LEVEL,
    cells,
    minus,
    numbers,
    percent,
    points,
    sentence,
    share,
    trace,
    two,
)
from tests.screening.report.test_every_number import p, same


def test_agreement_between_readers(rich_page, it):
    calls = it.calls.astype(int)
    alike = share((calls == calls[0]).all(axis=0))
    group = [
        statistics.fleiss_kappa(calls, **DRAWN),
        statistics.krippendorff_alpha(it.calls, pairs="krippendorff", **DRAWN),
        statistics.gwet_ac1(calls, **DRAWN),
    ]
    raters = [*calls, it.model.astype(int)]
    expected = [percent(alike), *(two(one) for one in group)]
    for a, b in combinations(range(len(raters)), 2):
        kappa = statistics.cohen_kappa(raters[a], raters[b], level=LEVEL)
        expected.append([*numbers(calls.shape[1]), *percent(share(raters[a] == raters[b])), *two(kappa)])
    for row, again in enumerate(it.again):
        expected.append(_repeated(it, row, again))
    assert cells(rich_page, "agreement") == expected


def _repeated(it: SimpleNamespace, row: int, again: list[tuple[int, bool]]) -> list[str]:
    places = [place for place, _ in again]
    first, second, truth = it.calls[row][places] == 1, np.array([call for _, call in again]), it.truth[places]
    moved = np.sum((first != truth) & (second == truth)), np.sum((first == truth) & (second != truth))
    kappa = statistics.cohen_kappa(first, second, level=LEVEL)
    return [*numbers(len(again)), *percent(share(first == second)), *two(kappa), *numbers(*moved)]


def test_the_sentence_and_the_figure_of_agreement(rich_page, it, charts):
    calls, n = it.calls.astype(int), len(it.codes)
    alike = [np.mean(calls[a] == calls[b]) for a, b in combinations(range(n), 2)]
    own = [np.mean([it.calls[row][place] == call for place, call in again]) for row, again in enumerate(it.again)]
    kappa = statistics.fleiss_kappa(calls, **DRAWN).value
    told = f"{100 * np.mean(alike):.0f} {kappa:.2f} {100 * np.mean(own):.0f}"
    assert sentence(rich_page, "agreement") == numbers(told)
    raters = [*calls, it.model.astype(int)]
    (matrix,) = charts["agreement"]["data"]
    for a in range(1, n + 1):
        for b in range(a):
            same([matrix["z"][a - 1][b]], [statistics.cohen_kappa(raters[a], raters[b]).value])


def compared(truth: Any, aided: Any, unaided: Any, metric: str) -> Any:
    return statistics.obuchowski_rockette(truth, np.stack([aided, unaided]), metric=metric, level=LEVEL)


def ratings(calls: Any, confidence: Any) -> Any:
    return np.where(calls == 1, 1.0, -1.0) * (confidence + 1)


def test_unaided_and_aided(rich_page, it, charts):
    expected = []
    rated = ratings(it.aided, it.aided_confidence), ratings(it.calls, it.confidence)
    for metric in (*METRICS, "auc"):
        pair = rated if metric == "auc" else (it.aided, it.calls)
        expected.append(_of_all(compared(it.truth, *pair, metric), is_area=metric == "auc"))
    changed = [statistics.mcnemar_calls(it.truth, a == 1, b == 1) for a, b in zip(it.aided, it.calls, strict=True)]
    holm = {
        name: statistics.holm([getattr(one, name).exact_p for one in changed]).adjusted
        for name in ("sensitivity", "specificity")
    }
    for row in range(len(it.codes)):
        tests = {m: compared(it.truth, it.aided[[row]], it.calls[[row]], m) for m in METRICS}
        area = compared(it.truth, rated[0][[row]], rated[1][[row]], "auc").frrc.differences[0]
        line = [*numbers(it.truth.size), *_levels(tests["sensitivity"]), *_levels(tests["specificity"])]
        mean = tests["balanced_accuracy"].frrc.differences[0]
        line += points(mean.difference, mean.lower, mean.upper)
        line += numbers(*(minus(f"{value:+.3f}") for value in (area.difference, area.lower, area.upper)))
        for name in ("sensitivity", "specificity"):
            one = getattr(changed[row], name)
            line += numbers(one.b, one.c, p(holm[name][row]))
        expected.append(line)
    assert cells(rich_page, "aided") == expected
    for stage, calls in (("unaided", it.calls), ("aided", it.aided)):
        drawn, right = trace(charts["aided"], stage), calls == it.truth
        same(drawn["x"], [1 - row[~it.truth].mean() for row in right])
        same(drawn["y"], [row[it.truth].mean() for row in right])


def _of_all(found: Any, *, is_area: bool) -> list[str]:
    """Readers and cases random first, then these readers."""
    anyone, these = found.rrrc.differences[0], found.frrc.differences[0]
    write = (lambda *v: numbers(*(minus(f"{x:+.3f}") for x in v))) if is_area else points
    levels = numbers(*(f"{np.mean(found.figures[stage]):.3f}" for stage in (1, 0)))
    limits = [*write(anyone.lower, anyone.upper), *write(these.lower, these.upper)]
    return [*levels, *write(these.difference), *limits, *numbers(p(anyone.p_value), p(these.p_value))]


def _levels(found: Any) -> list[str]:
    one = found.frrc.differences[0]
    levels = numbers(*(f"{100 * np.mean(found.figures[stage]):.1f}" for stage in (1, 0)))
    return [*levels, *points(one.difference, one.lower, one.upper)]


def test_the_sentence_of_unaided_and_aided(rich_page, it):
    moved, better = it.aided != it.calls, it.aided == it.truth
    n, right = int(moved.sum()), int((moved & better).sum())
    found = compared(it.truth, it.aided, it.calls, "balanced_accuracy")
    levels = [f"{100 * np.mean(found.figures[stage]):.1f}" for stage in (1, 0)]
    expected = numbers(n, it.calls.size, right, n - right, *levels, p(found.rrrc.p_value))
    assert sentence(rich_page, "aided") == expected


def seconds(ms: float) -> str:
    return f"{ms / 1000:.1f}"


def change(value: float) -> str:
    return minus(f"{100 * np.expm1(value):+.0f}")


def slopes(it: SimpleNamespace, row: int) -> tuple[Any, Any]:
    where = (it.position[row] - 1) / (it.truth.size - 1)
    right = (it.calls[row] == it.truth).astype(float)
    return tuple(statistics.slope(where, values, level=LEVEL) for values in (right, np.log(it.ms[row])))


def trends(accuracy: Any, pace: Any) -> list[str]:
    line = [*points(accuracy.value, accuracy.lower, accuracy.upper), *numbers(p(accuracy.p_value))]
    return line + numbers(*(change(value) for value in (pace.value, pace.lower, pace.upper)), p(pace.p_value))


def test_reading_time_learning_and_fatigue(rich_page, it):
    right = it.calls == it.truth
    tests = [statistics.mann_whitney(ms[~ok], ms[ok]).p_value for ms, ok in zip(it.ms, right, strict=True)]
    holm = statistics.holm(tests).adjusted
    expected = []
    for row, (ms, ok) in enumerate(zip(it.ms, right, strict=True)):
        later = 100 * statistics.auc(~ok, ms)
        line = numbers(ms.size, seconds(np.median(ms[ok])), seconds(np.median(ms[~ok])), f"{later:.1f}", p(holm[row]))
        expected.append([*line, *trends(*slopes(it, row))])
    every = [slopes(it, row) for row in range(len(it.codes))]
    means = [statistics.mean_over_readers([one[k].value for one in every], level=LEVEL) for k in (0, 1)]
    expected.append(trends(*means))
    assert cells(rich_page, "time") == expected
    accuracy, pace = means
    told = [*points(accuracy.value, accuracy.lower, accuracy.upper), f"{abs(100 * np.expm1(pace.value)):.0f}"]
    assert sentence(rich_page, "time")[-4:] == told


@pytest.mark.parametrize(
    ("name", "parts", "is_time"), [("speed", 5, False), ("session-accuracy", 10, False), ("session-time", 10, True)]
)
def test_every_line_of_the_figures_of_time(it, charts, name, parts, is_time):
    lines = []
    for row, code in enumerate(it.codes):
        order = np.argsort(it.ms[row] if name == "speed" else it.position[row], kind="stable")
        right = it.calls[row] == it.truth
        lines.append(
            [
                np.median(it.ms[row][mine]) / 1000 if is_time else right[mine].mean()
                for mine in np.array_split(order, parts)
            ]
        )
        same(trace(charts[name], code)["y"], lines[-1])
    drawn = trace(charts[name], f"Mean of {len(it.codes)} readers")
    means = [statistics.mean_over_readers(column, level=LEVEL) for column in zip(*lines, strict=True)]
    same(drawn["y"], [one.value for one in means])
    for key, end in (("array", "upper"), ("arrayminus", "lower")):
        same(drawn["error_y"][key], [abs(getattr(one, end) - one.value) for one in means])


def test_how_clean_the_looks_were(rich_page, it, charts):
    expected, requested, tolerance = [], 10_000, 100
    described = [statistics.summary(shown[~np.isnan(shown)] - requested) for shown in it.shown]
    for row, off in enumerate(described):
        known = it.shown[row][~np.isnan(it.shown[row])]
        beyond = int(np.sum(np.abs(known - requested) > tolerance))
        spots = [requested + value for value in (off.median, off.p5, off.p95, off.minimum, off.maximum)]
        written = [f"{value:,.0f}".replace(",", " ") for value in spots]
        tail = (beyond, int(it.flagged[row].sum()), it.incidents[row])
        expected.append(numbers(it.truth.size, known.size, *written, *tail))
    reasons = {}
    for row, flags in enumerate(it.flags):
        for flag in flags:
            reasons.setdefault(flag, [0] * len(it.codes))[row] += 1
    expected += [numbers(*reasons[name]) for name in sorted(reasons, key=lambda name: (-sum(reasons[name]), name))]
    expected.append(numbers(*it.incidents))
    assert cells(rich_page, "exposure") == expected
    box = charts["exposure"]["data"][0]
    for key, name in (("q1", "q1"), ("median", "median"), ("q3", "q3"), ("lowerfence", "p5"), ("upperfence", "p95")):
        same(box[key], [getattr(one, name) for one in described])
    for name in ("minimum", "maximum"):
        same(trace(charts["exposure"], name)["x"], [getattr(one, name) for one in described])
