"""The sensitivity analysis: the headline numbers with every call, and without those after a flagged look."""

from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from screening.analysis.options import Options
from screening.analysis.population import population_tests
from screening.analysis.readers import mean_reader, readers_side
from screening.analysis.words import OTHER, listed, test_says
from screening.statistics import to_plain
from screening.tables import Table

SIDES = {"all": gettext_lazy("All calls"), "clean": gettext_lazy("Without flagged looks")}


def flagged_side(whole: Table, made: dict[str, Any], *, options: Options) -> dict[str, Any]:
    """``whole`` holds every call; ``made`` has what was computed already, of the side that ``options`` chose."""
    n = int(np.sum(whole.is_flagged & ~np.isnan(whole.calls)))
    if not n:
        return {"n_flagged": 0, "sides": None}
    here, there = ("clean", "all") if options.without_flagged else ("all", "clean")
    other = whole if options.without_flagged else whole.without_flagged()
    sides = {
        here: _headline(made["readers"], made["population"], options=options),
        there: _other(other, options=options),
    }
    return {"n_flagged": n, "primary": here, "sides": {name: sides[name] for name in SIDES}}


def _other(table: Table, *, options: Options) -> dict[str, Any] | None:
    if np.isnan(table.calls).all():
        return None
    tests = to_plain({k: v for k, v in (population_tests(table, options=options) or {}).items() if k != "calls"})
    return _headline(readers_side(table, options=options), tests or None, options=options)


def _headline(readers: list[dict[str, Any]], population: dict[str, Any] | None, *, options: Options) -> dict[str, Any]:
    return {
        "readers": [_reader(reader, options=options) for reader in readers],
        "mean_reader": mean_reader(readers),
        "population": population and {"n_cases": population["n_cases"], "tests": population["tests"]},
    }


def _reader(reader: dict[str, Any], *, options: Options) -> dict[str, Any]:
    entry = {name: reader[name] for name in ("code", "n_read", "has_point")}
    if not reader["has_point"]:
        return entry
    compared = OTHER[options.by]
    return entry | {
        "sensitivity": reader["rates"]["sensitivity"],
        "specificity": reader["rates"]["specificity"],
        "difference": reader["paired"][compared],
        "holm": reader["paired_holm"][compared],
        "says": test_says(reader, by=options.by, level=options.level),
    }


def flagged_words(found: dict[str, Any]) -> str:
    if not found["n_flagged"]:
        return _("No call came after a flagged look: there is nothing to leave out.")
    n, sides = found["n_flagged"], found["sides"]
    told = {
        "calls": ngettext("%(n)s call came after a flagged look", "%(n)s calls came after a flagged look", n) % {"n": n}
    }
    if sides["clean"] is None or sides["all"] is None:
        return _("%(calls)s, and without them none is left.") % told
    pairs = zip(sides["all"]["readers"], sides["clean"]["readers"], strict=True)
    changed = [a["code"] for a, b in pairs if a.get("says") != b.get("says")]
    if changed:
        words = _("%(calls)s. Leaving them out changes the verdict on %(codes)s.")
        return words % (told | {"codes": listed(changed)})
    return _("%(calls)s. Leaving them out changes no verdict.") % told
