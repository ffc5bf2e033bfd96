"""Loading the reference values, and the rules by which a number agrees with one."""

import csv
import json
import math
from functools import cache
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


@cache
def expected(name):
    return json.loads((GOLDEN / "expected" / f"{name}.json").read_text())


@cache
def rows(name):
    with (GOLDEN / "data" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def column(name, key, kind=float):
    return np.array([kind(row[key]) for row in rows(name)])


def asah(predictor):
    return column("asah", "outcome", str) == "Poor", column("asah", predictor)


def paperlike():
    return column("paperlike_scores", "truth", int) == 1, column("paperlike_scores", "score")


def reader_calls(reader):
    """The reader's calls in the order of the cases in the scores file."""
    decisions = {row["case_id"]: row["decision"] == "1" for row in rows("paperlike_reads") if row["reader"] == reader}
    return np.array([decisions[row["case_id"]] for row in rows("paperlike_scores")])


READERS = ["SP1", "SP2", "JP1", "JP2", "JP3"]


def number(value):
    """R's printed infinities and NA as numbers."""
    if value is None:
        return math.nan
    return {"Inf": math.inf, "-Inf": -math.inf, "NaN": math.nan, "NA": math.nan}.get(value, value)


def assert_close(found, wanted, tolerance=1e-9, what=""):
    """Equal within the tolerance, scalars, lists and dicts alike; None stands for an undefined value."""
    if isinstance(wanted, dict):
        for key, value in wanted.items():
            assert_close(found[key], value, tolerance, f"{what}.{key}")
        return
    if isinstance(wanted, list | tuple | np.ndarray):
        assert len(found) == len(wanted), what
        for place, value in enumerate(wanted):
            assert_close(found[place], value, tolerance, f"{what}[{place}]")
        return
    a, b = float(math.nan if found is None else found), float(number(wanted))
    if math.isnan(b) or math.isinf(b):
        assert (math.isnan(a) and math.isnan(b)) or a == b, f"{what}: {a!r}, expected {b!r}"
        return
    assert abs(a - b) <= tolerance, f"{what}: {a!r}, expected {b!r}, apart by {abs(a - b):.3g}"


def assert_bootstrap(found, wanted, *, step, replicates, what=""):
    """The README's rule for limits of 200 or 2000 replicates."""
    for name in ("lower", "median", "upper"):
        spread = wanted.get(f"mc_sd_{replicates}")
        allowed = max(4 * spread[name], step) * (1.5 if replicates == 200 else 1)
        gap = abs(found[name] - wanted[name])
        assert gap <= allowed + 1e-9, f"{what}.{name}: {found[name]}, expected {wanted[name]} within {allowed}"
