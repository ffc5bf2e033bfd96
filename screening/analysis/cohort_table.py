"""Table 1 of a cohort: who the children are, group by group, and whether the groups differ."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from screening import statistics
from screening.statistics import to_plain
from screening.tables import Floats

GROUPS = ((True, "GS"), (False, "Controls"))
SMALLEST_EXPECTED = 5  # Cochran's rule for Pearson's test; below it the exact test


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What is known of one child."""

    has_syndrome: bool
    sex: str  # F, M or empty
    age_months: float | None
    diagnosis: str
    orpha: str
    omim: str
    confirmation: str


def cohort_table(facts: Sequence[Fact]) -> dict[str, Any]:
    """Plain values. A test is None where it is undefined (a group without two ages, a sex that nobody has)."""
    groups = [(name, [fact for fact in facts if fact.has_syndrome is truth]) for truth, name in GROUPS]
    ages = [_ages(mine) for _, mine in groups]
    return {
        "groups": [_group(name, mine) for name, mine in groups],
        "sex_test": _sex_test([[_count(mine, "sex", sex) for sex in "FM"] for _, mine in groups]),
        "age_tests": _age_tests(*ages),
        "diagnoses": _diagnoses(groups[0][1]),
    }


def _group(name: str, mine: list[Fact]) -> dict[str, Any]:
    age = _ages(mine)
    known = age.size > 0
    return {
        "name": name,
        "n": len(mine),
        "girls": _count(mine, "sex", "F"),
        "boys": _count(mine, "sex", "M"),
        "sex_not_stated": _count(mine, "sex", ""),
        "age_n": int(age.size),
        "age_mean": float(age.mean()) if known else None,
        "age_sd": float(age.std(ddof=1)) if age.size > 1 else None,
        "age_median": float(np.median(age)) if known else None,
        "age_min": float(age.min()) if known else None,
        "age_max": float(age.max()) if known else None,
        "confirmation": dict(Counter(fact.confirmation for fact in mine).most_common()),
    }


def _count(mine: list[Fact], name: str, value: str) -> int:
    return sum(getattr(fact, name) == value for fact in mine)


def _ages(mine: list[Fact]) -> Floats:
    return np.array([fact.age_months for fact in mine if fact.age_months is not None], dtype=np.float64)


def _sex_test(counts: list[list[int]]) -> dict[str, Any] | None:
    table = np.array(counts)
    if not table.sum(axis=0).all() or not table.sum(axis=1).all():
        return None
    pearson = statistics.chi_squared(table)
    if pearson.smallest_expected >= SMALLEST_EXPECTED:
        name = "Pearson's chi-squared test, without Yates' correction"
        return _test(name, "χ²", statistic=pearson.statistic, df=pearson.df, p_value=pearson.p_value)
    exact = statistics.fisher_exact(table)
    name = "Fisher's exact test, because an expected count is below five"
    return _test(name, "odds ratio", statistic=exact.odds_ratio, df=None, p_value=exact.p_value)


def _age_tests(gs: Floats, controls: Floats) -> list[dict[str, Any]]:
    if min(gs.size, controls.size) < 2 or not (np.ptp(gs) + np.ptp(controls)):
        return []
    welch = statistics.t_test(gs, controls, method="welch")
    ranks = statistics.mann_whitney(gs, controls)
    return [
        _test("Welch's t test of the means", "t", statistic=welch.statistic, df=welch.df, p_value=welch.p_value),
        _test("Mann-Whitney test of the ranks", "W", statistic=ranks.statistic, df=None, p_value=ranks.p_value),
    ]


def _test(name: str, symbol: str, **values: Any) -> dict[str, Any]:
    """A figure that is not finite (the odds ratio of a table with an empty cell) is None."""
    plain: dict[str, Any] = to_plain(values)
    finite = {key: None if isinstance(value, str) else value for key, value in plain.items()}  # "inf"
    return {"test": name, "symbol": symbol} | finite


def _diagnoses(mine: list[Fact]) -> list[dict[str, Any]]:
    """Most frequent first. Codes are told where every child with the diagnosis that has one has the same."""
    found = []
    for name, n in Counter(fact.diagnosis for fact in mine).items():
        same = [fact for fact in mine if fact.diagnosis == name]
        codes = {code: {getattr(fact, code) for fact in same} - {""} for code in ("orpha", "omim")}
        told = {code: values.pop() if len(values) == 1 else "" for code, values in codes.items()}
        found.append({"name": name, "n": n, "share": n / len(mine)} | told)
    return sorted(found, key=lambda entry: (-entry["n"], entry["name"]))


CSV_HEADER = ["row", "gs", "controls", "test", "statistic", "df", "p"]
LINES = (
    ("Subjects", "n"),
    ("Girls", "girls"),
    ("Boys", "boys"),
    ("Sex not stated", "sex_not_stated"),
    ("Age known", "age_n"),
    ("Age in months, mean", "age_mean"),
    ("Age in months, SD", "age_sd"),
    ("Age in months, median", "age_median"),
    ("Age in months, youngest", "age_min"),
    ("Age in months, oldest", "age_max"),
)


def csv_rows(table: dict[str, Any]) -> list[list[Any]]:
    """The table for a spreadsheet, numbers unrounded; each test in the first line it is about."""
    tests = dict.fromkeys((label for label, _ in LINES), ())
    ages = dict(zip(("Age in months, mean", "Age in months, median"), table["age_tests"], strict=False))
    for label, test in (("Girls", table["sex_test"]), *ages.items()):
        if test:
            tests[label] = (f"{test['test']} ({test['symbol']})", test["statistic"], test["df"], test["p_value"])
    rows = [[label, *(group[name] for group in table["groups"]), *tests[label]] for label, name in LINES]
    for entry in table["diagnoses"]:
        codes = " ".join(code for code in (entry["orpha"], entry["omim"]) if code)
        rows.append([f"{entry['name'] or 'No diagnosis stated'}{f' ({codes})' if codes else ''}", entry["n"]])
    return [row + [None] * (len(CSV_HEADER) - len(row)) for row in rows]
