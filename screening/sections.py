"""The sections of the comparison page, in their order: one line each, and the page's own menu follows.

``needs`` names the key of the result without which a section is left out: results made before it lack it.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Section:
    id: str  # the anchor
    title: str
    short: str  # in the menu
    template: str
    needs: str = ""

    def is_in(self, result: dict[str, Any]) -> bool:
        return not self.needs or bool(result.get(self.needs))


def _of(id: str, title: str, short: str, template: str, needs: str = "") -> Section:
    return Section(id=id, title=title, short=short, template=f"screening/{template}.html", needs=needs)


SECTIONS = (
    _of("figure", "ROC curve and readers", "ROC curve", "_roc"),
    _of("verdicts", "Verdict for each reader", "Verdicts", "_verdict_section"),
    _of("group", "The model against the readers as a group", "Group", "_population"),
    _of("table-2", "Table 2: readers and model", "Table 2", "_table2"),
    _of("tests", "The tests behind the verdicts", "Tests", "_tests"),
    _of("agreement", "Agreement between and within readers", "Agreement", "_agreement", "agreement"),
    _of("aided", "Without and with the model's output", "Aided", "_aided", "aided"),
    _of("time", "Reading time, learning and fatigue", "Time", "_time", "time"),
    _of("exposure", "How clean the looks were", "Exposure", "_exposure", "exposure"),
    _of("flagged", "Sensitivity analysis: without flagged looks", "Flagged", "_flagged", "flagged"),
    _of("subgroups", "Subgroups", "Subgroups", "_subgroups", "subgroups"),
    _of("table-1", "Table 1: the children", "Table 1", "_table1"),
    _of("files", "Data", "Data", "_files"),
    _of("made", "How this was made", "Method", "_provenance"),
)


def sections_of(result: dict[str, Any]) -> list[Section]:
    return [section for section in SECTIONS if section.is_in(result)]
