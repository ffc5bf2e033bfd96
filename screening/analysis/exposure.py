"""How clean the looks were: measured milliseconds, flags and incidents, reader by reader."""

from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from screening import statistics
from screening.analysis.words import follow
from screening.statistics import to_plain
from screening.tables import Table


def exposure_side(table: Table) -> dict[str, Any] | None:
    """None where nothing was recorded of the looks."""
    recorded = table.recorded
    if recorded is None or table.shown_ms is None:
        return None
    return to_plain(
        {
            "requested_ms": recorded.exposure_ms,
            "tolerance_ms": recorded.tolerance_ms,
            "readers": [
                _entry(table, row) for row in range(len(table.readers)) if not np.isnan(table.calls[row]).all()
            ],
        }
    )


def _entry(table: Table, row: int) -> dict[str, Any]:
    """Of the looks whose call counts; incidents of the whole reading."""
    recorded, called = table.recorded, ~np.isnan(table.calls[row])
    shown = table.shown_ms[row][called]
    shown = shown[~np.isnan(shown)]
    off_by = shown - recorded.exposure_ms
    looks = recorded.looks[row]
    return {
        "code": table.readers[row].code,
        "n": int(called.sum()),
        "n_measured": int(shown.size),
        "shown": statistics.summary(shown) if shown.size else None,
        "off_by": statistics.summary(off_by) if shown.size else None,
        "n_off": int(np.sum(np.abs(off_by) > recorded.tolerance_ms)),
        "n_flagged": int(np.sum(table.is_flagged[row] & called)),
        "ended": looks.ended,
        "flags": looks.flags,
        "incidents": looks.incidents,
        "n_incidents": sum(looks.incidents.values()),
    }


def exposure_words(found: dict[str, Any] | None) -> str:
    if found is None or not found["readers"]:
        return ""
    calls = sum(entry["n"] for entry in found["readers"])
    flagged = sum(entry["n_flagged"] for entry in found["readers"])
    return follow(
        _("%(share)s; %(incidents)s on record.")
        % {
            "share": _share(calls, flagged),
            "incidents": _incidents(sum(entry["n_incidents"] for entry in found["readers"])),
        },
        _measured(found),
    )


def _share(calls: int, flagged: int) -> str:
    if not flagged:
        return _("All %(n)s looks were clean") % {"n": calls}
    return _("%(clean)s of %(n)s calls came after a clean look") % {"clean": calls - flagged, "n": calls}


def _incidents(n: int) -> str:
    return ngettext("%(n)s incident", "%(n)s incidents", n) % {"n": n} if n else _("no incidents")


def _measured(found: dict[str, Any]) -> str:
    measured = [entry["shown"] for entry in found["readers"] if entry["shown"]]
    if not measured:
        return _("No whole look was measured.")
    return _(
        "Faces that were shown to the end were on the screen for %(low)s to %(high)s ms; %(asked)s ms were asked for."
    ) % {
        "low": _ms(min(shown["minimum"] for shown in measured)),
        "high": _ms(max(shown["maximum"] for shown in measured)),
        "asked": _ms(found["requested_ms"]),
    }


def _ms(value: float) -> str:
    return f"{value:,.0f}".replace(",", "\u202f")
