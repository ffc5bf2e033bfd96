"""How clean the looks were: measured milliseconds, flags and incidents, reader by reader."""

from typing import Any

import numpy as np

from screening import statistics
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
    measured = [entry for entry in found["readers"] if entry["shown"]]
    incidents = sum(entry["n_incidents"] for entry in found["readers"])
    share = (
        f"{calls - flagged} of {calls} calls came after a clean look" if flagged else f"All {calls} looks were clean"
    )
    sentence = f"{share}; {incidents or 'no'} incident{'' if incidents == 1 else 's'} on record."
    if not measured:
        return f"{sentence} No whole look was measured."
    low = min(entry["shown"]["minimum"] for entry in measured)
    high = max(entry["shown"]["maximum"] for entry in measured)
    return (
        f"{sentence} Faces that were shown to the end were on the screen for {low:,.0f} to {high:,.0f} ms; "
        f"{found['requested_ms']:,} ms were asked for."
    ).replace(",", "\u202f")
