"""The sections of the comparison page, in their order: one line each, and the page's own menu follows.

``needs`` names the key of the result without which a section is left out: results made before it lack it.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, kw_only=True)
class Section:
    id: str  # the anchor
    title: str | Promise
    short: str | Promise  # in the menu
    template: str
    needs: str = ""

    def is_in(self, result: dict[str, Any]) -> bool:
        return not self.needs or bool(result.get(self.needs))


def _of(anchor: str, template: str, *, title: str | Promise, short: str | Promise, needs: str = "") -> Section:
    return Section(id=anchor, title=title, short=short, template=f"screening/{template}.html", needs=needs)


SECTIONS = (
    _of("figure", "_roc", title=_("ROC curve and readers"), short=_("ROC curve")),
    _of("verdicts", "_verdict_section", title=_("Verdict for each reader"), short=_("Verdicts")),
    _of("group", "_population", title=_("The model against the readers as a group"), short=_("Group")),
    _of("table-2", "_table2", title=_("Table 2: readers and model"), short=_("Table 2")),
    _of("tests", "_tests", title=_("The tests behind the verdicts"), short=_("Tests")),
    _of(
        "agreement",
        "_agreement",
        title=_("Agreement between and within readers"),
        short=_("Agreement"),
        needs="agreement",
    ),
    _of("aided", "_aided", title=_("Without and with the model's output"), short=_("Aided"), needs="aided"),
    _of("time", "_time", title=_("Reading time, learning and fatigue"), short=_("Time"), needs="time"),
    _of("exposure", "_exposure", title=_("How clean the looks were"), short=_("Exposure"), needs="exposure"),
    _of(
        "flagged",
        "_flagged",
        title=_("Sensitivity analysis: without flagged looks"),
        short=_("Flagged"),
        needs="flagged",
    ),
    _of("subgroups", "_subgroups", title=_("Subgroups"), short=_("Subgroups"), needs="subgroups"),
    _of("table-1", "_table1", title=_("Table 1: the children"), short=_("Table 1")),
    _of("files", "_files", title=_("Data"), short=_("Data")),
    _of("made", "_provenance", title=_("How this was made"), short=_("Method")),
)


def sections_of(result: dict[str, Any]) -> list[Section]:
    return [section for section in SECTIONS if section.is_in(result)]
