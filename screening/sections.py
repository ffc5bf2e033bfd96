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


def _of(anchor: str, template: str, *, title: str, short: str, needs: str = "") -> Section:
    return Section(id=anchor, title=title, short=short, template=f"screening/{template}.html", needs=needs)


SECTIONS = (
    _of("figure", "_roc", title="ROC curve and readers", short="ROC curve"),
    _of("verdicts", "_verdict_section", title="Verdict for each reader", short="Verdicts"),
    _of("group", "_population", title="The model against the readers as a group", short="Group"),
    _of("table-2", "_table2", title="Table 2: readers and model", short="Table 2"),
    _of("tests", "_tests", title="The tests behind the verdicts", short="Tests"),
    _of("agreement", "_agreement", title="Agreement between and within readers", short="Agreement", needs="agreement"),
    _of("aided", "_aided", title="Without and with the model's output", short="Aided", needs="aided"),
    _of("time", "_time", title="Reading time, learning and fatigue", short="Time", needs="time"),
    _of("exposure", "_exposure", title="How clean the looks were", short="Exposure", needs="exposure"),
    _of("flagged", "_flagged", title="Sensitivity analysis: without flagged looks", short="Flagged", needs="flagged"),
    _of("subgroups", "_subgroups", title="Subgroups", short="Subgroups", needs="subgroups"),
    _of("table-1", "_table1", title="Table 1: the children", short="Table 1"),
    _of("files", "_files", title="Data", short="Data"),
    _of("made", "_provenance", title="How this was made", short="Method"),
)


def sections_of(result: dict[str, Any]) -> list[Section]:
    return [section for section in SECTIONS if section.is_in(result)]
