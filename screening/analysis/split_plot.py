"""A study in which each reader read one part of the cases: nothing is missing that was not dealt.

The model against the readers is then Obuchowski and Rockette's analysis of two tests on the same reads: a reader's
figure and the model's on that reader's own cases. Readers of different parts share no case and do not covary. With
one part it is the standalone test of ``population`` to the last digit.
"""

from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from screening import statistics
from screening.analysis.model import model_calls
from screening.analysis.options import Options
from screening.analysis.words import listed
from screening.statistics import to_plain
from screening.tables import Bools, Floats, Table

FEWEST = 2  # cases of each group that a reader has to have read, for a variance


def split_words(parts: list[int], *, cases: int) -> list[str]:
    """What has to be known about the design, where it is not fully crossed; ``parts``: one entry a reader dealt one."""
    words = _("%(n)s of part %(part)s")
    counts = [words % {"n": parts.count(part), "part": part} for part in sorted(set(parts))]
    return [
        _(
            "Split-plot design: each reader was dealt one part of the %(cases)s cases (%(counts)s). Cases of the other "
            "parts are no missing reads; each reader's rates are of that reader's own part, whose mix of groups and "
            "diagnoses is the same as in the others."
        )
        % {"cases": cases, "counts": listed(counts)}
    ]


def split_population(table: Table, *, metrics: tuple[str, ...], options: Options) -> dict[str, Any] | None:
    """As ``population_side``, on every read of readers who read two cases of each group; None with fewer than two."""
    rows = [i for i in range(len(table.readers)) if _has_variance(table, i)]
    if len(rows) < 2:
        return None
    calls = table.calls[rows]
    seen = ~np.isnan(calls).all(axis=0)
    calls, truth = calls[:, seen], table.truth[seen]
    model = np.where(np.isnan(calls), np.nan, model_calls(table)[seen].astype(float))
    both = np.stack([model, calls])
    return to_plain(
        {
            "design": "split-plot",
            "codes": [table.readers[i].code for i in rows],
            "n_cases": int(truth.size),
            "n_gs": int(truth.sum()),
            "tests": {metric: _model_minus_readers(truth, both, metric, options.level) for metric in metrics},
            **_agreement(calls, options=options),
        }
    )


def _has_variance(table: Table, row: int) -> bool:
    truth = table.truth[~np.isnan(table.calls[row])]
    return min(int(truth.sum()), int((~truth).sum())) >= FEWEST


def _model_minus_readers(truth: Bools, both: Floats, metric: str, level: float) -> dict[str, Any]:
    """Readers and cases random."""
    found = statistics.obuchowski_rockette(truth, both, metric=metric, level=level)
    (test,) = found.rrrc.differences
    return {
        "model": float(found.figures[0].mean()),
        "readers_mean": float(found.figures[1].mean()),
        "difference": test.difference,
        "lower": test.lower,
        "upper": test.upper,
        "statistic": test.statistic,
        "df": test.df,
        "p_value": test.p_value,
    }


def _agreement(calls: Floats, *, options: Options) -> dict[str, Any]:
    """On the cases that at least two readers called; none where every part has one reader."""
    shared = calls[:, (~np.isnan(calls)).sum(axis=0) >= 2]
    if not shared.size:
        return {"agreement": None, "all_agree": None}
    drawn: dict[str, Any] = {"level": options.level, "replicates": options.replicates, "seed": options.seed}
    return {
        "agreement": statistics.krippendorff_alpha(shared, pairs="krippendorff", **drawn),
        "all_agree": _all_agree(shared),
    }


def _all_agree(calls: Floats) -> float:
    """The share of cases on which all who called it said the same, case by case and so part by part."""
    patterns, group = np.unique(~np.isnan(calls), axis=1, return_inverse=True)
    group = group.reshape(-1)
    shares = [
        float(statistics.percent_agreement(calls[patterns[:, k]][:, group == k].astype(int)))
        for k in range(patterns.shape[1])
    ]
    return float(np.average(shares, weights=np.bincount(group)))
