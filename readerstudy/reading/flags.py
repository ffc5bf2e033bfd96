"""Why an exposure is not a clean one: sentences, kept with it. Nothing is dropped here; the analysis decides."""

from dataclasses import dataclass, field
from typing import Any

from readerstudy.reading.models import Exposure

# The page cannot have shown a face for longer than the server saw between start and close; clocks drift a little.
CLOCK_SLACK_MS = 250.0
# A look may be a frame late, as on any screen. On a starved machine (tests/bench/bench_reading_page.py) the next two
# lines part the disturbed looks from the clean ones.
LATE_FRAMES = 1.5
LOST_FRAMES = 3.5  # between three frames lost, which the eye does not see in a still picture, and four
SHORTEST_STANDSTILL_MS = 50.0  # four frames of a fast screen are not yet a standstill
SAME_SIZE = 0.02  # of the face's width or height
SLEEP_MS = 1000.0  # of the wall clock beside the page's own
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
    found = [_left(look), _duration(look, requested_ms, tolerance_ms), _frames(look)]
    found += [_edges(look), _size(look), _sleep(look, elapsed_ms), _period(look), _server(look, elapsed_ms)]
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


def _frames(look: Look) -> str:
    """A longer standstill than three lost frames: nobody can say any more what the screen showed in between."""
    period = look.frame_period_ms or 1000 / 60
    # Frames may come in time and yet be looked at late: then the machine was too busy to show them in time, too.
    gap = max(look.longest_gap_ms or 0.0, _number(look.measures.get("longest_lag_ms")))
    if gap <= max(LOST_FRAMES * period, SHORTEST_STANDSTILL_MS):
        return ""
    return f"The page stood still for {gap:.0f} ms while the face was shown."


def _edges(look: Look) -> str:
    """The compositor shows and hides on plan; a witness that came two frames late or more saw something else."""
    period = look.frame_period_ms or 1000 / 60
    late = max(_number(look.measures.get("onset_late_ms")), _number(look.measures.get("offset_late_ms")))
    return (
        f"The first frame with or without the face was seen {late:.0f} ms late." if late > LATE_FRAMES * period else ""
    )


def _size(look: Look) -> str:
    before, after = _pair(look.measures.get("face_size")), _pair(look.measures.get("face_size_after"))
    if not before or not after or all(abs(a - b) <= SAME_SIZE * b for b, a in zip(before, after, strict=True)):
        return ""
    sizes = f"{before[0]:.0f} x {before[1]:.0f} to {after[0]:.0f} x {after[1]:.0f}"
    return f"The face changed its size while it was shown, from {sizes} pixels: the window was resized or zoomed."


def _sleep(look: Look, elapsed_ms: float) -> str:
    """Sleep stops the page's clock, not the wall clock; the server's tells it from a wall clock that was set."""
    drift = _number(look.measures.get("clock_drift_ms"))
    if look.shown_ms is None or drift < SLEEP_MS or elapsed_ms - look.shown_ms < drift / 2:
        return ""
    return f"The computer slept for {drift / 1000:.0f} s while the face was shown."


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


def _pair(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    return _number(value[0]), _number(value[1])
