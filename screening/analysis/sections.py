"""The sections of the page beyond the paper: each from the module of its name, under the key of its name."""

import warnings
from typing import Any

from screening.analysis.agreement import agreement_side, agreement_words
from screening.analysis.aided import aided_side, aided_words
from screening.analysis.exposure import exposure_side, exposure_words
from screening.analysis.flagged import flagged_side, flagged_words
from screening.analysis.options import Options
from screening.analysis.subgroups import subgroup_words, subgroups_side
from screening.analysis.time import time_side, time_words
from screening.analysis.verdicts import verdict_words, verdicts_side
from screening.statistics import StatisticsWarning
from screening.tables import Table


def sections_side(whole: Table, table: Table, made: dict[str, Any], *, options: Options) -> dict[str, Any]:
    """``whole`` has every call, ``table`` those that count; ``made`` has the readers and the population.

    A small part without spread has no interval, which the page shows as a dash: it needs no note of its own.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StatisticsWarning)
        return {
            "agreement": agreement_side(table, made["population"], options=options),
            "aided": aided_side(table, options=options),
            "time": time_side(table, options=options),
            "exposure": exposure_side(whole),
            "flagged": flagged_side(whole, made, options=options),
            "subgroups": subgroups_side(table, options=options),
            "verdicts": verdicts_side(made["readers"], made["population"], options=options),
        }


def section_words(found: dict[str, Any], *, options: Options) -> dict[str, Any]:
    """The plain sentence at the top of each section."""
    level = options.level
    return {
        "agreement": agreement_words(found["agreement"]),
        "aided": aided_words(found["aided"], level=level),
        "time": time_words(found["time"], level=level),
        "exposure": exposure_words(found["exposure"]),
        "flagged": flagged_words(found["flagged"]),
        "subgroups": subgroup_words(found["subgroups"], level=level),
        "verdicts": verdict_words(found["verdicts"], by=options.by),
    }
