"""Table 1: who the children are, by class."""

from typing import Any

import numpy as np

from screening import statistics
from screening.statistics import to_plain
from screening.tables import Table


def table_one(table: Table) -> dict[str, Any]:
    """Counts of girls and boys with Pearson's chi-squared (no Yates), ages with Student's t test, by truth."""
    sex = np.array(table.sex)
    groups = {"gs": table.truth, "controls": ~table.truth}
    result: dict[str, Any] = {name: _group(table, sex, mine) for name, mine in groups.items()}
    counts = [[result[name]["girls"], result[name]["boys"]] for name in groups]
    ages = [_known(table.age_months[mine]) for mine in groups.values()]
    totals = np.array(counts).sum(axis=0), np.array(counts).sum(axis=1)
    result["sex_test"] = statistics.chi_squared(counts) if all(total.all() for total in totals) else None
    # Student's test, as the paper's "independent-sample t test"; it needs two ages a group and some spread.
    testable = all(age.size > 1 for age in ages) and sum(np.ptp(age) for age in ages) > 0
    result["age_test"] = statistics.t_test(*ages, method="student") if testable else None
    return to_plain(result)


def _group(table: Table, sex: Any, mine: Any) -> dict[str, Any]:
    age = _known(table.age_months[mine])
    return {
        "n": int(mine.sum()),
        "girls": int(np.sum(sex[mine] == "F")),
        "boys": int(np.sum(sex[mine] == "M")),
        "sex_not_stated": int(np.sum(sex[mine] == "")),
        "age_mean": float(age.mean()) if age.size else None,
        "age_sd": float(age.std(ddof=1)) if age.size > 1 else None,
        "age_not_stated": int(mine.sum() - age.size),
        "diagnoses": len({name for name, is_mine in zip(table.diagnosis, mine, strict=True) if is_mine and name}),
    }


def _known(values: Any) -> Any:
    return values[~np.isnan(values)]
