"""The data behind a result as two tables, in the form that the import door takes back. Case numbers only."""

from collections.abc import Iterator
from typing import Any

SCORES = ["case_id", "truth", "fold", "score", "threshold", "diagnosis", "sex", "age_months"]
READS = ["case_id", "reader", "decision", "confidence", "response_ms", "seniority", "years_of_experience"]


def scores(result: dict[str, Any]) -> Iterator[list[Any]]:
    rows = result["rows"]
    for i, number in enumerate(rows["number"]):
        yield [
            number,
            int(rows["truth"][i]),
            int(rows["fold"][i]) + 1,
            rows["score"][i],
            rows["threshold"][i],
            rows["diagnosis"][i],
            rows["sex"][i],
            rows["age_months"][i],
        ]


def reads(result: dict[str, Any]) -> Iterator[list[Any]]:
    """The primary reads; a case that was not read has no row."""
    rows = result["rows"]
    for j, reader in enumerate(result["readers"]):
        who = [reader["seniority"], reader["years_of_experience"]]
        for i, number in enumerate(rows["number"]):
            if (call := rows["calls"][j][i]) is not None:
                sure = rows["confidence"][j][i]
                measured = [None if sure is None else int(sure), rows["response_ms"][j][i]]
                yield [number, reader["code"], int(call), *measured, *who]
