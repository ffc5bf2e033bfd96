"""The readers as a sample of their kind: the model against all of them together, and how far they agree."""

from typing import Any

import numpy as np

from screening import statistics
from screening.analysis.model import model_calls
from screening.analysis.options import Options
from screening.analysis.split_plot import split_population
from screening.statistics import to_plain
from screening.statistics.mrmc import StandaloneVsReaders
from screening.tables import Bools, Table

METRICS = ("sensitivity", "specificity", "balanced_accuracy")


def population_side(table: Table, *, options: Options) -> dict[str, Any] | None:
    """The tests with the readers' agreement beside them; None where too few readers or cases are shared."""
    if table.is_split:
        return split_population(table, metrics=METRICS, options=options)
    tests = population_tests(table, options=options)
    if tests is None:
        return None
    calls = tests.pop("calls")
    return to_plain(
        tests
        | {
            "agreement": statistics.krippendorff_alpha(
                calls, pairs="krippendorff", level=options.level, replicates=options.replicates, seed=options.seed
            ),
            "all_agree": statistics.percent_agreement(calls.astype(int)),
        }
    )


def population_tests(table: Table, *, options: Options) -> dict[str, Any] | None:
    """On the cases that every reader with a point has read; their calls go with the result."""
    rows = [i for i in range(len(table.readers)) if has_point(table, i)]
    shared = ~np.isnan(table.calls[rows]).any(axis=0)
    truth = table.truth[shared]
    if len(rows) < 2 or min(truth.sum(), (~truth).sum()) < 2:
        return None
    calls, model = table.calls[rows][:, shared], model_calls(table)[shared].astype(float)
    tests = {
        metric: _model_minus_readers(
            statistics.standalone_vs_readers(truth, model, calls, metric=metric, threshold=0.5, level=options.level)
        )
        for metric in METRICS
    }
    return {
        "codes": [table.readers[i].code for i in rows],
        "n_cases": int(truth.size),
        "n_gs": int(truth.sum()),
        "tests": tests,
        "calls": calls,
    }


def has_point(table: Table, row: int) -> bool:
    read: Bools = ~np.isnan(table.calls[row])
    return bool(table.truth[read].any() and not table.truth[read].all())


def _model_minus_readers(result: StandaloneVsReaders) -> dict[str, Any]:
    """The library says readers minus model; these pages say model minus reader everywhere. Readers and cases random."""
    test = result.rrrc
    return {
        "model": result.model,
        "readers_mean": result.readers_mean,
        "difference": -result.difference,
        "lower": -test.upper,
        "upper": -test.lower,
        "statistic": -test.statistic,
        "df": test.df,
        "p_value": test.p_value,
    }
