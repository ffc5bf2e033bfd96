"""Loading the reference values, and the rules by which a number agrees with one."""

import csv
import json
import math
from functools import cache
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


# Every value of a reference file that a test has looked at, as its path: test_golden_files.py asks what was left out.
LOOKED_AT = set()


class Branch(dict):
    """A JSON object that remembers which of its values were read."""

    def __init__(self, values, path):
        super().__init__({key: _grown(value, (*path, key)) for key, value in values.items()})
        self.path = path

    def __getitem__(self, key):
        return _looked_at(super().__getitem__(key), (*self.path, key))

    def get(self, key, default=None):
        if key not in self:
            return default
        return self[key]

    def values(self):
        return [self[key] for key in self]

    def items(self):
        return [(key, self[key]) for key in self]


class Row(list):
    """A JSON array that remembers which of its values were read."""

    def __init__(self, values, path):
        super().__init__(_grown(value, (*path, place)) for place, value in enumerate(values))
        self.path = path

    def __getitem__(self, place):
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(len(self)))]
        return _looked_at(super().__getitem__(place), (*self.path, place % len(self)))

    def __iter__(self):
        return (self[place] for place in range(len(self)))


def _grown(value, path):
    if isinstance(value, dict):
        return Branch(value, path)
    return Row(value, path) if isinstance(value, list) else value


def _looked_at(value, path):
    if not isinstance(value, Branch | Row):
        LOOKED_AT.add(path)
    return value


@cache
def expected(name):
    return Branch(json.loads((GOLDEN / "expected" / f"{name}.json").read_text()), (name,))


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
