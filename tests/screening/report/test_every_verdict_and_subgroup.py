"""Every number of flagged looks and subgroups, and every verdict, against the library's own on the raw rows.

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
from tests.screening.report.independent import METRICS, counts
from tests.screening.report.shown import (
    DRAWN,
    LEVEL,
    MARGIN,
    cells,
    numbers,
    percent,
    points,
    sentence,
    share,
    trace,
)
from tests.screening.report.test_every_number import four, p, same

pytestmark = pytest.mark.filterwarnings("ignore:The figure of")  # small groups in which somebody makes no mistake


def judged(it: SimpleNamespace, calls: Any) -> SimpleNamespace:
    """Readers against the model on the calls that are left."""
    side = SimpleNamespace(n=[], rates=[], paired=[], mcnemar=[], counts=[])
    for row in calls:
        read = ~np.isnan(row)
        truth, call = it.truth[read], row[read] == 1
        side.n.append(int(read.sum()))
        side.counts.append(counts(truth, call))
        side.rates.append(rates(side.counts[-1], LEVEL))
        side.paired.append(statistics.reader_vs_model(truth, it.score[read], call, margin=MARGIN, **DRAWN))
        side.mcnemar.append(statistics.mcnemar_calls(truth, it.model[read], call))
    side.holm = {
        name: statistics.holm([getattr(one, name).p_value for one in side.paired]).adjusted
        for name in ("sensitivity", "specificity")
    }
    side.mcnemar_holm = {
        name: statistics.holm([getattr(one, name).exact_p for one in side.mcnemar]).adjusted
        for name in ("sensitivity", "specificity")
    }
    shared = ~np.isnan(calls).any(axis=0)
    side.shared = int(shared.sum())
    side.tests = {
        metric: statistics.standalone_vs_readers(
            it.truth[shared],
            it.model[shared].astype(float),
            calls[:, shared],
            metric=metric,
            threshold=0.5,
            level=LEVEL,
        )
        for metric in METRICS
    }
    return side


@pytest.fixture(scope="module")
def sides(rich_shown) -> tuple[SimpleNamespace, SimpleNamespace]:
    it = rich_shown.raw
    return judged(it, it.calls), judged(it, np.where(it.flagged, np.nan, it.calls))


def test_the_numbers_without_flagged_looks(rich_page, it, sides):
    expected = []
    for row in range(len(it.codes)):
        for side in sides:
            found, test = side.rates[row], side.paired[row].sensitivity
            limits = [
                f"{four(one.value)} {four(one.lower)} {four(one.upper)}"
                for one in (found.sensitivity, found.specificity)
            ]
            moved = points(test.difference, test.lower, test.upper)
            expected.append([*numbers(side.n[row], *limits), *moved, *numbers(p(side.holm["sensitivity"][row]))])
    for side in sides:
        spread = []
        for name in ("sensitivity", "specificity"):
            values = [getattr(one, name).value for one in side.rates]
            spread += [four(np.mean(values)), four(np.std(values, ddof=1))]
        test = side.tests["balanced_accuracy"]
        moved = points(-test.difference, -test.rrrc.upper, -test.rrrc.lower)
        expected.append([*numbers(side.shared, *spread), *moved, *numbers(p(test.rrrc.p_value))])
    assert cells(rich_page, "flagged") == expected
    assert sentence(rich_page, "flagged")[0] == str(int(it.flagged.sum()))


def better(p_value: float, difference: float) -> str:
    return "no difference" if p_value >= 1 - LEVEL else "model" if difference > 0 else "reader"


def against_margin(one: Any, *, sign: int = 1) -> str:
    ends = sorted((sign * one.lower, sign * one.upper))
    if ends[0] > 0:
        return "superior"
    if ends[0] > -MARGIN:
        return "non-inferior"
    return "inferior" if ends[1] < -MARGIN else "not shown"


def test_the_verdicts_and_the_margin(rich_page, it, sides):
    side, expected = sides[0], []
    rule = {"below": "model", "above": "reader", "inside": "no difference", "on_limit": "no difference"}
    placed = statistics.judge_readers(it.truth, it.score, side.counts, **DRAWN)
    for row, where in enumerate(placed):
        says = [rule[where.at_specificity.position], rule[where.at_sensitivity.position]]
        for name in ("sensitivity", "specificity"):
            says.append(better(side.holm[name][row], getattr(side.paired[row], name).difference))
        for name in ("sensitivity", "specificity"):
            one = getattr(side.mcnemar[row], name)
            says.append(better(side.mcnemar_holm[name][row], one.b - one.c))
        says += [against_margin(getattr(side.paired[row], name)) for name in ("sensitivity", "specificity")]
        expected.append(says)
    part = rich_page.split('id="verdicts-head"')[1].split("</table>")[0]
    lines = part.split("<tbody>")[1].split("</tr>")[:-1]
    told = [[re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td>(.*?)</td>", line)] for line in lines]
    assert told == expected
    group = re.search(r"readers and cases random: (.*?)</p>", rich_page)[1]
    wanted = [against_margin(side.tests[metric].rrrc, sign=-1) for metric in METRICS]
    assert re.findall(r"<strong>(.*?)</strong>", group) == wanted


def parts_of(it: SimpleNamespace) -> list[tuple[str, str, Any, list[int]]]:
    """(column, group, which cases, which readers): by hand, in the order of the page."""
    n, everybody = it.truth.size, list(range(len(it.codes)))
    whole = np.ones(n, dtype=bool)
    found = [("All", "all cases and readers", whole, everybody)]
    names = [name for name, truth in zip(it.diagnosis, it.truth, strict=True) if truth]
    by_number = sorted(set(names), key=lambda name: (-names.count(name), name))
    found += [("Syndrome", name, np.array(it.diagnosis) == name, everybody) for name in by_number]
    years = ("under 1 year", 0, 12), ("1 to 2 years", 12, 36), ("3 to 5 years", 36, 72), ("6 to 11 years", 72, 144)
    found += [("Age", name, (it.age >= low) & (it.age < high), everybody) for name, low, high in years]
    girls = np.array([sex == "F" for sex in it.sex])
    sexes = sorted([("girls", girls), ("boys", ~girls)], key=lambda part: (-part[1].sum(), part[0]))
    found += [("Sex", name, mine, everybody) for name, mine in sexes]
    words = {
        "karyotype": "karyotype",
        "array": "microarray",
        "sequencing": "sequencing",
        "clinical": "clinical examination only",
    }
    ways = [(words[way], it.truth & (np.array(it.confirmation) == way)) for way in words]
    ways.sort(key=lambda part: (-part[1].sum(), part[0]))
    found += [("How confirmed", name, mine, everybody) for name, mine in ways]
    for label in dict.fromkeys(it.seniority):
        found.append(("Seniority", label, whole, [i for i in everybody if it.seniority[i] == label]))
    return found


def subgroup(it: SimpleNamespace, mine: Any, who: list[int], rate: str) -> SimpleNamespace | None:
    of_class = it.truth if rate == "sensitivity" else ~it.truth
    inside = mine & of_class
    if not inside.any():
        return None
    kept = inside | ~of_class  # the library asks for both classes; this rate looks at one
    truth, model, calls = it.truth[kept], it.model[kept].astype(float), it.calls[who][:, kept]
    both = statistics.obuchowski_rockette(
        truth, np.stack([np.tile(model, (len(who), 1)), calls]), metric=rate, level=LEVEL
    )
    alone = statistics.standalone_vs_readers(truth, model, calls, metric=rate, threshold=0.5, level=LEVEL)
    return SimpleNamespace(
        n=int(inside.sum()),
        model=share((it.model == it.truth)[inside]),
        readers=float((it.calls[who] == it.truth)[:, inside].mean()),
        mean=both.frrc.tests[1],
        fixed=both.frrc.differences[0],
        random=(-alone.rrrc.upper, -alone.rrrc.lower),
        p_random=alone.rrrc.p_value,
    )


@pytest.fixture(scope="module")
def subgroups(rich_shown) -> list[tuple[str, str, str, SimpleNamespace]]:
    it, found = rich_shown.raw, []
    for column, group, mine, who in parts_of(it):
        for rate in ("sensitivity", "specificity"):
            if one := subgroup(it, mine, who, rate):
                found.append((column, group, rate, one))
    tested = [one for column, _, _, one in found if column != "All" and one.n >= 10]
    for kind, raw in (
        ("holm", [one.fixed.p_value for one in tested]),
        ("holm_random", [one.p_random for one in tested]),
    ):
        for one, adjusted in zip(tested, statistics.holm(raw).adjusted, strict=True):
            setattr(one, kind, float(adjusted))
    return found


def test_every_line_of_the_subgroups(rich_page, subgroups):
    expected = []
    for _, _, _, one in subgroups:
        line = [*numbers(one.n), *percent(one.model), *numbers(f"{100 * one.readers:.1f}")]
        line += numbers(*(f"{100 * limit:.1f}" for limit in (one.mean.lower, one.mean.upper)))
        line += points(one.model.value - one.readers, one.fixed.lower, one.fixed.upper, *one.random)
        line += numbers(p(one.fixed.p_value), p(one.p_random))
        expected.append(
            line + numbers(*(p(getattr(one, kind)) for kind in ("holm", "holm_random") if hasattr(one, kind)))
        )
    assert cells(rich_page, "subgroups") == expected
    part = rich_page.split('id="subgroups-head"')[1].split("</section>")[0]
    names = [re.sub(r"<span.*?</span>| †", "", name) for name in re.findall(r'<tr><th scope="row">(.*?)</th>', part)]
    assert names == [group for _, group, _, _ in subgroups]


@pytest.mark.parametrize("rate", ["sensitivity", "specificity"])
def test_every_point_and_bar_of_the_forests(charts, subgroups, rate):
    mine = [one for _, _, own, one in subgroups if own == rate]
    for name, found in (
        ("Model", [(one.model.value, one.model.lower, one.model.upper) for one in mine]),
        ("Readers' mean", [(one.readers, one.mean.lower, one.mean.upper) for one in mine]),
    ):
        drawn = trace(charts[f"{rate}-rates"], name)
        same(drawn["x"], [value for value, _, _ in found])
        same(drawn["error_x"]["array"], [upper - value for value, _, upper in found])
        same(drawn["error_x"]["arrayminus"], [value - lower for value, lower, _ in found])
    difference = charts[f"{rate}-difference"]
    same(trace(difference, "difference")["x"], [100 * (one.model.value - one.readers) for one in mine])
    for name, ends in (
        ("interval, these readers", [(one.fixed.lower, one.fixed.upper) for one in mine]),
        ("interval, readers of this kind", [one.random for one in mine]),
    ):
        drawn = [x for x in trace(difference, name)["x"] if x is not None]
        same(drawn, [100 * end for pair in ends for end in pair])
