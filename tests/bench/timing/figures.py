"""From what was observed to the figures of the table. Milliseconds everywhere."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from timing.watch import Seen

STAMP = 0.6  # how far apart two stamps of the same frame may be
NEAREST = 1000 / 60  # headless Chromium runs at 60 Hz
REFLEX = 100.0  # the key that ends one exposure may be stamped after the frame that begins the next
CAST_LAG = NEAREST  # the screencast stamps a frame with the refresh after it, for every page alike
LOST_SIGHT = 3.5  # frames without a look: nobody can say any more what was seen in between


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One exposure: by the frame probe, on the screen, by the page's own record, and what the server made of it."""

    error: float  # of the duration, by the frame probe
    gap: float  # the longest time between two frames of the probe
    screen_error: float | None = None
    response_error: float | None = None  # the page's response time against key - onset on the screen
    own_error: float | None = None  # the page's own duration against the screen's
    row: dict[str, Any] | None = None

    @property
    def is_flagged(self) -> bool:
        return bool(self.row and self.row["flags"])

    def is_disturbed(self, period: float) -> bool:
        """Off by more than a frame for the probe or on the screen, or the probe lost sight of it."""
        errors = [abs(self.error), abs(self.screen_error or 0.0)]
        return max(errors) > period + STAMP or self.gap > LOST_SIGHT * period + STAMP


def paired(seen: Seen, *, exposure_ms: float, rows: dict[str, dict[str, Any]], lag: float = CAST_LAG) -> list[Shown]:
    """Every exposure but the first, with the screen's time that overlaps it most and the first key after its onset.

    ``lag``: by how much the stamps of the screen come late (a photodiode has none).
    """
    own = {item["key"]: item for item in seen.own}
    shown = []
    for index, probe in enumerate(seen.exposures):
        if index == 0:
            continue
        until = seen.exposures[index + 1]["onset"] if index + 1 < len(seen.exposures) else float("inf")
        key = next((key["at"] for key in seen.keys if probe["onset"] + REFLEX <= key["at"] < until + REFLEX), None)
        on_screen = _overlapping(seen.screen, probe["onset"] - 3 * NEAREST, probe["offset"] + 3 * NEAREST)
        one = Shown(error=probe["offset"] - probe["onset"] - exposure_ms, gap=probe["gap"], row=rows.get(probe["key"]))
        shown.append(_with_screen(one, _earlier(on_screen, lag), own.get(probe["key"], {}), key, exposure_ms))
    return shown


def _with_screen(
    one: Shown, on_screen: tuple[float, float] | None, own: dict[str, Any], key: float | None, exposure_ms: float
) -> Shown:
    if not on_screen:
        return one
    onset, duration = on_screen[0], on_screen[1] - on_screen[0]
    response, own_ms = own.get("rt"), own.get("duration")
    return replace(
        one,
        screen_error=duration - exposure_ms,
        response_error=None if response is None or key is None else response - (key - onset),
        own_error=None if own_ms is None else own_ms - duration,
    )


def _earlier(span: tuple[float, float] | None, lag: float) -> tuple[float, float] | None:
    return span and (span[0] - lag, span[1] - lag)


def _overlapping(spans: Sequence[tuple[float, float]], start: float, end: float) -> tuple[float, float] | None:
    best = max(spans, key=lambda span: min(span[1], end) - max(span[0], start), default=None)
    return best if best and min(best[1], end) > max(best[0], start) else None


def spread(values: Sequence[float | None]) -> str:
    """Signed median / 95 % of sizes / largest size."""
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    sizes = sorted(map(abs, known))
    p95 = sizes[min(len(sizes) - 1, round(0.95 * (len(sizes) - 1)))]
    return f"{statistics.median(known):+.1f} / {p95:.1f} / {sizes[-1]:.1f}"


def figures(shown: Sequence[Shown], *, exposure_ms: float, period: float) -> dict[str, str]:
    off_grid = abs(exposure_ms - round(exposure_ms / period) * period)
    missed = sum(abs(one.error) > period / 2 + off_grid + STAMP for one in shown)
    screen_missed = [one for one in shown if one.screen_error is not None]
    missed_there = sum(abs(one.screen_error) > period / 2 + off_grid + STAMP for one in screen_missed)
    table = {
        "n": str(len(shown)),
        "missed the nearest frame": f"{missed}",
        "missed on the screen": f"{missed_there} of {len(screen_missed)}",
        "duration error by the frame probe": spread([one.error for one in shown]),
        "duration error on the screen": spread([one.screen_error for one in shown]),
        "response time against the screen": spread([one.response_error for one in shown]),
    }
    return {**table, **(_own(shown, period) if any(one.row for one in shown) else {})}


def _own(shown: Sequence[Shown], period: float) -> dict[str, str]:
    """What only a page that keeps a record can be asked."""
    compared = [one for one in shown if one.own_error is not None]
    beyond = [one for one in compared if abs(one.own_error) > period + STAMP]
    disturbed = [one for one in shown if one.is_disturbed(period)]
    clean = [one for one in shown if not one.is_disturbed(period)]
    within = f"{100 * (1 - len(beyond) / len(compared)):.1f} %" if compared else "–"
    return {
        "own record within a frame of the screen": f"{within}; beyond and not flagged: "
        f"{sum(not one.is_flagged for one in beyond)}",
        "disturbed, of these flagged": f"{len(disturbed)}, {sum(one.is_flagged for one in disturbed)}",
        "clean, of these flagged": f"{len(clean)}, {sum(one.is_flagged for one in clean)}",
    }
