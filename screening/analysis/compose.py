"""The whole result of one comparison as plain JSON: what the page, the exports and the report are made from."""

import platform
import warnings
from importlib.metadata import version
from typing import Any

import numpy as np

from readerstudy import __version__
from screening.analysis.blinding import blinding_words
from screening.analysis.demographics import table_one
from screening.analysis.model import model_calls, model_side
from screening.analysis.options import Options
from screening.analysis.population import population_side
from screening.analysis.progress import Tell, part, silent
from screening.analysis.readers import mean_reader, readers_side
from screening.analysis.sections import section_words, sections_side
from screening.analysis.split_plot import split_words
from screening.analysis.words import joined, population_words, reader_words
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
        "cases": {"n": len(table.truth), "n_gs": int(table.truth.sum()), "n_controls": int((~table.truth).sum())},
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
    return result | {"warnings": cautions(table, options=options, study=study, run=run), "notes": list(notes)}


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


def cautions(table: Table, *, options: Options, study: dict[str, Any], run: dict[str, Any]) -> list[str]:
    """What a careful reader of the figure has to know, one sentence each."""
    found = []
    if study["is_phantom"]:
        found.append("The cohort is a digital phantom: these faces were drawn by a program and show nobody.")
    simulated = [reader.code for reader in table.readers if reader.is_simulated]
    if simulated:
        verb = "is a simulated physician" if len(simulated) == 1 else "are simulated physicians"
        found.append(f"{joined(simulated)} {verb}: a program drew these calls, nobody read the faces.")
    if study.get("imported"):
        found.append(
            "The study was imported with its results: what readers were shown, for how long and in which order, and "
            "how the model was made is not known to this program."
        )
    found += blinding_words(study)
    if options.without_flagged:
        found.append("Sensitivity analysis: calls after an exposure that was flagged as not clean are left out.")
    found += _voided(table)
    found += split_words(table)
    found += _missing(table)
    withdrawn = [reader.code for reader in table.readers if reader.is_withdrawn]
    if withdrawn:
        found.append(f"{joined(withdrawn)} withdrew from the study; the calls given before are included.")
    if table.consent_withdrawn:
        n = table.consent_withdrawn
        found.append(f"Consent was withdrawn for {n} of the cases: the photographs are erased, the calls are kept.")
    if not run["is_papers_network"] and not study.get("imported"):
        found.append(f"The model is {run['network']}")
    share = float(np.mean(table.truth))
    found.append(
        f"{100 * share:.0f} % of these cases have a syndrome; in a clinic far fewer children do. Precision, F1 and "
        "accuracy belong to this mix and cannot be carried over to screening."
    )
    return found


def _voided(table: Table) -> list[str]:
    parts = [f"{reader.code} {reader.voided}" for reader in table.readers if reader.voided]
    if not parts:
        return []
    n = sum(reader.voided for reader in table.readers)
    trials = "1 trial was" if n == 1 else f"{n} trials were"
    return [f"{trials} voided by the coordinator, with a reason in the audit trail, and left out: {joined(parts)}."]


def _missing(table: Table) -> list[str]:
    missing = table.missing()
    parts = [f"{reader.code} {n}" for reader, n in zip(table.readers, missing, strict=True) if n]
    if not parts:
        return []
    of = "the cases dealt to each" if table.is_split else f"{len(table.truth)} cases"
    return [
        f"Missing reads of {of}: {joined(parts)}. Each reader's rates and paired tests use the "
        "cases that reader called; the model's curve and band use all cases."
    ]
