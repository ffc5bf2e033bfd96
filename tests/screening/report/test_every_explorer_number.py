"""Every number of the threshold explorer, against the library's own on the raw rows.

The pages are fetched, and the expected cells and points are made here from ``raw``: neither the stored result nor the
analysis that made it is asked.
"""

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from screening import statistics
from screening.statistics.rates import rates
from tests.screening.report.independent import counts
from tests.screening.report.shown import (
    LEVEL,
    ONE_IN,
    held,
    numbers,
)
from tests.screening.report.test_every_number import four, same


@pytest.fixture
def explorer(rich_shown, db) -> SimpleNamespace:
    data = held(rich_shown.explorer, "explorer-data")
    return SimpleNamespace(page=rich_shown.explorer, figures=held(rich_shown.explorer, "explorer-figures"), **data)


def carried(table: Any, prevalence: float) -> dict[str, float]:
    """Bayes' rule and plain division, on one fourfold table."""
    se, sp = table.tp / table.n_cases, table.tn / table.n_controls
    called, cleared = prevalence * se + (1 - prevalence) * (1 - sp), (1 - prevalence) * sp + prevalence * (1 - se)
    return {
        "sensitivity": se,
        "specificity": sp,
        "positive_ratio": se / (1 - sp) if sp < 1 else np.inf,
        "negative_ratio": (1 - se) / sp if sp else np.inf,
        "ppv": prevalence * se / called if called else np.nan,
        "npv": (1 - prevalence) * sp / cleared if cleared else np.nan,
        "needed_to_screen": 1 / (prevalence * se) if se else np.inf,
        "found": 100_000 * prevalence * se,
        "missed": 100_000 * prevalence * (1 - se),
        "alarms": 100_000 * (1 - prevalence) * (1 - sp),
        "cleared": 100_000 * (1 - prevalence) * sp,
    }


LIMITED = ("positive_ratio", "negative_ratio", "ppv", "npv", "needed_to_screen", "alarms_per_found")


def test_every_threshold_of_the_explorer(explorer, it):
    columns = explorer.points["columns"] | explorer.at["columns"]
    edges = np.concatenate([[-np.inf], np.unique(it.score), [np.inf]])
    for k in range(len(edges) - 1):
        table = statistics.rates_at_threshold(it.truth, it.score, edges[k + 1])
        assert [columns[name][k] for name in ("tp", "fn", "tn", "fp")] == [table.tp, table.fn, table.tn, table.fp]
        if not (table.n_cases > table.tp > 0 and table.n_controls > table.tn > 0):
            continue  # where a rate is 0 or 1 the library's own tests have the limits
        wanted = carried(table, 1 / ONE_IN)
        assert {name: columns[name][k] for name in wanted} == pytest.approx(wanted, rel=1e-6)
        counted = (table.tp, table.fn, table.tn, table.fp)
        theirs = statistics.at_prevalence(*counted, prevalence=1 / ONE_IN, level=LEVEL)
        own = rates(table, LEVEL)
        limits = [getattr(own, name) for name in ("sensitivity", "specificity")]
        limits += [getattr(theirs, name) for name in LIMITED]
        for name, one in zip(("sensitivity", "specificity", *LIMITED), limits, strict=True):
            ends = [float(np.ravel(end)[0]) for end in (one.lower, one.upper)]
            assert [columns[f"{name}_lower"][k], columns[f"{name}_upper"][k]] == pytest.approx(ends, rel=1e-6), name


def test_model_and_readers_at_the_prevalence(explorer, it):
    tables = [counts(it.truth, calls) for calls in (it.model, *(it.calls == 1))]
    assert [row["code"] for row in explorer.at["rows"][1:]] == it.codes
    for row, table in zip(explorer.at["rows"], tables, strict=True):
        wanted = carried(table, 1 / ONE_IN)
        told = {name: row[name][0] if isinstance(row.get(name), list) else row.get(name) for name in wanted}
        told |= {"sensitivity": wanted["sensitivity"], "specificity": wanted["specificity"]}  # stand in the points
        assert told == pytest.approx(wanted)


def test_the_decision_curve(explorer, it):
    drawn, prevalence = explorer.at["decision"], 1 / ONE_IN
    odds = np.array(drawn["threshold"]) / (1 - np.array(drawn["threshold"]))
    same(np.log10(odds * (ONE_IN - 1)), np.linspace(-2, 3, 121))
    curve = statistics.decision_curve(
        it.truth, it.score, threshold=drawn["threshold"], prevalence=prevalence, level=LEVEL
    )
    for name in ("benefit", "lower", "upper", "treat_all"):
        same(drawn[name], getattr(curve, name))
    for reader, calls in zip(drawn["readers"], it.calls == 1, strict=True):
        found = counts(it.truth, calls)
        weight = odds * (ONE_IN - 1)
        se, sp = found.tp / found.n_cases, found.tn / found.n_controls
        np.testing.assert_allclose(reader["benefit"], se - weight * (1 - sp), rtol=1e-9)


def test_calibration(explorer, it):
    line = statistics.calibration_line(it.truth, np.clip(it.score, 1e-6, 1 - 1e-6), level=LEVEL)
    brier = statistics.brier_score(it.truth, it.score)
    curve = statistics.reliability_curve(it.truth, it.score, bins=10, strategy="quantile", level=LEVEL)
    expected = [four(brier.score), f"{100 * brier.skill:.1f}"]
    for one in (line.slope, line.in_the_large, line.intercept):
        expected.append(f"{one.value:.3f} {one.lower:.3f} {one.upper:.3f}")
    expected += [f"{100 * curve.expected_error:.1f}", f"{100 * curve.maximal_error:.1f}"]
    part = explorer.page.split('id="cal2-head"')[1].split("</dl>")[0]
    written = re.findall(r"<dd>(.*?)</dd>", part)
    told = [re.sub(r"[:,] (?:1 is right|0 is right|beside that).*", "", cell) for cell in written]
    assert numbers(*told) == numbers(*expected)
    drawn = explorer.figures["reliability"]["data"][1]
    same(drawn["x"], [one.predicted for one in curve.bins])
    same(drawn["y"], [one.observed.value for one in curve.bins])
    same(drawn["error_y"]["array"], [one.observed.upper - one.observed.value for one in curve.bins])
    same(drawn["error_y"]["arrayminus"], [one.observed.value - one.observed.lower for one in curve.bins])
    assert drawn["customdata"] == [one.n for one in curve.bins]
