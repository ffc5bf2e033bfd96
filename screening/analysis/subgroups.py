"""Model and readers in parts of the cases and in parts of the readers, as forest plots need them.

The readers' rate is the mean over readers; its interval and that of the difference come twice, by Obuchowski and
Rockette: for these readers (cases random) and for readers of this kind (readers and cases random, as in the main
comparison). The model's rate is a single proportion with Wilson's interval.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from screening import statistics
from screening.analysis.model import model_calls
from screening.analysis.options import Options
from screening.analysis.population import has_point
from screening.analysis.words import follow, said
from screening.statistics import to_plain
from screening.statistics.intervals import proportion
from screening.tables import Bools, Floats, Table

SMALL = 10  # faces of the class a rate is about: fewer are marked and not tested
MOST = 20  # groups of one column; what is rarer stands together
REST = "others, each rarer"
UNKNOWN = "not stated"
REMAINDERS = (REST, UNKNOWN)  # of a column whose other groups have names of their own
RATES = ("sensitivity", "specificity")
BANDS = ((12, "under 1 year"), (36, "1 to 2 years"), (72, "3 to 5 years"), (144, "6 to 11 years"))
OLDEST = "12 years and older"
SEXES = {"F": "girls", "M": "boys", "": UNKNOWN}
CONFIRMED = {"array": "microarray", "clinical": "clinical examination only", "other": "another test", "": UNKNOWN}


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the cases (a mask) or of the readers (rows of the shared calls)."""

    column: str
    group: str
    cases: Bools
    readers: tuple[int, ...]


def subgroups_side(table: Table, *, options: Options) -> dict[str, Any] | None:
    """On the cases that every reader with a point has called. None where there are none of a class."""
    rows = [i for i in range(len(table.readers)) if has_point(table, i)]
    shared = ~np.isnan(table.calls[rows]).any(axis=0) if rows else np.zeros(table.truth.size, dtype=np.bool_)
    truth = table.truth[shared]
    if not rows or min(truth.sum(), (~truth).sum()) < 2:
        return None
    calls, model = table.calls[rows][:, shared], model_calls(table)[shared]
    entries = [
        entry
        for part in _parts(table, rows, shared)
        for rate in RATES
        if (entry := _entry(part, rate, truth=truth, model=model, calls=calls, level=options.level))
    ]
    tested = _adjust(entries)
    return to_plain(
        {
            "n_cases": int(truth.size),
            "codes": [table.readers[i].code for i in rows],
            "small": SMALL,
            "n_tests": tested,
            "entries": entries,
        }
    )


def _parts(table: Table, rows: list[int], shared: Bools) -> list[Part]:
    """All together first, then column by column."""
    everybody = tuple(range(len(rows)))
    whole = Part(
        column="All", group="all cases and readers", cases=np.ones(shared.sum(), dtype=bool), readers=everybody
    )
    return [whole, *_case_parts(table, shared, everybody), *_reader_parts(table, rows, whole.cases)]


def _case_parts(table: Table, shared: Bools, everybody: tuple[int, ...]) -> list[Part]:
    columns = {
        "Syndrome": (_syndromes(table), False),
        "Age": ([_band(age) for age in table.age_months], True),
        "Sex": ([SEXES.get(sex, sex) for sex in table.sex], False),
        "How confirmed": (_confirmed(table), False),
    }
    return [
        Part(
            column=column, group=group, cases=np.array([value == group for value in values])[shared], readers=everybody
        )
        for column, (values, is_ordered) in columns.items()
        for group in _groups(values, shared, is_ordered=is_ordered)
    ]


def _groups(values: list[str], shared: Bools, *, is_ordered: bool) -> list[str]:
    """The frequent ones first, or in their order; one group alone is no part."""
    counts = Counter(value for value, here in zip(values, shared, strict=True) if here and value)
    if is_ordered:
        order = [*(name for _, name in BANDS), OLDEST]
    else:
        order = [name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    last = [name for name in (REST, UNKNOWN) if name in counts]
    found = [name for name in order if name in counts and name not in last] + last
    return found if len(found) > 1 else []


def _syndromes(table: Table) -> list[str]:
    """Empty for controls; beyond the most frequent ones together."""
    named = [(name or UNKNOWN) if truth else "" for name, truth in zip(table.diagnosis, table.truth, strict=True)]
    counts = Counter(name for name in named if name)
    kept = {name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST]}
    return [name if name in kept or not name else REST for name in named]


def _confirmed(table: Table) -> list[str]:
    if not table.confirmation:
        return [""] * table.truth.size
    pairs = zip(table.confirmation, table.truth, strict=True)
    return [CONFIRMED.get(how, how) if truth else "" for how, truth in pairs]


def _band(months: float) -> str:
    if np.isnan(months):
        return UNKNOWN
    return next((name for limit, name in BANDS if months < limit), OLDEST)


def _reader_parts(table: Table, rows: list[int], cases: Bools) -> list[Part]:
    labels = [table.readers[i].seniority_label for i in rows]
    found = list(dict.fromkeys(labels))
    return [
        Part(
            column="Seniority",
            group=label,
            cases=cases,
            readers=tuple(i for i, mine in enumerate(labels) if mine == label),
        )
        for label in (found if len(found) > 1 else [])
    ]


