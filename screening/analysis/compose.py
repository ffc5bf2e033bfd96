"""The whole result of one comparison as plain JSON: what the page, the exports and the report are made from."""

import platform
import warnings
from importlib.metadata import version
from typing import Any

from readerstudy import __version__
from screening.analysis.cautions import cautions
from screening.analysis.demographics import table_one
from screening.analysis.model import model_calls, model_side
from screening.analysis.options import Options
from screening.analysis.population import population_side
from screening.analysis.progress import Tell, part, silent
from screening.analysis.readers import mean_reader, readers_side
from screening.analysis.sections import section_words, sections_side
from screening.analysis.words import population_words, reader_words
from screening.statistics import StatisticsWarning
from screening.tables import LOOKS, Table

FORMAT_VERSION = 2  # 2: the sections beyond the paper; results of format 1 lack them
LIBRARIES = ("numpy", "scipy", "django", "plotly")


def compose(
    whole: Table, *, options: Options, study: dict[str, Any], run: dict[str, Any], tell: Tell = silent
) -> dict[str, Any]:
    """``whole`` holds every call, also where ``options`` leave the flagged ones out.

    ``study`` and ``run`` are the plain facts that the page names them by; they are stored beside the numbers.
    """
    table = whole.without_flagged() if options.without_flagged else whole
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", StatisticsWarning)
        tell(0.3, "The model's curve and its band")
        model = model_side(table, options=options)
        readers = readers_side(table, options=options, tell=part(tell, 0.4, 0.85))
        tell(0.85, "The readers as a group")
        demographics = table_one(table)
        population = population_side(table, options=options)
    placed = sum(reader["has_point"] for reader in readers)
    for reader in readers:
        reader["words"] = reader_words(reader, by=options.by, level=options.level, readers=placed)
    sections = sections_side(whole, table, {"readers": readers, "population": population}, options=options)
    words = {"population": population_words(population, level=options.level)} | section_words(sections, options=options)
    result = {
        "format": FORMAT_VERSION,
        "study": study,
        "run": run,
        "options": options.to_dict(),
        "cases": cases(table),
        "model": model,
        "readers": readers,
        "mean_reader": mean_reader(readers),
        "population": population,
        "words": words,
        "demographics": demographics,
        "rows": rows(table),
        "versions": versions(),
        **sections,
    }
    notes = dict.fromkeys(str(item.message) for item in caught if item.category is StatisticsWarning)
    return result | {"warnings": cautions(result), "notes": list(notes)}


def cases(table: Table) -> dict[str, int]:
    found = {"n": len(table.truth), "n_gs": int(table.truth.sum()), "n_controls": int((~table.truth).sum())}
    return found | ({"consent_withdrawn": table.consent_withdrawn} if table.consent_withdrawn else {})


def rows(table: Table) -> dict[str, Any]:
    """The data behind the numbers, one list entry a case, so that an export made later is of the same data."""
    source = table.fingerprint_source()
    names = ("number", "photo", "truth", "diagnosis", "age_months", "sex", "score", "fold", "threshold")
    by_reader = ("calls", "confidence", "response_ms", "is_flagged", "is_represented")
    by_reader += ("is_allocated",) if table.is_split else ()
    looks = {name: source[name] for name in LOOKS if name in source}
    known = {name: source[name] for name in (*names, *by_reader)} | looks
    return known | {"model_call": model_calls(table).tolist()}


def versions() -> dict[str, str]:
    ours = {"readerstudy": __version__, "python": platform.python_version()}
    return ours | {name: version(name) for name in LIBRARIES}
