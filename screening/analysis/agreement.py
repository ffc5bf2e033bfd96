"""How far readers agree with one another, with the model, and with themselves at a planned second look."""

from itertools import combinations
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from screening import statistics
from screening.analysis.model import model_calls
from screening.analysis.options import Options
from screening.analysis.population import has_point
from screening.analysis.words import follow
from screening.statistics import to_plain
from screening.statistics.intervals import proportion
from screening.tables import Floats, Table

MODEL = "Model"
# Landis and Koch 1977, Biometrics 33:159: a habit of speech, no law of nature.
WORDS = (
    (0.0, gettext_lazy("worse than chance")),
    (0.2, pgettext_lazy("agreement", "slight")),
    (0.4, pgettext_lazy("agreement", "fair")),
    (0.6, pgettext_lazy("agreement", "moderate")),
    (0.8, pgettext_lazy("agreement", "substantial")),
)


def agreement_side(table: Table, population: dict[str, Any] | None, *, options: Options) -> dict[str, Any]:
    """Pairs (the model as the last one), all readers together, and each reader's planned repeats.

    ``population`` brings Krippendorff's alpha along where every reader called every case.
    """
    codes = [reader.code for reader in table.readers]
    raters = [*table.calls, model_calls(table).astype(float)]
    pairs = [
        _pair(a, b, codes=[*codes, MODEL], raters=raters, level=options.level)
        for a, b in combinations(range(len(raters)), 2)
    ]
    within = [_within(table, row, level=options.level) for row in range(len(codes))]
    return to_plain(
        {
            "codes": codes,
            "pairs": [pair for pair in pairs if pair["n"]],
            "group": _group(table, population, options=options),
            "within": [entry for entry in within if entry["n"]],
        }
    )


def strength(kappa: float | None) -> str:
    """Landis and Koch's word for a coefficient."""
    if kappa is None:
        return _("not defined")
    return str(next((word for limit, word in WORDS if kappa < limit), gettext_lazy("almost perfect")))


def _pair(a: int, b: int, *, codes: list[str], raters: list[Floats], level: float) -> dict[str, Any]:
    both = ~np.isnan(raters[a]) & ~np.isnan(raters[b])
    return {"a": codes[a], "b": codes[b], **_two(raters[a][both], raters[b][both], level=level)}


def _two(a: Floats, b: Floats, *, level: float) -> dict[str, Any]:
    """Two rows of calls of the same cases."""
    if not a.size:
        return {"n": 0, "agree": 0, "percent": None, "kappa": None}
    agree = int(np.sum(a == b))
    return {
        "n": int(a.size),
        "agree": agree,
        "percent": proportion(agree, int(a.size), level=level),
        "kappa": statistics.cohen_kappa(a, b, level=level),
    }


def _group(table: Table, population: dict[str, Any] | None, *, options: Options) -> dict[str, Any] | None:
    """Coefficients of all readers with a point; None where fewer than two share a case."""
    rows = [i for i in range(len(table.readers)) if has_point(table, i)]
    calls = table.calls[rows]
    shared = ~np.isnan(calls).any(axis=0)
    if len(rows) < 2 or not shared.any():
        return None
    complete = calls[:, shared].astype(int)
    drawn: dict[str, Any] = {"level": options.level, "replicates": options.replicates, "seed": options.seed}
    same = int(np.sum((complete == complete[0]).all(axis=0)))
    return {
        "codes": [table.readers[i].code for i in rows],
        "n_shared": int(shared.sum()),
        "all_agree": proportion(same, int(shared.sum()), level=options.level),
        "fleiss": statistics.fleiss_kappa(complete, **drawn),
        "alpha": population["agreement"]
        if population and shared.all()
        else statistics.krippendorff_alpha(calls, pairs="krippendorff", **drawn),
        "ac1": statistics.gwet_ac1(complete, **drawn),
    }


def _within(table: Table, row: int, *, level: float) -> dict[str, Any]:
    """First calls of the faces that were planned to come twice, against the second ones."""
    repeats = [one for one in table.recorded.repeats if one.reader == row] if table.recorded else []
    columns = [one.case for one in repeats]
    first, second = table.calls[row][columns], np.array([one.call for one in repeats], dtype=np.float64)
    called = ~np.isnan(first)
    first, second, truth = first[called], second[called], table.truth[columns][called]
    return {
        "code": table.readers[row].code,
        **_two(first, second, level=level),
        "to_right": int(np.sum((first != truth) & (second == truth))),
        "to_wrong": int(np.sum((first == truth) & (second != truth))),
    }


def agreement_words(found: dict[str, Any]) -> str:
    """Plain dict in, the sentence at the top of the section out."""
    between = [pair["percent"]["value"] for pair in found["pairs"] if pair["b"] != MODEL]
    own = [entry["percent"]["value"] for entry in found["within"]]
    parts = [_between_words(between, found["group"])] if between else []
    if own:
        sentence = _("Shown a face again, readers repeated their own call in %(share)s of cases.")
        parts.append(sentence % {"share": _mean_share(own)})
    return follow(*parts) or _("No two readers have called the same face yet.")


def _between_words(between: list[float], group: dict[str, Any] | None) -> str:
    if not group or group["fleiss"]["value"] is None:
        sentence = _("Two readers gave a face the same call in %(share)s of cases on average.")
        return sentence % {"share": _mean_share(between)}
    kappa = group["fleiss"]["value"]
    sentence = _(
        "Two readers gave a face the same call in %(share)s of cases on average; beyond what chance alone would give, "
        "that is %(strength)s agreement (%(kappa)s)."
    )
    told = {"strength": strength(kappa), "kappa": f"κ\u00a0{kappa:.2f}"}
    return sentence % {"share": _mean_share(between), **told}


def _mean_share(shares: list[float]) -> str:
    return f"{100 * float(np.mean(shares)):.0f}\u00a0%"
