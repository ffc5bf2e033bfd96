"""A stored result in the language of whoever looks. The numbers are made once; only sentences are made again.

Results are computed and kept in English, whoever asks for them: the same data must give the same stored comparison.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import translation
from django.utils.translation import gettext, pgettext

from readerstudy.said import said
from screening.analysis.cautions import cautions
from screening.analysis.notes import note_words
from screening.analysis.options import Options
from screening.analysis.sections import section_words
from screening.analysis.subgroups import group_words
from screening.analysis.words import population_words, reader_words
from screening.models import Comparison
from training import kinds, selectors

Result = dict[str, Any]
STORED = "en"


@contextmanager
def as_stored() -> Iterator[None]:
    """What is computed or written to a file for machines inside is in the language of the stored results."""
    with translation.override(STORED):
        yield


def worded(comparison: Comparison) -> Result:
    """The result itself in the language it is stored in, else a copy with every sentence made anew."""
    result: Result = comparison.result
    if (translation.get_language() or STORED).split("-")[0] == STORED:
        return result
    told = result | {
        "study": result["study"] | {"cohort_kind": gettext(result["study"]["cohort_kind"])},
        "run": result["run"] | _run(comparison),
        "readers": _readers(result),
        "words": _words(result),
        "notes": [note_words(note) for note in result["notes"]],
    }
    if result.get("subgroups"):
        told["subgroups"] = _subgroups(result["subgroups"])
    return told | {"warnings": cautions(told)}


def _run(comparison: Comparison) -> dict[str, Any]:
    """A finished run never changes: what it says of itself now is what was stored, in another language."""
    run = comparison.run
    network = said(selectors.network_of(run))
    if not network.endswith((".", "。")):
        network += pgettext("end of a sentence", ".")
    told: dict[str, Any] = {"network": network}
    if kinds.readable(run):
        told["recipe"] = [[said(label), said(words)] for label, words in selectors.described(run)]
    return told


def _readers(result: Result) -> list[dict[str, Any]]:
    options = result["options"]
    placed = sum(reader["has_point"] for reader in result["readers"])
    return [
        reader
        | {
            "seniority_label": gettext(reader["seniority_label"]),
            "words": reader_words(reader, by=options["by"], level=options["level"], readers=placed),
        }
        for reader in result["readers"]
    ]


def _words(result: Result) -> dict[str, Any]:
    """Results of format 1 have the group's sentence only."""
    options = Options.from_dict(result["options"])
    words: dict[str, Any] = {"population": population_words(result["population"], level=options.level)}
    if result["format"] > 1:
        words |= section_words(result, options=options)
    return words


def _subgroups(found: dict[str, Any]) -> dict[str, Any]:
    entries = [
        entry | {"group": gettext(entry["group"]) if entry["column"] == "Seniority" else group_words(entry)}
        for entry in found["entries"]
    ]
    return found | {"entries": entries}
