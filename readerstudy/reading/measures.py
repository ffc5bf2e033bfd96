"""What a page may report beside the few numbers that have a column: bounded, and the known names of the right kind."""

import json
import math
from typing import Any

from django.utils.translation import gettext as _

LONGEST = 16_000  # characters of JSON; the page sends about 1 500
MOST_NAMES = 80
DEEPEST = 5
MOST_EVENTS = 200
TEXT_LENGTH = 400

PAIRS = {"natural_size", "shown_size", "viewport", "screen", "shown_mm", "visual_angle_deg"}
NUMBERS = {"pixel_ratio", "ack_ms", "decode_ms", "light_ms"}
COUNTS = {"dropped_frames", "witnessed_frames", "start_tries", "fetch_tries", "bytes"}
SIGNED = {"response_from_offset_ms"}
YES_NO = {"is_fullscreen", "is_simulated"}
TEXTS = {"input_device", "user_agent"}
RANGES = {"px_per_mm": (0.5, 40.0), "viewing_distance_mm": (100.0, 3000.0)}


def problem_with(measures: dict[str, Any]) -> str:
    """The first thing that is wrong, as a sentence; empty when all is well. An empty value (null) is always allowed."""
    if len(measures) > MOST_NAMES:
        return _("More than %(n)s measures.") % {"n": MOST_NAMES}
    if _depth(measures) > DEEPEST:
        return _("Measures nested deeper than %(n)s levels.") % {"n": DEEPEST}
    try:
        text = json.dumps(measures, allow_nan=False)
    except ValueError:
        return _("A measure is not a finite number.")
    if len(text) > LONGEST:
        return _("More than %(n)s characters of measures.") % {"n": LONGEST}
    return next((problem for name, value in measures.items() if (problem := _problem(name, value))), "")


def _problem(name: str, value: Any) -> str:
    wanted = _wanted(name, value) if value is not None else ""
    return _("The measure %(name)s has to be %(wanted)s.") % {"name": name, "wanted": wanted} if wanted else ""


def _wanted(name: str, value: Any) -> str:
    """What ``value`` should have been; empty when it is."""
    if name in PAIRS and not (isinstance(value, list) and len(value) == 2 and all(_is_size(part) for part in value)):
        return _("two numbers from 0 up")
    if name in NUMBERS and not _is_size(value):
        return _("a number from 0 up")
    if name in COUNTS and not (_is_size(value) and value == int(value)):
        return _("a whole number from 0 up")
    if name in SIGNED and not _is_number(value):
        return _("a number")
    if name in RANGES and not (_is_number(value) and RANGES[name][0] <= value <= RANGES[name][1]):
        low, high = RANGES[name]
        return _("between %(low)s and %(high)s") % {"low": f"{low:g}", "high": f"{high:g}"}
    if name in YES_NO and not isinstance(value, bool):
        return _("true or false")
    if name in TEXTS and not (isinstance(value, str) and len(value) <= TEXT_LENGTH):
        return _("a text of at most %(n)s characters") % {"n": TEXT_LENGTH}
    if name == "events" and not _is_list_of_events(value):
        return _("a list of at most %(n)s events") % {"n": MOST_EVENTS}
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_size(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_list_of_events(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_EVENTS and all(isinstance(event, dict) for event in value)


def _depth(value: Any, level: int = 1) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    # Counting stops just beyond the limit: what a forger sends may be nested without end.
    return level if level > DEEPEST else max((_depth(part, level + 1) for part in parts), default=level)