def _entry(part: Part, rate: str, *, truth: Bools, model: Bools, calls: Floats, level: float) -> dict[str, Any] | None:
    """One line of the forest plot; None where the part holds no case of the class."""
    of_class = truth if rate == "sensitivity" else ~truth
    mine = part.cases & of_class
    n = int(mine.sum())
    if not n:
        return None
    right = int(np.sum((model == truth)[mine]))
    readers = calls[list(part.readers)]
    mean = float((readers == truth)[:, mine].mean())
    # The other class lends its cases, as the library asks for both; this rate does not look at them.
    kept = mine | ~of_class
    is_tested = n >= SMALL and part.column != "All"
    return {
        "column": part.column,
        "group": part.group,
        "rate": rate,
        "n": n,
        "is_small": n < SMALL,
        "is_tested": is_tested,
        "n_readers": len(part.readers),
        "model": proportion(right, n, level=level),
        "readers": mean,
        "difference": right / n - mean,
        **_compared(truth[kept], model[kept].astype(float), readers[:, kept], rate=rate, level=level),
    }


def _compared(truth: Bools, model: Floats, calls: Floats, *, rate: str, level: float) -> dict[str, Any]:
    """Intervals and p for ``fixed`` (these readers) and ``random`` (readers of this kind); None where undefined."""
    of_class = truth if rate == "sensitivity" else ~truth
    if min(of_class.sum(), (~of_class).sum()) < 2:
        return {"fixed": None, "random": None}
    fixed = _fixed(truth, model, calls, rate=rate, level=level)
    beyond = _beyond(truth, model, calls, rate=rate, level=level) if len(calls) > 1 else None
    return {"fixed": fixed, "random": beyond}


def _fixed(truth: Bools, model: Floats, calls: Floats, *, rate: str, level: float) -> dict[str, Any] | None:
    """The model stands once beside each reader: with readers fixed the mean difference has its exact variance."""
    both = np.stack([np.tile(model, (len(calls), 1)), calls])
    found = statistics.obuchowski_rockette(truth, both, metric=rate, level=level).frrc
    mean, one = found.tests[1], found.differences[0]
    return _intervals(mean, (one.lower, one.upper), one.p_value)


def _beyond(truth: Bools, model: Floats, calls: Floats, *, rate: str, level: float) -> dict[str, Any] | None:
    """The library says readers minus model; these pages say model minus readers."""
    mean = statistics.obuchowski_rockette(truth, calls[None], metric=rate, level=level).rrrc.tests[0]
    test = statistics.standalone_vs_readers(truth, model, calls, metric=rate, threshold=0.5, level=level).rrrc
    return _intervals(mean, (-test.upper, -test.lower), test.p_value)


def _intervals(mean: Any, difference: tuple[float, float], p_value: float) -> dict[str, Any]:
    has_spread = mean.se > 0
    return {
        "readers_lower": mean.lower if has_spread else None,
        "readers_upper": mean.upper if has_spread else None,
        "lower": difference[0],
        "upper": difference[1],
        "p_value": p_value,
    }


def _adjust(entries: list[dict[str, Any]]) -> dict[str, int]:
    """Holm over all tests of parts; the line of all cases is the main analysis and not among them."""
    counts = {}
    for kind in ("fixed", "random"):
        tested = [
            entry[kind]
            for entry in entries
            if entry["is_tested"] and entry[kind] and not np.isnan(entry[kind]["p_value"])
        ]
        adjusted = statistics.holm([one["p_value"] for one in tested]).adjusted if tested else []
        for one, p in zip(tested, adjusted, strict=True):
            one["holm"] = float(p)
        counts[kind] = len(tested)
    return counts


def subgroup_words(found: dict[str, Any] | None, *, level: float) -> str:
    if found is None:
        return ""
    told: dict[str, Any] = {"n": found["n_tests"]["fixed"]}
    if not told["n"]:
        return _("No subgroup is large enough for a test.")
    differing = [entry for entry in found["entries"] if _shown(entry, "fixed", level=level)]
    if not differing:
        return (
            _(
                "Of %(n)s subgroup tests, corrected for their number by Holm's method, none shows a difference between "
                "the model and these readers."
            )
            % told
        )
    told |= {"shown": len(differing), "groups": _named(differing)}
    sentence = ngettext(
        "Of %(n)s subgroup tests, corrected for their number by Holm's method, %(shown)s shows a difference between "
        "the model and these readers: %(groups)s.",
        "Of %(n)s subgroup tests, corrected for their number by Holm's method, %(shown)s show a difference between "
        "the model and these readers: %(groups)s.",
        len(differing),
    )
    return follow(sentence % told, _extends(sum(_shown(entry, "random", level=level) for entry in differing)))


def _named(differing: list[dict[str, Any]]) -> str:
    words = _("%(group)s (%(rate)s, %(gap)s points)")
    named = [
        words
        % {
            "group": group_words(entry),
            "rate": said(entry["rate"]),
            "gap": f"{100 * entry['difference']:+.0f}".replace("-", "−"),
        }
        for entry in differing
    ]
    shown = named[:5] + [_("%(n)s more") % {"n": len(named) - 5}] * (len(named) > 5)
    return pgettext("between the parts of a list", "; ").join(shown)


def _extends(n: int) -> str:
    if not n:
        return _("None of them extends to other readers of this kind.")
    words = ngettext(
        "%(n)s of them extends to other readers of this kind.", "%(n)s of them extend to other readers of this kind.", n
    )
    return words % {"n": n}


def group_words(entry: dict[str, Any]) -> str:
    """A group in the language of whoever looks; a syndrome keeps the name that the cohort gives it."""
    return (
        str(entry["group"])
        if entry["column"] == "Syndrome" and entry["group"] not in REMAINDERS
        else said(entry["group"])
    )


def _shown(entry: dict[str, Any], kind: str, *, level: float) -> bool:
    return bool(entry[kind]) and entry[kind].get("holm", 1) < 1 - level
