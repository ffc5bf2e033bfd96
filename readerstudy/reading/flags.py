"""Why an exposure is not a clean one: sentences, kept with it. Nothing is dropped here; the analysis decides."""

from dataclasses import dataclass, field
from typing import Any

from readerstudy.reading.models import Exposure

# The page cannot have shown a face for longer than the server saw between start and close; clocks drift a little.
CLOCK_SLACK_MS = 250.0
PLAUSIBLE_PERIOD_MS = (3.0, 50.0)  # 20 to 333 Hz


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the page measured, all in milliseconds of its own clock."""

    end: str
    onset_ms: float | None = None
    offset_ms: float | None = None
    frames: int | None = None
    frame_period_ms: float | None = None
    longest_gap_ms: float | None = None
    measures: dict[str, Any] = field(default_factory=dict)

    @property
    def shown_ms(self) -> float | None:
        return None if self.onset_ms is None or self.offset_ms is None else self.offset_ms - self.onset_ms


def reasons(look: Look, *, requested_ms: int, tolerance_ms: int, elapsed_ms: float) -> list[str]:
    """Every reason to flag ``look``; empty for a clean one. ``elapsed_ms``: start to close by the server's clock."""
    found = [_left(look), _duration(look, requested_ms, tolerance_ms), _frames(look, tolerance_ms)]
    found += [_edges(look), _period(look), _server(look, elapsed_ms)]
    return [reason for reason in found if reason]


def _left(look: Look) -> str:
    if look.end != Exposure.End.LEFT:
        return ""
    return "The page was left while the face was shown" + (
        f", after {look.shown_ms:.0f} ms." if look.shown_ms is not None else "; nobody knows for how long it was seen."
    )


def _duration(look: Look, requested_ms: int, tolerance_ms: int) -> str:
    if look.end == Exposure.End.LEFT:
        return ""
    if look.shown_ms is None:
        return "The page sent no onset or offset."
    off_by = look.shown_ms - requested_ms
    too_long = off_by > tolerance_ms
    too_short = off_by < -tolerance_ms and look.end == Exposure.End.COMPLETE
    return f"Shown {look.shown_ms:.0f} ms instead of {requested_ms} ms." if too_long or too_short else ""


def _frames(look: Look, tolerance_ms: int) -> str:
    period = look.frame_period_ms or 1000 / 60
    gap = look.longest_gap_ms or 0.0
    if gap <= max(3 * period, tolerance_ms / 2):
        return ""
    return f"The page stood still for {gap:.0f} ms while the face was shown."


def _edges(look: Look) -> str:
    """The compositor shows and hides on plan; a witness that came a frame late or more saw something else."""
    period = look.frame_period_ms or 1000 / 60
    late = max(_number(look.measures.get("onset_late_ms")), _number(look.measures.get("offset_late_ms")))
    return f"The first frame with or without the face was seen {late:.0f} ms late." if late > 0.75 * period else ""


def _period(look: Look) -> str:
    low, high = PLAUSIBLE_PERIOD_MS
    if look.frame_period_ms is None or low <= look.frame_period_ms <= high:
        return ""
    return f"The screen's refresh was measured as one frame in {look.frame_period_ms:.1f} ms, which no screen has."


def _server(look: Look, elapsed_ms: float) -> str:
    if look.shown_ms is None or look.shown_ms <= elapsed_ms + CLOCK_SLACK_MS:
        return ""
    return f"The page says {look.shown_ms:.0f} ms, the server's clock allows only {max(elapsed_ms, 0):.0f} ms."


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
